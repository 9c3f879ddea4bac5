//! The PEM encryption of OpenSSL 1.x, `Proc-Type: 4,ENCRYPTED` (RFC 1421's headers, OpenSSL's `EVP_BytesToKey`): what
//! `openssl genrsa -des3` wrote, and what older editions of the setup guide ask for. Read, never made.
//!
//! No maintained crate reads it: `pem` keeps the headers and stops there. The ciphers and MD5 are RustCrypto's.

use cbc::Decryptor;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt, KeyIvInit};
use md5::{Digest, Md5};
use zeroize::Zeroizing;

use super::PrivateKey;
use crate::asn1;
use crate::error::{Error, Result};
use crate::pbe::{Protection, wrong_password};
use crate::pem::Block;
use crate::secret::{Password, SecretBytes};

const LABEL: &str = "RSA PRIVATE KEY";

/// A private key in encrypted PEM.
pub(super) struct LegacyPem {
    cipher: Cipher,
    iv: Vec<u8>,
    ciphertext: Vec<u8>,
}

#[derive(Clone, Copy)]
enum Cipher {
    Des,
    DesEde3,
    Aes128,
    Aes192,
    Aes256,
}

impl Cipher {
    /// Name in the DEK-Info header, length of key and of initialisation vector in octets.
    const TABLE: [(Self, &'static str, usize, usize); 5] = [
        (Self::Des, "DES-CBC", 8, 8),
        (Self::DesEde3, "DES-EDE3-CBC", 24, 8),
        (Self::Aes128, "AES-128-CBC", 16, 16),
        (Self::Aes192, "AES-192-CBC", 24, 16),
        (Self::Aes256, "AES-256-CBC", 32, 16),
    ];
}

impl LegacyPem {
    pub(super) fn new(block: &Block, body: &SecretBytes) -> Result<Self> {
        if block.label != LABEL {
            return Err(Error::unsupported(format!("is an encrypted \"{}\", not an RSA key", block.label))
                .with_hint("only RSA keys serve here: make one with genkey"));
        }
        let info = block.header("DEK-Info").unwrap_or_default();
        let (name, iv) = info.split_once(',').unwrap_or((info, ""));
        let Some((cipher, _, _, iv_length)) =
            Cipher::TABLE.into_iter().find(|(_, known, ..)| known.eq_ignore_ascii_case(name.trim()))
        else {
            return Err(Error::unsupported(format!("is encrypted with a cipher that is not read here: \"{name}\"")));
        };
        let iv = base16(iv.trim()).filter(|iv| iv.len() == iv_length);
        let iv = iv.ok_or_else(|| Error::malformed("its DEK-Info header holds no whole initialisation vector"))?;
        Ok(Self { cipher, iv, ciphertext: body.as_bytes().to_vec() })
    }

    fn row(&self) -> (&'static str, usize) {
        let index = self.cipher as usize;
        (Cipher::TABLE[index].1, Cipher::TABLE[index].2)
    }

    pub(super) fn protection(&self) -> Protection {
        Protection { cipher: self.row().0.to_owned(), derivation: "MD5".to_owned(), iterations: 1, is_legacy_pem: true }
    }

    pub(super) fn decrypt(&self, password: &Password) -> Result<PrivateKey> {
        let key = self.derive(password);
        let plain = match self.cipher {
            Cipher::Des => decrypt::<Decryptor<des::Des>>(&key, &self.iv, &self.ciphertext),
            Cipher::DesEde3 => decrypt::<Decryptor<des::TdesEde3>>(&key, &self.iv, &self.ciphertext),
            Cipher::Aes128 => decrypt::<Decryptor<aes::Aes128>>(&key, &self.iv, &self.ciphertext),
            Cipher::Aes192 => decrypt::<Decryptor<aes::Aes192>>(&key, &self.iv, &self.ciphertext),
            Cipher::Aes256 => decrypt::<Decryptor<aes::Aes256>>(&key, &self.iv, &self.ciphertext),
        };
        let plain = plain.filter(|plain| asn1::check(plain.as_bytes()).is_ok()).ok_or_else(wrong_password)?;
        PrivateKey::from_pkcs1_der(plain.as_bytes())
    }

    /// `EVP_BytesToKey` with MD5, one iteration and the first eight octets of the IV as salt:
    /// D1 = MD5(password | salt), Dn = MD5(Dn-1 | password | salt), joined until there is key enough.
    fn derive(&self, password: &Password) -> Zeroizing<Vec<u8>> {
        let length = self.row().1;
        let mut key = Zeroizing::new(Vec::with_capacity(length + 16));
        let mut last = Zeroizing::new([0u8; 16]);
        while key.len() < length {
            let mut hash = Md5::new();
            if !key.is_empty() {
                hash.update(last.as_ref());
            }
            hash.update(password.as_bytes());
            hash.update(&self.iv[..8]);
            *last = hash.finalize().into();
            key.extend_from_slice(last.as_ref());
        }
        key.truncate(length);
        key
    }
}

fn decrypt<D: BlockModeDecrypt + KeyIvInit>(key: &[u8], iv: &[u8], ciphertext: &[u8]) -> Option<SecretBytes> {
    let mut buffer = Zeroizing::new(ciphertext.to_vec());
    let plain = D::new_from_slices(key, iv).ok()?.decrypt_padded::<Pkcs7>(&mut buffer).ok()?;
    Some(SecretBytes::new(plain.to_vec()))
}

fn base16(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> =
        text.chars().map(|digit| digit.to_digit(16).map(|digit| digit as u8)).collect::<Option<_>>()?;
    digits.len().is_multiple_of(2).then(|| digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}
