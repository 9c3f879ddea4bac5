//! `salesforce check`: everything that can be known of a login offline.

use certwright::salesforce::login::{self, Fields};
use certwright::salesforce::{self, Audience, InstanceUrl};
use certwright::verify::{self, Check, Criteria, Outcome, Report};
use certwright::{Error, ErrorKind, Result};

use crate::cli::SalesforceCheckArgs;
use crate::passwords::Passwords;
use crate::session::Session;
use crate::status::ExitStatus;
use crate::{exhibits, gather, report};

pub(super) fn run(args: SalesforceCheckArgs, session: &mut Session) -> Result<ExitStatus> {
    session.judge_at(args.at.as_deref())?;
    let paths = match args.paths.is_empty() {
        true => vec![session.dir.clone().unwrap_or_else(|| ".".into())],
        false => args.paths.clone(),
    };
    let passwords = Passwords::read(&args.passwords, session)?;
    let files = gather::gather(&paths, session)?;
    let (exhibits, unknown) = exhibits::of(files, &passwords);
    let mut report = verify::verify(&exhibits, &Criteria::at(session.now));
    salesforce::import_rules(&exhibits, true, &mut report);
    login::judge_dates(&exhibits, session.now, &mut report);
    if report.is_ok(false) && !report.has_evidence() {
        let fact = "nothing to compare: no two of these files could be held against each other";
        return Err(Error::new(ErrorKind::Usage, fact)
            .with_hint("give the private key and its certificate; --password-from opens an encrypted key"));
    }
    check_fields(&args, &mut report);
    let ok = report.is_ok(args.strict);
    report::tell("salesforce check", &report, ok, &unknown, session)?;
    Ok(if ok { ExitStatus::Done } else { ExitStatus::NotGood })
}

fn check_fields(args: &SalesforceCheckArgs, report: &mut Report) {
    let instance = read("instance-url", args.instance_url.as_deref(), InstanceUrl::parse, report);
    let audience = read("audience", args.audience.as_deref(), Audience::parse, report);
    // One that does not fit is to be found, one that was not given is chosen to fit.
    let audience = audience.or_else(|| instance.as_ref().filter(|_| args.audience.is_none()).map(Audience::of));
    let fields = Fields {
        instance: instance.as_ref(),
        audience: audience.as_ref(),
        client_id: args.client_id.as_deref(),
        username: args.username.as_deref(),
        api_version: args.api_version.as_deref(),
    };
    login::check_fields(&fields, report);
    for (name, option, value) in [
        ("instance-url", "--instance-url", &args.instance_url),
        ("client-id", "--client-id", &args.client_id),
        ("username", "--username", &args.username),
        ("api-version", "--api-version", &args.api_version),
    ] {
        if value.is_none() {
            add(report, name, Outcome::NotRun, format!("not given ({option})"));
        }
    }
}

fn read<T>(name: &'static str, text: Option<&str>, parse: fn(&str) -> Result<T>, report: &mut Report) -> Option<T> {
    match parse(text?) {
        Ok(read) => Some(read),
        Err(error) => {
            let hint = error.hint().map(|hint| format!(" ({hint})")).unwrap_or_default();
            add(report, name, Outcome::Fails, format!("{error}{hint}"));
            None
        }
    }
}

fn add(report: &mut Report, name: &'static str, outcome: Outcome, detail: String) {
    report.checks.push(Check { name, outcome, detail, files: Vec::new(), is_evidence: false });
}
