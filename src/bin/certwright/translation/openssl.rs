//! OpenSSL's commands.

use std::ffi::{OsStr, OsString};

use certwright::subject::AttributeType;
use certwright::{Error, ErrorKind, Result};

use super::words::{Known, Line, Takes, nearest};
use super::{Native, Translation, give, report};
use crate::cli::ask_attribute;
use crate::session::Session;
use crate::status::ExitStatus;

type Translate = fn(&Line, &mut Session) -> Result<Translation>;

use Takes::{Nothing, Secret, Value};

/// Each command with its options and how many operands it takes.
const COMMANDS: [(&str, &[&Known], usize, Translate); 7] = [
    ("genpkey", &[GENPKEY, CIPHERS], 0, genpkey),
    ("genrsa", &[GENRSA, CIPHERS], 1, genrsa),
    ("rsa", &[RSA, CIPHERS], 0, rsa),
    ("req", &[REQ], 0, req),
    ("x509", &[X509], 0, x509),
    ("pkcs12", &[PKCS12], 0, pkcs12),
    ("version", &[&[("-a", Nothing), ("-v", Nothing)]], 0, version),
];

/// The ciphers that people name. Every key is put under AES-256 in CBC mode.
const CIPHERS: &Known = &[
    ("-aes256", Nothing),
    ("-aes-256-cbc", Nothing),
    ("-aes128", Nothing),
    ("-aes-128-cbc", Nothing),
    ("-aes192", Nothing),
    ("-aes-192-cbc", Nothing),
    ("-des3", Nothing),
    ("-des-ede3-cbc", Nothing),
    ("-des", Nothing),
    ("-des-cbc", Nothing),
    ("-camellia256", Nothing),
    ("-camellia-256-cbc", Nothing),
];

const GENPKEY: &Known = &[
    ("-algorithm", Value),
    ("-pkeyopt", Value),
    ("-out", Value),
    ("-pass", Secret),
    ("-outform", Value),
    ("-quiet", Nothing),
];

const GENRSA: &Known = &[("-out", Value), ("-passout", Secret), ("-f4", Nothing), ("-F4", Nothing)];

const RSA: &Known = &[
    ("-in", Value),
    ("-out", Value),
    ("-inform", Value),
    ("-outform", Value),
    ("-passin", Secret),
    ("-passout", Secret),
    ("-traditional", Nothing),
    ("-noout", Nothing),
    ("-modulus", Nothing),
    ("-check", Nothing),
];

const REQ: &Known = &[
    ("-new", Nothing),
    ("-key", Value),
    ("-in", Value),
    ("-inform", Value),
    ("-out", Value),
    ("-passin", Secret),
    ("-subj", Value),
    ("-addext", Value),
    ("-utf8", Nothing),
    ("-batch", Nothing),
    ("-sha256", Nothing),
    ("-nameopt", Value),
    ("-noout", Nothing),
    ("-verify", Nothing),
    ("-subject", Nothing),
    ("-modulus", Nothing),
    ("-pubkey", Nothing),
    ("-text", Nothing),
];

const X509: &Known = &[
    ("-req", Nothing),
    ("-in", Value),
    ("-inform", Value),
    ("-out", Value),
    ("-outform", Value),
    ("-days", Value),
    ("-signkey", Value),
    ("-key", Value),
    ("-passin", Secret),
    ("-copy_extensions", Value),
    ("-noout", Nothing),
    ("-nameopt", Value),
    ("-modulus", Nothing),
    ("-fingerprint", Nothing),
    ("-sha1", Nothing),
    ("-sha256", Nothing),
    ("-sha384", Nothing),
    ("-sha512", Nothing),
    ("-enddate", Nothing),
    ("-startdate", Nothing),
    ("-dates", Nothing),
    ("-subject", Nothing),
    ("-issuer", Nothing),
    ("-serial", Nothing),
    ("-checkend", Value),
    ("-pubkey", Nothing),
    ("-text", Nothing),
];

const PKCS12: &Known = &[
    ("-export", Nothing),
    ("-in", Value),
    ("-inkey", Value),
    ("-certfile", Value),
    ("-name", Value),
    ("-out", Value),
    ("-passin", Secret),
    ("-passout", Secret),
    ("-password", Secret),
    ("-legacy", Nothing),
    ("-info", Nothing),
    ("-noout", Nothing),
    ("-nokeys", Nothing),
    ("-nocerts", Nothing),
    ("-nodes", Nothing),
    ("-noenc", Nothing),
    ("-clcerts", Nothing),
];

pub(super) fn translate(words: &[OsString], session: &mut Session) -> Result<Translation> {
    let (command, options) = words.split_first().map_or((None, words), |(first, rest)| (first.to_str(), rest));
    let names = COMMANDS.map(|(name, ..)| name);
    let command = command.unwrap_or_default();
    let Some((name, known, operands, translate)) = COMMANDS.iter().find(|(name, ..)| *name == command) else {
        let hint = match nearest(command, names.into_iter()) {
            Some(nearest) => format!("the nearest command that is understood is openssl {nearest}"),
            None if command.starts_with("md5") || command.starts_with("sha") || command == "dgst" => {
                "compare what was printed itself; certwright verify compares keys and certificates".to_owned()
            }
            None => format!("understood are openssl {}", names.join(", ")),
        };
        let fact = match words.is_empty() {
            true => "no command of openssl's is given".to_owned(),
            false => format!("openssl {} is not understood; this is not openssl", command.escape_debug()),
        };
        return Err(Error::new(ErrorKind::Unsupported, fact).with_hint(hint));
    };
    let line = Line::read(format!("openssl {name}"), options, known, *operands)?;
    translate(&line, session)
}

/// `pass:`, `env:`, `file:`, `fd:` and `stdin` (openssl-passphrase-options(1)) as `--password-from` names them.
fn source(line: &Line, name: &str, session: &mut Session) -> Result<Option<OsString>> {
    let Some(value) = line.value(name) else { return Ok(None) };
    let octets = value.as_encoded_bytes();
    if let Some(text) = value.to_str()
        && (text == "stdin" || ["env:", "file:", "fd:"].iter().any(|kind| text.starts_with(kind)))
    {
        return Ok(Some(value.to_owned()));
    }
    if !octets.starts_with(b"pass:") {
        return Err(line
            .usage(format!("the value of {name} does not say where the password is"))
            .with_hint("write it as pass:PASSWORD, env:NAME, file:PATH, fd:N or stdin"));
    }
    // Only an ASCII prefix goes, so what is left is as whole as before.
    let password = value.to_str().map(|text| OsString::from(&text["pass:".len()..]));
    let password = password.ok_or_else(|| line.usage(format!("the value of {name} is no text")))?;
    give(&password, session).map(Some)
}

fn is_encrypted(line: &Line) -> bool {
    CIPHERS.iter().any(|(cipher, _)| line.has(cipher))
}

const CIPHER_NOTE: &str = "the key is put under AES-256, whichever cipher was asked for";

fn with_cipher_note(native: Native, line: &Line) -> Native {
    match CIPHERS[2..].iter().any(|(cipher, _)| line.has(cipher)) {
        true => native.note(CIPHER_NOTE),
        false => native,
    }
}

/// `--out`, where OpenSSL writes to standard output unless told otherwise.
fn with_out(native: Native, line: &Line) -> Native {
    native.option("--out", line.value("-out").unwrap_or(OsStr::new("-")))
}

/// The encodings are told by content; of `-outform` PEM alone is made, but where `der` says so.
fn check_form(line: &Line) -> Result<()> {
    match line.text("-outform")? {
        Some(form) if !form.eq_ignore_ascii_case("PEM") => {
            Err(line.unsupported(format!("-outform {}", form.escape_debug()), "leave it out: PEM is made"))
        }
        _ => Ok(()),
    }
}

fn genpkey(line: &Line, session: &mut Session) -> Result<Translation> {
    check_form(line)?;
    let algorithm = line.required("-algorithm")?;
    if !algorithm.eq_ignore_ascii_case("RSA") {
        let hint = "use -algorithm RSA: Salesforce takes no other";
        return Err(line.unsupported(format!("-algorithm {}", algorithm.to_string_lossy().escape_debug()), hint));
    }
    let mut bits = None;
    for (_, value) in line.options().filter(|(name, _)| *name == "-pkeyopt") {
        let text = value.to_str().unwrap_or_default();
        match text.split_once(':') {
            Some(("rsa_keygen_bits", number)) => bits = Some(number.to_owned()),
            Some(("rsa_keygen_pubexp", "65537")) => {}
            _ => {
                let hint = "understood is -pkeyopt rsa_keygen_bits:2048 (3072, 4096)";
                return Err(line.unsupported(format!("-pkeyopt {}", text.escape_debug()), hint));
            }
        }
    }
    new_key(line, bits.as_deref(), "-pass", session)
}

fn genrsa(line: &Line, session: &mut Session) -> Result<Translation> {
    let bits = line.operands().first().map(|bits| bits.to_string_lossy().into_owned());
    new_key(line, bits.as_deref(), "-passout", session)
}

fn new_key(line: &Line, bits: Option<&str>, password: &str, session: &mut Session) -> Result<Translation> {
    let native = with_out(Native::new("genkey").optional("--bits", bits), line);
    let native = match is_encrypted(line) {
        false => native.flag("--unencrypted"),
        true => with_cipher_note(native, line).optional("--password-from", source(line, password, session)?),
    };
    Ok(Translation::Native(native))
}

fn rsa(line: &Line, session: &mut Session) -> Result<Translation> {
    let passin = source(line, "-passin", session)?;
    if ["-noout", "-modulus", "-check"].iter().any(|name| line.has(name)) {
        return report::rsa(line, passin, session).map(Translation::Answered);
    }
    check_form(line)?;
    let verb = if is_encrypted(line) { "encrypt" } else { "decrypt" };
    let native = with_out(Native::new(verb).option("--in", line.value("-in").unwrap_or(OsStr::new("-"))), line);
    Ok(Translation::Native(match is_encrypted(line) {
        true => with_cipher_note(native, line)
            .optional("--old-password-from", passin)
            .optional("--password-from", source(line, "-passout", session)?),
        false => {
            let native = if line.has("-traditional") { native.option("--format", "pkcs1") } else { native };
            native.optional("--password-from", passin)
        }
    }))
}

/// What `req -new` asks, in its words and its order.
const QUESTIONS: [(AttributeType, &str, &str); 7] = [
    (AttributeType::Country, "--country", "Country Name (2 letter code) []"),
    (AttributeType::State, "--state", "State or Province Name (full name) []"),
    (AttributeType::Locality, "--locality", "Locality Name (eg, city) []"),
    (AttributeType::Organization, "--organization", "Organization Name (eg, company) []"),
    (AttributeType::OrganizationalUnit, "--organizational-unit", "Organizational Unit Name (eg, section) []"),
    (AttributeType::CommonName, "--common-name", "Common Name (e.g. server FQDN or YOUR name) []"),
    (AttributeType::EmailAddress, "--email", "Email Address []"),
];

/// A challenge password would stand in the request for everyone to read, and nothing here has a use for either.
const EXTRA_QUESTIONS: [&str; 2] = ["A challenge password []", "An optional company name []"];

fn req(line: &Line, session: &mut Session) -> Result<Translation> {
    if !line.has("-new") {
        return report::req(line, session).map(Translation::Answered);
    }
    let native = Native::new("csr").option("--key", line.required("-key")?);
    let mut native = with_out(native, line).optional("--password-from", source(line, "-passin", session)?);
    for (_, value) in line.options().filter(|(name, _)| *name == "-addext") {
        let text = value.to_str().unwrap_or_default();
        let names = text.split_once('=').filter(|(name, _)| name.trim() == "subjectAltName").map(|(_, names)| names);
        let names = names.ok_or_else(|| {
            line.unsupported("what -addext asks for", "understood is -addext \"subjectAltName=DNS:name,IP:address\"")
        })?;
        for name in names.split(',') {
            native = native.option("--san", name.trim());
        }
    }
    if let Some(subject) = line.value("-subj") {
        native = native.option("--subject", subject);
    } else if session.may_ask() && !line.has("-batch") {
        session.terminal.note(
            "Who is the certificate for? Enter alone, or a dot, leaves a part out: nothing is made up, as openssl does.",
        );
        for (kind, option, question) in QUESTIONS {
            native =
                native.optional(option, ask_attribute(&kind, question, session)?.map(|one| one.value().to_owned()));
        }
        for question in EXTRA_QUESTIONS {
            session.terminal.ask(question, &|answer| match answer.trim() {
                "" | "." => Ok(()),
                _ => Err("leave it empty: everyone could read it in the request, and the login fails".to_owned()),
            })?;
        }
    }
    Ok(Translation::Native(native))
}

fn x509(line: &Line, session: &mut Session) -> Result<Translation> {
    if line.has("-req") {
        return sign_request(line, session);
    }
    const CONVERSION: [&str; 5] = ["-in", "-inform", "-out", "-outform", "-nameopt"];
    if line.value("-out").is_none() || line.options().any(|(name, _)| !CONVERSION.contains(&name)) {
        return report::x509(line, session).map(Translation::Answered);
    }
    let form = match line.text("-outform")? {
        Some(form) if form.eq_ignore_ascii_case("DER") => "--der",
        _ => "--pem",
    };
    let native = Native::new("show").flag(form);
    let input = line.value("-in").unwrap_or(OsStr::new("-"));
    Ok(Translation::Native(with_out(native, line).operand(input)))
}

const VERSION_NOTE: &str = "an X.509 version 3 certificate with the alternative names of the request is made; openssl \
                            before 3.2 makes version 1 and drops them";

fn sign_request(line: &Line, session: &mut Session) -> Result<Translation> {
    check_form(line)?;
    let key = match line.value("-signkey").or(line.value("-key")) {
        Some(key) => key,
        None => line.required("-signkey")?,
    };
    let report = ["-noout", "-text", "-subject", "-checkend"].into_iter().find(|name| line.has(name));
    if let Some(name) = report {
        return Err(
            line.unsupported(format!("{name} together with -req"), "make the certificate first, then look at it")
        );
    }
    let native = Native::new("selfsign")
        .option("--csr", line.value("-in").unwrap_or(OsStr::new("-")))
        .option("--key", key)
        // OpenSSL's own default.
        .option("--days", line.value("-days").unwrap_or(OsStr::new("30")));
    let native = with_out(native, line).optional("--password-from", source(line, "-passin", session)?);
    Ok(Translation::Native(native.note(VERSION_NOTE)))
}

const ALIAS_NOTE: &str = "without -name the entry is called 1, as keytool would call it; the guide renames it next";

fn pkcs12(line: &Line, session: &mut Session) -> Result<Translation> {
    if !line.has("-export") {
        return read_pkcs12(line, session);
    }
    let certificate = line.value("-in").unwrap_or(OsStr::new("-"));
    let native = Native::new("p12")
        .option("--key", line.value("-inkey").unwrap_or(certificate))
        .option("--cert", certificate)
        .optional("--chain", line.value("-certfile"));
    let native = match line.value("-name") {
        Some(name) => native.option("--alias", name),
        None => native.option("--alias", "1").note(ALIAS_NOTE),
    };
    let native = if line.has("-legacy") { native.option("--compat", "java8") } else { native };
    let passin = source(line, "-passin", session)?;
    let passout = match source(line, "-passout", session)? {
        Some(passout) => Some(passout),
        None => source(line, "-password", session)?,
    };
    Ok(Translation::Native(
        with_out(native, line)
            .optional("--key-password-from", passin)
            .option("--store-password-from", passout.unwrap_or("prompt".into())),
    ))
}

fn read_pkcs12(line: &Line, session: &mut Session) -> Result<Translation> {
    let passin = match source(line, "-passin", session)? {
        Some(passin) => Some(passin),
        None => source(line, "-password", session)?,
    };
    if line.has("-info") || line.has("-noout") {
        let status = report::pkcs12(line, passin.clone(), session)?;
        if line.has("-noout") {
            return Ok(Translation::Answered(status));
        }
    }
    let input = line.value("-in").unwrap_or(OsStr::new("-"));
    let out = line.value("-out").unwrap_or(OsStr::new("-"));
    let native = Native::new("export").option("--in", input).optional("--password-from", passin);
    Ok(Translation::Native(match (line.has("-nokeys"), line.has("-nocerts")) {
        (true, false) if line.has("-clcerts") => native.flag("--no-key").option("--cert-out", out).flag("--no-chain"),
        (true, false) => native.flag("--no-key").option("--fullchain-out", out),
        (false, true) => {
            let native = native.flag("--no-cert").option("--key-out", out);
            match line.has("-nodes") || line.has("-noenc") {
                true => native,
                false => {
                    let passout = source(line, "-passout", session)?.unwrap_or("prompt".into());
                    native.option("--new-password-from", passout)
                }
            }
        }
        _ => {
            let hint = "take the certificates with -nokeys and the key with -nocerts, or all with certwright export";
            return Err(line.unsupported("key and certificates in one stream", hint));
        }
    }))
}

fn version(line: &Line, session: &mut Session) -> Result<Translation> {
    super::refuse_json(line, "--version", session)?;
    let version = env!("CARGO_PKG_VERSION");
    session
        .terminal
        .say(&format!("certwright {version} (not OpenSSL: it understands the openssl lines of the setup guide)"))?;
    Ok(Translation::Answered(ExitStatus::Done))
}
