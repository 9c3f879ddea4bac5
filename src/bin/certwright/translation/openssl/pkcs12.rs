//! `pkcs12`: a keystore is made, or taken apart.

use std::ffi::OsStr;

use certwright::Result;

use super::super::native::{Native, Terms, Word};
use super::super::words::Line;
use super::super::{Translation, report, source};
use super::{out, with_out};
use crate::session::Session;
use crate::status::ExitStatus;

const ALIAS_NOTE: &str = "without -name the entry is called 1, as keytool would call it; the guide renames it next";

const EXPORT_TERMS: Terms = &[
    ("--key-password-from", "-passin"),
    ("--store-password-from", "-passout"),
    ("--password-from", "-passout"),
    ("--key", "-inkey"),
    ("--cert", "-in"),
    ("--out", "-out"),
];

/// The password of the keystore, which has two names.
fn store_source(line: &Line, name: &str, session: &mut Session) -> Result<Option<Word>> {
    source::openssl(line, if line.has(name) { name } else { "-password" }, session)
}

pub(super) fn pkcs12(line: &Line, session: &mut Session) -> Result<Translation> {
    if !line.has("-export") {
        return read(line, session);
    }
    let allowed =
        ["-export", "-in", "-inkey", "-certfile", "-name", "-out", "-passin", "-passout", "-password", "-legacy"];
    line.only("together with -export", &allowed, "a keystore is made of a key, its certificate and -certfile")?;
    let certificate = line.value("-in").unwrap_or(OsStr::new("-"));
    let native = Native::new("p12", EXPORT_TERMS)
        .option("--key", line.value("-inkey").unwrap_or(certificate))
        .option("--cert", certificate)
        .optional("--chain", line.value("-certfile"));
    let native = match line.value("-name") {
        Some(name) => native.option("--alias", name),
        None => native.option("--alias", "1").note(ALIAS_NOTE),
    };
    let native = if line.has("-legacy") { native.option("--compat", "java8") } else { native };
    let passin = source::openssl(line, "-passin", session)?;
    let passout = store_source(line, "-passout", session)?.unwrap_or_else(Word::prompt);
    Ok(Translation::Native(
        with_out(native, line).source("--key-password-from", passin).source("--store-password-from", Some(passout)),
    ))
}

const IMPORT_TERMS: Terms =
    &[("--new-password-from", "-passout"), ("--password-from", "-passin"), ("--in", "-in"), ("--out", "-out")];

fn read(line: &Line, session: &mut Session) -> Result<Translation> {
    let allowed = [
        "-in",
        "-out",
        "-passin",
        "-passout",
        "-password",
        "-info",
        "-noout",
        "-nokeys",
        "-nocerts",
        "-nodes",
        "-noenc",
        "-clcerts",
    ];
    line.only("without -export", &allowed, "add -export to make a keystore")?;
    let parts = match (line.has("-nokeys"), line.has("-nocerts")) {
        (true, false) => ["--no-key", if line.has("-clcerts") { "--cert-out" } else { "--fullchain-out" }],
        (false, true) => ["--no-cert", "--key-out"],
        _ if line.has("-noout") => ["", ""],
        _ => {
            let hint = "take the certificates with -nokeys and the key with -nocerts, or all with certwright export";
            return Err(line.unsupported("key and certificates in one stream", hint));
        }
    };
    let input = line.value("-in").unwrap_or(OsStr::new("-"));
    let mut passin = store_source(line, "-passin", session)?;
    if line.has("-noout") {
        return report::pkcs12(line, passin, session).map(|_| Translation::Answered(ExitStatus::Done));
    }
    let passout = source::openssl(line, "-passout", session)?.unwrap_or_else(Word::prompt);
    if line.has("-info") {
        if input == "-" {
            return Err(line.unsupported("-info beside what is taken out of standard input", "name the file with -in"));
        }
        passin = Some(report::pkcs12(line, passin, session)?);
    }
    let [without, to] = parts;
    let native = Native::new("export", IMPORT_TERMS).option("--in", input).source("--password-from", passin);
    let native = native.flag(without).option(to, out(line));
    let native = match to {
        "--cert-out" => native.flag("--no-chain"),
        "--key-out" if !line.has("-nodes") && !line.has("-noenc") => {
            native.source("--new-password-from", Some(passout))
        }
        _ => native,
    };
    Ok(Translation::Native(native))
}
