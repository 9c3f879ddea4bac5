//! `man`: the manual pages, out of what `--help` says.
//!
//! It is behind a feature for scripts/man.sh: the program that is shipped does without it.

use std::io;
use std::path::Path;

use certwright::output::{OutputSet, Visibility};
use certwright::{Error, ErrorKind, Result, SecretBytes};
use clap::{Command, CommandFactory};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use crate::cli::{Cli, ManArgs};
use crate::session::Session;
use crate::status::ExitStatus;

pub(crate) fn run(args: ManArgs, session: &mut Session) -> Result<ExitStatus> {
    let mut root = Cli::command().disable_help_subcommand(true);
    root.build();
    let mut pages = OutputSet::new(session.rules().with_new_folder(&args.folder));
    add(&root, &args.folder, &mut pages)
        .map_err(|error| Error::new(ErrorKind::Io, "a page could not be made").with_source(error))?;
    pages.publish(session.now, || Ok(()))?;
    session.terminal.say(&format!("wrote {} pages", pages.outputs().len()))?;
    Ok(ExitStatus::Done)
}

/// Adds the page of `command`, and those of the commands below it.
fn add(command: &Command, folder: &Path, pages: &mut OutputSet) -> io::Result<()> {
    let version = command.get_version().unwrap_or_default();
    let man = Man::new(command.clone()).source(format!("certwright {version}")).manual("certwright");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    let below: Vec<&Command> = command.get_subcommands().filter(|command| !command.is_hide_set()).collect();
    if !below.is_empty() {
        man.render_subcommands_section(&mut page)?;
    }
    let more = command.get_after_long_help().map(ToString::to_string).unwrap_or_default();
    sections(&more).to_writer(&mut page)?;
    pages.add(folder.join(man.get_filename()), SecretBytes::new(page), Visibility::Public);
    below.into_iter().try_for_each(|command| add(command, folder, pages))
}

/// What stands in a help below the options, line by line: the examples are to be copied.
fn sections(text: &str) -> Roff {
    let mut roff = Roff::new();
    for line in text.lines() {
        match line.strip_suffix(':').filter(|_| !line.starts_with(' ')) {
            Some(heading) => {
                roff.control("fi", []);
                roff.control("SH", [heading.to_uppercase().as_str()]);
                roff.control("nf", []);
            }
            None => {
                roff.text([roman(line)]);
            }
        }
    }
    roff.control("fi", []);
    roff.control("SH", ["SEE ALSO"]);
    roff.text([bold("certwright"), roman("(1)")]);
    roff
}
