//! PKCS#12 and JKS: what was read is written, and read again the same.

use certwright::keystore::{Compatibility, Entry, Format};
use certwright::testpki::Stream;
use certwright::{EncodedKeystore, Keystore, Result, SecretBytes};
use sha1::{Digest, Sha1};

use crate::keys::{MOST_ITERATIONS, PASSWORD, password, tell};
use crate::manifest::now;

/// True for a keystore that is opened in a moment. Of scrypt only the parameters are read here: its memory is not shown.
pub(crate) fn is_quick(store: &EncodedKeystore) -> bool {
    let mac = store.integrity().and_then(|text| text.split(' ').rev().nth(1)).and_then(|count| count.parse().ok());
    mac.unwrap_or(0) <= MOST_ITERATIONS
        && store.protections().iter().all(|one| one.iterations <= MOST_ITERATIONS && one.derivation != "scrypt")
}

/// Any bytes as a PKCS#12 file.
pub fn p12(data: &[u8]) {
    check(EncodedKeystore::from_p12(data));
    tell(data);
}

/// Any bytes as a JKS file whose digest is right: in the place of the last 20.
pub fn jks(data: &[u8]) {
    let content = &data[..data.len().saturating_sub(20)];
    let password: Vec<u8> = PASSWORD.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let digest = Sha1::new().chain_update(password).chain_update(b"Mighty Aphrodite").chain_update(content).finalize();
    let mended = [content, digest.as_slice()].concat();
    check(EncodedKeystore::from_jks(&mended));
    check(EncodedKeystore::from_jks(data));
    tell(&mended);
}

fn check(encoded: Result<EncodedKeystore>) {
    let Ok(encoded) = encoded else { return };
    drop((encoded.visible_certificates(), encoded.is_transparent(), encoded.compatibility(), format!("{encoded:?}")));
    if !is_quick(&encoded) {
        return;
    }
    let password = password();
    let Ok(mut opened) = encoded.open(&password, None) else { return };
    // A store with an entry that cannot be read is not written; the others are.
    opened.entries.retain(|entry| !matches!(entry, Entry::Unreadable { .. }));
    let mut rng = Stream::new([7; 32]);
    for compatibility in [Compatibility::Modern, Compatibility::Java8] {
        let written = opened.to_p12(&password, compatibility, 1, &mut rng);
        read_again(Format::Pkcs12, &opened, written, |bytes| EncodedKeystore::from_p12(bytes)?.open(&password, None));
    }
    let written = opened.to_jks(&password, now(), &mut rng);
    read_again(Format::Jks, &opened, written, |bytes| EncodedKeystore::from_jks(bytes)?.open(&password, None));
}

/// What was written is read the same. What cannot be written is refused before, not found wanting afterwards.
fn read_again(
    format: Format,
    before: &Keystore,
    written: Result<SecretBytes>,
    read: impl Fn(&[u8]) -> Result<Keystore>,
) {
    match written {
        Ok(bytes) => {
            let after = read(bytes.as_bytes()).expect("what was written is read");
            let parts = |store: &Keystore| {
                let mut parts: Vec<_> = store.entries.iter().map(parts).collect();
                parts.sort_by(|one, other| one.0.cmp(&other.0));
                parts
            };
            assert!(parts(before) == parts(&after), "other entries: {before:?}, then {after:?}");
        }
        Err(error) => assert!(!error.to_string().contains("read back"), "{format}: {error}: {before:?}"),
    }
}

/// The name in lower case, as JKS has it, the public half of the key, and the certificates.
fn parts(entry: &Entry) -> (String, Option<Vec<u8>>, Vec<Vec<u8>>) {
    let (key, certificates) = match entry {
        Entry::Identity(identity) => (Some(identity.key()), identity.chain()),
        Entry::LoneKey { key, .. } => (Some(key), [].as_slice()),
        Entry::Certificate { certificate, .. } => (None, std::slice::from_ref(certificate)),
        _ => (None, [].as_slice()),
    };
    let key = key.map(|key| key.public_key().to_spki_der().expect("an encoding"));
    (entry.alias().to_lowercase(), key, certificates.iter().map(|one| one.to_der().to_vec()).collect())
}
