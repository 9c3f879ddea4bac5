//! `-text`: a certificate or request in full, under OpenSSL's headings. Its content is OpenSSL's, its bytes are not.

use std::fmt::Write;

use certwright::certificate::Extension;
use certwright::subject::NameFormat;
use certwright::{CertRequest, Certificate, PublicKey, Result, SanName, time};

use super::report::{serial, utf8};

/// RFC 5280's names of extensions and purposes, and what OpenSSL calls them.
const HEADINGS: [(&str, &str); 24] = [
    ("basicConstraints", "X509v3 Basic Constraints"),
    ("keyUsage", "X509v3 Key Usage"),
    ("extKeyUsage", "X509v3 Extended Key Usage"),
    ("subjectAltName", "X509v3 Subject Alternative Name"),
    ("subjectKeyIdentifier", "X509v3 Subject Key Identifier"),
    ("authorityKeyIdentifier", "X509v3 Authority Key Identifier"),
    ("cRLDistributionPoints", "X509v3 CRL Distribution Points"),
    ("certificatePolicies", "X509v3 Certificate Policies"),
    ("nameConstraints", "X509v3 Name Constraints"),
    ("digitalSignature", "Digital Signature"),
    ("nonRepudiation", "Non Repudiation"),
    ("keyEncipherment", "Key Encipherment"),
    ("dataEncipherment", "Data Encipherment"),
    ("keyAgreement", "Key Agreement"),
    ("keyCertSign", "Certificate Sign"),
    ("cRLSign", "CRL Sign"),
    ("encipherOnly", "Encipher Only"),
    ("decipherOnly", "Decipher Only"),
    ("serverAuth", "TLS Web Server Authentication"),
    ("clientAuth", "TLS Web Client Authentication"),
    ("codeSigning", "Code Signing"),
    ("emailProtection", "E-mail Protection"),
    ("timeStamping", "Time Stamping"),
    ("OCSPSigning", "OCSP Signing"),
];

fn heading(name: &str) -> &str {
    HEADINGS.iter().find(|(known, _)| *known == name).map_or(name, |(_, heading)| heading)
}

fn alternative_name(name: &SanName) -> String {
    match name {
        SanName::Ip(address) => format!("IP Address:{address}"),
        other => other.to_string(),
    }
}

/// A text that is indented as it grows.
struct Text(String);

impl Text {
    fn line(&mut self, indent: usize, line: impl std::fmt::Display) {
        // A String takes everything.
        let _ = writeln!(self.0, "{:indent$}{line}", "");
    }

    fn octets(&mut self, indent: usize, octets: &[u8], in_a_line: usize) {
        let count = octets.len();
        for (row, part) in octets.chunks(in_a_line).enumerate() {
            let hex: Vec<String> = part.iter().map(|octet| format!("{octet:02x}")).collect();
            let colon = if row * in_a_line + part.len() < count { ":" } else { "" };
            self.line(indent, format!("{}{colon}", hex.join(":")));
        }
    }

    fn public_key(&mut self, key: Result<PublicKey>) {
        self.line(8, "Subject Public Key Info:");
        let key = match key {
            Ok(key) => key,
            Err(error) => return self.line(12, format!("Unable to load Public Key: {error}")),
        };
        let algorithm = key.algorithm();
        match key.rsa_numbers() {
            Some((modulus, exponent)) => {
                self.line(12, "Public Key Algorithm: rsaEncryption");
                self.line(16, format!("Public-Key: ({} bit)", algorithm.bits()));
                self.line(16, "Modulus:");
                // As the INTEGER it is encoded as, whose first bit would be a sign.
                let sign: &[u8] = if modulus.first().is_some_and(|first| *first > 0x7f) { &[0] } else { &[] };
                self.octets(20, &[sign, &modulus].concat(), 15);
                let value = exponent.iter().fold(0_u128, |value, octet| value << 8 | u128::from(*octet));
                self.line(16, format!("Exponent: {value} (0x{value:x})"));
            }
            None => {
                self.line(12, format!("Public Key Algorithm: {}", algorithm.name()));
                self.line(16, format!("Public-Key: ({} bit)", algorithm.bits()));
            }
        }
    }

    fn extension(&mut self, indent: usize, extension: &Extension, names: Result<Vec<SanName>>) {
        let Extension { name, critical, value, der, .. } = extension;
        self.line(indent, format!("{}: {}", heading(name), if *critical { "critical" } else { "" }));
        match (name.as_str(), names, value) {
            ("subjectAltName", Ok(names), _) => {
                let names: Vec<String> = names.iter().map(alternative_name).collect();
                self.line(indent + 4, names.join(", "));
            }
            (.., Some(value)) => {
                self.line(indent + 4, value.split(", ").map(heading).collect::<Vec<_>>().join(", "));
            }
            _ => self.octets(indent + 4, der, 18),
        }
    }

    fn signature(&mut self, algorithm: &str, signature: &[u8]) {
        self.line(4, format!("Signature Algorithm: {algorithm}"));
        self.line(4, "Signature Value:");
        self.octets(8, signature, 18);
    }
}

pub(super) fn certificate(certificate: &Certificate, format: &NameFormat) -> Result<String> {
    let mut text = Text(String::new());
    let algorithm = certificate.signature_algorithm().identifier();
    text.line(0, "Certificate:");
    text.line(4, "Data:");
    text.line(8, format!("Version: {} (0x{:x})", certificate.version(), certificate.version() - 1));
    let number = serial(certificate);
    match u64::from_str_radix(&number, 16) {
        Ok(small) if number.len() <= 16 => text.line(8, format!("Serial Number: {small} (0x{small:x})")),
        _ => {
            text.line(8, "Serial Number:");
            let (sign, amount) =
                number.strip_prefix('-').map_or(("", number.as_str()), |amount| (" (Negative)", amount));
            let pairs: Vec<_> = amount.as_bytes().chunks(2).map(String::from_utf8_lossy).collect();
            text.line(12, format!("{}{sign}", pairs.join(":")));
        }
    }
    text.line(8, format!("Signature Algorithm: {algorithm}"));
    text.line(8, format!("Issuer: {}", utf8(certificate.issuer(), format)?));
    text.line(8, "Validity");
    text.line(12, format!("Not Before: {}", time::gmt(certificate.validity().not_before())));
    text.line(12, format!("Not After : {}", time::gmt(certificate.validity().not_after())));
    text.line(8, format!("Subject: {}", utf8(certificate.subject(), format)?));
    text.public_key(certificate.public_key());
    let extensions = certificate.extensions();
    if !extensions.is_empty() {
        text.line(8, "X509v3 extensions:");
    }
    for extension in &extensions {
        text.extension(12, extension, certificate.sans());
    }
    text.signature(&algorithm, certificate.signature());
    Ok(text.0)
}

pub(super) fn cert_request(request: &CertRequest, format: &NameFormat) -> Result<String> {
    let mut text = Text(String::new());
    text.line(0, "Certificate Request:");
    text.line(4, "Data:");
    text.line(8, "Version: 1 (0x0)");
    text.line(8, format!("Subject: {}", utf8(request.subject(), format)?));
    text.public_key(request.public_key());
    let requested = request.requested_extensions()?;
    text.line(8, "Attributes:");
    match requested.as_slice() {
        [] => text.line(12, "(none)"),
        requested => {
            text.line(12, "Requested Extensions:");
            requested.iter().for_each(|extension| text.extension(16, extension, request.sans()));
        }
    }
    text.signature(&request.signature_algorithm().identifier(), request.signature());
    Ok(text.0)
}
