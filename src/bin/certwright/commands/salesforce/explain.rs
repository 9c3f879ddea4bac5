//! `salesforce explain`: what a message means that some other tool showed.

use std::path::Path;

use certwright::salesforce::meaning;
use certwright::{Error, ErrorKind, Result};
use serde_json::json;

use crate::cli::SalesforceExplainArgs;
use crate::session::Session;
use crate::status::ExitStatus;
use crate::{explained, input, json};

pub(super) fn run(args: SalesforceExplainArgs, session: &mut Session) -> Result<ExitStatus> {
    let message = match args.message.as_slice() {
        [only] if only == "-" => {
            let bytes = input::read(Path::new("-"), session)?;
            String::from_utf8_lossy(bytes.as_bytes()).into_owned()
        }
        words => words.join(" "),
    };
    let meanings = meaning::explain(&message);
    if meanings.is_empty() {
        let fact = format!("this is none of the {} messages that are known here", meaning::MEANINGS.len());
        // The message is not repeated: such texts carry tokens.
        return Err(Error::new(ErrorKind::Unsupported, fact)
            .with_hint("give error and error_description of Salesforce's answer; Setup, Login History, tells more"));
    }
    let told = match session.json {
        true => json::text(
            &json!({ "command": "salesforce explain", "meanings": explained::to_json(&meanings, &|_| false) }),
        ),
        false => explained::in_words(&meanings, &|_| false),
    };
    session.terminal.say(&told)?;
    Ok(ExitStatus::Done)
}
