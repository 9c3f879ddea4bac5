//! Names as OpenSSL prints them under its `-nameopt`, which scripts compare as text.
//!
//! The words and what they do are those of openssl-namedisplay-options(1); where the page is silent, of the program
//! itself. No crate knows them.

mod openssl;
mod print;

use std::str::FromStr;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_is_none_is_named() {
        let error = "RFC2253,rfc".parse::<NameFormat>().unwrap_err();
        assert!(error.to_string().contains("\"rfc\""), "{error}");
        assert!("".parse::<NameFormat>().is_err());
    }
}
