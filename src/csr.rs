//! Certification requests, PKCS #10 (RFC 2986).
//!
//! ```
//! use certwright::{CertRequest, KeyKind, PrivateKey, Subject};
//! # let mut rng = certwright::testpki::Stream::new([1; 32]);
//!
//! // `rng` is any `rand_core::TryCryptoRng`.
//! let key = PrivateKey::generate(KeyKind::P256, &mut rng)?;
//! let subject = Subject::parse("CN=www.example.com")?;
//! let request = CertRequest::new(&subject, &["DNS:www.example.com".parse()?], &key)?;
//!
//! let read = CertRequest::from_der(request.to_der())?;
//! read.verify_signature()?;
//! assert_eq!(read.public_key()?, key.public_key());
//! # Ok::<(), certwright::Error>(())
//! ```

use std::fmt;

use const_oid::db::rfc5280::ID_CE_SUBJECT_ALT_NAME;
use const_oid::{AssociatedOid, ObjectIdentifier};
use der::asn1::{BitString, SetOfVec};
use der::{Decode, Encode};
use spki::SubjectPublicKeyInfoOwned;
use x509_cert::attr::{Attribute, Attributes};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::request::{CertReq, CertReqInfo, ExtensionReq, Version};

use crate::error::{Error, Result};
use crate::key::{PrivateKey, PublicKey, SignatureAlgorithm};
use crate::secret::SecretBytes;
use crate::subject::{SanName, Subject, san_extension};
use crate::{asn1, pem};

const LABEL: &str = "CERTIFICATE REQUEST";

/// PKCS #9's extensionRequest, and what older Microsoft software calls by its own number.
const EXTENSION_REQUESTS: [ObjectIdentifier; 2] =
    [<ExtensionReq as AssociatedOid>::OID, ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.2.1.14")];

/// A certification request: a subject, a public key and perhaps alternative names, signed with the key's private half.
#[derive(Clone)]
pub struct CertRequest {
    der: Vec<u8>,
    request: Box<CertReq>,
    subject: Subject,
}

impl CertRequest {
    /// A request for `subject` with the public half of `key`, signed by `key` (SHA-256). Without alternative names its
    /// attribute set is empty.
    ///
    /// # Errors
    /// [`Policy`](crate::ErrorKind::Policy) for a key below 2048 bits.
    pub fn new(subject: &Subject, sans: &[SanName], key: &PrivateKey) -> Result<Self> {
        let san = if sans.is_empty() { None } else { Some(san_extension(sans)?) };
        Self::with_san(subject, san, key)
    }

    /// As [`Self::new`], with the extension of alternative names as it stands elsewhere.
    pub(crate) fn with_san(subject: &Subject, san: Option<Extension>, key: &PrivateKey) -> Result<Self> {
        let mut attributes: Attributes = SetOfVec::new();
        if let Some(san) = san {
            let wanted = Attribute::try_from(ExtensionReq(vec![san])).map_err(internal)?;
            attributes.insert(wanted).map_err(internal)?;
        }
        Self::sign(subject, attributes, key)
    }

    /// The same request for another key: subject and attributes as they stand in this one.
    ///
    /// # Errors
    /// As [`Self::new`], and [`Unsupported`](crate::ErrorKind::Unsupported) for a subject that is not in DER order.
    pub fn with_key(&self, key: &PrivateKey) -> Result<Self> {
        Self::sign(&self.subject, self.request.info.attributes.clone(), key)
    }

    fn sign(subject: &Subject, attributes: Attributes, key: &PrivateKey) -> Result<Self> {
        key.check_strength()?;
        // x509-cert's RequestBuilder would write an empty extensionRequest where there are no extensions.
        let info = CertReqInfo {
            version: Version::V1,
            subject: subject.to_name()?,
            public_key: SubjectPublicKeyInfoOwned::from_der(&key.public_key().to_spki_der()?).map_err(internal)?,
            attributes,
        };
        let signature = key.sign(&info.to_der().map_err(internal)?)?;
        let signature = BitString::from_bytes(&signature).map_err(internal)?;
        let request = CertReq { info, algorithm: key.signature_algorithm(), signature };
        let request = Self::from_der(&request.to_der().map_err(internal)?)?;
        match request.subject.to_der() == subject.to_der() {
            true => Ok(request),
            false => Err(Error::unsupported("its subject is not in DER order, so it cannot be kept as it is")
                .with_hint("make the request anew with csr")),
        }
    }

    /// Reads a DER CertificationRequest.
    ///
    /// # Errors
    /// [`Malformed`](crate::ErrorKind::Malformed) if it is none. Its signature is not checked here.
    pub fn from_der(der: &[u8]) -> Result<Self> {
        asn1::check(der)?;
        let malformed = |error: der::Error| Error::malformed("is no certificate signing request").with_source(error);
        let request = CertReq::from_der(der).map_err(malformed)?;
        let info = asn1::children(asn1::split(der)?.0.value);
        let parts = info.first().map(|info| asn1::children(info.value)).unwrap_or_default();
        let name = parts.get(1).map(|name| name.whole.to_vec());
        let name = name.ok_or_else(|| Error::malformed("is no certificate signing request"))?;
        let subject = Subject::from_name(&request.info.subject, name);
        Ok(Self { der: der.to_vec(), request: Box::new(request), subject })
    }

    /// The subject asked for.
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// The alternative names asked for.
    ///
    /// # Errors
    /// [`Malformed`](crate::ErrorKind::Malformed) if that part cannot be read.
    pub fn sans(&self) -> Result<Vec<SanName>> {
        let Some(extension) = self.san_extension()? else { return Ok(Vec::new()) };
        read_sans(&extension)
    }

    /// The requested subjectAltName extension as it stands.
    pub(crate) fn san_extension(&self) -> Result<Option<Extension>> {
        let mut found = self.extensions()?.into_iter().filter(|extension| extension.extn_id == ID_CE_SUBJECT_ALT_NAME);
        let first = found.next();
        if found.next().is_some() {
            return Err(Error::malformed("asks for two lists of alternative names"));
        }
        Ok(first)
    }

    pub(crate) fn extensions(&self) -> Result<Vec<Extension>> {
        let mut extensions = Vec::new();
        let attributes = self.request.info.attributes.iter();
        for attribute in attributes.filter(|attribute| EXTENSION_REQUESTS.contains(&attribute.oid)) {
            for value in attribute.values.iter() {
                check_extension_count(value.to_der().ok().as_deref())?;
                extensions.extend(
                    value.decode_as::<Vec<Extension>>().map_err(|error| {
                        Error::malformed("its requested extensions cannot be read").with_source(error)
                    })?,
                );
            }
        }
        Ok(extensions)
    }

    /// The names of requested extensions beside subjectAltName, which a self-signed certificate does not take over.
    ///
    /// # Errors
    /// As [`Self::sans`].
    pub fn other_extensions(&self) -> Result<Vec<String>> {
        let extensions = self.extensions()?;
        let others = extensions.iter().filter(|extension| extension.extn_id != ID_CE_SUBJECT_ALT_NAME);
        Ok(others.map(|extension| crate::key::oid_name(extension.extn_id)).collect())
    }

    /// The public key.
    ///
    /// # Errors
    /// Those of [`PublicKey::from_spki_der`].
    pub fn public_key(&self) -> Result<PublicKey> {
        PublicKey::from_spki_der(&self.spki_der()?)
    }

    /// The public key as it stands, for comparing ones that cannot be read.
    pub(crate) fn spki_der(&self) -> Result<Vec<u8>> {
        self.request.info.public_key.to_der().map_err(internal)
    }

    /// How the request is signed.
    pub fn signature_algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::new(&self.request.algorithm)
    }

    /// The octets of the signature.
    pub fn signature(&self) -> &[u8] {
        self.request.signature.raw_bytes()
    }

    /// Checks that the request is signed with the private half of its own public key.
    ///
    /// # Errors
    /// Those of [`PublicKey::verify`].
    pub fn verify_signature(&self) -> Result<()> {
        self.public_key()?.verify_signed(&self.der)
    }

    /// The DER encoding, as it was read or made.
    pub fn to_der(&self) -> &[u8] {
        &self.der
    }

    /// The request as PEM `CERTIFICATE REQUEST`.
    pub fn to_pem(&self) -> SecretBytes {
        pem::encode(LABEL, &self.der)
    }
}

impl fmt::Debug for CertRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CertRequest({})", self.subject)
    }
}

/// Certificates in use have about ten extensions.
const MAX_EXTENSIONS: usize = 1_000;

/// Checks that a SEQUENCE OF Extension does not hold more than [`MAX_EXTENSIONS`], before it is decoded.
pub(crate) fn check_extension_count(der: Option<&[u8]>) -> Result<()> {
    let count = der.and_then(|der| asn1::split(der).ok()).map_or(0, |(list, _)| asn1::count_children(list.value));
    match count {
        0..=MAX_EXTENSIONS => Ok(()),
        _ => Err(Error::policy(format!("has {count} extensions, at most {MAX_EXTENSIONS} are read"))),
    }
}

/// The names in a subjectAltName extension.
pub(crate) fn read_sans(extension: &Extension) -> Result<Vec<SanName>> {
    let names = SubjectAltName::from_der(extension.extn_value.as_bytes())
        .map_err(|error| Error::malformed("its alternative names cannot be read").with_source(error))?;
    Ok(names.0.iter().map(SanName::decode).collect())
}

fn internal(error: der::Error) -> Error {
    Error::malformed("the request cannot be encoded").with_source(error)
}
