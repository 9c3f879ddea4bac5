//! `verify`: do these keys, requests and certificates belong together?

use certwright::verify::{self, Criteria};
use certwright::{Error, ErrorKind, Result, salesforce, time};

use crate::cli::{Consumer, VerifyArgs};
use crate::password::Passwords;
use crate::session::Session;
use crate::status::ExitStatus;
use crate::{exhibits, gather, report};

pub(super) fn run(args: VerifyArgs, session: &mut Session) -> Result<ExitStatus> {
    let expires_within = args.expires_within.as_deref().map(time::parse_span).transpose()?;
    let paths = match args.paths.is_empty() {
        true => vec![session.dir.clone().unwrap_or_else(|| ".".into())],
        false => args.paths,
    };
    let passwords = Passwords::read(&args.passwords, session)?;
    let files = gather::gather(&paths, session)?;
    let (exhibits, unknown) = exhibits::of(files, &passwords);
    let mut report = verify::verify(&exhibits, &Criteria { now: session.now, expires_within });
    salesforce::import_rules(&exhibits, args.consumer == Some(Consumer::Salesforce), &mut report);
    let ok = report.is_ok(args.strict);
    if ok && !report.has_evidence() {
        let fact = "nothing to compare: no two of these files could be held against each other";
        return Err(Error::new(ErrorKind::Usage, fact).with_hint(
            "give at least two of key, signing request and certificate; --password-from opens an encrypted key",
        ));
    }
    report::tell("verify", &report, ok, &unknown, session)?;
    Ok(if ok { ExitStatus::Done } else { ExitStatus::NotGood })
}
