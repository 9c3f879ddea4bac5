//! `completions`

use certwright::Result;
use clap::CommandFactory;
use serde_json::json;

use crate::cli::{Cli, CompletionsArgs};
use crate::json;
use crate::session::Session;
use crate::status::ExitStatus;

pub(crate) fn run(args: CompletionsArgs, session: &mut Session) -> Result<ExitStatus> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "certwright", &mut script);
    let script = String::from_utf8_lossy(&script);
    let told = match session.json {
        true => json::text(&json!({ "command": "completions", "shell": args.shell.to_string(), "script": script })),
        false => script.trim_end().to_owned(),
    };
    session.terminal.say(&told)?;
    Ok(ExitStatus::Done)
}
