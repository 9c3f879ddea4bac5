//! Signed assertions: JSON Web Tokens (RFC 7519) in JWS's compact form (RFC 7515, section 7.1), with RS256 alone.
//!
//! Some lines of our own over [`PrivateKey::sign`], and not the crate `jsonwebtoken` (11.1). What that adds is a choice
//! of algorithms, and there must be none here; its RSA is C, or a second generation of the `rsa` crate; it reads the clock
//! itself, leaves tokens in memory, and takes a claim of an unusual type for one that is missing, where the point is to
//! say which of the two it is.
//!
//! ```
//! use std::time::Duration;
//! use certwright::jwt::{self, Assertion, Claims};
//! # use certwright::{PrivateKey, RsaBits};
//! # let mut rng = certwright::testpki::Stream::new([1; 32]);
//! # let now = std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
//! # let key = PrivateKey::generate_rsa(RsaBits::B2048, &mut rng)?;
//!
//! // `key` is an RSA key, `now` the time to count from.
//! let claims = Claims {
//!     issuer: "client id",
//!     subject: "admin@example.com",
//!     audience: "https://login.example.com",
//!     expires_at: now + Duration::from_secs(180),
//!     id: None,
//! };
//! let token = jwt::sign(&claims, &key)?;
//!
//! let assertion = Assertion::parse(token.as_bytes())?;
//! assertion.verify_signature(&key.public_key())?;
//! assert_eq!(assertion.claim("sub"), Some("admin@example.com"));
//! # Ok::<(), certwright::Error>(())
//! ```

mod date;

use std::time::{SystemTime, UNIX_EPOCH};

use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Result};
use crate::key::{PrivateKey, PublicKey, SignatureAlgorithm};
use crate::secret::SecretBytes;
use crate::text;

pub use date::NumericDate;

/// `alg` of RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518, section 3.3).
pub const ALGORITHM: &str = "RS256";

/// A whole assertion takes about 700 octets.
const LONGEST: usize = 1 << 14;

/// What an assertion for a bearer flow says (RFC 7523, section 3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims<'a> {
    /// `iss`: who signs; the client id.
    pub issuer: &'a str,
    /// `sub`: for whom a token is asked; the username.
    pub subject: &'a str,
    /// `aud`: who is to accept the assertion.
    pub audience: &'a str,
    /// `exp`, written as whole seconds since 1970.
    pub expires_at: SystemTime,
    /// `jti`: a name that is never used again, if replays are to be refused.
    pub id: Option<&'a str>,
}

/// Signs `claims`: ASCII, without a line's end. Until it expires it is as good as a password.
///
/// # Errors
/// [`Unsupported`](ErrorKind::Unsupported) if `key` is not RSA, [`Policy`](ErrorKind::Policy) if it is below 2048 bits.
pub fn sign(claims: &Claims<'_>, key: &PrivateKey) -> Result<SecretBytes> {
    let algorithm = key.algorithm();
    if !algorithm.is_rsa() {
        return Err(Error::unsupported(format!("the key is {algorithm}; {ALGORITHM} signs with RSA"))
            .with_hint("make an RSA key with genkey"));
    }
    key.check_strength()?;
    let expires_at = claims.expires_at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let mut set = json!({
        "iss": claims.issuer,
        "sub": claims.subject,
        "aud": claims.audience,
        "exp": expires_at,
    });
    if let Some(id) = claims.id {
        set["jti"] = json!(id);
    }
    let header = json!({ "alg": ALGORITHM });
    let encode = |part: &Value| Base64UrlUnpadded::encode_string(part.to_string().as_bytes());
    let signed = format!("{}.{}", encode(&header), encode(&set));
    let signature = Base64UrlUnpadded::encode_string(&key.sign(signed.as_bytes())?);
    // One allocation, so that no half of the token is left behind.
    let mut token = Vec::with_capacity(signed.len() + 1 + signature.len());
    token.extend_from_slice(signed.as_bytes());
    token.push(b'.');
    token.extend_from_slice(signature.as_bytes());
    Ok(SecretBytes::new(token))
}

/// An assertion that was read. Nothing is verified by reading it.
pub struct Assertion {
    header: Map<String, Value>,
    claims: Map<String, Value>,
    signed: Zeroizing<Vec<u8>>,
    signature: Zeroizing<Vec<u8>>,
}

impl Assertion {
    /// Reads the compact form; white space around it, a byte-order mark and UTF-16 are understood.
    ///
    /// # Errors
    /// [`Malformed`](ErrorKind::Malformed) if it is none, [`Unsupported`](ErrorKind::Unsupported) if it is encrypted.
    /// Neither repeats any of it.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        let text = text::to_utf8(bytes);
        let token = text.as_bytes().trim_ascii();
        if token.is_empty() {
            return Err(Error::malformed("is empty; an assertion is wanted").with_hint("make one with jwt sign"));
        }
        if token.len() > LONGEST {
            return Err(Error::malformed(format!("is longer than {LONGEST} bytes, which no assertion is"))
                .with_hint("check that this is the right file"));
        }
        if token.starts_with(b"00D") && token.contains(&b'!') {
            return Err(Error::malformed("is an access token of Salesforce's, not a signed assertion")
                .with_hint("an assertion is what jwt sign makes, and what is sent to get an access token"));
        }
        let parts: Vec<&[u8]> = token.split(|&byte| byte == b'.').collect();
        let [header, claims, signature] = parts[..] else { return Err(not_three(parts.len())) };
        Ok(Self {
            header: object(header, "header")?,
            claims: object(claims, "claims")?,
            signed: Zeroizing::new(token[..header.len() + 1 + claims.len()].to_vec()),
            signature: decode(signature, "signature")?,
        })
    }

    /// `alg` of the header.
    pub fn algorithm(&self) -> Option<&str> {
        self.header.get("alg").and_then(Value::as_str)
    }

    /// `crit` of the header: extensions that have to be understood (RFC 7515, section 4.1.11). None is here.
    pub fn has_critical_extensions(&self) -> bool {
        self.header.contains_key("crit")
    }

    /// The claim `name`, if it is there and a text.
    pub fn claim(&self, name: &str) -> Option<&str> {
        self.claims.get(name).and_then(Value::as_str)
    }

    /// True if the claim `name` is there, of whatever type.
    pub fn has_claim(&self, name: &str) -> bool {
        self.claims.contains_key(name)
    }

    /// The claim `name` as an instant.
    ///
    /// # Errors
    /// [`Malformed`](ErrorKind::Malformed) if it is there and none.
    pub fn date(&self, name: &str) -> Result<Option<NumericDate>> {
        self.claims.get(name).map(NumericDate::read).transpose()
    }

    /// The header as JSON.
    pub fn header_json(&self) -> String {
        Value::Object(self.header.clone()).to_string()
    }

    /// The claims as JSON.
    pub fn claims_json(&self) -> String {
        Value::Object(self.claims.clone()).to_string()
    }

    /// Checks the signature, as RS256 whatever the header says.
    ///
    /// # Errors
    /// [`Mismatch`](ErrorKind::Mismatch) if another key made it or something was changed since, or if `key` is not RSA.
    pub fn verify_signature(&self, key: &PublicKey) -> Result<()> {
        key.verify(SignatureAlgorithm::RS256, &self.signed, &self.signature)
    }
}

impl std::fmt::Debug for Assertion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Assertion(..)")
    }
}

fn not_three(parts: usize) -> Error {
    match parts {
        5 => Error::unsupported("is encrypted (JWE); an assertion is only signed").with_hint("make one with jwt sign"),
        2 => Error::malformed("has no signature: it ends after the claims")
            .with_hint("copy the whole of it: three parts with two points between them"),
        _ => Error::malformed("is no assertion: that is three parts with two points between them")
            .with_hint("copy the whole of it, without Bearer or quotes"),
    }
}

fn decode(part: &[u8], name: &str) -> Result<Zeroizing<Vec<u8>>> {
    let not_base64url = |what: &str| {
        Error::malformed(format!("the {name} is not base64url: {what}"))
            .with_hint("encode it as RFC 7515 says: with - and _ for + and /, and without = at the end")
    };
    if part.is_empty() {
        return Err(Error::malformed(format!("the {name} is empty")).with_hint("copy the whole of it"));
    }
    let text = std::str::from_utf8(part).map_err(|_| not_base64url("it holds something else than ASCII"))?;
    Base64UrlUnpadded::decode_vec(text).map(Zeroizing::new).map_err(|_| match text {
        text if text.ends_with('=') => not_base64url("it is padded with ="),
        text if text.contains(['+', '/']) => not_base64url("it is plain base64, with + or /"),
        _ => not_base64url("it is cut off, or holds other characters"),
    })
}

fn object(part: &[u8], name: &str) -> Result<Map<String, Value>> {
    match serde_json::from_slice(&decode(part, name)?) {
        Ok(Value::Object(object)) => Ok(object),
        // What serde_json says may repeat what it met.
        _ => Err(Error::new(ErrorKind::Malformed, format!("the {name} is no JSON object"))
            .with_hint("make it anew with jwt sign")),
    }
}
