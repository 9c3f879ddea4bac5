//! A well-made certificate, taken apart, changed, and signed again.
//!
//! On octets: x509-cert, which encodes all certificates that are right, refuses most of what is wanted here.

use crate::asn1;
use crate::asn1::tag::{BIT_STRING, EXPLICIT_3, INTEGER, PRINTABLE_STRING, UTF8_STRING};
use crate::certificate::Certificate;
use crate::error::{Error, Result};
use crate::key::PrivateKey;

const TRUE: [u8; 3] = [0x01, 0x01, 0xff];
/// Of a TBSCertificate of version 3 (RFC 5280, section 4.1): version to subjectPublicKeyInfo, then the extensions.
const PARTS: usize = 8;
const VERSION: usize = 0;
const SERIAL: usize = 1;
const ALGORITHM: usize = 2;
const SUBJECT: usize = 5;
const EXTENSIONS: usize = 7;

/// What is signed of a certificate, in its parts.
pub(super) struct Patient {
    parts: Vec<Vec<u8>>,
    algorithm: Vec<u8>,
}

impl Patient {
    /// `certificate`, which has to have extensions and no unique identifiers, as all that are made here.
    pub(super) fn new(certificate: &Certificate) -> Result<Self> {
        let outer = asn1::children(asn1::split(certificate.to_der())?.0.value);
        let [signed, algorithm, _] = outer.as_slice() else { return Err(unexpected()) };
        let parts: Vec<Vec<u8>> = asn1::children(signed.value).iter().map(|part| part.whole.to_vec()).collect();
        match parts.len() {
            PARTS => Ok(Self { parts, algorithm: algorithm.whole.to_vec() }),
            _ => Err(unexpected()),
        }
    }

    /// Gives it a serial number of these octets.
    pub(super) fn set_serial(mut self, octets: &[u8]) -> Self {
        self.parts[SERIAL] = asn1::tagged(INTEGER, &[octets]);
        self
    }

    /// Gives it the subject with this DER.
    pub(super) fn set_subject(mut self, der: &[u8]) -> Self {
        self.parts[SUBJECT] = der.to_vec();
        self
    }

    /// Makes its first PrintableString of two characters in the subject, its country, a UTF8String.
    pub(super) fn retag_country(mut self) -> Result<Self> {
        let subject = &mut self.parts[SUBJECT];
        let country = subject.windows(2).position(|octets| octets == [PRINTABLE_STRING, 2]).ok_or_else(unexpected)?;
        subject[country] = UTF8_STRING;
        Ok(self)
    }

    /// Makes it version 1: without a version, which is the default, and without extensions, which it does not know.
    pub(super) fn make_version_1(mut self) -> Self {
        self.parts.remove(EXTENSIONS);
        self.parts.remove(VERSION);
        self
    }

    /// Puts `change` in the place of its extensions.
    pub(super) fn change_extensions(mut self, change: impl FnOnce(&mut Vec<Vec<u8>>)) -> Result<Self> {
        let list = asn1::split(asn1::split(&self.parts[EXTENSIONS])?.0.value)?.0.value;
        let mut extensions: Vec<Vec<u8>> = asn1::children(list).iter().map(|one| one.whole.to_vec()).collect();
        change(&mut extensions);
        let extensions: Vec<&[u8]> = extensions.iter().map(Vec::as_slice).collect();
        self.parts[EXTENSIONS] = asn1::tagged(EXPLICIT_3, &[&asn1::sequence(&extensions)]);
        Ok(self)
    }

    /// The DER of the certificate, signed by `key` as it was before.
    pub(super) fn sign(self, key: &PrivateKey) -> Result<Vec<u8>> {
        self.close(|signed| key.sign(signed))
    }

    /// The same, signed in another way, which `algorithm` (an AlgorithmIdentifier) names.
    pub(super) fn sign_as(mut self, algorithm: &[u8], sign: impl FnOnce(&[u8]) -> Result<Vec<u8>>) -> Result<Vec<u8>> {
        self.algorithm = algorithm.to_vec();
        self.parts[ALGORITHM] = algorithm.to_vec();
        self.close(sign)
    }

    fn close(self, sign: impl FnOnce(&[u8]) -> Result<Vec<u8>>) -> Result<Vec<u8>> {
        let parts: Vec<&[u8]> = self.parts.iter().map(Vec::as_slice).collect();
        let signed = asn1::sequence(&parts);
        let signature = asn1::tagged(BIT_STRING, &[&[0], &sign(&signed)?]);
        Ok(asn1::sequence(&[&signed, &self.algorithm, &signature]))
    }
}

/// An extension with the DER of its object identifier and its value.
pub(super) fn extension(oid: &[u8], is_critical: bool, value: &[u8]) -> Vec<u8> {
    let critical: &[u8] = if is_critical { &TRUE } else { &[] };
    asn1::sequence(&[oid, critical, &asn1::octet_string(value)])
}

/// True if the extension `one` bears this object identifier.
pub(super) fn is_extension(one: &[u8], oid: &[u8]) -> bool {
    asn1::split(one).is_ok_and(|(extension, _)| extension.value.starts_with(oid))
}

fn unexpected() -> Error {
    Error::malformed("a certificate that was made here has not the parts it should have")
}
