//! What is checked before an assertion is signed: a wrong field ends the run, a doubtful one is a note.

use certwright::salesforce::fields;
use certwright::salesforce::login::{self, Fields};
use certwright::verify::{Outcome, Report};
use certwright::{Error, ErrorKind, Result};

use crate::session::Session;
use crate::signer::Signer;

/// Checks what was typed.
pub(crate) fn check_fields(typed: &Fields<'_>, session: &mut Session) -> Result<Report> {
    for (name, text) in
        [("client id", typed.client_id), ("username", typed.username), ("API version", typed.api_version)]
    {
        text.map_or(Ok(()), |text| fields::check_text(name, text))?;
    }
    let mut report = Report::default();
    login::check_fields(typed, &mut report);
    judge(&report, "certwright salesforce check names all of them at once", session)?;
    Ok(report)
}

/// Checks that the key may sign for its certificate, if that is known.
pub(crate) fn check_pair(signer: &Signer, session: &mut Session) -> Result<Report> {
    let mut report = Report::default();
    if let Some((file, certificate)) = &signer.certificate {
        login::check_pair(&signer.key.public_key(), certificate, file, session.now, &mut report);
    }
    judge(&report, "compare the files with certwright verify", session)?;
    Ok(report)
}

fn judge(report: &Report, hint: &str, session: &mut Session) -> Result<()> {
    for check in &report.checks {
        let about = check.files.first().map_or(String::new(), |file| format!("{file}: "));
        match check.outcome {
            Outcome::Fails => {
                return Err(Error::new(ErrorKind::Usage, format!("{about}{}", check.detail)).with_hint(hint));
            }
            Outcome::Warning => session.terminal.note(&format!("warning: {about}{}", check.detail)),
            Outcome::Holds | Outcome::NotRun => {}
        }
    }
    Ok(())
}
