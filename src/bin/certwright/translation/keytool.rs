//! keytool's commands.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use certwright::inspect;
use certwright::keystore::Format;
use certwright::{Error, ErrorKind, Result};

use super::native::{Native, Terms, Word};
use super::words::{Known, Line, Takes};
use super::{Translation, report, source};
use crate::input;
use crate::nearest::nearest;
use crate::session::Session;

use Takes::{Nothing, Secret, Text, Unsupported, Value};

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
    ("-srcalias", Text),
    ("-destkeystore", Value),
    ("-deststoretype", Value),
    ("-deststorepass", Secret),
    ("-deststorepass:env", Value),
    ("-deststorepass:file", Value),
    ("-destalias", Text),
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
    ("-alias", Text),
    ("-destalias", Text),
    ("-v", Nothing),
];

const LIST: &Known = &[
    ("-list", Nothing),
    ("-keystore", Value),
    ("-storetype", Value),
    ("-storepass", Secret),
    ("-storepass:env", Value),
    ("-storepass:file", Value),
    ("-alias", Text),
    ("-v", Nothing),
];

/// What keytool knows beside.
const OTHERS: &Known = &[
    ("-addprovider", Unsupported),
    ("-cacerts", Unsupported),
    ("-destkeypass", Unsupported),
    ("-destprotected", Unsupported),
    ("-destprovidername", Unsupported),
    ("-keypass", Unsupported),
    ("-protected", Unsupported),
    ("-providerarg", Unsupported),
    ("-providerclass", Unsupported),
    ("-providername", Unsupported),
    ("-providerpath", Unsupported),
    ("-rfc", Unsupported),
    ("-srcprotected", Unsupported),
    ("-srcprovidername", Unsupported),
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
    let line = Line::read(format!("keytool {name}"), words, &[known, OTHERS], 0)?;
    translate(&line, session)
}

const STORE_PASS: [&str; 3] = ["-storepass", "-storepass:env", "-storepass:file"];
const SOURCE_PASS: [&str; 3] = ["-srcstorepass", "-srcstorepass:env", "-srcstorepass:file"];
const DESTINATION_PASS: [&str; 3] = ["-deststorepass", "-deststorepass:env", "-deststorepass:file"];

/// What the native hints call otherwise.
const IMPORT_TERMS: Terms = &[
    ("--password-from env:NAME, file:PATH or stdin", "-srcstorepass:env NAME or -srcstorepass:file PATH"),
    ("--password-from env:NAME or file:PATH", "-deststorepass:env NAME or -deststorepass:file PATH"),
    ("--key-password-from env:NAME, file:PATH or stdin", "-srckeypass PASSWORD"),
    ("--key-password-from", "-srckeypass"),
    ("--only", "-srcalias"),
    ("--alias OLD=NEW", "-destalias"),
    ("--out", "-destkeystore"),
    ("name it with --in, or give --key and --cert", "or name it with -srckeystore"),
    ("choose another --password-from", "give another file"),
];
pub(super) const STORE_TERMS: Terms = &[
    ("--password-from env:NAME, file:PATH or stdin", "-storepass:env NAME or -storepass:file PATH"),
    ("--key-password-from", "-keypass"),
    ("--only", "-alias"),
    ("choose another --password-from", "give another file"),
];

/// keytool keeps a key's own password, the native commands do not.
const KEY_NOTE: &str = "the key is put under the password of the keystore, no longer under its own";

const JKS_NOTE: &str =
    "a .jks file is made a JKS keystore; keytool makes it PKCS#12 unless -deststoretype JKS is given";

fn import_keystore(line: &Line, session: &mut Session) -> Result<Translation> {
    let destination = line.required("-destkeystore")?;
    let is_jks_name = Path::new(destination).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("jks"));
    let (verb, note) = match line.text("-deststoretype")? {
        Some(kind) if kind.eq_ignore_ascii_case("JKS") => ("jks", None),
        Some(kind) if kind.eq_ignore_ascii_case("PKCS12") => ("p12", None),
        Some(_) => {
            return Err(line.unknown_value("-deststoretype", "understood are -deststoretype JKS and PKCS12"));
        }
        None if is_jks_name => ("jks", Some(JKS_NOTE)),
        None => ("p12", None),
    };
    let native =
        Native::new(verb, IMPORT_TERMS).option("--in", line.required("-srckeystore")?).option("--out", destination);
    let native = match (line.value("-srcalias"), line.value("-destalias")) {
        (Some(old), Some(new)) => native.option("--only", old).option("--alias", renamed(line, old, new)?),
        (Some(old), None) => native.option("--only", old),
        (None, Some(_)) => {
            return Err(line.usage("-destalias without -srcalias").with_hint("say which entry: -srcalias 1"));
        }
        (None, None) => native,
    };
    let native = native.source("--password-from", source::keytool(line, SOURCE_PASS, session)?);
    let native = with_key_password(native, line, "-srckeypass", "-srcstorepass", session)?;
    let new = source::keytool(line, DESTINATION_PASS, session)?.unwrap_or_else(Word::prompt);
    let native = native.source("--store-password-from", Some(new));
    Ok(Translation::Native(note.into_iter().fold(native, Native::note)))
}

/// The password of the key, if it is given: it opens the key, and is said to end there if it is another than the store's.
fn with_key_password(
    native: Native,
    line: &Line,
    of_key: &str,
    of_store: &str,
    session: &mut Session,
) -> Result<Native> {
    let Some(password) = source::keytool(line, [of_key; 3], session)? else { return Ok(native) };
    let native = native.source("--key-password-from", Some(password));
    Ok(if line.value(of_key) == line.value(of_store) { native } else { native.note(KEY_NOTE) })
}

/// The new name of an entry, which must not look like two.
fn renamed(line: &Line, old: &OsStr, new: &OsStr) -> Result<OsString> {
    match new.as_encoded_bytes().contains(&b'=') {
        true => Err(line.unsupported(
            "an equals sign in the value of -destalias",
            "Salesforce takes letters, digits and underscores",
        )),
        false => Ok([old, OsStr::new("="), new].into_iter().collect()),
    }
}

fn change_alias(line: &Line, session: &mut Session) -> Result<Translation> {
    let keystore = line.required("-keystore")?;
    let (old, new) = (line.required("-alias")?, line.required("-destalias")?);
    let bytes = input::read(Path::new(keystore), session)?;
    let format = inspect::keystore(bytes.as_bytes()).map_err(|error| error.with_path(keystore))?.format();
    let native = Native::new(if format == Format::Jks { "jks" } else { "p12" }, STORE_TERMS)
        .option("--in", keystore)
        .flag("--in-place")
        .option("--alias", renamed(line, old, new)?)
        .source("--password-from", source::keytool(line, STORE_PASS, session)?);
    with_key_password(native, line, "-keypass", "-storepass", session).map(Translation::Native)
}

fn list(line: &Line, session: &mut Session) -> Result<Translation> {
    let password = source::keytool(line, STORE_PASS, session)?;
    report::keytool::list(line, password, session).map(Translation::Answered)
}
