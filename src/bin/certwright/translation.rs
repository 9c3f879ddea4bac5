//! `certwright openssl ..` and `certwright keytool ..`: the setup guide's own lines, word for word.
//!
//! A line becomes the native command that does the same, which is told and run; only what other programs print for
//! scripts to read is made here (`report`). Where the other program does harm, this one does not, and says so.

mod keytool;
mod native;
mod openssl;
mod report;
mod source;
mod text;
mod words;

use certwright::Result;

use crate::cli::VerbatimArgs;
use crate::session::Session;
use crate::status::ExitStatus;
use native::{Native, reworded};
use words::Line;

/// What a line comes to.
enum Translation {
    /// A native command.
    Native(Native),
    /// It has been answered.
    Answered(ExitStatus),
}

/// Understands a line of openssl's, and does what it asks for.
pub(crate) fn openssl(args: VerbatimArgs, session: &mut Session) -> Result<ExitStatus> {
    session.shortest_password = 1;
    let translation = openssl::translate(&args.words, session).map_err(|error| reworded(error, &[]))?;
    finish("openssl", translation, session)
}

/// Understands a line of keytool's, and does what it asks for.
pub(crate) fn keytool(args: VerbatimArgs, session: &mut Session) -> Result<ExitStatus> {
    let translation = keytool::translate(&args.words, session).map_err(|error| reworded(error, &[]))?;
    finish("keytool", translation, session)
}

fn finish(program: &str, translation: Translation, session: &mut Session) -> Result<ExitStatus> {
    match translation {
        Translation::Native(native) => native.run(program, session),
        Translation::Answered(status) => Ok(status),
    }
}

/// What a report prints is another program's text, and no JSON.
fn refuse_json(line: &Line, native: &str, session: &Session) -> Result<()> {
    match session.json {
        true => Err(line
            .usage("--json is for files that are made; this answers in the other program's words")
            .with_hint(format!("use certwright {native}"))),
        false => Ok(()),
    }
}
