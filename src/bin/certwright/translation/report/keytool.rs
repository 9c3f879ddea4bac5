//! What `keytool -list` prints.

use std::path::PathBuf;

use certwright::error::printable;
use certwright::keystore::{Entry, Format};
use certwright::subject::NameFormat;
use certwright::{Certificate, ErrorKind, Result, time};

use super::super::keytool::STORE_TERMS;
use super::super::native::Word;
use super::super::refuse_json;
use super::super::words::Line;
use super::{Opened, open, say, serial, utf8};
use crate::session::Session;
use crate::status::ExitStatus;
use crate::table::octets;

/// The dates of the entries alone are left out: PKCS#12 has none.
pub(in super::super) fn list(line: &Line, password: Option<Word>, session: &mut Session) -> Result<ExitStatus> {
    refuse_json(line, "show --json FILE", session)?;
    let path = PathBuf::from(line.required("-keystore")?);
    let Opened { encoded, mut store, .. } = open(&path, password.as_ref(), STORE_TERMS, session)?;
    if let Some(alias) = line.text("-alias")? {
        store.keep_only(alias).map_err(|error| error.with_path(&path))?;
    }
    let kind = if encoded.format() == Format::Jks { "JKS" } else { "PKCS12" };
    let count = store.entries.len();
    let plural = if count == 1 { "entry" } else { "entries" };
    let mut out = format!("Keystore type: {kind}\n\nYour keystore contains {count} {plural}\n\n");
    for entry in &store.entries {
        let (kind, chain) = match entry {
            Entry::Identity(identity) => ("PrivateKeyEntry", identity.chain()),
            Entry::Certificate { certificate, .. } => ("trustedCertEntry", std::slice::from_ref(certificate)),
            Entry::LoneKey { .. } => ("PrivateKeyEntry", &[][..]),
            // A password is in the way of keys alone.
            Entry::Unreadable { error, .. } if error.kind() == ErrorKind::Password => ("PrivateKeyEntry", &[][..]),
            _ => ("unreadable", &[][..]),
        };
        let alias = printable(entry.alias());
        if !line.has("-v") {
            out += &format!("{alias}, {kind},\n");
            if let Some(first) = chain.first() {
                out += &format!("Certificate fingerprint (SHA-256): {}\n", octets(&first.sha256()));
            }
            continue;
        }
        out += &format!("Alias name: {alias}\nEntry type: {kind}\n");
        if kind == "PrivateKeyEntry" {
            out += &format!("Certificate chain length: {}\n", chain.len());
        }
        for (index, certificate) in chain.iter().enumerate() {
            if kind == "PrivateKeyEntry" {
                out += &format!("Certificate[{}]:\n", index + 1);
            }
            out += &in_words(certificate)?;
        }
        out += "\n\n*******************************************\n*******************************************\n\n\n";
    }
    say(out.as_bytes(), session)?;
    Ok(ExitStatus::Done)
}

fn in_words(certificate: &Certificate) -> Result<String> {
    let format: NameFormat = "esc_2253,esc_ctrl,use_quote,utf8,sep_comma_plus_space,dn_rev".parse()?;
    let validity = certificate.validity();
    let key = match certificate.public_key().map(|key| key.algorithm()) {
        Ok(algorithm) => format!("{}-bit {} key", algorithm.bits(), algorithm.name()),
        Err(error) => error.to_string(),
    };
    Ok(format!(
        "Owner: {}\nIssuer: {}\nSerial number: {}\nValid from: {} until: {}\nCertificate fingerprints:\n\t SHA1: {}\n\t \
         SHA256: {}\nSignature algorithm name: {}\nSubject Public Key Algorithm: {key}\nVersion: {}\n",
        utf8(certificate.subject(), &format)?,
        utf8(certificate.issuer(), &format)?,
        serial(certificate),
        time::gmt(validity.not_before()),
        time::gmt(validity.not_after()),
        octets(&certificate.sha1()),
        octets(&certificate.sha256()),
        certificate.signature_algorithm().name(),
        certificate.version(),
    ))
}
