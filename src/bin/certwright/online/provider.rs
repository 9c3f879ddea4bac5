//! The cryptography of the TLS client: ciphers and key agreement by graviola, signatures by the library, which checks those
//! of certificates anyway. graviola's own checks, P-384 and ML-KEM would make the program a tenth larger; ML-KEM guards
//! against a listener who waits for decades, where the token lives for minutes.

use std::sync::Arc;

use certwright::PublicKey;
use certwright::key::SignatureAlgorithm;
use getrandom::SysRng;
use getrandom::rand_core::TryRng;
use rustls::SignatureScheme;
use rustls::crypto::{CryptoProvider, GetRandomFailed, KeyProvider, SecureRandom, WebPkiSupportedAlgorithms};
use rustls::pki_types::{AlgorithmIdentifier, InvalidSignature, PrivateKeyDer, SignatureVerificationAlgorithm, alg_id};
use rustls::sign::SigningKey;
use rustls_graviola::{kx, suites};

pub(super) fn provider() -> CryptoProvider {
    CryptoProvider {
        cipher_suites: suites::ALL_CIPHER_SUITES.to_vec(),
        kx_groups: vec![&kx::X25519, &kx::P256],
        signature_verification_algorithms: WebPkiSupportedAlgorithms { all: &ALL, mapping: &MAPPING },
        secure_random: &System,
        key_provider: &NoKeys,
    }
}

/// The operating system's random numbers.
#[derive(Debug)]
struct System;

impl SecureRandom for System {
    fn fill(&self, octets: &mut [u8]) -> Result<(), GetRandomFailed> {
        SysRng.try_fill_bytes(octets).map_err(|_| GetRandomFailed)
    }
}

/// A client that never shows a certificate.
#[derive(Debug)]
struct NoKeys;

impl KeyProvider for NoKeys {
    fn load_private_key(&self, _: PrivateKeyDer<'static>) -> Result<Arc<dyn SigningKey>, rustls::Error> {
        Err(rustls::Error::General("no keys are used here".to_owned()))
    }
}

/// Keys of one algorithm with signatures of one.
#[derive(Debug)]
struct Pair {
    key: AlgorithmIdentifier,
    signature: AlgorithmIdentifier,
}

type Verifier = &'static dyn SignatureVerificationAlgorithm;

const fn pair(key: AlgorithmIdentifier, signature: AlgorithmIdentifier) -> Pair {
    Pair { key, signature }
}

static P256_SHA256: Verifier = &pair(alg_id::ECDSA_P256, alg_id::ECDSA_SHA256);
static P256_SHA384: Verifier = &pair(alg_id::ECDSA_P256, alg_id::ECDSA_SHA384);
static P256_SHA512: Verifier = &pair(alg_id::ECDSA_P256, alg_id::ECDSA_SHA512);
static P384_SHA256: Verifier = &pair(alg_id::ECDSA_P384, alg_id::ECDSA_SHA256);
static P384_SHA384: Verifier = &pair(alg_id::ECDSA_P384, alg_id::ECDSA_SHA384);
static P384_SHA512: Verifier = &pair(alg_id::ECDSA_P384, alg_id::ECDSA_SHA512);
static ED25519: Verifier = &pair(alg_id::ED25519, alg_id::ED25519);
static PSS_SHA256: Verifier = &pair(alg_id::RSA_ENCRYPTION, alg_id::RSA_PSS_SHA256);
static PSS_SHA384: Verifier = &pair(alg_id::RSA_ENCRYPTION, alg_id::RSA_PSS_SHA384);
static PSS_SHA512: Verifier = &pair(alg_id::RSA_ENCRYPTION, alg_id::RSA_PSS_SHA512);
static PKCS1_SHA256: Verifier = &pair(alg_id::RSA_ENCRYPTION, alg_id::RSA_PKCS1_SHA256);
static PKCS1_SHA384: Verifier = &pair(alg_id::RSA_ENCRYPTION, alg_id::RSA_PKCS1_SHA384);
static PKCS1_SHA512: Verifier = &pair(alg_id::RSA_ENCRYPTION, alg_id::RSA_PKCS1_SHA512);

/// In certificates.
static ALL: [Verifier; 13] = [
    P256_SHA256,
    P256_SHA384,
    P256_SHA512,
    P384_SHA256,
    P384_SHA384,
    P384_SHA512,
    ED25519,
    PSS_SHA256,
    PSS_SHA384,
    PSS_SHA512,
    PKCS1_SHA256,
    PKCS1_SHA384,
    PKCS1_SHA512,
];

/// In the handshake (RFC 8446, section 4.2.3). TLS 1.2 does not tie the hash to the curve: the second of two is for that.
static MAPPING: [(SignatureScheme, &[Verifier]); 9] = [
    (SignatureScheme::ECDSA_NISTP256_SHA256, &[P256_SHA256, P384_SHA256]),
    (SignatureScheme::ECDSA_NISTP384_SHA384, &[P384_SHA384, P256_SHA384]),
    (SignatureScheme::ED25519, &[ED25519]),
    (SignatureScheme::RSA_PSS_SHA512, &[PSS_SHA512]),
    (SignatureScheme::RSA_PSS_SHA384, &[PSS_SHA384]),
    (SignatureScheme::RSA_PSS_SHA256, &[PSS_SHA256]),
    (SignatureScheme::RSA_PKCS1_SHA512, &[PKCS1_SHA512]),
    (SignatureScheme::RSA_PKCS1_SHA384, &[PKCS1_SHA384]),
    (SignatureScheme::RSA_PKCS1_SHA256, &[PKCS1_SHA256]),
];

impl SignatureVerificationAlgorithm for Pair {
    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        self.key
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.signature
    }

    fn verify_signature(&self, bits: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        let verified = || {
            let key = PublicKey::from_spki_parts(&whole(&self.key), bits)?;
            key.verify(SignatureAlgorithm::from_der(&whole(&self.signature))?, message, signature)
        };
        verified().map_err(|_: certwright::Error| InvalidSignature)
    }
}

/// With the SEQUENCE around it that rustls leaves out. None of those above is longer than 127 octets.
fn whole(identifier: &[u8]) -> Vec<u8> {
    [&[0x30, identifier.len() as u8], identifier].concat()
}

#[cfg(test)]
mod tests {
    use certwright::{KeyKind, PrivateKey, RsaBits};

    use super::*;

    type Identifiers = (Vec<u8>, Vec<u8>);

    fn identifiers(verifier: Verifier) -> Identifiers {
        (verifier.public_key_alg_id().to_vec(), verifier.signature_alg_id().to_vec())
    }

    fn pairs(algorithms: &[Verifier]) -> Vec<Identifiers> {
        algorithms.iter().copied().map(identifiers).collect()
    }

    #[test]
    fn what_graviola_checks_is_checked() {
        let theirs = rustls_graviola::default_provider().signature_verification_algorithms;
        let sorted = |mut pairs: Vec<Identifiers>| {
            pairs.sort();
            pairs
        };
        assert_eq!(sorted(pairs(&ALL)), sorted(pairs(theirs.all)));
        let schemes = |mapping: &[(SignatureScheme, &[Verifier])]| -> Vec<_> {
            mapping.iter().map(|(scheme, algorithms)| (*scheme, pairs(algorithms))).collect()
        };
        assert_eq!(schemes(&MAPPING), schemes(theirs.mapping));
    }

    #[test]
    fn signatures_are_judged_as_graviola_judges_them() {
        if let Some(feature) = certwright::key::missing_feature() {
            panic!("NOT RUN: this processor lacks {feature}");
        }
        let theirs = rustls_graviola::default_provider().signature_verification_algorithms;
        let mut rng = certwright::testpki::Stream::new([3; 32]);
        let mut accepted = 0;
        for kind in [KeyKind::P256, KeyKind::P384, KeyKind::Ed25519, KeyKind::Rsa(RsaBits::B2048)] {
            let key = PrivateKey::generate(kind, &mut rng).unwrap();
            let signature = key.sign(b"message").unwrap();
            let spki = key.public_key().to_spki_der().unwrap();
            let info = spki::SubjectPublicKeyInfoRef::try_from(spki.as_slice()).unwrap();
            let bits = info.subject_public_key.raw_bytes();
            for &ours in &ALL {
                let theirs = theirs.all.iter().find(|theirs| identifiers(**theirs) == identifiers(ours)).unwrap();
                for message in [b"message", b"massage"] {
                    let verdict = ours.verify_signature(bits, message, &signature).is_ok();
                    assert_eq!(verdict, theirs.verify_signature(bits, message, &signature).is_ok(), "{kind}, {ours:?}");
                    accepted += u32::from(verdict);
                }
            }
        }
        assert_eq!(accepted, 4);
    }
}
