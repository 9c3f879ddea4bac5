//! A bounded look at DER before any decoder sees it (X.690): one value, definite lengths that stay inside the input,
//! nesting that ends.

use std::borrow::Cow;

use crate::error::{Error, Result};

/// Real certificates and keys nest below 16; a stack is only exhausted far beyond 32.
const DEEPEST: usize = 32;

/// Identifier octets (X.690, section 8.1.2).
pub(crate) mod tag {
    pub(crate) const INTEGER: u8 = 0x02;
    pub(crate) const BIT_STRING: u8 = 0x03;
    pub(crate) const OCTET_STRING: u8 = 0x04;
    pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
    pub(crate) const UTF8_STRING: u8 = 0x0c;
    pub(crate) const PRINTABLE_STRING: u8 = 0x13;
    pub(crate) const SEQUENCE: u8 = 0x30;
    pub(crate) const SET: u8 = 0x31;
    pub(crate) const EXPLICIT_0: u8 = 0xa0;
    pub(crate) const EXPLICIT_3: u8 = 0xa3;
    /// Of every value that holds values.
    pub(crate) const CONSTRUCTED: u8 = 0x20;
}

/// One tag with its value.
#[derive(Clone, Copy)]
pub(crate) struct Element<'a> {
    pub(crate) tag: u8,
    pub(crate) value: &'a [u8],
    /// Tag, length and value, as they stand in the input.
    pub(crate) whole: &'a [u8],
}

/// Checks that `der` is exactly one well-nested value.
pub(crate) fn check(der: &[u8]) -> Result<()> {
    let (element, rest) = split(der)?;
    if !rest.is_empty() {
        return Err(Error::malformed(format!(
            "{} bytes follow the end of the DER structure of {} bytes",
            rest.len(),
            der.len() - rest.len()
        ))
        .with_hint("the file is two files in one, or was damaged: get it again from where it was made"));
    }
    check_nested(element, 1)
}

fn check_nested(element: Element<'_>, depth: usize) -> Result<()> {
    if element.tag & tag::CONSTRUCTED == 0 {
        return Ok(());
    }
    if depth > DEEPEST {
        return Err(Error::malformed(format!("its DER structure is nested more than {DEEPEST} deep")));
    }
    let mut rest = element.value;
    while !rest.is_empty() {
        let (child, siblings) = split(rest)?;
        check_nested(child, depth + 1)?;
        rest = siblings;
    }
    Ok(())
}

/// The first value of `der`, and what follows it.
pub(crate) fn split(der: &[u8]) -> Result<(Element<'_>, &[u8])> {
    let malformed = |what: &str| Err(Error::malformed(what));
    let [tag, length, rest @ ..] = der else {
        return malformed("is cut short in the middle of its DER structure");
    };
    if tag & 0x1f == 0x1f {
        return malformed("holds a DER tag of a kind no key or certificate uses");
    }
    let (length, rest) = match *length {
        short @ 0..=0x7f => (usize::from(short), rest),
        0x80 => return malformed("is BER with an indefinite length, not DER"),
        long => {
            let octets = usize::from(long & 0x7f);
            let Some((length, rest)) = rest.split_at_checked(octets).filter(|_| octets <= 4) else {
                return malformed("is cut short, or its DER length is beyond all bounds");
            };
            (length.iter().fold(0, |sum, &octet| sum << 8 | usize::from(octet)), rest)
        }
    };
    match rest.split_at_checked(length) {
        Some((value, rest)) => {
            let whole = &der[..der.len() - rest.len()];
            Ok((Element { tag: *tag, value, whole }, rest))
        }
        None => Err(Error::malformed(format!(
            "is cut short: its DER structure promises {length} bytes, {} are there",
            rest.len()
        ))
        .with_hint("get the file again from where it was made, whole")),
    }
}

/// `bytes` with every indefinite length made definite (BER to DER, as far as keystores need it); DER comes back as it is.
pub(crate) fn to_der(bytes: &[u8]) -> Result<Cow<'_, [u8]>> {
    if check(bytes).is_ok() {
        return Ok(Cow::Borrowed(bytes));
    }
    let (der, rest) = definite(bytes, 1)?;
    // What follows is padding of the program that wrote it, if it is zeros, and damage otherwise.
    if rest.iter().any(|&octet| octet != 0) {
        return Err(Error::malformed(format!("{} bytes follow its end", rest.len())));
    }
    Ok(Cow::Owned(der))
}

fn definite(bytes: &[u8], depth: usize) -> Result<(Vec<u8>, &[u8])> {
    const INDEFINITE: u8 = 0x80;
    if depth > DEEPEST {
        return Err(Error::malformed(format!("its BER structure is nested more than {DEEPEST} deep")));
    }
    let (tag, mut content, after) = match bytes {
        [octet, INDEFINITE, rest @ ..] if octet & tag::CONSTRUCTED != 0 => (*octet, rest, None),
        _ => {
            let (element, rest) = split(bytes)?;
            if element.tag & tag::CONSTRUCTED == 0 {
                return Ok((element.whole.to_vec(), rest));
            }
            (element.tag, element.value, Some(rest))
        }
    };
    let mut parts = Vec::new();
    loop {
        match (after, content) {
            (Some(rest), []) => return Ok((tagged(tag, &[&parts]), rest)),
            (None, [0, 0, rest @ ..]) => return Ok((tagged(tag, &[&parts]), rest)),
            (None, []) => return Err(Error::malformed("is cut short in the middle of its BER structure")),
            _ => {
                let (part, rest) = definite(content, depth + 1)?;
                parts.extend(part);
                content = rest;
            }
        }
    }
}

/// `parts` in a SEQUENCE.
pub(crate) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    tagged(tag::SEQUENCE, parts)
}

/// `value` in an OCTET STRING.
pub(crate) fn octet_string(value: &[u8]) -> Vec<u8> {
    tagged(tag::OCTET_STRING, &[value])
}

/// `parts` under `tag`, with a definite length in its shortest form.
pub(crate) fn tagged(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let octets = length.to_be_bytes();
    let significant = &octets[octets.iter().take_while(|&&octet| octet == 0).count()..];
    let mut der = Vec::with_capacity(length + 6);
    der.push(tag);
    if length > 0x7f {
        // At most eight octets of length.
        der.push(0x80 | significant.len() as u8);
        der.extend_from_slice(significant);
    } else {
        der.push(length as u8);
    }
    parts.iter().for_each(|part| der.extend_from_slice(part));
    der
}

/// More than any structure here has in one place; a value of two octets would else take up forty.
const MOST_CHILDREN: usize = 4096;

/// The values inside a constructed one; empty if they do not fill it, or if there are more than any real one has.
pub(crate) fn children(value: &[u8]) -> Vec<Element<'_>> {
    let mut found = Vec::new();
    let mut rest = value;
    while !rest.is_empty() {
        match split(rest) {
            Ok(_) if found.len() == MOST_CHILDREN => return Vec::new(),
            Ok((element, tail)) => {
                found.push(element);
                rest = tail;
            }
            Err(_) => return Vec::new(),
        }
    }
    found
}

/// How many values a constructed one holds, without a list of them.
pub(crate) fn count_children(value: &[u8]) -> usize {
    std::iter::successors(split(value).ok(), |(_, rest)| split(rest).ok()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(depth: usize) -> Vec<u8> {
        let mut der = vec![0x05, 0x00];
        for _ in 0..depth {
            let mut outer = vec![0x30];
            let length = der.len();
            if length > 127 {
                outer.extend([0x82, (length >> 8) as u8]);
            }
            outer.push(length as u8);
            outer.extend(der);
            der = outer;
        }
        der
    }

    #[test]
    fn nesting_lengths_and_tails_are_bounded() {
        assert!(check(&nested(30)).is_ok());
        assert!(check(&nested(5000)).is_err());
        assert!(check(b"\x30\x03\x02\x01\x00").is_ok());
        for der in [
            b"".as_slice(),
            b"\x30",
            b"\x30\x03\x02\x01",
            b"\x30\x03\x02\x02\x00",
            b"\x30\x80\x00\x00",
            b"\x30\x85\x01\x00\x00\x00\x00",
            b"\x30\x84\xff\xff\xff\xff",
            b"\x30\x00\x00",
            b"\x1f\x81\x00\x00",
        ] {
            assert!(check(der).is_err(), "{der:02x?}");
        }
    }

    #[test]
    fn a_million_siblings_are_no_nesting() {
        let mut der = vec![0x30, 0x83, 0x1e, 0x84, 0x80];
        der.extend([0x05, 0x00].repeat(1_000_000));
        assert!(check(&der).is_ok());
    }
}
