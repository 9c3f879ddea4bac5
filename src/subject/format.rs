//! Names as OpenSSL prints them under its `-nameopt`, which scripts compare as text.
//!
//! The words and what they do are those of openssl-namedisplay-options(1); where the page is silent, of the program
//! itself. No crate knows them.

mod openssl;

use std::io::Write;
use std::str::FromStr;

use const_oid::ObjectIdentifier;
use der::{Encode, Tag, Tagged};
use x509_cert::attr::AttributeTypeAndValue;

use super::Subject;
use super::attribute::AttributeType;
use crate::error::{Error, ErrorKind, Result};

/// How the parts of a name are written: OpenSSL's `-nameopt`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NameFormat {
    escape: u16,
    value: u16,
    separator: Option<Separator>,
    order: Order,
    types: Types,
    /// Type names are padded to one width.
    is_aligned: bool,
    has_spaced_equals: bool,
    /// Values of types that have no name are written as hexadecimal.
    dumps_unknown_types: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Separator {
    CommaPlus,
    CommaPlusSpace,
    SemicolonPlusSpace,
    Multiline,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Encoded,
    Reversed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Types {
    Short,
    Long,
    Oid,
    None,
}

/// Which characters are escaped.
mod escape {
    /// `, + " \ < > ;`, `#` at the beginning, a space at either end (RFC 2253, section 2.4).
    pub(super) const RFC2253: u16 = 1;
    /// `* ( ) \` and NUL (RFC 2254, section 4).
    pub(super) const RFC2254: u16 = 2;
    pub(super) const CONTROL: u16 = 4;
    /// Octets with their most significant bit set.
    pub(super) const MSB: u16 = 8;
    /// Quotes around the value instead of backslashes, where that is possible.
    pub(super) const QUOTE: u16 = 16;
    /// Control characters and nothing else: of every other set, a backslash is one too. OpenSSL has none such.
    pub(super) const CONTROL_ALONE: u16 = 32;
}

/// What becomes of a value before it is escaped.
mod value {
    pub(super) const TO_UTF8: u16 = 1;
    /// Each octet is taken for a character.
    pub(super) const IGNORE_TYPE: u16 = 2;
    pub(super) const SHOW_TYPE: u16 = 4;
    pub(super) const DUMP_ALL: u16 = 8;
    /// Hexadecimal for what is no string.
    pub(super) const DUMP_NO_STRING: u16 = 16;
    /// Dumps are of the whole DER, not of the content alone.
    pub(super) const DUMP_DER: u16 = 32;
}

impl NameFormat {
    /// `/C=US/O=Example Inc`.
    const COMPAT: Self = Self {
        escape: 0,
        value: 0,
        separator: None,
        order: Order::Encoded,
        types: Types::Short,
        is_aligned: false,
        has_spaced_equals: false,
        dumps_unknown_types: false,
    };

    /// `O=Example Inc,C=US`.
    const RFC2253: Self = Self {
        escape: escape::RFC2253 | escape::CONTROL | escape::MSB,
        value: value::TO_UTF8 | value::DUMP_NO_STRING | value::DUMP_DER,
        separator: Some(Separator::CommaPlus),
        order: Order::Reversed,
        dumps_unknown_types: true,
        ..Self::COMPAT
    };

    /// `C = US, O = Example Inc`: what OpenSSL 3.0 and 3.1 do unasked.
    const ONELINE: Self = Self {
        escape: Self::RFC2253.escape | escape::QUOTE,
        separator: Some(Separator::CommaPlusSpace),
        order: Order::Encoded,
        has_spaced_equals: true,
        dumps_unknown_types: false,
        ..Self::RFC2253
    };

    /// A line for each part.
    const MULTILINE: Self = Self {
        escape: escape::CONTROL | escape::MSB,
        separator: Some(Separator::Multiline),
        types: Types::Long,
        is_aligned: true,
        has_spaced_equals: true,
        ..Self::COMPAT
    };

    /// True if each part has a line of its own.
    pub fn is_multiline(&self) -> bool {
        self.separator == Some(Separator::Multiline)
    }

    fn set(&mut self, word: &str) -> Option<()> {
        let (name, on) = match word.as_bytes().first()? {
            b'-' => (&word[1..], false),
            b'+' => (&word[1..], true),
            _ => (word, true),
        };
        let bits = |set: &mut u16, bit: u16| if on { *set |= bit } else { *set &= !bit };
        let preset = |format| if on { format } else { Self::COMPAT };
        let separator = |separator| on.then_some(separator);
        match name.to_ascii_lowercase().as_str() {
            "esc_2253" => bits(&mut self.escape, escape::RFC2253),
            "esc_2254" => bits(&mut self.escape, escape::RFC2254),
            "esc_ctrl" => bits(&mut self.escape, escape::CONTROL),
            "esc_msb" => bits(&mut self.escape, escape::MSB),
            "use_quote" => bits(&mut self.escape, escape::QUOTE),
            "utf8" => bits(&mut self.value, value::TO_UTF8),
            "ignore_type" => bits(&mut self.value, value::IGNORE_TYPE),
            "show_type" => bits(&mut self.value, value::SHOW_TYPE),
            "dump_all" => bits(&mut self.value, value::DUMP_ALL),
            "dump_nostr" => bits(&mut self.value, value::DUMP_NO_STRING),
            "dump_der" => bits(&mut self.value, value::DUMP_DER),
            "sep_comma_plus" => self.separator = separator(Separator::CommaPlus),
            "sep_comma_plus_space" => self.separator = separator(Separator::CommaPlusSpace),
            "sep_semi_plus_space" => self.separator = separator(Separator::SemicolonPlusSpace),
            "sep_multiline" => self.separator = separator(Separator::Multiline),
            "dn_rev" => self.order = if on { Order::Reversed } else { Order::Encoded },
            "nofname" => self.types = if on { Types::None } else { Types::Short },
            "sname" => self.types = Types::Short,
            "lname" => self.types = if on { Types::Long } else { Types::Short },
            "oid" => self.types = if on { Types::Oid } else { Types::Short },
            "align" => self.is_aligned = on,
            "space_eq" => self.has_spaced_equals = on,
            "dump_unknown" => self.dumps_unknown_types = on,
            "compat" => *self = Self::COMPAT,
            "rfc2253" => *self = preset(Self::RFC2253),
            "oneline" => *self = preset(Self::ONELINE),
            "multiline" | "ca_default" => *self = preset(Self::MULTILINE),
            _ => return None,
        }
        Some(())
    }

    fn attribute(&self, attribute: &AttributeTypeAndValue, out: &mut Vec<u8>) -> Option<()> {
        let names = names(attribute.oid);
        let width = match self.types {
            Types::Short => 10,
            Types::Long => 25,
            Types::Oid | Types::None => 0,
        };
        let name = match (self.types, names) {
            (Types::None, _) => None,
            (Types::Short, Some((short, _))) => Some((short.to_owned(), width)),
            (Types::Long, Some((_, long))) => Some((long.to_owned(), width)),
            _ => Some((attribute.oid.to_string(), 0)),
        };
        if let Some((name, width)) = name {
            let width = if self.is_aligned { width } else { 0 };
            let equals = if self.has_spaced_equals { " = " } else { "=" };
            write!(out, "{name:<width$}{equals}").ok()?;
        }
        let is_dumped = names.is_none() && self.dumps_unknown_types;
        self.value(attribute, is_dumped, out)
    }

    /// `None` for a value that its string type does not allow.
    fn value(&self, attribute: &AttributeTypeAndValue, is_dumped: bool, out: &mut Vec<u8>) -> Option<()> {
        let has = |bit| self.value & bit != 0;
        let (tag, octets) = (attribute.value.tag(), attribute.value.value());
        if has(value::SHOW_TYPE) {
            write!(out, "{}:", type_name(tag)).ok()?;
        }
        let width = match tag {
            _ if is_dumped || has(value::DUMP_ALL) => None,
            _ if has(value::IGNORE_TYPE) => Some(Width::Octet),
            Tag::Utf8String => Some(Width::Utf8),
            Tag::BmpString => Some(Width::Two),
            tag if is_octet_string_type(tag) => Some(Width::Octet),
            _ if has(value::DUMP_NO_STRING) => None,
            _ => Some(Width::Octet),
        };
        let Some(width) = width else {
            let der = if has(value::DUMP_DER) { attribute.value.to_der().ok()? } else { octets.to_vec() };
            out.push(b'#');
            return der.iter().try_for_each(|octet| write!(out, "{octet:02X}")).ok();
        };
        // UTF-8 that stays UTF-8 is taken octet by octet.
        let width = if width == Width::Utf8 && has(value::TO_UTF8) { Width::Octet } else { width };
        let characters = characters(octets, width)?;
        let units: Vec<u32> = match width {
            Width::Octet if tag == Tag::Utf8String || !has(value::TO_UTF8) => characters,
            _ if has(value::TO_UTF8) => characters.into_iter().flat_map(utf8_octets).collect(),
            _ => characters,
        };
        let mut text = Vec::new();
        let mut is_quoted = false;
        let last = units.len().saturating_sub(1);
        for (at, &unit) in units.iter().enumerate() {
            is_quoted |= self.escape(unit, at == 0, at == last, &mut text);
        }
        let quote: &[u8] = if is_quoted { b"\"" } else { b"" };
        out.extend_from_slice(&[quote, &text, quote].concat());
        Some(())
    }

    /// True if the value has to be quoted for it.
    fn escape(&self, unit: u32, is_first: bool, is_last: bool, out: &mut Vec<u8>) -> bool {
        let has = |bit| self.escape & bit != 0;
        let Ok(octet) = u8::try_from(unit) else {
            let escaped = if unit > 0xffff { format!("\\W{unit:08X}") } else { format!("\\U{unit:04X}") };
            out.extend_from_slice(escaped.as_bytes());
            return false;
        };
        let by_backslash = has(escape::RFC2253)
            && match octet {
                b'"' | b'\\' | b'+' | b',' | b';' | b'<' | b'>' => true,
                // A character alone counts as the last.
                b' ' => is_first || is_last,
                b'#' => is_first && !is_last,
                _ => false,
            };
        if by_backslash {
            if has(escape::QUOTE) && !matches!(octet, b'"' | b'\\') {
                out.push(octet);
                return true;
            }
            out.extend_from_slice(&[b'\\', octet]);
            return false;
        }
        let by_number = octet > 0x7f && has(escape::MSB)
            || (octet < 0x20 || octet == 0x7f) && has(escape::CONTROL | escape::CONTROL_ALONE)
            || matches!(octet, 0 | b'(' | b')' | b'*' | b'\\') && has(escape::RFC2254);
        if by_number {
            out.extend_from_slice(format!("\\{octet:02X}").as_bytes());
        } else if octet == b'\\' && self.escape & !escape::CONTROL_ALONE != 0 {
            out.extend_from_slice(b"\\\\");
        } else {
            out.push(octet);
        }
        false
    }
}

impl Default for NameFormat {
    /// `C=US, O=Example Inc`, in UTF-8: what OpenSSL 3.2 and later do unasked. Control characters are escaped, which they
    /// are not there: no name reaches a terminal as a command.
    fn default() -> Self {
        Self {
            escape: escape::CONTROL_ALONE,
            value: value::TO_UTF8,
            separator: Some(Separator::CommaPlusSpace),
            ..Self::COMPAT
        }
    }
}

impl FromStr for NameFormat {
    type Err = Error;

    /// Reads words such as `RFC2253` or `utf8,sep_comma_plus,-dn_rev`; a minus takes a word's effect away.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] for a word that is none.
    fn from_str(text: &str) -> Result<Self> {
        let mut format = Self::COMPAT;
        for word in text.split(',') {
            format.set(word).ok_or_else(|| {
                Error::new(ErrorKind::Usage, format!("\"{word}\" is no word of -nameopt"))
                    .with_hint("use RFC2253, oneline, multiline, compat, or the words they stand for")
            })?;
        }
        if format != Self::COMPAT && format.separator.is_none() {
            format.separator = Some(Separator::CommaPlusSpace);
        }
        Ok(format)
    }
}

impl Subject {
    /// The name in `format`, without a newline at its end. A multiline one is indented by four spaces.
    ///
    /// Octets, as a format without `utf8` leaves a value in the encoding it has in the name; with `utf8` they are UTF-8.
    ///
    /// # Errors
    /// [`ErrorKind::Malformed`] for a value that its string type does not allow.
    pub fn print(&self, format: &NameFormat) -> Result<Vec<u8>> {
        let damaged = || Error::malformed("its name holds a value that its string type does not allow");
        let name = self.to_name()?;
        let rdns: Vec<Vec<&AttributeTypeAndValue>> = name.iter_rdn().map(|rdn| rdn.iter().collect()).collect();
        let Some(separator) = format.separator else {
            let parts = rdns.into_iter().map(|rdn| rdn.into_iter().map(compat).collect::<Vec<_>>().join("+"));
            return Ok(parts.map(|part| format!("/{part}")).collect::<String>().into_bytes());
        };
        let (between, within, indent) = match separator {
            Separator::CommaPlus => (",", "+", ""),
            Separator::CommaPlusSpace => (", ", " + ", ""),
            Separator::SemicolonPlusSpace => ("; ", " + ", ""),
            Separator::Multiline => ("\n    ", " + ", "    "),
        };
        let mut parts = Vec::new();
        for rdn in rdns {
            let mut attributes = Vec::new();
            for attribute in rdn {
                let mut text = Vec::new();
                format.attribute(attribute, &mut text).ok_or_else(damaged)?;
                attributes.push(text);
            }
            if format.order == Order::Reversed {
                attributes.reverse();
            }
            parts.push(attributes.join(within.as_bytes()));
        }
        if format.order == Order::Reversed {
            parts.reverse();
        }
        Ok([indent.as_bytes(), &parts.join(between.as_bytes())].concat())
    }
}

/// Its short and its long name: one that is understood, or that OpenSSL alone has.
fn names(oid: ObjectIdentifier) -> Option<(&'static str, &'static str)> {
    AttributeType::from_oid(oid).names().or_else(|| openssl::names(&oid.to_string()))
}

/// One part of the oldest form.
fn compat(attribute: &AttributeTypeAndValue) -> String {
    let name = names(attribute.oid);
    let mut text = format!("{}=", name.map_or_else(|| attribute.oid.to_string(), |(short, _)| short.to_owned()));
    for &octet in attribute.value.value() {
        match octet {
            b'/' | b'+' => text.extend(['\\', char::from(octet)]),
            b' '..=b'~' => text.push(char::from(octet)),
            _ => text += &format!("\\x{octet:02X}"),
        }
    }
    text
}

/// Octets of a character.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Width {
    Octet,
    Two,
    Utf8,
}

fn characters(octets: &[u8], width: Width) -> Option<Vec<u32>> {
    let big_endian = |octets: &[u8]| octets.iter().fold(0, |value, &octet| value << 8 | u32::from(octet));
    let fixed = |size| octets.len().is_multiple_of(size).then(|| octets.chunks(size).map(big_endian).collect());
    match width {
        Width::Octet => fixed(1),
        Width::Two => fixed(2),
        Width::Utf8 => std::str::from_utf8(octets).ok().map(|text| text.chars().map(u32::from).collect()),
    }
}

/// A number that is no character stays what it is.
fn utf8_octets(character: u32) -> Vec<u32> {
    char::from_u32(character).map_or_else(
        || vec![character],
        |character| character.encode_utf8(&mut [0; 4]).bytes().map(u32::from).collect(),
    )
}

fn is_octet_string_type(tag: Tag) -> bool {
    use Tag::{GeneralizedTime, Ia5String, NumericString, PrintableString, TeletexString, UtcTime, VisibleString};
    matches!(
        tag,
        NumericString | PrintableString | TeletexString | Ia5String | UtcTime | GeneralizedTime | VisibleString
    )
}

/// The names that `show_type` gives, which are OpenSSL's.
fn type_name(tag: Tag) -> &'static str {
    match tag {
        Tag::Boolean => "BOOLEAN",
        Tag::Integer => "INTEGER",
        Tag::BitString => "BIT STRING",
        Tag::OctetString => "OCTET STRING",
        Tag::Utf8String => "UTF8STRING",
        Tag::NumericString => "NUMERICSTRING",
        Tag::PrintableString => "PRINTABLESTRING",
        Tag::TeletexString => "T61STRING",
        Tag::VideotexString => "VIDEOTEXSTRING",
        Tag::Ia5String => "IA5STRING",
        Tag::UtcTime => "UTCTIME",
        Tag::GeneralizedTime => "GENERALIZEDTIME",
        Tag::VisibleString => "VISIBLESTRING",
        Tag::BmpString => "BMPSTRING",
        _ => "(unknown)",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(subject: &str, format: &str) -> String {
        let octets = Subject::parse(subject).unwrap().print(&format.parse().unwrap()).unwrap();
        String::from_utf8(octets).unwrap()
    }

    /// As `openssl x509 -subject` prints these; tests/translation.rs compares many more with the program itself.
    #[test]
    fn the_usual_formats() {
        let subject = r"C=CH,O=Zürich\, AG,CN=a\#";
        assert_eq!(printed(subject, "RFC2253"), r"CN=a#,O=Z\C3\BCrich\, AG,C=CH");
        assert_eq!(printed(subject, "oneline"), r#"C = CH, O = "Z\C3\BCrich, AG", CN = a#"#);
        assert_eq!(printed(subject, "compat"), r"/C=CH/O=Z\xC3\xBCrich, AG/CN=a#");
        assert_eq!(printed(subject, "RFC2253,-dn_rev,utf8,-esc_msb"), r"C=CH,O=Zürich\, AG,CN=a#");
        let lines = "    countryName               = CH\n    commonName                = x";
        assert_eq!(printed("C=CH,CN=x", "multiline"), lines);
        let default = Subject::parse(subject).unwrap().print(&NameFormat::default()).unwrap();
        assert_eq!(default, "C=CH, O=Zürich, AG, CN=a#".as_bytes());
        let escaped = Subject::parse(r"CN=a\\b").unwrap().print(&NameFormat::default()).unwrap();
        assert_eq!(escaped, br"CN=a\b");
    }

    #[test]
    fn types_have_the_names_that_openssl_gives_them() {
        assert_eq!(
            printed("2.5.4.45=a,2.5.4.99=b,0.9.2342.19200300.100.1.44=c", "RFC2253"),
            "uid=c,n3=b,x500UniqueIdentifier=a"
        );
        assert_eq!(printed("2.5.4.99=b", "lname,sep_comma_plus"), "countryCode3n=b");
        assert_eq!(printed("1.2.3.4=b", "compat"), "/1.2.3.4=b");
    }

    #[test]
    fn a_word_that_is_none_is_named() {
        let error = "RFC2253,rfc".parse::<NameFormat>().unwrap_err();
        assert!(error.to_string().contains("\"rfc\""), "{error}");
        assert!("".parse::<NameFormat>().is_err());
    }
}
