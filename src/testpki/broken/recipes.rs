//! How each case is made.

use rand_core::Rng;

use super::surgery::{Patient, extension, is_extension};
use super::workshop::{Holder, Leaf, Workshop};
use super::{File, KEY_PASSWORD, Role, STORE_PASSWORD, weak};
use crate::certificate::{Constraints, Subtree};
use crate::error::Result;
use crate::key::{KeyKind, PrivateKey, RsaBits};
use crate::keystore::{Compatibility, Identity, JKS_DIGEST, Keystore, jks_digest};
use crate::pem;
use crate::secret::{Password, SecretBytes};
use crate::subject::{Attribute, AttributeType, Subject};
use crate::testpki::{Crl, Purpose, Reason, Revocation, Stream, issue};

const PEM_LABEL: &str = "CERTIFICATE";
const KEY_USAGE: &[u8] = b"\x06\x03\x55\x1d\x0f";
/// RFC 5280, section 4.2.1.9: an empty BasicConstraints is that of no authority.
const BASIC_CONSTRAINTS: &[u8] = b"\x06\x03\x55\x1d\x13";
const NOT_AN_AUTHORITY: &[u8] = b"\x30\x00";
/// 1.3.6.1.4.1.32473.1: below the enterprise for examples (RFC 5612).
const NOBODY_KNOWS: &[u8] = b"\x06\x09\x2b\x06\x01\x04\x01\x81\xfd\x59\x01";
const NULL: &[u8] = b"\x05\x00";
/// Few: there is nothing to be guarded.
const ITERATIONS: u32 = 2_048;

type Files = Result<Vec<File>>;

fn served(shop: &Workshop<'_>, leaf: &Leaf, rng: &mut Stream) -> Files {
    shop.leaf(leaf, shop.root, rng)?.files()
}

/// A good leaf after `operation`.
fn operated(
    shop: &Workshop<'_>,
    rng: &mut Stream,
    operation: impl FnOnce(Patient, &mut Stream) -> Result<Patient>,
) -> Files {
    let leaf = shop.leaf(&shop.good()?, shop.root, rng)?;
    let der = operation(Patient::new(leaf.certificate())?, rng)?.sign(&shop.root.key)?;
    leaf.files_with(pem::encode(PEM_LABEL, &der))
}

pub(super) fn control(shop: &Workshop<'_>, rng: &mut Stream) -> Files {
    served(shop, &shop.good()?, rng)
}

pub(super) fn expired(shop: &Workshop<'_>, rng: &mut Stream) -> Files {
    served(shop, &Leaf { validity: shop.period(-60, -30)?, ..shop.good()? }, rng)
}

pub(super) fn not_yet_valid(shop: &Workshop<'_>, rng: &mut Stream) -> Files {
    served(shop, &Leaf { validity: shop.period(30, 60)?, ..shop.good()? }, rng)
}

pub(super) fn wrong_host(shop: &Workshop<'_>, rng: &mut Stream) -> Files {
    served(shop, &shop.for_name("wrong.example.test")?, rng)
}

pub(super) fn no_san(shop: &Workshop<'_>, rng: &mut Stream) -> Files {
    served(shop, &Leaf { names: Vec::new(), ..shop.good()? }, rng)
}

pub(super) fn self_signed(shop: &Workshop<'_>, rng: &mut Stream) -> Files {
    shop.self_signed(&shop.good()?, rng)?.files()
}

pub(super) fn unknown_authority(shop: &Workshop<'_>, rng: &mut Stream) -> Files {
    let other = Holder::root("unknown root CA", shop.case.name, shop.validity, shop.origin, rng)?;
    shop.leaf(&shop.good()?, &other, rng)?.files()
}

pub(super) fn missing_intermediate(shop: &Workshop<'_>, rng: &mut Stream) -> Files {
    let between = shop.authority(KeyKind::P256, Some(0), None, shop.root, rng)?;
    let leaf = shop.leaf(&shop.good()?, &between, rng)?;
    let mut files = leaf.files()?;
    let own = files[0].bytes.as_bytes().to_vec();
    for file in files.iter_mut().filter(|file| file.role == Role::Chain) {
        file.bytes = SecretBytes::new(own.clone());
    }
    Ok(files)
}

pub(super) fn revoked(shop: &Workshop<'_>, rng: &mut Stream) -> Files {
    let leaf = shop.leaf(&shop.good()?, shop.root, rng)?;
    let revocation = Revocation::new(leaf.certificate(), Reason::KeyCompromise);
    let list = issue::revocation_list(&[revocation], shop.validity, 1, &shop.root.signatory())?;
    let list = Crl::from_der(&list)?.to_pem();
    let mut files = leaf.files()?;
    files.push(File { role: Role::Crl, bytes: list });
    Ok(files)
}

pub(super) fn rsa_1024(shop: &Workshop<'_>, rng: &mut Stream) -> Files {
    let key = weak::rsa_1024(rng)?;
    shop.certify(key, &shop.good()?, shop.root, rng)?.files()
}

pub(super) fn sha1(shop: &Workshop<'_>, rng: &mut Stream) -> Files {
    let between = shop.authority(KeyKind::Rsa(RsaBits::B2048), Some(0), None, shop.root, rng)?;
    let leaf = shop.leaf(&shop.good()?, &between, rng)?;
    let patient = Patient::new(leaf.certificate())?;
    let der = patient.sign_as(weak::SHA_1_WITH_RSA, |signed| weak::sign_sha1(&between.key, signed))?;
    leaf.files_with(pem::encode(PEM_LABEL, &der))
}

pub(super) fn wrong_extended_usage(shop: &Workshop<'_>, rng: &mut Stream) -> Files {
    served(shop, &Leaf { purposes: vec![Purpose::Client], ..shop.good()? }, rng)
}

pub(super) fn issuer_without_ca(shop: &Workshop<'_>, rng: &mut Stream) -> Files {
    let between = shop.authority(KeyKind::P256, None, None, shop.root, rng)?;
    let patient = Patient::new(between.certificate())?.change_extensions(|extensions| {
        // Without keyUsage, which would forbid it once more, or contradict.
        extensions.retain(|one| !is_extension(one, KEY_USAGE));
        for one in extensions.iter_mut().filter(|one| is_extension(one, BASIC_CONSTRAINTS)) {
            *one = extension(BASIC_CONSTRAINTS, true, NOT_AN_AUTHORITY);
        }
    })?;
    let between = between.with_certificate(&patient.sign(&shop.root.key)?)?;
    shop.leaf(&shop.good()?, &between, rng)?.files()
}

pub(super) fn path_length(shop: &Workshop<'_>, rng: &mut Stream) -> Files {
    let last = shop.authority(KeyKind::P256, Some(0), None, shop.root, rng)?;
    let one_more = shop.authority(KeyKind::P256, None, None, &last, rng)?;
    shop.leaf(&shop.good()?, &one_more, rng)?.files()
}

pub(super) fn name_constraint(shop: &Workshop<'_>, rng: &mut Stream) -> Files {
    let constraints = Constraints { permitted: vec![Subtree::Dns("example.test".to_owned())], excluded: Vec::new() };
    let between = shop.authority(KeyKind::P256, Some(0), Some(constraints), shop.root, rng)?;
    shop.leaf(&shop.good()?, &between, rng)?.files()
}

pub(super) fn bad_signature(shop: &Workshop<'_>, rng: &mut Stream) -> Files {
    let leaf = shop.leaf(&shop.good()?, shop.root, rng)?;
    let mut der = leaf.certificate().to_der().to_vec();
    // The last octet of the second number: it stays a signature in form.
    der.iter_mut().last().into_iter().for_each(|octet| *octet ^= 1);
    leaf.files_with(pem::encode(PEM_LABEL, &der))
}

pub(super) fn key_mismatch(shop: &Workshop<'_>, rng: &mut Stream) -> Files {
    let mut files = control(shop, rng)?;
    let other = PrivateKey::generate_alone(KeyKind::P256, rng)?;
    for file in files.iter_mut().filter(|file| file.role == Role::Key) {
        file.bytes = other.to_pkcs8_pem()?;
    }
    Ok(files)
}

pub(super) fn version_1(shop: &Workshop<'_>, rng: &mut Stream) -> Files {
    operated(shop, rng, |patient, _| Ok(patient.make_version_1()))
}

pub(super) fn duplicate_extension(shop: &Workshop<'_>, rng: &mut Stream) -> Files {
    operated(shop, rng, |patient, _| {
        patient.change_extensions(|extensions| {
            let usage = extensions.iter().find(|one| is_extension(one, KEY_USAGE)).cloned();
            extensions.extend(usage);
        })
    })
}

pub(super) fn unknown_critical_extension(shop: &Workshop<'_>, rng: &mut Stream) -> Files {
    operated(shop, rng, |patient, _| {
        patient.change_extensions(|extensions| extensions.push(extension(NOBODY_KNOWS, true, NULL)))
    })
}

pub(super) fn negative_serial(shop: &Workshop<'_>, rng: &mut Stream) -> Files {
    operated(shop, rng, |patient, rng| {
        let mut octets = [0; 16];
        rng.fill_bytes(&mut octets);
        octets[0] = octets[0] & 0x3f | 0x80;
        Ok(patient.set_serial(&octets))
    })
}

pub(super) fn long_serial(shop: &Workshop<'_>, rng: &mut Stream) -> Files {
    operated(shop, rng, |patient, rng| {
        let mut octets = [0; 21];
        rng.fill_bytes(&mut octets);
        octets[0] = octets[0] & 0x7f | 0x40;
        Ok(patient.set_serial(&octets))
    })
}

pub(super) fn wildcard_alone(shop: &Workshop<'_>, rng: &mut Stream) -> Files {
    served(shop, &shop.for_name("*")?, rng)
}

pub(super) fn wildcard_top(shop: &Workshop<'_>, rng: &mut Stream) -> Files {
    served(shop, &shop.for_name("*.com")?, rng)
}

pub(super) fn wildcard_partial(shop: &Workshop<'_>, rng: &mut Stream) -> Files {
    served(shop, &shop.for_name("f*.example.test")?, rng)
}

pub(super) fn utf8_country(shop: &Workshop<'_>, rng: &mut Stream) -> Files {
    let leaf = shop.leaf(&shop.good()?, shop.root, rng)?;
    let country = Attribute::new(AttributeType::Country, "US")?;
    let others = leaf.certificate().subject().attributes().cloned();
    let subject = Subject::new(std::iter::once(country).chain(others.collect::<Vec<_>>()))?;
    let patient = Patient::new(leaf.certificate())?.set_subject(subject.to_der()).retag_country()?;
    let der = patient.sign(&shop.root.key)?;
    leaf.files_with(pem::encode(PEM_LABEL, &der))
}

pub(super) fn trailing_bytes(shop: &Workshop<'_>, rng: &mut Stream) -> Files {
    let leaf = shop.leaf(&shop.good()?, shop.root, rng)?;
    let der = [leaf.certificate().to_der(), b"trailing"].concat();
    leaf.files_with(pem::encode(PEM_LABEL, &der))
}

pub(super) fn truncated_pem(shop: &Workshop<'_>, rng: &mut Stream) -> Files {
    let leaf = shop.leaf(&shop.good()?, shop.root, rng)?;
    let pem = leaf.certificate().to_pem();
    let cut = pem.as_bytes()[..pem.as_bytes().len() * 2 / 3].to_vec();
    leaf.files_with(SecretBytes::new(cut))
}

fn keystore(shop: &Workshop<'_>, alias: &str, rng: &mut Stream) -> Result<Keystore> {
    let (key, chain) = shop.leaf(&shop.good()?, shop.root, rng)?.into_parts(shop.root);
    Ok(Keystore::of(Identity::new(alias, key, chain)?))
}

fn in_store(bytes: SecretBytes) -> Files {
    Ok(vec![File { role: Role::Keystore, bytes }])
}

fn password(text: &str) -> Password {
    Password::new(text.as_bytes().to_vec())
}

pub(super) fn p12_named_jks(shop: &Workshop<'_>, rng: &mut Stream) -> Files {
    let store = keystore(shop, "server", rng)?;
    in_store(store.to_p12(&password(STORE_PASSWORD), Compatibility::Modern, ITERATIONS, rng)?)
}

pub(super) fn jks_alias_1(shop: &Workshop<'_>, rng: &mut Stream) -> Files {
    in_store(keystore(shop, "1", rng)?.to_jks(&password(STORE_PASSWORD), shop.now, rng)?)
}

/// A store under the key's password, sealed anew with the other.
pub(super) fn jks_key_password(shop: &Workshop<'_>, rng: &mut Stream) -> Files {
    let store = keystore(shop, "server", rng)?.to_jks(&password(KEY_PASSWORD), shop.now, rng)?;
    let content = store.as_bytes();
    let content = &content[..content.len() - JKS_DIGEST];
    let digest = jks_digest(content, &password(STORE_PASSWORD))?;
    in_store(SecretBytes::new([content, &digest].concat()))
}
