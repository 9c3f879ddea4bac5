//! A leaf as the files it is written to.

use certwright::inspect::{self, FoundKey};
use certwright::keystore::Compatibility;
use certwright::testpki::{Leaf, PlannedLeaf, Stream};
use certwright::{Certificate, Error, Identity, Keystore, Password, PrivateKey, Result, SecretBytes, certificate};

use crate::delivery::Kind;

/// OpenSSL's number: these keys lie beside their keystore anyway.
const STORE_ITERATIONS: u32 = 2_048;

/// One leaf as files.
pub(super) struct Files {
    pub(super) place: usize,
    pub(super) certificate: Certificate,
    pub(super) files: Vec<(&'static str, Kind, SecretBytes)>,
}

pub(super) fn files(
    place: usize,
    planned: &PlannedLeaf,
    leaf: Leaf,
    root: Option<&Certificate>,
    password: Option<&Password>,
    now: std::time::SystemTime,
    rng: &mut Stream,
) -> Result<Files> {
    let own = leaf.certificate().clone();
    let (key, chain) = (leaf.key().to_pkcs8_pem()?, certificate::to_pem(leaf.chain()));
    check_read_back(chain.as_bytes(), leaf.chain(), key.as_bytes())?;
    let mut files = vec![
        ("crt", Kind::Certificate, own.to_pem()),
        ("key", Kind::PrivateKey, key),
        ("fullchain.crt", Kind::Certificate, chain),
    ];
    if let Some(password) = password.filter(|_| planned.p12 || planned.jks) {
        let (key, mut chain) = leaf.into_parts();
        chain.extend(root.cloned());
        let store = Keystore::of(Identity::new(planned.name.to_lowercase(), key, chain)?);
        if planned.p12 {
            files.push(("p12", Kind::Pkcs12, store.to_p12(password, Compatibility::Modern, STORE_ITERATIONS, rng)?));
        }
        if planned.jks {
            files.push(("jks", Kind::Jks, store.to_jks(password, now, rng)?));
        }
    }
    Ok(Files { place, certificate: own, files })
}

/// What is about to be written has to be what was made.
pub(super) fn check_read_back(certificates: &[u8], chain: &[Certificate], key: &[u8]) -> Result<()> {
    let found = inspect::certificates(certificates)?;
    let is_same =
        found.len() == chain.len() && found.iter().zip(chain).all(|(one, other)| one.to_der() == other.to_der());
    let key: Option<PrivateKey> = match inspect::private_key(key)? {
        FoundKey::Open(key) => Some(key),
        FoundKey::Locked(_) => None,
    };
    if is_same && key.is_some_and(|key| chain[0].public_key().is_ok_and(|public| public == key.public_key())) {
        return Ok(());
    }
    Err(Error::new(certwright::ErrorKind::Malformed, "what was made does not read back")
        .with_hint("this is a fault of the program or of the machine: please report it"))
}
