//! What this processor can do about signatures: graviola's assembly (s2n-bignum's, formally verified) checks one on P-256 in
//! 0.08 ms, the p256 crate in 0.53. Most of the work for a leaf of a test hierarchy is that.

use super::signature::Hash;

/// A feature of the processor that graviola 0.4, which panics without it, needs and that is not there; `None` where all
/// are.
///
/// Also what a program has to ask before it uses graviola for TLS.
pub fn missing_feature() -> Option<&'static str> {
    #[cfg(target_arch = "aarch64")]
    use std::arch::is_aarch64_feature_detected as is_there;
    #[cfg(target_arch = "x86_64")]
    use std::arch::is_x86_feature_detected as is_there;
    #[cfg(target_arch = "x86_64")]
    let features = [
        ("AES", is_there!("aes")),
        ("PCLMULQDQ", is_there!("pclmulqdq")),
        ("BMI1", is_there!("bmi1")),
        ("BMI2", is_there!("bmi2")),
        ("ADX", is_there!("adx")),
        ("AVX", is_there!("avx")),
        ("AVX2", is_there!("avx2")),
    ];
    #[cfg(target_arch = "aarch64")]
    let features = [
        ("NEON", is_there!("neon")),
        ("AES", is_there!("aes")),
        ("PMULL", is_there!("pmull")),
        ("SHA2", is_there!("sha2")),
    ];
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    let features = [("any of x86-64 or AArch64", false)];
    features.iter().find(|(_, is_there)| !is_there).map(|(name, _)| *name)
}

/// True if `signature` (DER) over `message` was made by `key`; `None` if that cannot be said here: the processor lacks a
/// feature, or the hash is one of the old ones that graviola leaves out.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
pub(super) fn verify_p256(key: &p256::PublicKey, hash: Hash, message: &[u8], signature: &[u8]) -> Option<bool> {
    use graviola::hashing::{Sha256, Sha384, Sha512};
    use graviola::signing::ecdsa::{P256, VerifyingKey};
    use p256::elliptic_curve::sec1::ToSec1Point;

    if missing_feature().is_some() {
        return None;
    }
    let key = VerifyingKey::<P256>::from_x962_uncompressed(key.to_sec1_point(false).as_bytes()).ok()?;
    let verified = match hash {
        Hash::Sha256 => key.verify_asn1::<Sha256>(&[message], signature),
        Hash::Sha384 => key.verify_asn1::<Sha384>(&[message], signature),
        Hash::Sha512 => key.verify_asn1::<Sha512>(&[message], signature),
        Hash::Md2 | Hash::Md5 | Hash::Sha1 | Hash::Sha224 => return None,
    };
    Some(verified.is_ok())
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
pub(super) fn verify_p256(_: &p256::PublicKey, _: Hash, _: &[u8], _: &[u8]) -> Option<bool> {
    None
}

#[cfg(test)]
mod tests {
    use p256::ecdsa::signature::hazmat::PrehashSigner;
    use p256::ecdsa::signature::hazmat::PrehashVerifier;
    use p256::ecdsa::{DerSignature, SigningKey, VerifyingKey};
    use sha2::{Digest, Sha256, Sha384, Sha512};

    use super::*;

    /// Both arithmetics, on signatures that hold and on ones with each bit changed in turn.
    #[test]
    fn graviola_and_p256_agree() {
        if let Some(feature) = missing_feature() {
            eprintln!("NOT RUN: graviola, for which this processor lacks {feature}");
            return;
        }
        let key = SigningKey::from_slice(&[7; 32]).unwrap();
        let public = VerifyingKey::from(&key);
        let message = b"message";
        let digests = [
            (Hash::Sha256, Sha256::digest(message).to_vec()),
            (Hash::Sha384, Sha384::digest(message).to_vec()),
            (Hash::Sha512, Sha512::digest(message).to_vec()),
        ];
        for (hash, digest) in digests {
            let signature: DerSignature = key.sign_prehash(&digest).unwrap();
            let mut octets = signature.as_bytes().to_vec();
            assert_eq!(verify_p256(&public.into(), hash, message, &octets), Some(true), "{hash:?}");
            assert_eq!(verify_p256(&public.into(), hash, b"another", &octets), Some(false), "{hash:?}");
            for bit in 0..octets.len() * 8 {
                octets[bit / 8] ^= 1 << (bit % 8);
                let by_p256 = DerSignature::from_bytes(&octets)
                    .is_ok_and(|signature| public.verify_prehash(&digest, &signature).is_ok());
                assert_eq!(verify_p256(&public.into(), hash, message, &octets), Some(by_p256), "{hash:?}, bit {bit}");
                octets[bit / 8] ^= 1 << (bit % 8);
            }
        }
    }
}
