//! Damaged input: every truncation and every flipped byte of every fixture ends in a value or an error, never a panic,
//! and nothing that is signed survives a change.

mod support;

use certwright::inspect::{self, Object};
use certwright::{Certificate, EncodedKeystore, EncryptedPrivateKey, ErrorKind, Password};
use der::Encode;
use der::asn1::OctetStringRef;
use pkcs8::EncryptedPrivateKeyInfoRef;
use pkcs8::pkcs5::pbes2::{EncryptionScheme, Parameters, ScryptParams};

/// Runs `check` on all items, on every core.
fn on_all_cores<T: Sync>(items: &[T], check: impl Fn(&T) + Sync) {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for first in 0..threads {
            let check = &check;
            scope.spawn(move || items.iter().skip(first).step_by(threads).for_each(check));
        }
    });
}

fn look(bytes: &[u8]) {
    for item in inspect::inspect(bytes).into_iter().flatten() {
        match item.object {
            Ok(Object::CertRequest(request)) => drop((request.sans(), request.subject().to_string())),
            Ok(Object::Certificate(certificate)) => drop((certificate.sans(), certificate.is_ca())),
            Ok(Object::EncryptedPrivateKey(key)) => drop(key.protection()),
            Ok(Object::Keystore(store)) => drop(store.protections().len()),
            _ => {}
        }
    }
}

#[test]
fn every_truncation() {
    on_all_cores(&support::fixtures(), |name| {
        let bytes = support::read_fixture(name);
        (0..bytes.len()).for_each(|length| look(&bytes[..length]));
    });
}

#[test]
fn every_flipped_byte() {
    on_all_cores(&support::fixtures(), |name| {
        let mut bytes = support::read_fixture(name);
        for at in 0..bytes.len() {
            for flip in [0x01, 0xff] {
                bytes[at] ^= flip;
                look(&bytes);
                bytes[at] ^= flip;
            }
        }
    });
}

#[test]
fn no_changed_certificate_verifies() {
    let der = support::read_fixture("openssl/v3.der");
    let key = Certificate::from_der(&der).expect("a certificate").public_key().expect("its key");
    assert!(Certificate::from_der(&der).expect("a certificate").verify_signature(&key).is_ok());
    for at in 0..der.len() {
        for bit in 0..8 {
            let mut changed = der.clone();
            changed[at] ^= 1 << bit;
            let verified = Certificate::from_der(&changed).and_then(|changed| changed.verify_signature(&key));
            assert!(verified.is_err(), "bit {bit} of octet {at}");
        }
    }
}

#[test]
fn no_changed_request_verifies() {
    let items = inspect::inspect(&support::read_fixture("openssl/san.csr")).expect("a request");
    let Ok(Object::CertRequest(request)) = &items[0].object else { panic!("no request") };
    let der = request.to_der();
    for at in 0..der.len() {
        let mut changed = der.to_vec();
        changed[at] ^= 0x01;
        let verified = certwright::CertRequest::from_der(&changed).and_then(|request| request.verify_signature());
        assert!(verified.is_err(), "octet {at}");
    }
}

/// A changed ciphertext gives another key or an error that speaks of the password, never a panic.
#[test]
fn changed_ciphertexts() {
    let password = Password::new(support::PASSWORD.into());
    let der = support::read_fixture("openssl/pbkdf2-hmacSHA256.der");
    let places: Vec<usize> = (0..der.len()).collect();
    on_all_cores(&places, |&at| {
        let mut changed = der.clone();
        changed[at] ^= 0x01;
        if let Ok(key) = EncryptedPrivateKey::from_pkcs8_der(&changed)
            && let Ok(protection) = key.protection()
            // A changed count may ask for minutes.
            && protection.iterations < 10_000
        {
            drop(key.decrypt(&password));
        }
    });
}

/// Ten wrong passwords in 256 would survive the padding by luck if nothing else were checked.
#[test]
fn wrong_passwords_are_called_so() {
    for name in ["openssl/pbkdf2-hmacSHA256.pem", "openssl/proc-type-des3.pem"] {
        let Ok(inspect::FoundKey::Locked(key)) = inspect::private_key(&support::read_fixture(name)) else {
            panic!("{name} is not locked")
        };
        let guesses: Vec<u32> = (0..2000).collect();
        on_all_cores(&guesses, |guess| {
            let error = key.decrypt(&Password::new(guess.to_string().into())).expect_err("a wrong password");
            assert_eq!(error.kind(), ErrorKind::Password, "{name}, {guess}: {error}");
        });
    }
}

/// What asks for too much work is refused before any is done.
#[test]
fn work_is_bounded() {
    let error = inspect::private_key(&support::read_fixture("openssl/iterations-20000000.pem")).expect_err("a bound");
    assert_eq!(error.kind(), ErrorKind::Policy);

    for (cost_parameter, block_size, parallelization, kind) in [
        (1 << 20, 8, 1, Some(ErrorKind::Policy)),
        (1 << 14, 8, 17, Some(ErrorKind::Policy)),
        (u64::MAX, u16::MAX, 1, Some(ErrorKind::Malformed)),
        (1 << 63, u16::MAX, 1, Some(ErrorKind::Policy)),
        (0, 8, 1, Some(ErrorKind::Malformed)),
        (1, 8, 1, Some(ErrorKind::Malformed)),
        (1 << 18, 8, 1, None),
    ] {
        let kdf = ScryptParams {
            salt: b"salt salt".as_slice().try_into().expect("a salt"),
            cost_parameter,
            block_size,
            parallelization,
            key_length: None,
        };
        let parameters = Parameters { kdf: kdf.into(), encryption: EncryptionScheme::Aes256Cbc { iv: [0; 16] } };
        let data = OctetStringRef::new(&[0; 32]).expect("a string");
        let info = EncryptedPrivateKeyInfoRef { encryption_algorithm: parameters.into(), encrypted_data: data };
        let read = EncryptedPrivateKey::from_pkcs8_der(&info.to_der().expect("an encoding"));
        assert_eq!(read.err().map(|error| error.kind()), kind, "N = {cost_parameter}, r = {block_size}");
    }
}

/// A file of beginnings and no end took the square of its length once; of 10,000 each is an item, of more none is read.
#[test]
fn a_file_of_beginnings_is_read_in_one_go() {
    for (count, expected) in [(10_000, 10_000), (10_001, 1), (900_000, 1)] {
        let items = inspect::inspect(&b"-----BEGIN A-----\n".repeat(count)).expect("items");
        assert_eq!(items.len(), expected);
        assert!(items.iter().all(|item| item.object.is_err()));
    }
}

/// BER with a definite length outside, and zeros after the end.
#[test]
fn ber_is_told_from_damage() {
    let bytes = support::read_fixture("keystores/nss.p12");
    let Ok(Object::Keystore(store)) = &inspect::inspect(&bytes).expect("an item")[0].object else { panic!("no store") };
    assert!(store.open(&Password::new(support::PASSWORD.into()), None).is_ok());
    let inner = &bytes[2..bytes.len() - 2];
    let length = u32::try_from(inner.len()).expect("a length").to_be_bytes();
    let mixed = [&[0x30, 0x84], &length[..], inner].concat();
    for form in [mixed.clone(), [&mixed[..], &[0; 7]].concat(), [&bytes[..], &[0; 7]].concat()] {
        assert!(matches!(inspect::inspect(&form).expect("an item")[0].object, Ok(Object::Keystore(_))));
    }
    assert!(inspect::inspect(&[&bytes[..], &[1; 7]].concat()).expect("an item")[0].object.is_err());
}

/// `0` is the first octet of DER and of many a text, passwords among them.
#[test]
fn text_that_begins_like_der_is_text() {
    for text in ["0g7x3k9\n", "0", "00", "0123456789abcdef"] {
        let error = inspect::inspect(text.as_bytes()).expect_err("no key");
        assert!(error.to_string().contains("neither PEM nor DER"), "{text}: {error}");
    }
}

/// The digest at the end of a JKS covers all of it.
#[test]
fn no_changed_jks_opens() {
    let password = Password::new(support::PASSWORD.into());
    let bytes = support::read_fixture("keystores/keytool.jks");
    assert!(EncodedKeystore::from_jks(&bytes).and_then(|store| store.open(&password, None)).is_ok());
    let places: Vec<usize> = (0..bytes.len()).collect();
    on_all_cores(&places, |&at| {
        for bit in 0..8 {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << bit;
            let opened = EncodedKeystore::from_jks(&changed).and_then(|store| store.open(&password, None));
            assert!(opened.is_err(), "bit {bit} of octet {at}");
        }
    });
}

/// The MAC of a PKCS#12 file covers its content; what lies outside may not do harm.
#[test]
fn changed_pkcs12_files_end_in_a_value_or_an_error() {
    let password = Password::new(support::PASSWORD.into());
    for name in ["openssl/keystore.p12", "keystores/openssl-legacy.p12", "keystores/openssl-no-mac.p12"] {
        let bytes = support::read_fixture(name);
        let whole =
            EncodedKeystore::from_p12(&bytes).and_then(|store| store.open(&password, None)).expect("a keystore");
        let key = whole.into_identity().expect("an identity").key().public_key();
        let places: Vec<usize> = (0..bytes.len()).collect();
        on_all_cores(&places, |&at| {
            let mut changed = bytes.clone();
            changed[at] ^= 0x01;
            let Ok(store) = EncodedKeystore::from_p12(&changed) else { return };
            // A changed count may ask for a second each time.
            if store.protections().iter().any(|protection| protection.iterations > 4096)
                || store.integrity().is_some_and(|mac| !mac.ends_with(" 2048 iterations"))
            {
                return;
            }
            if let Ok(identity) = store.open(&password, None).and_then(|opened| opened.into_identity()) {
                assert_eq!(identity.key().public_key(), key, "{name}, octet {at}");
            }
        });
    }
}
