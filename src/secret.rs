//! Secrets are types: wiped when dropped, never cloned, never shown.

use std::fmt;

use rand_core::TryCryptoRng;
use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Result};
use crate::{random, text};

/// A password: the octets that go into a key derivation, usually UTF-8.
pub struct Password(Zeroizing<Vec<u8>>);

/// Crockford's base 32 in lower case: no `i`, `l`, `o` or `u` to misread.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// 26 characters of five random bits each: 130 bits.
const GENERATED_LENGTH: usize = 26;

/// OpenSSL reads no longer one.
const LONGEST: usize = 1024;

impl Password {
    /// keytool refuses fewer characters, so a password that is to guard a keystore needs as many.
    pub const SHORTEST: usize = 6;

    /// The password whose octets are `bytes`.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The password that the content of a file, pipe or descriptor holds: a byte-order mark is taken off (UTF-16 is
    /// turned into UTF-8), then one trailing LF or CRLF.
    ///
    /// # Errors
    /// [`ErrorKind::Password`] if nothing is left or if there is more than one line: a password is one line.
    pub fn from_line(content: &[u8]) -> Result<Self> {
        let text = text::to_utf8(content);
        let line = text.as_bytes();
        let line = line.strip_suffix(b"\n").map_or(line, |line| line.strip_suffix(b"\r").unwrap_or(line));
        if line.is_empty() {
            return Err(Error::new(ErrorKind::Password, "holds no password: it is empty")
                .with_hint("write the password into it as one line, or choose another --password-from"));
        }
        if line.contains(&b'\n') {
            let lines = line.split(|&byte| byte == b'\n').count();
            return Err(Error::new(ErrorKind::Password, format!("holds {lines} lines, a password is one line"))
                .with_hint("keep the password alone in it"));
        }
        Ok(Self::new(line.to_vec()))
    }

    /// A new random password of 26 characters (130 bits) out of digits and lower-case letters.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] if `rng` fails.
    pub fn generate(rng: &mut impl TryCryptoRng) -> Result<Self> {
        let mut drawn = Zeroizing::new([0u8; GENERATED_LENGTH]);
        random::fill(rng, drawn.as_mut())?;
        Ok(Self::new(drawn.iter().map(|byte| ALPHABET[usize::from(byte % 32)]).collect()))
    }

    /// Checks that the password may protect something new.
    ///
    /// # Errors
    /// [`ErrorKind::Password`] below `shortest` characters (usually [`Self::SHORTEST`]) and above 1024 octets, the most
    /// that OpenSSL reads.
    pub fn check_length(&self, shortest: usize) -> Result<()> {
        let characters = std::str::from_utf8(&self.0).map_or(self.0.len(), |text| text.chars().count());
        if characters == 0 && shortest > 0 {
            return Err(Error::new(ErrorKind::Password, "the password is empty: it would protect nothing")
                .with_hint("choose one, or let --password-from generate make one"));
        }
        if characters < shortest {
            return Err(Error::new(
                ErrorKind::Password,
                format!("the password has {characters} characters, {shortest} is the least"),
            )
            .with_hint("choose a longer one, or let --password-from generate make one"));
        }
        if self.0.len() > LONGEST {
            let fact = format!("the password has {} bytes, other programs read no more than {LONGEST}", self.0.len());
            return Err(Error::new(ErrorKind::Password, fact).with_hint("choose a shorter one"));
        }
        Ok(())
    }

    /// The octets of the password.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

/// Octets that hold secrets: the encoding of a private key, or a file that may contain one.
pub struct SecretBytes(Zeroizing<Vec<u8>>);

impl SecretBytes {
    /// Takes `bytes` over. Octets that the vector left behind when it grew are not wiped: allocate once.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The UTF-8 of UTF-16 text. What is no text becomes U+FFFD.
    pub fn from_utf16(units: impl ExactSizeIterator<Item = u16>) -> Self {
        // Three UTF-8 octets hold any UTF-16 unit, so that no secret is left behind in a buffer that grew.
        let mut text = String::with_capacity(units.len() * 3);
        text.extend(char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)));
        Self::new(text.into_bytes())
    }

    /// The octets.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl From<SecretBytes> for Password {
    fn from(octets: SecretBytes) -> Self {
        Self(octets.0)
    }
}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretBytes({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_newline_and_the_byte_order_mark_are_taken_off() {
        let utf16: Vec<u8> = "\u{feff}grün7\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        for (content, password) in [
            (b"secret".as_slice(), "secret"),
            (b"secret\n", "secret"),
            (b"secret\r\n", "secret"),
            (b" secret \n", " secret "),
            (b"secret\r", "secret\r"),
            (b"\xef\xbb\xbfsecret\n", "secret"),
            (&utf16, "grün7"),
        ] {
            assert_eq!(Password::from_line(content).unwrap().as_bytes(), password.as_bytes());
        }
        for content in [b"".as_slice(), b"\n", b"\xef\xbb\xbf\r\n", b"one\ntwo\n", b"one\n\n"] {
            assert_eq!(Password::from_line(content).unwrap_err().kind(), ErrorKind::Password);
        }
    }

    #[test]
    fn length_is_counted_in_characters() {
        assert!(Password::new("äöüäö".into()).check_length(Password::SHORTEST).is_err());
        assert!(Password::new("äöüäöü".into()).check_length(Password::SHORTEST).is_ok());
    }

    #[test]
    fn nothing_is_shown() {
        assert_eq!(format!("{:?}", Password::new(b"secret".to_vec())), "Password(..)");
        assert_eq!(format!("{:?}", SecretBytes::new(b"secret".to_vec())), "SecretBytes(6 bytes)");
    }
}
