//! Printing a name in a format.

use std::io::Write;

use const_oid::ObjectIdentifier;
use der::{Encode, Tag, Tagged};
use x509_cert::attr::AttributeTypeAndValue;

use super::{NameFormat, Order, Separator, Types, escape, openssl, value};
use crate::error::{Error, Result};
use crate::printable::is_printable;
use crate::subject::Subject;
use crate::subject::attribute::AttributeType;

impl Subject {
    /// The name in `format`, without a newline at its end. A multiline one is indented by four spaces.
    ///
    /// Octets, as a format without `utf8` leaves a value in the encoding it has in the name; with `utf8` they are UTF-8.
    /// In one thing this is safer than OpenSSL: control and format characters are escaped in every format, as `esc_ctrl`
    /// and `esc_msb` escape them, so that no name brings a line end or turns the text around.
    ///
    /// # Errors
    /// [`Malformed`](crate::ErrorKind::Malformed) for a value that its string type does not allow.
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

impl NameFormat {
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
        let text = escape_hidden(&text);
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
            || octet < 0x20
            || octet == 0x7f
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

/// `text` with the bytes of every character that is neither printable nor a space as numbers. Bytes that are not UTF-8
/// stay, as a format without `utf8` has them, but for the control characters of 8-bit terminals.
fn escape_hidden(text: &[u8]) -> Vec<u8> {
    let mut shown = Vec::with_capacity(text.len());
    for chunk in text.utf8_chunks() {
        for character in chunk.valid().chars() {
            let mut octets = [0; 4];
            let octets = character.encode_utf8(&mut octets).as_bytes();
            let is_space = character.is_whitespace() && !"\u{85}\u{2028}\u{2029}".contains(character);
            match is_printable(character) || is_space {
                true => shown.extend_from_slice(octets),
                false => shown.extend(octets.iter().flat_map(|octet| format!("\\{octet:02X}").into_bytes())),
            }
        }
        for &octet in chunk.invalid() {
            match octet {
                0x80..=0x9f => shown.extend(format!("\\{octet:02X}").into_bytes()),
                _ => shown.push(octet),
            }
        }
    }
    shown
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
}
