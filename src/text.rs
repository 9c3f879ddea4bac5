//! Text as Windows leaves it: PowerShell's `>` writes UTF-16, Notepad a UTF-8 byte-order mark.

use crate::secret::SecretBytes;

/// `bytes` as UTF-8 without a byte-order mark. Anything that is not marked (or plainly recognisable) as UTF-16 comes
/// back as it is: it may be DER, or text in an older encoding.
pub(crate) fn to_utf8(bytes: &[u8]) -> SecretBytes {
    match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => SecretBytes::new(rest.to_vec()),
        [0xff, 0xfe, rest @ ..] => of_octets(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => of_octets(rest, u16::from_be_bytes),
        // Two ASCII characters in a row: no DER, JKS or UTF-8 text begins like this.
        [1..=0x7f, 0, 1..=0x7f, 0, ..] => of_octets(bytes, u16::from_le_bytes),
        [0, 1..=0x7f, 0, 1..=0x7f, ..] => of_octets(bytes, u16::from_be_bytes),
        _ => SecretBytes::new(bytes.to_vec()),
    }
}

fn of_octets(octets: &[u8], unit: fn([u8; 2]) -> u16) -> SecretBytes {
    SecretBytes::from_utf16(octets.chunks_exact(2).map(|pair| unit([pair[0], pair[1]])))
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
