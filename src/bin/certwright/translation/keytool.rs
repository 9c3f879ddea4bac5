//! keytool's commands.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use certwright::inspect;
use certwright::keystore::Format;
use certwright::{Error, ErrorKind, Result};

use super::words::{Known, Line, Takes, nearest};
use super::{Native, Translation, give, report};
use crate::input;
use crate::session::Session;

use Takes::{Nothing, Secret, Value};

type Translate = fn(&Line, &mut Session) -> Result<Translation>;

/// Each command with its options. keytool takes its command anywhere among them.
const COMMANDS: [(&str, &Known, Translate); 3] = [
    ("-importkeystore", IMPORT_KEYSTORE, import_keystore),
    ("-changealias", CHANGE_ALIAS, change_alias),
    ("-list", LIST, list),
];

const IMPORT_KEYSTORE: &Known = &[
    ("-importkeystore", Nothing),
    ("-srckeystore", Value),
    ("-srcstoretype", Value),
    ("-srcstorepass", Secret),
    ("-srcstorepass:env", Value),
    ("-srcstorepass:file", Value),
    ("-srckeypass", Secret),
    ("-srcalias", Value),
    ("-destkeystore", Value),
    ("-deststoretype", Value),
    ("-deststorepass", Secret),
    ("-deststorepass:env", Value),
    ("-deststorepass:file", Value),
    ("-destalias", Value),
    ("-noprompt", Nothing),
    ("-v", Nothing),
];

const CHANGE_ALIAS: &Known = &[
    ("-changealias", Nothing),
    ("-keystore", Value),
    ("-storetype", Value),
    ("-storepass", Secret),
    ("-storepass:env", Value),
    ("-storepass:file", Value),
    ("-keypass", Secret),
    ("-alias", Value),
    ("-destalias", Value),
    ("-v", Nothing),
];

const LIST: &Known = &[
    ("-list", Nothing),
    ("-keystore", Value),
    ("-storetype", Value),
    ("-storepass", Secret),
    ("-storepass:env", Value),
    ("-storepass:file", Value),
    ("-alias", Value),
    ("-v", Nothing),
];

pub(super) fn translate(words: &[OsString], session: &mut Session) -> Result<Translation> {
    let names = COMMANDS.map(|(name, ..)| name);
    let command = COMMANDS.iter().find(|(name, ..)| words.iter().any(|word| word == *name));
    let Some((name, known, translate)) = command else {
        // What stands first is the command in every line that people copy.
        let first = words.first().and_then(|word| word.to_str()).unwrap_or_default();
        let hint = match nearest(first, names.into_iter()) {
            Some(nearest) => format!("the nearest command that is understood is keytool {nearest}"),
            None => format!("understood are keytool {}; certwright --help names what else there is", names.join(", ")),
        };
        let fact = "keytool: no command that is understood here; this is not keytool";
        return Err(Error::new(ErrorKind::Unsupported, fact).with_hint(hint));
    };
    let line = Line::read(format!("keytool {name}"), words, &[known], 0)?;
    translate(&line, session)
}

/// `-storepass PASSWORD`, `-storepass:env NAME`, `-storepass:file PATH` as `--password-from` names them.
fn source(line: &Line, [literal, env, file]: [&str; 3], session: &mut Session) -> Result<Option<OsString>> {
    let at = |kind: &str, value: &OsStr| {
        let mut word = OsString::from(kind);
        word.push(value);
        word
    };
    match (line.value(literal), line.value(env), line.value(file)) {
        (Some(password), ..) => give(password, session).map(Some),
        (_, Some(name), _) => Ok(Some(at("env:", name))),
        (.., Some(path)) => Ok(Some(at("file:", path))),
        _ => Ok(None),
    }
}

const STORE_PASS: [&str; 3] = ["-storepass", "-storepass:env", "-storepass:file"];
const SOURCE_PASS: [&str; 3] = ["-srcstorepass", "-srcstorepass:env", "-srcstorepass:file"];
const DESTINATION_PASS: [&str; 3] = ["-deststorepass", "-deststorepass:env", "-deststorepass:file"];

const JKS_NOTE: &str =
    "a .jks file is made a JKS keystore; keytool makes it PKCS#12 unless -deststoretype JKS is given";

fn import_keystore(line: &Line, session: &mut Session) -> Result<Translation> {
    let destination = line.required("-destkeystore")?;
    let is_jks_name = Path::new(destination).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("jks"));
    let (verb, note) = match line.text("-deststoretype")? {
        Some(kind) if kind.eq_ignore_ascii_case("JKS") => ("jks", None),
        Some(kind) if kind.eq_ignore_ascii_case("PKCS12") => ("p12", None),
        Some(kind) => {
            let what = format!("-deststoretype {}", kind.escape_debug());
            return Err(line.unsupported(what, "understood are -deststoretype JKS and PKCS12"));
        }
        None if is_jks_name => ("jks", Some(JKS_NOTE)),
        None => ("p12", None),
    };
    let native = Native::new(verb).option("--in", line.required("-srckeystore")?).option("--out", destination);
    let native = match (line.value("-srcalias"), line.value("-destalias")) {
        (Some(old), Some(new)) => native.option("--only", old).option("--alias", renamed(old, new)),
        (Some(old), None) => native.option("--only", old),
        (None, Some(_)) => {
            return Err(line.usage("-destalias without -srcalias").with_hint("say which entry: -srcalias 1"));
        }
        (None, None) => native,
    };
    let native = native.optional("--password-from", source(line, SOURCE_PASS, session)?);
    let native = match line.value("-srckeypass") {
        Some(password) => native.option("--key-password-from", give(password, session)?),
        None => native,
    };
    let new = source(line, DESTINATION_PASS, session)?.unwrap_or("prompt".into());
    let native = native.option("--store-password-from", new);
    Ok(Translation::Native(note.into_iter().fold(native, Native::note)))
}

fn renamed(old: &OsStr, new: &OsStr) -> OsString {
    [old, OsStr::new("="), new].into_iter().collect()
}

fn change_alias(line: &Line, session: &mut Session) -> Result<Translation> {
    let keystore = line.required("-keystore")?;
    let (old, new) = (line.required("-alias")?, line.required("-destalias")?);
    let bytes = input::read(Path::new(keystore), session)?;
    let format = inspect::keystore(bytes.as_bytes()).map_err(|error| error.with_path(keystore))?.format();
    let native = Native::new(if format == Format::Jks { "jks" } else { "p12" })
        .option("--in", keystore)
        .flag("--in-place")
        .option("--alias", renamed(old, new))
        .optional("--password-from", source(line, STORE_PASS, session)?);
    Ok(Translation::Native(match line.value("-keypass") {
        Some(password) => native.option("--key-password-from", give(password, session)?),
        None => native,
    }))
}

fn list(line: &Line, session: &mut Session) -> Result<Translation> {
    let password = source(line, STORE_PASS, session)?;
    report::keytool_list(line, password, session).map(Translation::Answered)
}
