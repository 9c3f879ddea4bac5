//! The attributes of a distinguished name: their names, X.520 upper bounds and string types.

use std::fmt;

use const_oid::ObjectIdentifier;
use der::Tag;
use der::Tagged;
use x509_cert::attr::AttributeTypeAndValue;

use crate::error::{Error, ErrorKind, Result};
use crate::printable::is_printable;

/// The type of an attribute (X.520, RFC 4519, RFC 2985).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AttributeType {
    /// `C`: an ISO 3166 country code of two letters.
    Country,
    /// `ST`: state or province.
    State,
    /// `L`: locality, usually a city.
    Locality,
    /// `O`: organization.
    Organization,
    /// `OU`: organizational unit.
    OrganizationalUnit,
    /// `CN`: common name.
    CommonName,
    /// `emailAddress` (PKCS #9).
    EmailAddress,
    /// Any other type, by its object identifier.
    Other(String),
}

/// What X.520 says of an attribute's value.
struct Rule {
    kind: AttributeType,
    oid: ObjectIdentifier,
    short: &'static str,
    long: &'static str,
    /// Other spellings that are understood.
    aliases: &'static [&'static str],
    /// What a person calls it.
    noun: &'static str,
    /// Upper bound in characters (RFC 5280, appendix A.1).
    bound: usize,
}

const fn oid(text: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(text)
}

static RULES: [Rule; 7] = [
    Rule {
        kind: AttributeType::Country,
        oid: oid("2.5.4.6"),
        short: "C",
        long: "countryName",
        aliases: &[],
        noun: "country",
        bound: 2,
    },
    Rule {
        kind: AttributeType::State,
        oid: oid("2.5.4.8"),
        short: "ST",
        long: "stateOrProvinceName",
        aliases: &["S"],
        noun: "state",
        bound: 128,
    },
    Rule {
        kind: AttributeType::Locality,
        oid: oid("2.5.4.7"),
        short: "L",
        long: "localityName",
        aliases: &[],
        noun: "locality",
        bound: 128,
    },
    Rule {
        kind: AttributeType::Organization,
        oid: oid("2.5.4.10"),
        short: "O",
        long: "organizationName",
        aliases: &[],
        noun: "organization",
        bound: 64,
    },
    Rule {
        kind: AttributeType::OrganizationalUnit,
        oid: oid("2.5.4.11"),
        short: "OU",
        long: "organizationalUnitName",
        aliases: &[],
        noun: "organizational unit",
        bound: 64,
    },
    Rule {
        kind: AttributeType::CommonName,
        oid: oid("2.5.4.3"),
        short: "CN",
        long: "commonName",
        aliases: &[],
        noun: "common name",
        bound: 64,
    },
    Rule {
        kind: AttributeType::EmailAddress,
        oid: oid("1.2.840.113549.1.9.1"),
        short: "emailAddress",
        long: "emailAddress",
        aliases: &["E", "email"],
        noun: "e-mail address",
        bound: 255,
    },
];

/// A type that is known without a variant of its own.
struct Further {
    short: &'static str,
    long: &'static str,
    oid: &'static str,
    bound: usize,
}

const fn further(short: &'static str, long: &'static str, oid: &'static str, bound: usize) -> Further {
    Further { short, long, oid, bound }
}

/// The rest of what `--subject` understands. Upper bounds are X.520's and RFC 5280's; where they set none, `ub-name`.
static FURTHER: [Further; 24] = [
    further("serialNumber", "serialNumber", "2.5.4.5", 64),
    further("SN", "surname", "2.5.4.4", 32_768),
    further("GN", "givenName", "2.5.4.42", 32_768),
    further("initials", "initials", "2.5.4.43", 32_768),
    further("generationQualifier", "generationQualifier", "2.5.4.44", 32_768),
    further("name", "name", "2.5.4.41", 32_768),
    further("pseudonym", "pseudonym", "2.5.4.65", 128),
    further("title", "title", "2.5.4.12", 64),
    further("description", "description", "2.5.4.13", 1024),
    further("businessCategory", "businessCategory", "2.5.4.15", 128),
    further("street", "streetAddress", "2.5.4.9", 128),
    further("postalCode", "postalCode", "2.5.4.17", 40),
    further("postOfficeBox", "postOfficeBox", "2.5.4.18", 40),
    further("telephoneNumber", "telephoneNumber", "2.5.4.20", 32),
    further("dnQualifier", "dnQualifier", "2.5.4.46", 64),
    further("houseIdentifier", "houseIdentifier", "2.5.4.51", 32_768),
    further("organizationIdentifier", "organizationIdentifier", "2.5.4.97", 256),
    further("DC", "domainComponent", "0.9.2342.19200300.100.1.25", 63),
    further("UID", "userId", "0.9.2342.19200300.100.1.1", 256),
    further("mail", "rfc822Mailbox", "0.9.2342.19200300.100.1.3", 256),
    further("unstructuredName", "unstructuredName", "1.2.840.113549.1.9.2", 255),
    further("jurisdictionL", "jurisdictionLocalityName", "1.3.6.1.4.1.311.60.2.1.1", 128),
    further("jurisdictionST", "jurisdictionStateOrProvinceName", "1.3.6.1.4.1.311.60.2.1.2", 128),
    further("jurisdictionC", "jurisdictionCountryName", "1.3.6.1.4.1.311.60.2.1.3", 2),
];

/// RFC 4519 and RFC 4524 give domainComponent and mail no other type than IA5String.
const ASCII_ONLY: [&str; 2] = ["0.9.2342.19200300.100.1.25", "0.9.2342.19200300.100.1.3"];

impl AttributeType {
    /// The type called `name`: a short name such as `ST`, a long one, or a dotted object identifier; case is ignored.
    pub fn parse(name: &str) -> Option<Self> {
        let same = |other: &str| other.eq_ignore_ascii_case(name);
        if let Some(rule) = RULES
            .iter()
            .find(|rule| same(rule.short) || same(rule.long) || rule.aliases.iter().any(|alias| same(alias)))
        {
            return Some(rule.kind.clone());
        }
        let further = FURTHER.iter().find(|further| same(further.short) || same(further.long));
        let dotted = further.map_or(name, |further| further.oid);
        ObjectIdentifier::new(dotted).ok().map(Self::from_oid)
    }

    pub(super) fn from_oid(oid: ObjectIdentifier) -> Self {
        RULES.iter().find(|rule| rule.oid == oid).map_or_else(|| Self::Other(oid.to_string()), |rule| rule.kind.clone())
    }

    fn rule(&self) -> Option<&'static Rule> {
        RULES.iter().find(|rule| rule.kind == *self)
    }

    pub(crate) fn oid(&self) -> ObjectIdentifier {
        match self {
            // Only `from_oid` makes this variant, out of an object identifier.
            Self::Other(dotted) => ObjectIdentifier::new(dotted).unwrap_or(oid("2.5.4.41")),
            known => known.rule().map_or(oid("2.5.4.41"), |rule| rule.oid),
        }
    }

    fn further(&self) -> Option<&'static Further> {
        FURTHER.iter().find(|further| matches!(self, Self::Other(dotted) if dotted == further.oid))
    }

    fn bound(&self) -> usize {
        let further = || self.further().map_or(32_768, |further| further.bound);
        self.rule().map_or_else(further, |rule| rule.bound)
    }

    /// Its short and its long name in X.520; `None` for a type that is not known here.
    pub(super) fn names(&self) -> Option<(&'static str, &'static str)> {
        let further = || self.further().map(|further| (further.short, further.long));
        self.rule().map_or_else(further, |rule| Some((rule.short, rule.long)))
    }

    fn noun(&self) -> String {
        self.rule().map_or_else(|| format!("subject part {self}"), |rule| rule.noun.to_owned())
    }

    /// X.520 gives serialNumber and dnQualifier no other type.
    fn is_printable_only(&self) -> bool {
        matches!(self, Self::Other(dotted) if dotted == "2.5.4.5" || dotted == "2.5.4.46")
    }

    fn string_type(&self, value: &str) -> Tag {
        match self {
            Self::EmailAddress => Tag::Ia5String,
            Self::Other(dotted) if ASCII_ONLY.contains(&dotted.as_str()) => Tag::Ia5String,
            _ if value.chars().all(is_printable_string) => Tag::PrintableString,
            _ => Tag::Utf8String,
        }
    }
}

impl fmt::Display for AttributeType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self, self.names()) {
            (_, Some((short, _))) => f.write_str(short),
            (Self::Other(dotted), None) => f.write_str(dotted),
            (_, None) => Ok(()),
        }
    }
}

/// The character set of PrintableString (X.680, section 41.4).
fn is_printable_string(character: char) -> bool {
    character.is_ascii_alphanumeric() || " '()+,-./:=?".contains(character)
}

/// One attribute with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    kind: AttributeType,
    value: String,
}

impl Attribute {
    /// An attribute for a new name.
    ///
    /// # Errors
    /// [`ErrorKind::Policy`] if X.520 does not allow the value: empty, longer than its upper bound, a country that is
    /// not two letters, a character that its string type cannot hold.
    pub fn new(kind: AttributeType, value: impl Into<String>) -> Result<Self> {
        let value = value.into();
        let noun = kind.noun();
        let policy = |fact: String| Error::new(ErrorKind::Policy, fact);
        let (length, bound) = (value.chars().count(), kind.bound());
        if kind == AttributeType::Country {
            if length != 2 || !value.chars().all(|letter| letter.is_ascii_alphabetic()) {
                return Err(policy(format!("the country \"{}\" is not two letters", value))
                    .with_hint("give the ISO 3166 code, such as US, GB, DE or JP"));
            }
            return Ok(Self { kind, value: value.to_ascii_uppercase() });
        }
        if value.trim().is_empty() {
            return Err(policy(format!("the {noun} is empty")).with_hint("leave it out, or give it a value"));
        }
        if length > bound {
            return Err(
                policy(format!("the {noun} has {length} characters, X.520 allows {bound}")).with_hint("shorten it")
            );
        }
        if let Some(character) = value.chars().find(|character| character.is_control()) {
            return Err(policy(format!("the {noun} holds the control character {}", character.escape_unicode())));
        }
        if kind.string_type(&value) == Tag::Ia5String && !value.is_ascii() {
            return Err(policy(format!("the {noun} \"{value}\" holds characters beyond ASCII"))
                .with_hint("write an international domain in its xn-- form"));
        }
        if kind.is_printable_only() && !value.chars().all(is_printable_string) {
            return Err(policy(format!("the {noun} \"{value}\" goes beyond the alphabet of PrintableString")));
        }
        if kind == AttributeType::EmailAddress
            && !value.split_once('@').is_some_and(|(l, r)| !l.is_empty() && !r.is_empty())
        {
            return Err(policy(format!("the e-mail address \"{value}\" has no \"@\" with a name on either side")));
        }
        Ok(Self { kind, value })
    }

    /// The type.
    pub fn kind(&self) -> &AttributeType {
        &self.kind
    }

    /// The value as text.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Country is PrintableString and e-mail IA5String (RFC 5280, appendix A.1); the rest PrintableString where its
    /// alphabet suffices, else UTF8String.
    pub(crate) fn encoding(&self) -> (Tag, &[u8]) {
        (self.kind.string_type(&self.value), self.value.as_bytes())
    }

    pub(super) fn decode(attribute: &AttributeTypeAndValue) -> Self {
        let octets = attribute.value.value();
        let value = match attribute.value.tag() {
            Tag::BmpString => {
                let units: Vec<u16> =
                    octets.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
                String::from_utf16_lossy(&units)
            }
            // T.61 in the standard, Latin-1 in practice.
            Tag::TeletexString => octets.iter().copied().map(char::from).collect(),
            _ => String::from_utf8_lossy(octets).into_owned(),
        };
        Self { kind: AttributeType::from_oid(attribute.oid), value }
    }
}

impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}=", self.kind)?;
        let last = self.value.chars().count().saturating_sub(1);
        for (at, character) in self.value.chars().enumerate() {
            match character {
                ',' | '+' | '"' | '\\' | '<' | '>' | ';' => write!(f, "\\{character}")?,
                ' ' if at == 0 || at == last => f.write_str("\\ ")?,
                '#' if at == 0 => f.write_str("\\#")?,
                hidden if !is_printable(hidden) => {
                    let mut octets = [0; 4];
                    hidden.encode_utf8(&mut octets).bytes().try_for_each(|octet| write!(f, "\\{octet:02X}"))?;
                }
                plain => write!(f, "{plain}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_x520s_and_counted_in_characters() {
        for (kind, bound) in [
            (AttributeType::State, 128),
            (AttributeType::Locality, 128),
            (AttributeType::Organization, 64),
            (AttributeType::OrganizationalUnit, 64),
            (AttributeType::CommonName, 64),
        ] {
            assert!(Attribute::new(kind.clone(), "ü".repeat(bound)).is_ok());
            assert!(Attribute::new(kind, "x".repeat(bound + 1)).is_err());
        }
    }

    #[test]
    fn string_types_follow_the_alphabet() {
        let tag = |kind, value: &str| Attribute::new(kind, value).unwrap().encoding().0;
        assert_eq!(tag(AttributeType::Country, "us"), Tag::PrintableString);
        assert_eq!(tag(AttributeType::Organization, "Example Inc."), Tag::PrintableString);
        assert_eq!(tag(AttributeType::Organization, "R&D"), Tag::Utf8String);
        assert_eq!(tag(AttributeType::Locality, "Zürich"), Tag::Utf8String);
        assert_eq!(tag(AttributeType::EmailAddress, "a@b.c"), Tag::Ia5String);
    }

    #[test]
    fn hidden_characters_reach_no_terminal() {
        let attribute = Attribute { kind: AttributeType::CommonName, value: " a\u{1b}[31m#\u{9b}\u{202e}ü".into() };
        assert_eq!(attribute.to_string(), r"CN=\ a\1B[31m#\C2\9B\E2\80\AEü");
    }
}
