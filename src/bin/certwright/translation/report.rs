//! What OpenSSL and keytool print and scripts read: the same bytes where a script takes one field, the same content
//! elsewhere.

pub(super) mod keytool;

use std::path::{Path, PathBuf};
use std::time::Duration;

use certwright::error::printable;
use certwright::inspect;
use certwright::keystore::Entry;
use certwright::subject::NameFormat;
use certwright::{CertRequest, Certificate, Error, Keystore, Password, PublicKey, Result, Subject, time};
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::native::{Terms, Word, reworded};
use super::openssl::SIGN_HINT;
use super::words::Line;
use super::{refuse_json, source, text};
use crate::input;
use crate::password;
use crate::quoted::quoted;
use crate::session::Session;
use crate::status::ExitStatus;
use crate::table::{hex, octets};
use crate::terminal::is_broken_pipe;

fn path_in(line: &Line) -> PathBuf {
    line.path("-in").unwrap_or_else(|| PathBuf::from("-"))
}

/// Says what tells the same natively.
fn note_native(path: &Path, session: &mut Session) {
    let note = format!("note: the same in plain words: certwright show {}", quoted(path.as_os_str()));
    session.terminal.note(&note);
}

fn name_format(line: &Line) -> Result<NameFormat> {
    let words: Vec<&str> = line
        .options()
        .filter(|(name, _)| *name == "-nameopt")
        .map(|(_, value)| value.to_str().unwrap_or("?"))
        .collect();
    match words.as_slice() {
        [] => Ok(NameFormat::default()),
        words => words.join(",").parse().map_err(|_| {
            line.unknown_value("-nameopt", "use RFC2253, oneline, multiline, compat, or the words they stand for")
        }),
    }
}

/// `subject=..`, on lines of its own where that is the format.
fn named(title: &str, name: &Subject, format: &NameFormat) -> Result<Vec<u8>> {
    let newline = if format.is_multiline() { "\n" } else { "" };
    Ok([format!("{title}={newline}").into_bytes(), name.print(format)?, b"\n".to_vec()].concat())
}

/// For a text that is no field by itself.
pub(super) fn utf8(name: &Subject, format: &NameFormat) -> Result<String> {
    Ok(String::from_utf8_lossy(&name.print(format)?).trim_start().to_owned())
}

fn modulus(key: &PublicKey) -> String {
    match key.rsa_numbers() {
        Some((modulus, _)) => format!("Modulus={}\n", hex(&modulus).to_uppercase()),
        None => "Modulus=No modulus for this public key type\n".to_owned(),
    }
}

fn public_key_pem(key: &PublicKey) -> Result<Vec<u8>> {
    Ok(key.to_pem()?.as_bytes().to_vec())
}

/// The serial number as OpenSSL writes it: the amount, and a minus before it.
pub(super) fn serial(certificate: &Certificate) -> String {
    let mut octets = certificate.serial_octets().to_vec();
    let is_negative = octets.first().is_some_and(|first| *first > 0x7f);
    if is_negative {
        let mut carry = true;
        for octet in octets.iter_mut().rev() {
            (*octet, carry) = (!*octet).overflowing_add(carry.into());
        }
    }
    let leading = octets.iter().take_while(|octet| **octet == 0).count().min(octets.len().saturating_sub(1));
    format!("{}{}", if is_negative { "-" } else { "" }, hex(&octets[leading..]))
}

/// What `x509` signs with, or takes a fingerprint with.
pub(super) const DIGESTS: [&str; 4] = ["-sha1", "-sha256", "-sha384", "-sha512"];

/// Without a digest of its own the line's is SHA-1, under another spelling: both are OpenSSL's.
fn fingerprint(line: &Line, certificate: &Certificate) -> String {
    let der = certificate.to_der();
    let (name, hash) = match line.last_of(&DIGESTS) {
        None => ("SHA1", certificate.sha1().to_vec()),
        Some("-sha256") => ("sha256", Sha256::digest(der).to_vec()),
        Some("-sha384") => ("sha384", Sha384::digest(der).to_vec()),
        Some("-sha512") => ("sha512", Sha512::digest(der).to_vec()),
        Some(_) => ("sha1", certificate.sha1().to_vec()),
    };
    format!("{name} Fingerprint={}\n", octets(&hash))
}

/// What `x509` prints; a digest says how.
pub(super) const X509_PRINTS: [&str; 12] = [
    "-noout",
    "-modulus",
    "-fingerprint",
    "-enddate",
    "-startdate",
    "-dates",
    "-subject",
    "-issuer",
    "-serial",
    "-checkend",
    "-pubkey",
    "-text",
];

/// `x509` without `-req`: what is asked for in the order of the options, as OpenSSL does.
pub(super) fn x509(line: &Line, session: &mut Session) -> Result<ExitStatus> {
    refuse_json(line, "show --json FILE", session)?;
    check_out(line)?;
    let beside = ["-in", "-inform", "-nameopt", "-out"];
    line.only("without -req", &[&X509_PRINTS[..], &DIGESTS, &beside].concat(), SIGN_HINT)?;
    let seconds = line.text("-checkend")?.map(|text| seconds(line, text)).transpose()?;
    let path = path_in(line);
    note_native(&path, session);
    let bytes = input::read(&path, session)?;
    let certificate = inspect::certificates(bytes.as_bytes()).map_err(|error| error.with_path(&path))?.swap_remove(0);
    let format = name_format(line)?;
    let in_file = |error: Error| error.with_path(&path);
    let validity = certificate.validity();
    let (start, end) = (time::gmt(validity.not_before()), time::gmt(validity.not_after()));
    let mut out = Vec::new();
    for (option, _) in line.options() {
        let part = match option {
            "-subject" => named("subject", certificate.subject(), &format)?,
            "-issuer" => named("issuer", certificate.issuer(), &format)?,
            "-serial" => format!("serial={}\n", serial(&certificate).to_uppercase()).into_bytes(),
            "-modulus" => modulus(&certificate.public_key().map_err(in_file)?).into_bytes(),
            "-pubkey" => public_key_pem(&certificate.public_key().map_err(in_file)?)?,
            "-startdate" => format!("notBefore={start}\n").into_bytes(),
            "-enddate" => format!("notAfter={end}\n").into_bytes(),
            "-dates" => format!("notBefore={start}\nnotAfter={end}\n").into_bytes(),
            "-fingerprint" => fingerprint(line, &certificate).into_bytes(),
            "-text" => text::certificate(&certificate, &format)?.into_bytes(),
            _ => continue,
        };
        out.extend(part);
    }
    let mut status = ExitStatus::Done;
    if let Some(seconds) = seconds {
        let span = Duration::from_secs(seconds.unsigned_abs());
        let until = match seconds < 0 {
            true => session.now.checked_sub(span),
            false => session.now.checked_add(span),
        };
        let expires = until.map_or(seconds > 0, |until| validity.not_after() < until);
        out.extend(if expires { &b"Certificate will expire\n"[..] } else { b"Certificate will not expire\n" });
        status = if expires { ExitStatus::NotGood } else { ExitStatus::Done };
    } else if !line.has("-noout") {
        out.extend_from_slice(certificate.to_pem().as_bytes());
    }
    say(&out, session)?;
    Ok(status)
}

/// What is printed goes to standard output, by whatever name.
fn check_out(line: &Line) -> Result<()> {
    match line.value("-out") {
        Some(out) if out != "-" && out != "/dev/stdout" => {
            Err(line.unsupported("-out together with what is printed", "send the output into a file with >"))
        }
        _ => Ok(()),
    }
}

/// A number as strtol(3) reads it, to the end.
fn seconds(line: &Line, text: &str) -> Result<i64> {
    let text = text.trim_start_matches([' ', '\t', '\n', '\x0b', '\x0c', '\r']);
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let (digits, radix) = match digits.strip_prefix("0x").or(digits.strip_prefix("0X")) {
        Some(digits) => (digits, 16),
        None if digits.starts_with('0') => (digits, 8),
        None => (digits, 10),
    };
    // The sign has been read: another is none.
    let number =
        if digits.starts_with(['+', '-']) { None } else { i64::from_str_radix(&format!("{sign}{digits}"), radix).ok() };
    number.ok_or_else(|| {
        line.usage("the value of -checkend is no number of seconds")
            .with_hint("a day has 86400 seconds; certwright verify --expires-within 30d counts days")
    })
}

/// A reader that has read enough is no error here either.
fn say(text: &[u8], session: &mut Session) -> Result<()> {
    match session.terminal.write(text) {
        Err(error) if is_broken_pipe(&error) => Ok(()),
        other => other,
    }
}

/// `rsa -noout`: of a key, nothing secret.
pub(super) fn rsa(line: &Line, session: &mut Session) -> Result<ExitStatus> {
    refuse_json(line, "show --json FILE", session)?;
    check_out(line)?;
    let allowed = ["-in", "-inform", "-passin", "-out", "-noout", "-modulus", "-check"];
    line.only("together with -noout, -modulus or -check", &allowed, "write the key with a line of its own")?;
    if !line.has("-noout") {
        let hint = "add -noout; the key itself is written by the same line without -modulus and -check";
        return Err(line.unsupported("printing a key beside what is asked of it", hint));
    }
    let passin = source::openssl(line, "-passin", session)?.map(|word| word.password_source()).transpose()?;
    let path = path_in(line);
    note_native(&path, session);
    let (key, _) = input::private_key(&path, passin.as_ref(), "-passin", session)?;
    let mut out = Vec::new();
    if line.has("-modulus") {
        out.extend(modulus(&key.public_key()).into_bytes());
    }
    let mut status = ExitStatus::Done;
    if line.has("-check") {
        match key.check_primes() {
            Ok(()) => out.extend(b"RSA key ok\n"),
            Err(error) => {
                out.extend(format!("RSA key error: {error}\n").into_bytes());
                status = ExitStatus::NotGood;
            }
        }
    }
    say(&out, session)?;
    Ok(status)
}

/// `req` without `-new`: in OpenSSL's order, whatever the line's.
pub(super) fn req(line: &Line, session: &mut Session) -> Result<ExitStatus> {
    refuse_json(line, "show --json FILE", session)?;
    check_out(line)?;
    let allowed = [
        "-in", "-inform", "-out", "-noout", "-verify", "-subject", "-modulus", "-pubkey", "-text", "-nameopt", "-utf8",
        "-batch",
    ];
    line.only("without -new", &allowed, "add -new to make a request")?;
    let path = path_in(line);
    note_native(&path, session);
    let request: CertRequest = input::cert_request(&path, session)?;
    let format = name_format(line)?;
    let mut status = ExitStatus::Done;
    if line.has("-verify") {
        match request.verify_signature() {
            Ok(()) => session.terminal.note("Certificate request self-signature verify OK"),
            Err(error) => {
                session.terminal.note(&format!("Certificate request self-signature verify failure: {error}"));
                status = ExitStatus::NotGood;
            }
        }
    }
    let in_file = |error: Error| error.with_path(&path);
    let mut out = Vec::new();
    if line.has("-pubkey") {
        out.extend(public_key_pem(&request.public_key().map_err(in_file)?)?);
    }
    if line.has("-text") {
        out.extend(text::cert_request(&request, &format)?.into_bytes());
    }
    if line.has("-subject") {
        out.extend(named("subject", request.subject(), &format)?);
    }
    if line.has("-modulus") {
        out.extend(modulus(&request.public_key().map_err(in_file)?).into_bytes());
    }
    if !line.has("-noout") {
        out.extend_from_slice(request.to_pem().as_bytes());
    }
    say(&out, session)?;
    Ok(status)
}

/// `pkcs12 -info`: what guards the file and what is in it, on standard error as there. The password that has opened it.
pub(super) fn pkcs12(line: &Line, passin: Option<Word>, session: &mut Session) -> Result<Word> {
    refuse_json(line, "show --json FILE", session)?;
    if line.has("-noout") {
        check_out(line)?;
    }
    let path = path_in(line);
    let Opened { encoded, store, password } = open(&path, passin.as_ref(), &[("--password-from", "-passin")], session)?;
    if let Some(integrity) = encoded.integrity() {
        session.terminal.note(integrity);
    }
    for protection in encoded.protections() {
        session.terminal.note(&format!("Encrypted data: {protection}"));
    }
    for entry in &store.entries {
        let what = match entry {
            Entry::Identity(_) | Entry::LoneKey { .. } => "Shrouded Keybag",
            Entry::Certificate { .. } => "Certificate bag",
            _ => "Unreadable bag",
        };
        session.terminal.note(&format!("{what}: friendlyName {}", printable(entry.alias())));
        if let Entry::Identity(identity) = entry {
            for certificate in identity.chain() {
                session.terminal.note(&format!("Certificate bag: {}", certificate.subject()));
            }
        }
    }
    session.given.push(password);
    let told = passin.unwrap_or_else(Word::prompt).told().to_owned();
    Ok(Word::Given(session.given.len() - 1, told))
}

struct Opened {
    encoded: certwright::EncodedKeystore,
    store: Keystore,
    password: Password,
}

fn open(path: &Path, word: Option<&Word>, terms: Terms, session: &mut Session) -> Result<Opened> {
    note_native(path, session);
    let bytes = input::read(path, session)?;
    let encoded = inspect::keystore(bytes.as_bytes()).map_err(|error| error.with_path(path))?;
    let source = word.map(Word::password_source).transpose()?;
    let open = |password: &Password| encoded.open(password, None);
    let (store, password) = password::unlock(path, source.as_ref(), "--password-from", session, open)
        .map_err(|error| reworded(error, terms))?;
    Ok(Opened { encoded, store, password })
}
