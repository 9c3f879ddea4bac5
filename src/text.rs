//! Text as Windows leaves it: PowerShell's `>` writes UTF-16, Notepad a UTF-8 byte-order mark.

use crate::secret::SecretBytes;

/// `bytes` as UTF-8 without a byte-order mark. Anything that is not marked (or plainly recognisable) as UTF-16 comes
/// back as it is: it may be DER, or text in an older encoding.
pub(crate) fn to_utf8(bytes: &[u8]) -> SecretBytes {
    let decoded = match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => rest.to_vec(),
        [0xff, 0xfe, rest @ ..] => from_utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => from_utf16(rest, u16::from_be_bytes),
        // Two ASCII characters in a row: no DER, JKS or UTF-8 text begins like this.
        [1..=0x7f, 0, 1..=0x7f, 0, ..] => from_utf16(bytes, u16::from_le_bytes),
        [0, 1..=0x7f, 0, 1..=0x7f, ..] => from_utf16(bytes, u16::from_be_bytes),
        _ => bytes.to_vec(),
    };
    SecretBytes::new(decoded)
}

fn from_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Vec<u8> {
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    // Three UTF-8 octets hold any UTF-16 unit, so that no secret is left behind in a buffer that grew.
    let mut text = String::with_capacity(bytes.len() / 2 * 3);
    text.extend(char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)));
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mark_is_understood() {
        let text = "-----BEGIN ü";
        let le: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let be: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for bytes in [
            text.as_bytes().to_vec(),
            [b"\xef\xbb\xbf", text.as_bytes()].concat(),
            [b"\xff\xfe", &le[..]].concat(),
            [b"\xfe\xff", &be[..]].concat(),
            le,
            be,
        ] {
            assert_eq!(to_utf8(&bytes).as_bytes(), text.as_bytes());
        }
    }

    #[test]
    fn der_is_left_alone() {
        for bytes in [b"\x30\x82\x04\xa4".as_slice(), b"\x30\x00", b"\xfe\xed\xfe\xed", b""] {
            assert_eq!(to_utf8(bytes).as_bytes(), bytes);
        }
    }
}
