//! Objects in plain words, for a person who has never seen X.509, and the same in full for programs.

use std::time::SystemTime;

use certwright::crl::Crl;
use certwright::error::printable;
use certwright::inspect::Object;
use certwright::key::{KeyAlgorithm, Protection};
use certwright::keystore::{Entry, Format};
use certwright::verify::flaws;
use certwright::{
    CertRequest, Certificate, EncodedKeystore, EncryptedPrivateKey, PublicKey, SanName, Subject, salesforce, time,
};
use serde_json::json;

use crate::description::Description;
use crate::passwords::Passwords;
use crate::session::Session;
use crate::table::{hex, octets};

/// Below this an encrypted key resists guessing noticeably less than it should.
const FEW_ITERATIONS: u64 = 100_000;

/// `object`, which is called `name`; `passwords` open it if it is locked.
pub(crate) fn describe(name: &str, object: &Object, passwords: &Passwords, session: &Session) -> Description {
    let now = session.now;
    match object {
        Object::PrivateKey(key) => {
            let mut told = Description::new(name, object.kind(), "private key, not encrypted");
            told.row("meaning", "whoever has this file can sign in its owner's name: keep it secret");
            public_key(&mut told, &key.public_key());
            told
        }
        Object::EncryptedPrivateKey(key) => encrypted_key(name, key, passwords),
        Object::PublicKey(key) => {
            let mut told = Description::new(name, object.kind(), "public key");
            told.row("meaning", "checks what the private key signed; no secret");
            public_key(&mut told, key);
            told
        }
        Object::CertRequest(request) => cert_request(name, request),
        Object::Certificate(certificate) => self::certificate(name, certificate, now),
        Object::Crl(list) => crl(name, list, now, session.json),
        Object::Keystore(store) => keystore(name, store, passwords, now),
        other => Description::new(name, other.kind(), other.kind()),
    }
}

fn public_key(told: &mut Description, key: &PublicKey) {
    let algorithm = key.algorithm();
    told.row("algorithm", strength(algorithm));
    let mut json = json!({ "algorithm": algorithm.name(), "bits": algorithm.bits() });
    if let Ok(hash) = key.spki_sha256() {
        told.row("key SHA-256", octets(&hash));
        json["spki_sha256"] = json!(hex(&hash));
    }
    told.set("key", json);
    if !algorithm.is_strong() {
        told.warn(format!("{algorithm} is too short to be safe; 2048 bits is the least"));
    }
}

fn strength(algorithm: KeyAlgorithm) -> String {
    match algorithm {
        KeyAlgorithm::Rsa { bits } => format!("RSA, {bits} bits"),
        other => other.to_string(),
    }
}

fn encrypted_key(name: &str, key: &EncryptedPrivateKey, passwords: &Passwords) -> Description {
    let mut told = Description::new(name, "encrypted-private-key", "private key under a password");
    if let Ok(protection) = key.protection() {
        let Protection { cipher, derivation, iterations, is_legacy_pem } = &protection;
        told.row("encryption", protection.to_string());
        told.set(
            "encryption",
            json!({
                "cipher": cipher,
                "key_derivation": derivation,
                "iterations": iterations,
                "legacy_pem": is_legacy_pem,
            }),
        );
        if *is_legacy_pem {
            told.warn(
                "this old PEM encryption hashes the password once: guessing it is quick. Use encrypt to renew it",
            );
        } else if derivation.starts_with("PBKDF2") && *iterations < FEW_ITERATIONS {
            told.warn(format!(
                "{iterations} iterations slow down guessing too little, {FEW_ITERATIONS} is the least to have today. \
                 Use encrypt to renew it"
            ));
        }
    }
    match passwords.open_key(key) {
        Some(Ok(key)) => public_key(&mut told, &key.public_key()),
        Some(Err(error)) => {
            told.row("inside", error.to_string());
            told.is_readable = false;
        }
        None => told.row("inside", "not looked at; --password-from says where its password is"),
    }
    told
}

fn keystore(name: &str, store: &EncodedKeystore, passwords: &Passwords, now: SystemTime) -> Description {
    let mut told = Description::new(name, store.format().kind(), &format!("{} keystore", store.format()));
    let protections: Vec<String> = store.protections().iter().map(ToString::to_string).collect();
    told.row("encryption", if protections.is_empty() { "none".to_owned() } else { protections.join("; ") });
    told.set("encryption", json!(protections));
    let integrity = store.integrity().unwrap_or("nothing guards it against changes");
    told.set("integrity", json!(store.integrity()));
    let extension = std::path::Path::new(name).extension();
    if store.format() == Format::Pkcs12 && extension.is_some_and(|extension| extension.eq_ignore_ascii_case("jks")) {
        told.warn("is named a JKS but is PKCS#12 inside: Java reads it all the same, others do not");
    }
    if store.format() == Format::Jks {
        told.warn("JKS guards its keys with one SHA-1 per guess: its password should guard nothing else");
    }
    let opened = match passwords.open_store(store) {
        Some(Ok(opened)) => opened.store,
        Some(Err(error)) => {
            told.row("integrity", integrity);
            told.row("inside", error.to_string());
            told.is_readable = false;
            return told;
        }
        None => {
            told.row("integrity", integrity);
            told.row("inside", "not looked at; --password-from says where its password is");
            return told;
        }
    };
    // Opening checks it.
    told.row("integrity", store.integrity().map_or(integrity.to_owned(), |guard| format!("{guard}: it holds")));
    told.set("integrity_holds", json!(store.integrity().map(|_| true)));
    let mut entries = Vec::new();
    for entry in &opened.entries {
        let alias = printable(entry.alias());
        let (kind, algorithm, certificate, length) = match entry {
            Entry::Identity(identity) => {
                ("private-key", Some(identity.key().algorithm()), identity.chain().first(), identity.chain().len())
            }
            Entry::LoneKey { key, .. } => ("private-key", Some(key.algorithm()), None, 0),
            Entry::Certificate { certificate, .. } => ("certificate", None, Some(certificate), 1),
            Entry::Unreadable { error, .. } => {
                told.row("entry", format!("\"{alias}\": {error}"));
                told.is_readable = false;
                entries.push(json!({ "alias": entry.alias(), "kind": "unreadable", "error": error.to_string() }));
                continue;
            }
            _ => continue,
        };
        let mut json = json!({ "alias": entry.alias(), "kind": kind, "chain_length": length });
        let what = algorithm.map_or("certificate".to_owned(), |algorithm| format!("{algorithm} private key"));
        json["algorithm"] = json!(algorithm.map(|algorithm| algorithm.to_string()));
        let mut text = format!("\"{alias}\": {what}");
        if let Some(certificate) = certificate {
            let inner = self::certificate("", certificate, now);
            let until = time::date(certificate.validity().not_after());
            text += &format!(" for {}, valid until {until}", who(certificate.subject()));
            if length > 1 {
                text += &format!(", chain of {length}");
            }
            json["certificate"] = inner.into_json();
        }
        told.row("entry", text);
        if let Some(certificate) = certificate {
            told.row("SHA-256", octets(&certificate.sha256()));
        }
        if let (Entry::Identity(_), Some(problem)) = (entry, salesforce::alias_problem(entry.alias())) {
            told.warn(format!("the alias \"{alias}\" {problem}; Salesforce refuses it"));
        }
        entries.push(json);
    }
    told.set("entries", json!(entries));
    told
}

fn cert_request(name: &str, request: &CertRequest) -> Description {
    let mut told = Description::new(name, "csr", "certificate signing request");
    told.row("for", who(request.subject()));
    told.set("subject", json!(request.subject().to_string()));
    names(&mut told, request.sans());
    told.row("signed with", request.signature_algorithm().name());
    told.set("signature_algorithm", json!(request.signature_algorithm().name()));
    let verified = request.verify_signature();
    told.set("signature_valid", json!(verified.is_ok()));
    if let Err(error) = verified {
        told.warn(format!("its signature does not hold: {error}"));
    }
    match request.other_extensions() {
        Ok(others) if !others.is_empty() => {
            told.row("asks also for", others.join(", "));
            told.set("other_extensions", json!(others));
        }
        _ => {}
    }
    match request.public_key() {
        Ok(key) => public_key(&mut told, &key),
        Err(error) => told.row("algorithm", error.to_string()),
    }
    told
}

fn certificate(name: &str, certificate: &Certificate, now: SystemTime) -> Description {
    let words = if certificate.is_ca() { "certificate of an authority" } else { "certificate" };
    let mut told = Description::new(name, "certificate", words);
    told.row("for", who(certificate.subject()));
    told.set("subject", json!(certificate.subject().to_string()));
    told.set("issuer", json!(certificate.issuer().to_string()));
    let itself = certificate.is_self_issued();
    told.row("issued by", if itself { "itself (self-signed)".to_owned() } else { who(certificate.issuer()) });
    validity(&mut told, certificate, now);
    purposes(&mut told, certificate);
    names(&mut told, certificate.sans());
    match certificate.public_key() {
        Ok(key) => public_key(&mut told, &key),
        Err(error) => told.row("algorithm", error.to_string()),
    }
    let algorithm = certificate.signature_algorithm();
    told.row("signed with", algorithm.name());
    told.set("signature_algorithm", json!(algorithm.name()));
    flaws(certificate).into_iter().for_each(|flaw| told.warn(flaw.detail));
    if algorithm.is_sha256_or_better() == Some(false) {
        told.warn(format!("{} is no longer safe, SHA-256 is the least", algorithm.name()));
    }
    if itself && let Err(error) = certificate.public_key().and_then(|key| certificate.verify_signature(&key)) {
        told.warn(format!("it says that it signed itself, but: {error}"));
    }
    told.row("version", format!("X.509 version {}", certificate.version()));
    told.set("version", json!(certificate.version()));
    if certificate.version() != 3 {
        told.warn("much of today's software takes version 3 alone");
    }
    told.row("serial number", certificate.serial());
    told.set("serial", json!(certificate.serial()));
    usable_at_salesforce(&mut told, certificate);
    told.row("SHA-256", octets(&certificate.sha256()));
    told.row("SHA-1", octets(&certificate.sha1()));
    told.set("sha256", json!(hex(&certificate.sha256())));
    told.set("sha1", json!(hex(&certificate.sha1())));
    let extensions = certificate.extensions().into_iter().map(|extension| {
        json!({
            "oid": extension.oid,
            "name": extension.name,
            "critical": extension.critical,
            "value": extension.value,
            "der": hex(&extension.der),
        })
    });
    told.set("extensions", extensions.collect());
    told
}

/// Of a long list so many are told to people.
const MOST_REVOKED: usize = 10;

/// `in_full` with every revoked certificate, which JSON has and text has not.
fn crl(name: &str, list: &Crl, now: SystemTime, in_full: bool) -> Description {
    let mut told = Description::new(name, "crl", "certificate revocation list");
    told.row("issued by", who(list.issuer()));
    told.set("issuer", json!(list.issuer().to_string()));
    if let Some(validity) = list.validity() {
        told.row(
            "valid",
            format!("from {} to {}", time::date(validity.not_before()), time::date(validity.not_after())),
        );
        told.set("this_update", json!(time::rfc3339(validity.not_before())));
        told.set("next_update", json!(time::rfc3339(validity.not_after())));
        if now > validity.not_after() {
            told.warn("it has ended: a newer one is to be had from its issuer");
        }
    }
    let mut count = 0;
    let mut serials = Vec::new();
    for one in list.each_revocation() {
        count += 1;
        let serial = hex(one.serial()).to_uppercase();
        if count <= MOST_REVOKED {
            told.row("revokes", format!("{serial} ({})", one.reason()));
        }
        if in_full {
            serials.push(json!({ "serial": serial, "reason": one.reason().to_string() }));
        }
    }
    match count {
        0 => told.row("revokes", "nothing"),
        count if count > MOST_REVOKED => told.row("", format!("and {} more", count - MOST_REVOKED)),
        _ => {}
    }
    told.set("revoked", serials.into());
    told
}

fn validity(told: &mut Description, certificate: &Certificate, now: SystemTime) {
    let validity = certificate.validity();
    let (start, end) = (validity.not_before(), validity.not_after());
    let state = match validity.days_left(now) {
        _ if now < start => "not valid yet".to_owned(),
        left @ 0.. => format!("{left} days left"),
        _ => "EXPIRED".to_owned(),
    };
    told.row("valid", format!("from {} to {}: {state}", time::date(start), time::date(end)));
    told.set("not_before", json!(time::rfc3339(start)));
    told.set("not_after", json!(time::rfc3339(end)));
    told.set("valid_now", json!(validity.contains(now)));
    if !validity.contains(now) {
        told.warn(if now < start { "it is not valid yet" } else { "it has expired" });
    }
}

/// RFC 5280's purposes as a person would say them.
fn purposes(told: &mut Description, certificate: &Certificate) {
    let usage = certificate.key_usage();
    let extended = certificate.extended_key_usage();
    let in_words = |purpose: &str| match purpose {
        "digitalSignature" => "signing (as in a JWT login)".to_owned(),
        "nonRepudiation" => "binding signatures".to_owned(),
        "keyEncipherment" => "passing on keys (TLS with RSA)".to_owned(),
        "keyAgreement" => "agreeing on keys".to_owned(),
        "dataEncipherment" => "encrypting data".to_owned(),
        "keyCertSign" => "issuing certificates".to_owned(),
        "cRLSign" => "revoking certificates".to_owned(),
        "serverAuth" => "a TLS server".to_owned(),
        "clientAuth" => "a TLS client".to_owned(),
        "codeSigning" => "signing software".to_owned(),
        "emailProtection" => "e-mail".to_owned(),
        "timeStamping" => "time stamps".to_owned(),
        "anyExtendedKeyUsage" => "anything".to_owned(),
        other => other.to_owned(),
    };
    let all = usage.iter().flatten().map(|purpose| in_words(purpose));
    let all: Vec<String> = all.chain(extended.iter().flatten().map(|purpose| in_words(purpose))).collect();
    told.row("for use in", if all.is_empty() { "anything: no limit is set".to_owned() } else { all.join(", ") });
    told.set("key_usage", json!(usage));
    told.set("extended_key_usage", json!(extended));
    told.set("is_ca", json!(certificate.is_ca()));
}

fn names(told: &mut Description, names: certwright::Result<Vec<SanName>>) {
    let names = match names {
        Ok(names) => names.iter().map(ToString::to_string).collect::<Vec<_>>(),
        Err(error) => return told.warn(error.to_string()),
    };
    if !names.is_empty() {
        told.row("also known as", names.join(", "));
    }
    told.set("sans", json!(names));
}

/// Where it can be used: what the setup guide wants it for.
fn usable_at_salesforce(told: &mut Description, certificate: &Certificate) {
    let (pem, der) = (certificate.to_pem().as_bytes().len(), certificate.to_der().len());
    told.row("size", format!("{pem} bytes as PEM, {der} as DER"));
    told.set("size", json!({ "pem": pem, "der": der }));
    let verdict = match certificate.public_key().map(|key| key.algorithm()) {
        Ok(KeyAlgorithm::Rsa { bits }) if salesforce::takes_bits(bits) && pem <= salesforce::LARGEST_CERTIFICATE => {
            "can be uploaded"
        }
        Ok(KeyAlgorithm::Rsa { bits }) if salesforce::takes_bits(bits) && der <= salesforce::LARGEST_CERTIFICATE => {
            "can be uploaded as DER, PEM is over its 4 KB: show --der --out FILE"
        }
        Ok(KeyAlgorithm::Rsa { bits }) if salesforce::takes_bits(bits) => "no: it is over 4 KB",
        _ => "no: only RSA keys of 2048, 3072 or 4096 bits serve there",
    };
    told.row("Salesforce", verdict);
}

fn who(subject: &Subject) -> String {
    if subject.is_empty() { "nobody: the name is empty".to_owned() } else { subject.to_string() }
}
