//! Making certificates, with x509-cert's builder.

use ::signature::Keypair;
use const_oid::db::rfc5280::{ID_CE_AUTHORITY_KEY_IDENTIFIER, ID_CE_SUBJECT_KEY_IDENTIFIER};
use der::asn1::BitString;
use der::{Document, Encode};
use rand_core::TryCryptoRng;
use spki::{AlgorithmIdentifierOwned, DynSignatureAlgorithmIdentifier, EncodePublicKey, SubjectPublicKeyInfoRef};
use x509_cert::builder::profile::BuilderProfile;
use x509_cert::builder::{self, Builder, CertificateBuilder};
use x509_cert::certificate::TbsCertificate;
use x509_cert::ext::pkix::{AuthorityKeyIdentifier, BasicConstraints, KeyUsage, KeyUsages, SubjectKeyIdentifier};
use x509_cert::ext::{Extension, ToExtension};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;

use super::{Certificate, Validity, internal};
use crate::csr::CertRequest;
use crate::error::{Error, ErrorKind, Result};
use crate::key::PrivateKey;
use crate::random;
use crate::subject::Subject;

impl Certificate {
    /// The self-signed certificate that `request` asks for: its subject byte for byte and its alternative names;
    /// X.509 v3, SHA-256, a random positive serial number of 126 bits, basicConstraints CA:FALSE and keyUsage
    /// digitalSignature (both critical), subject and authority key identifier (SHA-1 of the public key, RFC 5280,
    /// section 4.2.1.2).
    ///
    /// # Errors
    /// [`Mismatch`](crate::ErrorKind::Mismatch) if `request` was not made with `key`, or was changed since,
    /// [`Policy`](crate::ErrorKind::Policy) for a key below 2048 bits.
    pub fn self_signed(
        request: &CertRequest,
        key: &PrivateKey,
        validity: Validity,
        rng: &mut impl TryCryptoRng,
    ) -> Result<Self> {
        key.check_strength()?;
        if request.public_key()? != key.public_key() {
            return Err(Error::mismatch("the signing request was made with another key")
                .with_hint("make the request anew with this key, or give the key that it was made with"));
        }
        request.verify_signature().map_err(|error| match error.kind() {
            ErrorKind::Mismatch => Error::mismatch("the signing request was changed after it was signed")
                .with_hint("make the request anew"),
            _ => error,
        })?;
        if request.subject().is_empty() {
            return Err(Error::policy("the signing request has no subject, and its issuer would have none either")
                .with_hint("make the request anew with a subject (RFC 5280, section 4.1.2.4)"));
        }
        request.sans()?;
        let extensions = Extensions::OfSigningKey { san: request.san_extension()? };
        Self::sign_itself(request.subject(), extensions, key, validity, rng)
    }

    pub(super) fn sign_itself(
        subject: &Subject,
        extensions: Extensions,
        key: &PrivateKey,
        validity: Validity,
        rng: &mut impl TryCryptoRng,
    ) -> Result<Self> {
        let profile = SelfSigned { subject: subject.to_name()?, extensions };
        let spki = key.public_key().to_spki_der()?;
        let spki = spki::SubjectPublicKeyInfoOwned::try_from(spki.as_slice()).map_err(internal)?;
        let serial = serial_number(rng)?;
        let signer = Signer(key);
        let mut builder = CertificateBuilder::new(profile, serial, validity.to_x509()?, spki).map_err(internal)?;
        let tbs = builder.finalize(&signer).map_err(internal)?;
        let signature = BitString::from_bytes(&key.sign(&tbs)?).map_err(internal)?;
        let certificate = builder.assemble(signature, &signer).map_err(internal)?;
        let certificate = Self::from_der(&certificate.to_der().map_err(internal)?)?;
        if certificate.subject().to_der() != subject.to_der() {
            return Err(Error::unsupported("the subject is not in DER order, so it cannot be kept as it is")
                .with_hint("make the request anew with csr, and the certificate with selfsign"));
        }
        Ok(certificate)
    }
}

/// A first octet from 0x40 to 0x7f: positive, and of one length whatever the rest.
fn serial_number(rng: &mut impl TryCryptoRng) -> Result<SerialNumber> {
    let mut octets = [0; 16];
    random::fill(rng, &mut octets)?;
    octets[0] = octets[0] & 0x7f | 0x40;
    SerialNumber::new(&octets).map_err(internal)
}

/// What a self-signed certificate says beside its subject.
pub(super) enum Extensions {
    /// What that of the setup guide's signing key does.
    OfSigningKey { san: Option<Extension> },
    /// These, with the identifiers of the key renewed.
    Kept { extensions: Vec<Extension>, identifier: Option<SubjectKeyIdentifier> },
}

struct SelfSigned {
    subject: Name,
    extensions: Extensions,
}

impl BuilderProfile for SelfSigned {
    fn get_issuer(&self, subject: &Name) -> Name {
        subject.clone()
    }

    fn get_subject(&self) -> Name {
        self.subject.clone()
    }

    fn build_extensions(
        &self,
        spki: SubjectPublicKeyInfoRef<'_>,
        _: SubjectPublicKeyInfoRef<'_>,
        tbs: &TbsCertificate,
    ) -> builder::Result<Vec<Extension>> {
        let computed = SubjectKeyIdentifier::try_from(spki)?;
        let issuer = |identifier: &SubjectKeyIdentifier| AuthorityKeyIdentifier {
            key_identifier: Some(identifier.0.clone()),
            ..AuthorityKeyIdentifier::default()
        };
        let name = tbs.subject();
        match &self.extensions {
            Extensions::OfSigningKey { san } => {
                let constraints = BasicConstraints { ca: false, path_len_constraint: None };
                let mut extensions = vec![
                    (true, &constraints).to_extension(name, &[])?,
                    (true, &KeyUsage(KeyUsages::DigitalSignature.into())).to_extension(name, &[])?,
                    (false, &computed).to_extension(name, &[])?,
                    (false, &issuer(&computed)).to_extension(name, &[])?,
                ];
                extensions.extend(san.clone());
                Ok(extensions)
            }
            Extensions::Kept { extensions, identifier } => {
                let identifier = identifier.as_ref().unwrap_or(&computed);
                let renewed = extensions.iter().map(|extension| match extension.extn_id {
                    ID_CE_SUBJECT_KEY_IDENTIFIER => (extension.critical, identifier).to_extension(name, &[]),
                    ID_CE_AUTHORITY_KEY_IDENTIFIER => (extension.critical, &issuer(identifier)).to_extension(name, &[]),
                    _ => Ok(extension.clone()),
                });
                Ok(renewed.collect::<Result<_, _>>()?)
            }
        }
    }
}

/// What the builder wants to know of the signer; the signature itself is made by [`PrivateKey::sign`].
struct Signer<'a>(&'a PrivateKey);

#[derive(Clone)]
struct Spki(Vec<u8>);

impl Keypair for Signer<'_> {
    type VerifyingKey = Spki;

    fn verifying_key(&self) -> Spki {
        Spki(self.0.public_key().to_spki_der().unwrap_or_default())
    }
}

impl EncodePublicKey for Spki {
    fn to_public_key_der(&self) -> spki::Result<Document> {
        Ok(Document::try_from(self.0.clone())?)
    }
}

impl DynSignatureAlgorithmIdentifier for Signer<'_> {
    fn signature_algorithm_identifier(&self) -> spki::Result<AlgorithmIdentifierOwned> {
        Ok(self.0.signature_algorithm())
    }
}
