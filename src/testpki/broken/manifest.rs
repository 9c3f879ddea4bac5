//! What lies where, what is wrong with it, and who takes it: `manifest.json`.

use std::time::SystemTime;

use serde_json::{Map, Value, json};

use super::{Case, File, KEY_PASSWORD, ROOT_FILE, Role, STORE_PASSWORD, VERIFIERS, Verdict};
use crate::testpki::{Origin, SEED_MARK};
use crate::time;

/// The manifest of `made`, each case with its files, of a run at `now`. Paths are relative, with `/` between their parts.
pub fn manifest<'a>(
    made: impl IntoIterator<Item = (&'static Case, &'a [File])>,
    now: SystemTime,
    origin: Origin,
) -> Value {
    let verifiers: Map<String, Value> =
        VERIFIERS.iter().map(|verifier| (verifier.name.to_owned(), json!(verifier.how))).collect();
    json!({
        "made_by": concat!("certwright ", env!("CARGO_PKG_VERSION")),
        "made_at": time::rfc3339(now),
        "keys": if origin == Origin::Seed { SEED_MARK } else { "made for this folder alone" },
        "ca": ROOT_FILE,
        "verifiers": verifiers,
        "cases": made.into_iter().map(|(case, files)| case_json(case, files)).collect::<Vec<_>>(),
    })
}

fn case_json(case: &'static Case, files: &[File]) -> Value {
    let mut told = json!({
        "name": case.name,
        "wrong": case.wrong,
        "rule": case.rule,
        "host": case.host,
    });
    for file in files {
        told[file.role.key()] = json!(format!("{}/{}", case.name, file.role.file_name()));
    }
    if files.iter().any(|file| file.role == Role::Keystore) {
        told["password"] = json!(STORE_PASSWORD);
        if case.has_key_password() {
            told["key_password"] = json!(KEY_PASSWORD);
        }
    }
    let says = json!({ "verify": case.verify_says, "show": case.show_says });
    told["says"] = if case.is_control() { Value::Null } else { says };
    let verdicts = VERIFIERS.iter().zip(case.verdicts());
    let verdicts: Map<String, Value> =
        verdicts.map(|(verifier, verdict)| (verifier.name.to_owned(), verdict.to_json())).collect();
    told["verdicts"] = Value::Object(verdicts);
    if case.is_finding() {
        told["finding"] = json!("all clients take it; certwright alone warns of it");
    }
    told
}

impl Role {
    fn key(self) -> &'static str {
        match self {
            Self::Certificate => "certificate",
            Self::Key => "key",
            Self::Chain => "chain",
            Self::Crl => "crl",
            Self::Keystore => "keystore",
        }
    }
}

impl Verdict {
    fn to_json(self) -> Value {
        match self {
            Self::Accept => json!({ "verdict": "accept" }),
            Self::Reject(reasons) => json!({ "verdict": "reject", "reason": reasons }),
            Self::ByVersion(which, reasons) => {
                json!({ "verdict": "by version", "versions": which, "reason": reasons })
            }
            Self::NotApplicable => json!({ "verdict": "not applicable" }),
        }
    }
}
