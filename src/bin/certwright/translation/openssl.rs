//! OpenSSL's commands.

mod options;
mod pkcs12;

use std::ffi::{OsStr, OsString};
use std::path::Path;

use certwright::subject::AttributeType;
use certwright::{Error, ErrorKind, Result, RsaBits, inspect};

use super::native::{Native, Terms, told_in};
use super::words::{Known, Line, shown};
use super::{Translation, report, source};
use crate::cli::ask_attribute;
use crate::input;
use crate::nearest::nearest;
use crate::session::Session;
use crate::status::ExitStatus;
use options::{CIPHERS, GENPKEY, GENRSA, OTHERS, PKCS12, REQ, RSA, VERSION, X509};

type Translate = fn(&Line, &mut Session) -> Result<Translation>;

/// Each command with its options and how many operands it takes.
const COMMANDS: [(&str, &[&Known], usize, Translate); 7] = [
    ("genpkey", &[GENPKEY, CIPHERS], 0, genpkey),
    ("genrsa", &[GENRSA, CIPHERS], 1, genrsa),
    ("rsa", &[RSA, CIPHERS], 0, rsa),
    ("req", &[REQ], 0, req),
    ("x509", &[X509], 0, x509),
    ("pkcs12", &[PKCS12], 0, pkcs12::pkcs12),
    ("version", &[VERSION], 0, version),
];

pub(super) fn translate(words: &[OsString], session: &mut Session) -> Result<Translation> {
    let (command, options) = words.split_first().map_or((None, words), |(first, rest)| (first.to_str(), rest));
    let names = COMMANDS.map(|(name, ..)| name);
    let command = command.unwrap_or_default();
    let Some((name, known, operands, translate)) = COMMANDS.iter().find(|(name, ..)| *name == command) else {
        let hint = match nearest(command, names.into_iter()) {
            Some(nearest) => format!("the nearest command that is understood is openssl {nearest}"),
            None if command == "pkcs8" || command == "pkey" => {
                "certwright show tells what a key is, encrypt puts it under a password, decrypt takes it out".to_owned()
            }
            None if command.starts_with("md5") || command.starts_with("sha") || command == "dgst" => {
                "compare what was printed itself; certwright verify compares keys and certificates".to_owned()
            }
            None => format!("understood are openssl {}", names.join(", ")),
        };
        let fact = match words.is_empty() {
            true => "no command of openssl's is given".to_owned(),
            false => format!("openssl {} is not understood; this is not openssl", shown(command, &[])),
        };
        return Err(Error::new(ErrorKind::Unsupported, fact).with_hint(hint));
    };
    let line = Line::read(format!("openssl {name}"), options, &[*known, &[OTHERS]].concat(), *operands)?;
    translate(&line, session)
}

const PASSWORD_NOTE: &str =
    "the key is put under AES-256, as a password is given for it; openssl would leave it open without a cipher";

/// True if the key is to be under a password, which is where `password` says.
fn is_encrypted(line: &Line, password: &str) -> bool {
    line.has(password) || CIPHERS.iter().any(|(cipher, _)| line.has(cipher))
}

const CIPHER_NOTE: &str = "the key is put under AES-256, whichever cipher was asked for";

fn with_cipher_note(native: Native, line: &Line) -> Native {
    match CIPHERS.iter().position(|(cipher, _)| line.has(cipher)) {
        None => native.note(PASSWORD_NOTE),
        Some(_) if CIPHERS[2..].iter().any(|(cipher, _)| line.has(cipher)) => native.note(CIPHER_NOTE),
        Some(_) => native,
    }
}

/// `--out`, where OpenSSL writes to standard output unless told otherwise.
fn with_out(native: Native, line: &Line) -> Native {
    native.option("--out", out(line))
}

fn out(line: &Line) -> &OsStr {
    line.value("-out").filter(|out| *out != "/dev/stdout").unwrap_or(OsStr::new("-"))
}

/// The encodings are told by content; of `-outform` PEM alone is made, but where `der` says so.
fn check_form(line: &Line) -> Result<()> {
    match line.text("-outform")? {
        Some(form) if !form.eq_ignore_ascii_case("PEM") => {
            Err(line.unknown_value("-outform", "leave it out: PEM is made"))
        }
        _ => Ok(()),
    }
}

fn genpkey(line: &Line, session: &mut Session) -> Result<Translation> {
    check_form(line)?;
    let algorithm = line.required("-algorithm")?;
    if !algorithm.eq_ignore_ascii_case("RSA") {
        let hint = "use -algorithm RSA: Salesforce takes no other";
        return Err(line.unknown_value("-algorithm", hint));
    }
    let mut bits = None;
    for (_, value) in line.options().filter(|(name, _)| *name == "-pkeyopt") {
        let text = value.to_str().unwrap_or_default();
        match text.split_once(':') {
            Some(("rsa_keygen_bits", number)) => bits = Some(number),
            Some(("rsa_keygen_pubexp", "65537")) => {}
            _ => return Err(line.unknown_value("-pkeyopt", BITS_HINT)),
        }
    }
    if bits.is_some_and(|bits| bits.parse::<RsaBits>().is_err()) {
        return Err(line.unknown_value("-pkeyopt", BITS_HINT));
    }
    new_key(line, bits, ("-pass", &[("--password-from", "-pass"), ("--out", "-out")]), session)
}

const BITS_HINT: &str = "understood is -pkeyopt rsa_keygen_bits:2048 (3072, 4096)";

fn genrsa(line: &Line, session: &mut Session) -> Result<Translation> {
    let bits = line.operands().first().and_then(|bits| bits.to_str());
    if bits.is_some_and(|bits| bits.parse::<RsaBits>().is_err()) {
        return Err(
            line.unsupported("the number behind the options", "write 2048, 3072 or 4096 there, the length of the key")
        );
    }
    new_key(line, bits, ("-passout", &[("--password-from", "-passout"), ("--out", "-out")]), session)
}

fn new_key(
    line: &Line,
    bits: Option<&str>,
    (password, terms): (&str, Terms),
    session: &mut Session,
) -> Result<Translation> {
    let native = with_out(Native::new("genkey", terms).optional("--bits", bits), line);
    let native = match is_encrypted(line, password) {
        false => native.flag("--unencrypted"),
        true => with_cipher_note(native, line).source("--password-from", source::openssl(line, password, session)?),
    };
    Ok(Translation::Native(native))
}

fn rsa(line: &Line, session: &mut Session) -> Result<Translation> {
    if ["-noout", "-modulus", "-check"].iter().any(|name| line.has(name)) {
        return report::rsa(line, session).map(Translation::Answered);
    }
    check_form(line)?;
    let passin = source::openssl(line, "-passin", session)?;
    let input = line.value("-in").unwrap_or(OsStr::new("-"));
    if !is_encrypted(line, "-passout") {
        let terms = &[("--password-from", "-passin"), ("--in", "-in"), ("--out", "-out")];
        let native = with_out(Native::new("decrypt", terms).option("--in", input), line);
        let native = if line.has("-traditional") { native.option("--format", "pkcs1") } else { native };
        return Ok(Translation::Native(native.source("--password-from", passin)));
    }
    if line.has("-traditional") {
        let hint = "leave -traditional out: PKCS#8 guards its password better";
        return Err(line.unsupported("-traditional for a key under a password", hint));
    }
    let terms =
        &[("--old-password-from", "-passin"), ("--password-from", "-passout"), ("--in", "-in"), ("--out", "-out")];
    let native = with_out(Native::new("encrypt", terms).option("--in", input), line);
    Ok(Translation::Native(
        with_cipher_note(native, line)
            .source("--old-password-from", passin)
            .source("--password-from", source::openssl(line, "-passout", session)?),
    ))
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

const REQ_TERMS: Terms = &[("--password-from", "-passin"), ("--key", "-key"), ("--out", "-out")];

fn req(line: &Line, session: &mut Session) -> Result<Translation> {
    if !line.has("-new") {
        return report::req(line, session).map(Translation::Answered);
    }
    let allowed = ["-new", "-key", "-out", "-passin", "-subj", "-addext", "-utf8", "-batch", "-sha256"];
    line.only("together with -new", &allowed, "make the request first, then look at it")?;
    let key = line.required("-key")?;
    let native = with_out(Native::new("csr", REQ_TERMS).option("--key", key), line);
    let mut native = native.source("--password-from", source::openssl(line, "-passin", session)?);
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
    match line.value("-subj") {
        Some(subject) => Ok(Translation::Native(native.option("--subject", subject))),
        None => {
            check_before_asking(line, key, session)?;
            let answers = ask_subject(line, session)?;
            let native = answers.into_iter().fold(native, |native, (option, answer)| native.option(option, answer));
            Ok(Translation::Native(native))
        }
    }
}

/// Nobody is to answer nine questions for nothing.
fn check_before_asking(line: &Line, key: &OsStr, session: &mut Session) -> Result<()> {
    let out = Path::new(out(line));
    if out != "-" {
        let checked = session.rules().with_input(key).check(&[out]);
        checked.map_err(|error| told_in("openssl", error, REQ_TERMS))?;
    }
    if key != "-" {
        let bytes = input::read_file(Path::new(key), &session.inputs)
            .map_err(|error| input::or_make(error, "make it with genpkey and rsa first, or name the key with -key"))?;
        inspect::private_key(bytes.as_bytes()).map_err(|error| error.with_path(key))?;
    }
    Ok(())
}

/// What a person answers to OpenSSL's questions; at least one part of a subject.
fn ask_subject(line: &Line, session: &mut Session) -> Result<Vec<(&'static str, String)>> {
    let mut answers = Vec::new();
    if session.may_ask() && !line.has("-batch") {
        session.terminal.note(
            "Who is the certificate for? Enter alone, or a dot, leaves a part out: nothing is made up, as openssl does.",
        );
        for (kind, option, question) in QUESTIONS {
            answers.extend(ask_attribute(&kind, question, session)?.map(|one| (option, one.value().to_owned())));
        }
        for question in EXTRA_QUESTIONS {
            session.terminal.ask(question, &|answer| match answer.trim() {
                "" | "." => Ok(()),
                _ => Err("leave it empty: everyone could read it in the request, and the login fails".to_owned()),
            })?;
        }
    }
    match answers.is_empty() {
        true => Err(Error::new(ErrorKind::Usage, "no subject was given, and none is made up")
            .with_hint("say who the certificate is for: -subj \"/C=US/ST=California/L=San Francisco/O=Example Inc\"")),
        false => Ok(answers),
    }
}

fn x509(line: &Line, session: &mut Session) -> Result<Translation> {
    if line.has("-req") {
        return sign_request(line, session);
    }
    if line.last_of(&report::X509_PRINTS).or(line.last_of(&report::DIGESTS)).is_some() {
        return report::x509(line, session).map(Translation::Answered);
    }
    line.only("without -req", &["-in", "-inform", "-out", "-outform", "-nameopt"], SIGN_HINT)?;
    let form = match line.text("-outform")? {
        Some(form) if form.eq_ignore_ascii_case("DER") => "--der",
        Some(form) if !form.eq_ignore_ascii_case("PEM") => {
            return Err(line.unknown_value("-outform", "understood are -outform PEM and DER"));
        }
        _ => "--pem",
    };
    let native = Native::new("show", &[("--out", "-out")]).flag(form).flag("--first");
    let input = line.value("-in").unwrap_or(OsStr::new("-"));
    Ok(Translation::Native(with_out(native, line).operand(input)))
}

pub(super) const SIGN_HINT: &str =
    "add -req to make a certificate of a request; look at one and convert it with two lines";

const VERSION_NOTE: &str = "an X.509 version 3 certificate with the alternative names of the request is made; openssl \
                            before 3.2 makes version 1 and drops them";

const DIGEST_NOTE: &str = "the certificate is signed with SHA-256: nobody trusts SHA-1 any more";

const SIGN_TERMS: Terms = &[
    ("--password-from", "-passin"),
    ("--key", "-signkey"),
    ("--csr", "-in"),
    ("leave --days out for 365 days, or give", "give"),
    ("--out", "-out"),
];

fn sign_request(line: &Line, session: &mut Session) -> Result<Translation> {
    let digest = line.last_of(&report::DIGESTS);
    if let Some(digest @ ("-sha384" | "-sha512")) = digest {
        return Err(line.unsupported(format!("{digest} together with -req"), "the certificate is signed with -sha256"));
    }
    let allowed =
        ["-req", "-in", "-inform", "-out", "-outform", "-days", "-signkey", "-key", "-passin", "-copy_extensions"];
    let hint = "make the certificate first, then look at it";
    line.only("together with -req", &[&allowed[..], &report::DIGESTS].concat(), hint)?;
    check_form(line)?;
    let key = match line.value("-signkey").or(line.value("-key")) {
        Some(key) => key,
        None => line.required("-signkey")?,
    };
    let native = Native::new("selfsign", SIGN_TERMS)
        .option("--csr", line.value("-in").unwrap_or(OsStr::new("-")))
        .option("--key", key)
        // OpenSSL's own default.
        .option("--days", line.value("-days").unwrap_or(OsStr::new("30")));
    let native = if digest == Some("-sha1") { native.note(DIGEST_NOTE) } else { native };
    let native = with_out(native, line).source("--password-from", source::openssl(line, "-passin", session)?);
    Ok(Translation::Native(native.note(VERSION_NOTE)))
}

fn version(line: &Line, session: &mut Session) -> Result<Translation> {
    super::refuse_json(line, "--version", session)?;
    let version = env!("CARGO_PKG_VERSION");
    session
        .terminal
        .say(&format!("certwright {version} (not OpenSSL: it understands the openssl lines of the setup guide)"))?;
    Ok(Translation::Answered(ExitStatus::Done))
}
