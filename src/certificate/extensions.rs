//! Extensions in words (RFC 5280, section 4.2).

use const_oid::ObjectIdentifier;
use const_oid::db::rfc5280;
use der::Decode;
use x509_cert::ext::Extension as X509Extension;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, KeyUsages, SubjectKeyIdentifier,
};

use super::Certificate;
use crate::csr::{CertRequest, read_sans};
use crate::error::Result;
use crate::key::oid_name;

/// One extension as it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
    /// Its object identifier, dotted.
    pub oid: String,
    /// Its name in RFC 5280, such as `keyUsage`; the object identifier for one that is not known here.
    pub name: String,
    /// True if a reader that does not know it has to refuse the certificate.
    pub critical: bool,
    /// What it says, in the terms of RFC 5280; `None` if it is not known here or damaged.
    pub value: Option<String>,
    /// The DER of its value.
    pub der: Vec<u8>,
}

const KEY_USAGES: [(KeyUsages, &str); 9] = [
    (KeyUsages::DigitalSignature, "digitalSignature"),
    (KeyUsages::NonRepudiation, "nonRepudiation"),
    (KeyUsages::KeyEncipherment, "keyEncipherment"),
    (KeyUsages::DataEncipherment, "dataEncipherment"),
    (KeyUsages::KeyAgreement, "keyAgreement"),
    (KeyUsages::KeyCertSign, "keyCertSign"),
    (KeyUsages::CRLSign, "cRLSign"),
    (KeyUsages::EncipherOnly, "encipherOnly"),
    (KeyUsages::DecipherOnly, "decipherOnly"),
];

const EXTENDED_KEY_USAGES: [(ObjectIdentifier, &str); 7] = [
    (rfc5280::ID_KP_SERVER_AUTH, "serverAuth"),
    (rfc5280::ID_KP_CLIENT_AUTH, "clientAuth"),
    (rfc5280::ID_KP_CODE_SIGNING, "codeSigning"),
    (rfc5280::ID_KP_EMAIL_PROTECTION, "emailProtection"),
    (rfc5280::ID_KP_TIME_STAMPING, "timeStamping"),
    (rfc5280::ID_KP_OCSP_SIGNING, "OCSPSigning"),
    (rfc5280::ANY_EXTENDED_KEY_USAGE, "anyExtendedKeyUsage"),
];

impl Certificate {
    /// Every extension, in order.
    pub fn extensions(&self) -> Vec<Extension> {
        self.inner.tbs_certificate().extensions().into_iter().flatten().map(describe).collect()
    }

    /// The purposes of keyUsage, by their names in RFC 5280; `None` without that extension.
    pub fn key_usage(&self) -> Option<Vec<&'static str>> {
        let (_, usage) = self.inner.tbs_certificate().get_extension::<KeyUsage>().ok()??;
        Some(key_usages(&usage))
    }

    /// The purposes of extKeyUsage, by their names in RFC 5280; `None` without that extension.
    pub fn extended_key_usage(&self) -> Option<Vec<String>> {
        let (_, usage) = self.inner.tbs_certificate().get_extension::<ExtendedKeyUsage>().ok()??;
        Some(extended_key_usages(&usage))
    }
}

impl CertRequest {
    /// Every extension that is asked for, in order.
    ///
    /// # Errors
    /// As [`Self::sans`].
    pub fn requested_extensions(&self) -> Result<Vec<Extension>> {
        Ok(self.extensions()?.iter().map(describe).collect())
    }
}

fn key_usages(usage: &KeyUsage) -> Vec<&'static str> {
    KEY_USAGES.iter().filter(|(flag, _)| usage.0.contains(*flag)).map(|(_, name)| *name).collect()
}

fn extended_key_usages(usage: &ExtendedKeyUsage) -> Vec<String> {
    let name =
        |oid: &ObjectIdentifier| EXTENDED_KEY_USAGES.iter().find(|(known, _)| known == oid).map(|(_, name)| *name);
    usage.0.iter().map(|oid| name(oid).map_or_else(|| oid_name(*oid), str::to_owned)).collect()
}

fn describe(extension: &X509Extension) -> Extension {
    let der = extension.extn_value.as_bytes();
    let (name, value) = match extension.extn_id {
        rfc5280::ID_CE_BASIC_CONSTRAINTS => ("basicConstraints", BasicConstraints::from_der(der).ok().map(constraints)),
        rfc5280::ID_CE_KEY_USAGE => {
            ("keyUsage", KeyUsage::from_der(der).ok().map(|usage| key_usages(&usage).join(", ")))
        }
        rfc5280::ID_CE_EXT_KEY_USAGE => {
            ("extKeyUsage", ExtendedKeyUsage::from_der(der).ok().map(|usage| extended_key_usages(&usage).join(", ")))
        }
        rfc5280::ID_CE_SUBJECT_ALT_NAME => (
            "subjectAltName",
            read_sans(extension).ok().map(|names| names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")),
        ),
        rfc5280::ID_CE_SUBJECT_KEY_IDENTIFIER => {
            ("subjectKeyIdentifier", SubjectKeyIdentifier::from_der(der).ok().map(|id| octets(id.0.as_bytes())))
        }
        rfc5280::ID_CE_AUTHORITY_KEY_IDENTIFIER => (
            "authorityKeyIdentifier",
            AuthorityKeyIdentifier::from_der(der).ok().and_then(|id| Some(octets(id.key_identifier?.as_bytes()))),
        ),
        oid => {
            let name = const_oid::db::DB.by_oid(&oid).map(|name| name.trim_start_matches("id-ce-"));
            return Extension {
                oid: oid.to_string(),
                name: name.map_or_else(|| oid.to_string(), str::to_owned),
                critical: extension.critical,
                value: None,
                der: der.to_vec(),
            };
        }
    };
    Extension {
        oid: extension.extn_id.to_string(),
        name: name.to_owned(),
        critical: extension.critical,
        value,
        der: der.to_vec(),
    }
}

fn constraints(constraints: BasicConstraints) -> String {
    match (constraints.ca, constraints.path_len_constraint) {
        (false, _) => "CA:FALSE".to_owned(),
        (true, None) => "CA:TRUE".to_owned(),
        (true, Some(length)) => format!("CA:TRUE, pathLenConstraint {length}"),
    }
}

fn octets(bytes: &[u8]) -> String {
    bytes.iter().map(|octet| format!("{octet:02X}")).collect::<Vec<_>>().join(":")
}
