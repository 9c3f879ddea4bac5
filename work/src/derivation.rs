//! Keys from passwords.

use sha2::Sha256;

/// Fills `key` by PBKDF2 with HMAC-SHA256 (RFC 8018, section 5.2).
///
/// The pbkdf2 crate's function is generic: called from elsewhere it would be compiled there, for size, and take 1.7 times as
/// long.
pub fn pbkdf2_hmac_sha256(password: &[u8], salt: &[u8], iterations: u32, key: &mut [u8]) {
    pbkdf2::pbkdf2_hmac::<Sha256>(password, salt, iterations, key);
}
