//! `salesforce login`: signs, posts, and says that it worked, or why not.

use std::time::{Duration, SystemTime};

use certwright::jwt::{self, Claims};
use certwright::salesforce::answer::{self, Answer, Grant, Refusal};
use certwright::salesforce::login::{self, Fields};
use certwright::salesforce::{fields, meaning};
use certwright::verify::Outcome;
use certwright::{Result, time};
use serde_json::json;

use crate::cli::SalesforceLoginArgs;
use crate::session::Session;
use crate::status::ExitStatus;
use crate::{explained, json, online, preflight, signer};

/// A clock may differ from Salesforce's by so much.
const SKEW: Duration = Duration::from_secs(60);

pub(super) fn run(args: SalesforceLoginArgs, session: &mut Session) -> Result<ExitStatus> {
    let account = &args.account;
    let (instance, audience) = (&account.instance_url, account.audience());
    let typed = Fields {
        instance: Some(instance),
        audience: Some(&audience),
        client_id: Some(&account.client_id),
        username: Some(&account.username),
        api_version: None,
    };
    let mut checked = preflight::check_fields(&typed, session)?;
    let default_cert = Some(session.default_path("server.crt")).filter(|_| args.signer.key.is_none());
    let signer = signer::load(&args.signer, default_cert.filter(|path| path.exists()), session)?;
    checked.checks.extend(preflight::check_pair(&signer, session)?.checks);
    let claims = Claims {
        issuer: &account.client_id,
        subject: &account.username,
        audience: audience.as_str(),
        expires_at: session.now + fields::LIFETIME,
        id: None,
    };
    let assertion = jwt::sign(&claims, &signer.key)?;
    let form = login::form(&assertion);
    let reply = session.busy("logging in", || online::post(instance, &form))?;
    let clock = reply.date.map(|date| clock_differs(session.now, date));
    match answer::read(&reply.as_response(), &assertion)? {
        Answer::Granted(grant) => granted(&grant, &args, session),
        Answer::Refused(refusal) => {
            let excludes = |name: &str| match name {
                // Signed just now, by jwt::sign.
                "assertion" | "fresh" => true,
                "clock" => matches!(&clock, Some(None)),
                "my-domain" => instance.host().contains(".my."),
                name => {
                    let mut own = checked.checks.iter().filter(|check| check.name == name).peekable();
                    own.peek().is_some() && own.all(|check| check.outcome == Outcome::Holds)
                }
            };
            refused(&refusal, &excludes, clock.as_ref().and_then(Option::as_deref), session)
        }
    }
}

/// The server's `Date` tells what nobody looks for: a clock that is wrong.
fn clock_differs(now: SystemTime, server: SystemTime) -> Option<String> {
    let (span, word) = match server.duration_since(now) {
        Ok(span) => (span, "behind"),
        Err(error) => (error.duration(), "ahead of"),
    };
    (span > SKEW).then(|| {
        let (here, there) = (time::rfc3339(now), time::rfc3339(server));
        format!("this computer's clock is {} seconds {word} the server's: {here} here, {there} there", span.as_secs())
    })
}

fn granted(grant: &Grant, args: &SalesforceLoginArgs, session: &mut Session) -> Result<ExitStatus> {
    let scopes = grant.scopes.join(" ");
    if session.json {
        let mut told = json!({
            "command": "salesforce login",
            "ok": true,
            "username": args.account.username,
            "user_id": grant.user_id,
            "organization_id": grant.organization_id,
            "instance_url": grant.instance_url,
            "scopes": grant.scopes,
        });
        if args.print_token {
            told["access_token"] = json!(String::from_utf8_lossy(grant.access_token.as_bytes()));
        }
        session.terminal.say(&json::text(&told))?;
        return Ok(ExitStatus::Done);
    }
    let known = |name: &str, value: &Option<String>| value.as_ref().map(|value| format!("{name} {value}"));
    let ids = [known("user", &grant.user_id), known("organisation", &grant.organization_id)];
    let ids: Vec<String> = ids.into_iter().flatten().collect();
    let ids = if ids.is_empty() { String::new() } else { format!(" ({})", ids.join(", ")) };
    let mut text = format!("logged in as {}{ids}", args.account.username);
    if let Some(instance) = &grant.instance_url {
        text += &format!("\nat      {instance}");
    }
    text += &format!("\nscopes  {}", if scopes.is_empty() { "none named" } else { &scopes });
    if args.print_token {
        session.terminal.note_lines(&text);
        session.terminal.write(grant.access_token.as_bytes())?;
        session.terminal.write(b"\n")?;
    } else {
        session.terminal.say(&text)?;
    }
    Ok(ExitStatus::Done)
}

fn refused(
    refusal: &Refusal,
    excludes: &dyn Fn(&str) -> bool,
    clock: Option<&str>,
    session: &mut Session,
) -> Result<ExitStatus> {
    let meanings = meaning::explain(&refusal.to_string());
    if session.json {
        let told = json!({
            "command": "salesforce login",
            "ok": false,
            "error": refusal.error,
            "error_description": refusal.description,
            "clock": clock,
            "meanings": explained::to_json(&meanings, excludes),
        });
        session.terminal.say(&json::text(&told))?;
        return Ok(ExitStatus::NotGood);
    }
    let mut text = format!("NOT logged in: {refusal}\n");
    if let Some(clock) = clock {
        text += &format!("\nnote: {clock}\n");
    }
    text += "\n";
    text += &match meanings.is_empty() {
        true => "No meaning of this message is known here. Setup, Login History, tells more of this user's logins."
            .to_owned(),
        false => explained::in_words(&meanings, excludes),
    };
    session.terminal.say(&text)?;
    Ok(ExitStatus::NotGood)
}
