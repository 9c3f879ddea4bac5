//! The time of the run and its randomness, where they are to be the same again.

use std::time::SystemTime;

use certwright::time::{self, Moment};
use certwright::{Error, ErrorKind, Result};

use crate::cli::TestpkiArgs;
use crate::session::Session;

/// The variable of https://reproducible-builds.org: seconds since 1970.
const VARIABLE: &str = "SOURCE_DATE_EPOCH";

/// Sets time and randomness of this run as they were asked for.
pub(super) fn set(args: &TestpkiArgs, session: &mut Session) -> Result<()> {
    let given = match (&args.now, &args.seed) {
        (Some(text), _) => Some(instant(text)?),
        // A build that sets it for other programs does not ask for certificates of its date.
        (None, Some(_)) => variable()?,
        (None, None) => None,
    };
    if let Some(now) = given {
        session.now = now;
    }
    let Some(seed) = &args.seed else { return Ok(()) };
    if seed.is_empty() {
        return Err(Error::new(ErrorKind::Usage, "the seed is empty").with_hint("give --seed a text of your own"));
    }
    session.sow(seed);
    if given.is_none() {
        session.terminal.note(&format!(
            "note: another run makes the same only with --now {} (or {VARIABLE})",
            time::rfc3339(session.now)
        ));
    }
    Ok(())
}

fn instant(text: &str) -> Result<SystemTime> {
    match text.parse() {
        Ok(Moment::At(instant)) => Ok(instant),
        // A span from now would give other files on another day.
        _ => Err(Error::new(ErrorKind::Usage, format!("invalid time of the run: \"{text}\""))
            .with_hint("use 2027-01-31, 2027-01-31T12:00:00Z or @1801396800")),
    }
}

fn variable() -> Result<Option<SystemTime>> {
    let Some(value) = std::env::var_os(VARIABLE) else { return Ok(None) };
    match value.to_str().and_then(|seconds| format!("@{seconds}").parse().ok()) {
        Some(Moment::At(instant)) => Ok(Some(instant)),
        _ => Err(Error::new(ErrorKind::Usage, format!("{VARIABLE} is no number of seconds since 1970"))
            .with_hint("set it to one, or give --now")),
    }
}
