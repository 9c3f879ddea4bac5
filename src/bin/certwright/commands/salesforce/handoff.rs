//! `salesforce handoff`: the values that the setup guide ends with.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use certwright::inspect::{self, FoundKey};
use certwright::salesforce::handoff::{self, Field, Flow, Value, Values};
use certwright::salesforce::login::Fields;
use certwright::{Certificate, Error, ErrorKind, PrivateKey, Result, time};
use serde_json::{Map, json};

use crate::cli::{Edition, FlowName, HandoffFormat, SalesforceHandoffArgs};
use crate::quoted::path_as_text;
use crate::session::Session;
use crate::signer::{self, Signer};
use crate::status::ExitStatus;
use crate::table::{self, hex, octets};
use crate::{input, json, preflight};

const WARNING: &str = "warning: hand over the path of the key, never the key itself: not by mail, chat or ticket. Who has it \
                       can log in as this user.";

pub(super) fn run(args: SalesforceHandoffArgs, session: &mut Session) -> Result<ExitStatus> {
    let account = &args.account;
    let audience = account.audience();
    let typed = Fields {
        instance: Some(&account.instance_url),
        audience: Some(&audience),
        client_id: Some(&account.client_id),
        username: Some(&account.username),
        api_version: args.api_version.as_deref(),
    };
    preflight::check_fields(&typed, session)?;
    let flow = match args.flow {
        FlowName::Jwt => Flow::Jwt,
        FlowName::Password => Flow::Password,
    };
    let pair = match flow {
        Flow::Jwt => Some(pair(&args, session)?),
        Flow::Password => None,
    };
    let key_path = pair.as_ref().map(|(path, _)| path_as_text(path)).transpose()?;
    let values = Values {
        key_path: key_path.as_deref(),
        username: &account.username,
        client_id: &account.client_id,
        instance: &account.instance_url,
        api_version: args.api_version.as_deref(),
        audience: &audience,
    };
    let fields = handoff::fields(flow, args.edition == Edition::Older, &values);
    let certificate = pair.as_ref().map(|(_, certificate)| certificate);
    let format = if session.json { HandoffFormat::Json } else { args.format };
    let text = match format {
        HandoffFormat::Text => in_words(&fields, certificate),
        HandoffFormat::Json => json::text(&to_json(&fields, certificate)),
        HandoffFormat::Toml => to_toml(&fields, certificate),
    };
    session.terminal.say(&text)?;
    if flow == Flow::Jwt {
        session.terminal.note(WARNING);
    }
    Ok(ExitStatus::Done)
}

/// The absolute path of the key, and its certificate, after all that can be wrong with them.
fn pair(args: &SalesforceHandoffArgs, session: &mut Session) -> Result<(PathBuf, Certificate)> {
    let typed = session.path(args.key.clone(), "server.pem");
    let cert = session.path(args.cert.clone(), "server.crt");
    let usage =
        |path: &Path, fact: &str, hint: &str| Err(Error::new(ErrorKind::Usage, fact).with_path(path).with_hint(hint));
    if input::is_stdin(&typed) {
        return usage(&typed, "is standard input; the integration reads the key from a file", "name the file");
    }
    let key = read_key(&typed, session)?;
    let path = dunce::canonicalize(&typed)
        .map_err(|error| Error::new(ErrorKind::Io, "cannot be found").with_path(&typed).with_source(error))?;
    if path.parent().is_none_or(|folder| folder.parent().is_none()) {
        return usage(
            &path,
            "lies in the root folder, where the integration does not take it",
            "move it into a folder of its own",
        );
    }
    let certificate = signer::read_own(&cert, &key, &typed, session)?;
    let signer = Signer { key, certificate: Some((certwright::error::printable(&cert), certificate.clone())) };
    preflight::check_pair(&signer, session)?;
    Ok((path, certificate))
}

fn read_key(path: &Path, session: &mut Session) -> Result<PrivateKey> {
    let bytes = input::read(path, session)
        .map_err(|error| input::or_make(error, "make it with decrypt first, or name the key with --key"))?;
    match inspect::private_key(bytes.as_bytes()).map_err(|error| error.with_path(path))? {
        FoundKey::Open(key) => {
            input::check_rsa(&key, path)?;
            Ok(key)
        }
        FoundKey::Locked(_) => {
            Err(Error::new(ErrorKind::Usage, "is under a password; the integration reads a key without one")
                .with_path(path)
                .with_hint("give it server.pem, which decrypt makes"))
        }
    }
}

fn in_words(fields: &[Field], certificate: Option<&Certificate>) -> String {
    let width = fields.iter().map(|field| field.label.len()).max().unwrap_or_default();
    // To be copied, so in one line however long.
    let line = |field: &Field| match &field.value {
        Value::Given(value) => format!("{:<width$}  {value}\n", field.label),
        Value::Secret(how) => format!("{:<width$}  ({how})\n", field.label),
        Value::Blank(why) => format!("{:<width$}  (empty: {why})\n", field.label),
    };
    let mut text: String = fields.iter().map(line).collect();
    if let Some(certificate) = certificate {
        text += "\nThe certificate of this key, to compare with the one in Salesforce:\n";
        text += &table::row(0, 8, "expires", &time::date(certificate.validity().not_after()));
        text += &table::row(0, 8, "SHA-256", &octets(&certificate.sha256()));
    }
    text.trim_end().to_owned()
}

fn to_json(fields: &[Field], certificate: Option<&Certificate>) -> serde_json::Value {
    let mut told = Map::new();
    let mut secrets = Vec::new();
    for field in fields {
        match &field.value {
            Value::Given(value) => drop(told.insert(field.name.to_owned(), json!(value))),
            Value::Secret(_) => secrets.push(field.name),
            Value::Blank(_) => {}
        }
    }
    let mut list = json!({ "command": "salesforce handoff", "fields": told, "secrets": secrets });
    if let Some(certificate) = certificate {
        list["certificate"] = json!({
            "sha256": hex(&certificate.sha256()),
            "not_after": time::rfc3339(certificate.validity().not_after()),
        });
    }
    list
}

/// A few lines of keys and strings: no crate is needed for that. A basic string of TOML has JSON's escapes, and values
/// hold no control characters (TOML 1.0, String).
fn to_toml(fields: &[Field], certificate: Option<&Certificate>) -> String {
    let mut text = String::new();
    for field in fields {
        let _ = match &field.value {
            Value::Given(value) => writeln!(text, "{} = {}", field.name, json!(value)),
            Value::Secret(how) => writeln!(text, "# {}: {how}", field.name),
            Value::Blank(why) => writeln!(text, "# {}: {why}", field.name),
        };
    }
    if let Some(certificate) = certificate {
        let _ = writeln!(text, "\n[certificate]");
        let _ = writeln!(text, "sha256 = \"{}\"", hex(&certificate.sha256()));
        let _ = writeln!(text, "not_after = {}", time::rfc3339(certificate.validity().not_after()));
    }
    text.trim_end().to_owned()
}
