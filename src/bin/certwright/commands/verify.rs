//! `verify`: do these keys, requests and certificates belong together?

use std::path::Path;

use certwright::error::printable;
use certwright::inspect;
use certwright::testpki::Host;
use certwright::verify::{self, Criteria, Evidence, Exhibit, Place};
use certwright::{Certificate, Error, ErrorKind, Result, salesforce, time};

use crate::cli::{Consumer, VerifyArgs};
use crate::passwords::Passwords;
use crate::session::Session;
use crate::status::ExitStatus;
use crate::{exhibits, gather, input, report};

pub(super) fn run(args: VerifyArgs, session: &mut Session) -> Result<ExitStatus> {
    let expires_within = args.expires_within.as_deref().map(time::parse_span).transpose()?;
    session.judge_at(args.at.as_deref())?;
    let paths = match args.paths.is_empty() {
        true => vec![session.dir.clone().unwrap_or_else(|| ".".into())],
        false => args.paths,
    };
    let passwords = Passwords::read(&args.passwords, session)?;
    let files = gather::gather(&paths, session)?;
    let (mut exhibits, unknown) = exhibits::of(files, &passwords);
    let host = args.host.as_deref().map(str::parse::<Host>).transpose()?.map(|host| host.name);
    let trusted = args.ca.as_deref().map(|path| trusted(path, &mut exhibits, session)).transpose()?;
    let criteria = Criteria { now: session.now, expires_within, trusted: trusted.as_deref(), host: host.as_ref() };
    let mut report = verify::verify(&exhibits, &criteria);
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

/// The authorities in `path`, which become exhibits too: they have issued others, and belong to no key here.
fn trusted(path: &Path, exhibits: &mut Vec<Exhibit>, session: &mut Session) -> Result<Vec<Certificate>> {
    let bytes = input::read(path, session)?;
    let found = inspect::certificates(bytes.as_bytes()).map_err(|error| error.with_path(path))?;
    let file = printable(path);
    for certificate in &found {
        let place = Some(Place { store: file.clone(), entry: 0, is_trusted: true });
        exhibits.push(Exhibit { file: file.clone(), evidence: Evidence::Certificate(certificate.clone()), place });
    }
    Ok(found)
}
