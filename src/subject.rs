//! Names: the distinguished name of a subject (RFC 5280, section 4.1.2.4) and its alternative names (4.2.1.6).
//!
//! [`Subject`] parses the two spellings people have, `C=US,O=Example` and OpenSSL's `/C=US/O=Example`, itself: x509-cert's
//! parser reverses the order (RFC 4514, section 2.1), knows no upper bounds, and its errors have no words.
//!
//! ```
//! use certwright::{SanName, Subject};
//!
//! let subject = Subject::parse("C=US,ST=California,O=Example Inc")?;
//! assert_eq!(subject, Subject::parse("/C=US/ST=California/O=Example Inc")?);
//! assert_eq!(subject.to_string(), "C=US, ST=California, O=Example Inc");
//!
//! let name: SanName = "DNS:www.example.com".parse()?;
//! assert_eq!(name.to_string(), "DNS:www.example.com");
//! # Ok::<(), certwright::Error>(())
//! ```

mod attribute;
mod format;
mod san;

use std::collections::HashSet;
use std::fmt;

use der::asn1::Any;
use der::{Decode, Encode, Tag, Tagged};
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::name::{Name, RdnSequence, RelativeDistinguishedName};

pub use attribute::{Attribute, AttributeType};
pub use format::NameFormat;
pub use san::SanName;
pub(crate) use san::to_extension as san_extension;

use crate::error::{Error, ErrorKind, Result};

/// A distinguished name: relative names in the order written, each of one or more attributes.
///
/// Checked when it is made; its DER is kept as it was read, byte for byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    der: Vec<u8>,
    rdns: Vec<Vec<Attribute>>,
}

impl Subject {
    /// The name whose relative names hold one attribute each, in this order.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] without any attribute.
    pub fn new(attributes: impl IntoIterator<Item = Attribute>) -> Result<Self> {
        Self::from_rdns(attributes.into_iter().map(|attribute| vec![attribute]).collect())
    }

    fn from_rdns(rdns: Vec<Vec<Attribute>>) -> Result<Self> {
        if rdns.is_empty() {
            return Err(Error::new(ErrorKind::Usage, "the subject is empty"));
        }
        let mut sequence = RdnSequence::default();
        for rdn in &rdns {
            let mut seen = HashSet::new();
            if let Some(twice) = rdn.iter().find(|attribute| !seen.insert((attribute.kind(), attribute.value()))) {
                return Err(Error::new(ErrorKind::Usage, format!("{twice} stands twice in one name part")));
            }
            // Sorted once: sorting after each insertion takes 17 s for the 12,000 values that fit into an argument.
            let set = rdn.iter().map(Attribute::encode).collect::<Result<Vec<_>>>()?;
            sequence.push(RelativeDistinguishedName::try_from(set).map_err(internal)?);
        }
        let der = sequence.to_der().map_err(internal)?;
        Ok(Self { der, rdns })
    }

    /// Parses `C=US,ST=California,O=Example Inc` with the escapes of RFC 4514 (written order kept, `+` joins the
    /// attributes of one relative name), or OpenSSL's `/C=US/ST=California/O=Example Inc`.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] for what is not of this form, [`ErrorKind::Policy`] for a value that X.520 does not allow.
    pub fn parse(text: &str) -> Result<Self> {
        let usage = |fact: String| {
            Error::new(ErrorKind::Usage, fact)
                .with_hint("write the subject as C=US,ST=California,L=San Francisco,O=Example Inc")
        };
        let text = text.trim_start();
        // Git Bash turns an argument that begins with a slash into a Windows path.
        if let Some(start) = text.find("/C=").or_else(|| text.find("/CN=")).filter(|&start| start > 0)
            && text[..start].contains(":/")
        {
            return Err(usage(format!("the subject \"{text}\" has become a file path: Git Bash rewrites /C=...")));
        }
        let (body, separator) = match text.strip_prefix('/') {
            Some(body) => (body, '/'),
            None => (text, ','),
        };
        let mut rdns = vec![Vec::new()];
        for (part, end) in split_unescaped(body, separator) {
            let (name, value) = part
                .split_once('=')
                .ok_or_else(|| usage(format!("\"{part}\" is no part of a subject: it has no \"=\"")))?;
            let kind = AttributeType::parse(name.trim())
                .ok_or_else(|| usage(format!("\"{}\" is no attribute of a subject", name.trim())))?;
            if value.trim_start().starts_with('#') {
                return Err(usage(format!("\"{part}\" gives its value as hexadecimal DER, which is not read here")));
            }
            let value = unescape(value, separator == ',').ok_or_else(|| {
                usage(format!("\"{part}\" ends in the middle of an escape or quotation, or escapes what is no text"))
            })?;
            if let Some(rdn) = rdns.last_mut() {
                rdn.push(Attribute::new(kind, value)?);
            }
            if end == Some(separator) {
                rdns.push(Vec::new());
            }
        }
        Self::from_rdns(rdns)
    }

    /// Reads a DER `Name`; values in any string type of X.520 are understood.
    ///
    /// # Errors
    /// [`ErrorKind::Malformed`] if it is none.
    pub fn from_der(der: &[u8]) -> Result<Self> {
        let name = Name::from_der(der).map_err(|error| Error::malformed("its name is damaged").with_source(error))?;
        Ok(Self::from_name(&name, der.to_vec()))
    }

    pub(crate) fn from_name(name: &Name, der: Vec<u8>) -> Self {
        let rdns = name.iter_rdn().map(|rdn| rdn.iter().map(Attribute::decode).collect()).collect();
        Self { der, rdns }
    }

    pub(crate) fn to_name(&self) -> Result<Name> {
        Name::from_der(&self.der).map_err(internal)
    }

    /// The DER encoding of the `Name`.
    pub fn to_der(&self) -> &[u8] {
        &self.der
    }

    /// True if a country in it is no PrintableString, as RFC 5280 wants it (appendix A.1, X520countryName).
    pub(crate) fn has_odd_country(&self) -> bool {
        let country = AttributeType::Country.oid();
        let is_odd = |part: &AttributeTypeAndValue| part.oid == country && part.value.tag() != Tag::PrintableString;
        Name::from_der(&self.der).is_ok_and(|name| name.iter().any(is_odd))
    }

    /// True for the empty name, which certificates without a subject carry.
    pub fn is_empty(&self) -> bool {
        self.rdns.is_empty()
    }

    /// The attributes in order.
    pub fn attributes(&self) -> impl Iterator<Item = &Attribute> {
        self.rdns.iter().flatten()
    }

    /// The first value of this type.
    pub fn get(&self, kind: &AttributeType) -> Option<&str> {
        self.attributes().find(|attribute| attribute.kind() == kind).map(Attribute::value)
    }
}

/// The most characters of a name within a sentence; a name of 500 KB is not repeated for each of 1,000 certificates.
const MAX_SUMMARY_LEN: usize = 500;

/// What is written of a text up to a length, at the end of a character.
struct Beginning {
    text: String,
    is_cut: bool,
}

impl fmt::Write for Beginning {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = MAX_SUMMARY_LEN - self.text.len().min(MAX_SUMMARY_LEN);
        let end = (0..=room.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or_default();
        self.text.push_str(&text[..end]);
        self.is_cut = end < text.len();
        // Whoever writes stops at an error.
        if self.is_cut { Err(fmt::Error) } else { Ok(()) }
    }
}

impl Subject {
    /// The name for a sentence: cut where it is longer than 500 bytes.
    pub(crate) fn summary(&self) -> String {
        let mut beginning = Beginning { text: String::new(), is_cut: false };
        let _ = fmt::write(&mut beginning, format_args!("{self}"));
        if beginning.is_cut {
            beginning.text.push_str("..");
        }
        beginning.text
    }
}

impl fmt::Display for Subject {
    /// `C=US, ST=California`, as OpenSSL 3.2 and later write it; RFC 4514 escapes, control characters as `\XX`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, rdn) in self.rdns.iter().enumerate() {
            f.write_str(if index == 0 { "" } else { ", " })?;
            for (index, attribute) in rdn.iter().enumerate() {
                f.write_str(if index == 0 { "" } else { " + " })?;
                attribute.fmt(f)?;
            }
        }
        Ok(())
    }
}

/// The parts of `text` between unescaped separators (and `+`), each with the separator that ends it.
fn split_unescaped(text: &str, separator: char) -> Vec<(&str, Option<char>)> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut escaped = false;
    let mut quoted = false;
    for (at, character) in text.char_indices() {
        let separates = character == separator || character == '+' && starts_attribute(&text[at + 1..]);
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' if separator == ',' => quoted = !quoted,
            _ if separates && !quoted => {
                parts.push((&text[start..at], Some(character)));
                start = at + character.len_utf8();
            }
            _ => {}
        }
    }
    parts.push((&text[start..], None));
    // A closing separator is common in OpenSSL's form.
    if parts.len() > 1 && parts.last().is_some_and(|(part, _)| part.trim().is_empty()) {
        parts.pop();
        if let Some(last) = parts.last_mut() {
            last.1 = None;
        }
    }
    parts
}

/// A plus joins two attributes only where another `TYPE=` follows: "C++ GmbH" is a name.
fn starts_attribute(rest: &str) -> bool {
    let rest = rest.trim_start();
    let end = rest.bytes().take(MAX_TYPE_LEN).position(|byte| byte == b'=');
    end.is_some_and(|end| AttributeType::parse(rest[..end].trim_end()).is_some())
}

/// Longer than the name or the dotted identifier of any attribute type.
const MAX_TYPE_LEN: usize = 256;

/// Undoes the escapes of RFC 4514, section 2.4: `\,` and the like, `\C3\A4`, and (in its spelling) surrounding quotes.
fn unescape(value: &str, with_quotes: bool) -> Option<String> {
    let trimmed = value.trim_start();
    // An escaped space at the end belongs to the value.
    let kept = trimmed.trim_end();
    let backslashes = kept.bytes().rev().take_while(|&byte| byte == b'\\').count();
    let trimmed = if backslashes % 2 == 1 { trimmed.get(..kept.len() + 1)? } else { kept };
    let bare = match trimmed.strip_prefix('"') {
        Some(quoted) if with_quotes => quoted.strip_suffix('"')?,
        _ => trimmed,
    };
    let mut bytes = Vec::with_capacity(bare.len());
    let mut rest = bare.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'"' && with_quotes {
            return None;
        }
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        let first = rest.next()?;
        match (char::from(first).to_digit(16), rest.clone().next().and_then(|next| char::from(next).to_digit(16))) {
            (Some(high), Some(low)) => {
                rest.next();
                bytes.push(u8::try_from(high << 4 | low).ok()?);
            }
            _ => bytes.push(first),
        }
    }
    String::from_utf8(bytes).ok()
}

/// Encoding a value that was checked before cannot fail for a reason a user could mend.
fn internal(error: der::Error) -> Error {
    Error::malformed("the name cannot be encoded").with_source(error)
}

impl Attribute {
    fn encode(&self) -> Result<AttributeTypeAndValue> {
        let (tag, octets) = self.encoding();
        let value = Any::new(tag, octets).map_err(internal)?;
        Ok(AttributeTypeAndValue { oid: self.kind().oid(), value })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        Subject::parse(text).unwrap().to_string()
    }

    #[test]
    fn both_spellings_keep_order_and_repeats() {
        let expected = "C=US, ST=California, L=San Francisco, O=Example Inc, OU=One, OU=Two";
        assert_eq!(shown("C=US,ST=California,L=San Francisco,O=Example Inc,OU=One,OU=Two"), expected);
        assert_eq!(shown("/C=US/ST=California/L=San Francisco/O=Example Inc/OU=One/OU=Two"), expected);
        assert_eq!(shown("OU=b, O=a"), "OU=b, O=a");
        assert_eq!(shown("/CN=x/"), "CN=x");
    }

    #[test]
    fn escapes_are_undone_and_made() {
        assert_eq!(Subject::parse(r"O=a\, b\+c").unwrap().get(&AttributeType::Organization), Some("a, b+c"));
        assert_eq!(shown(r"O=a\, b"), r"O=a\, b");
        assert_eq!(Subject::parse(r#"O="a, b""#).unwrap().get(&AttributeType::Organization), Some("a, b"));
        assert_eq!(Subject::parse(r"O=Z\C3\BCrich").unwrap().get(&AttributeType::Organization), Some("Zürich"));
        assert_eq!(Subject::parse(r"/O=a\/b").unwrap().get(&AttributeType::Organization), Some("a/b"));
        assert_eq!(Subject::parse("O=C++ GmbH").unwrap().get(&AttributeType::Organization), Some("C++ GmbH"));
        assert_eq!(Subject::parse(r"O=x\ ").unwrap().get(&AttributeType::Organization), Some("x "));
        assert_eq!(shown("CN=a+OU=b"), "CN=a + OU=b");
    }

    #[test]
    fn bad_subjects_are_named() {
        for (text, part) in [
            ("", "no \"=\""),
            ("US", "no \"=\""),
            ("X=1", "\"X\" is no attribute"),
            ("C=USA", "two letters"),
            ("C=us1", "two letters"),
            ("O=", "empty"),
            (r"O=a\", "escape"),
            (r#"O=5" disc,L=X"#, "quotation"),
            (r#"O="a"b"#, "quotation"),
            ("CN=#0c0141", "hexadecimal"),
            ("serialNumber=ü", "alphabet"),
            ("C:/Program Files/Git/C=US/O=x", "Git Bash"),
        ] {
            let error = Subject::parse(text).unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn der_survives_a_round_trip() {
        let subject = Subject::parse("C=CH,O=Zürich AG,emailAddress=a@b.ch,2.5.4.97=VAT").unwrap();
        assert_eq!(Subject::from_der(subject.to_der()).unwrap(), subject);
    }
}
