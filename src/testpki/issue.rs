//! Certificates and revocation lists as rcgen makes them; no other file names that crate.
//!
//! rcgen is built without its cryptography, which is ring's or aws-lc's, both C: it signs through [`Signer`] with the keys
//! of this crate. Then it wants to be told a serial number and the key identifiers.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ::time::OffsetDateTime;
use der::{Decode, Tag};
use rand_core::TryCryptoRng;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CidrSubnet, DistinguishedName, DnType,
    DnValue, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, Issuer, KeyIdMethod, KeyUsagePurpose, NameConstraints,
    PublicKeyData, RevocationReason, RevokedCertParams, SanType, SerialNumber, SignatureAlgorithm, SigningKey,
};
use sha1::{Digest, Sha1};
use spki::SubjectPublicKeyInfoRef;

use super::{Purpose, Reason, Revocation};
use crate::certificate::{Certificate, Constraints, Subtree, Validity};
use crate::error::{Error, Result};
use crate::key::{KeyAlgorithm, PrivateKey, PublicKey};
use crate::random;
use crate::subject::{SanName, Subject};

/// What makes an authority's certificate an authority's.
pub(super) struct AuthorityPart {
    pub(super) path_length: Option<u8>,
    pub(super) constraints: Option<Constraints>,
}

/// A certificate to be made.
pub(super) struct Request<'a> {
    pub(super) subject: &'a Subject,
    pub(super) key: &'a PublicKey,
    pub(super) names: &'a [SanName],
    pub(super) purposes: &'a [Purpose],
    pub(super) validity: Validity,
    pub(super) authority: Option<AuthorityPart>,
}

/// Whose name and key sign.
pub(super) struct Signatory<'a> {
    pub(super) subject: &'a Subject,
    pub(super) key: &'a PrivateKey,
    /// The public half, which a private key works out anew each time.
    pub(super) public: &'a PublicKey,
    pub(super) key_id: &'a [u8],
}

/// The certificate that `request` describes, signed by `signatory`; read back, its signature and names checked.
pub(super) fn certificate(
    request: &Request<'_>,
    signatory: &Signatory<'_>,
    rng: &mut impl TryCryptoRng,
) -> Result<Certificate> {
    let public = Spki::of(request.key)?;
    let mut params = CertificateParams::default();
    params.distinguished_name = name(request.subject)?;
    params.serial_number = Some(serial_number(rng)?);
    (params.not_before, params.not_after) =
        (instant(request.validity.not_before()), instant(request.validity.not_after()));
    params.subject_alt_names = request.names.iter().map(alternative_name).collect::<Result<_>>()?;
    params.use_authority_key_identifier_extension = true;
    params.key_identifier_method = KeyIdMethod::PreSpecified(key_id(request.key)?);
    match &request.authority {
        Some(part) => {
            params.is_ca =
                IsCa::Ca(part.path_length.map_or(BasicConstraints::Unconstrained, BasicConstraints::Constrained));
            params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
            params.name_constraints = part.constraints.as_ref().map(name_constraints);
        }
        None => {
            params.is_ca = IsCa::ExplicitNoCa;
            params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
            // TLS 1.2 without forward secrecy encrypts to the key (RFC 5246, section 7.4.2).
            if request.key.algorithm().is_rsa() && request.purposes.contains(&Purpose::Server) {
                params.key_usages.push(KeyUsagePurpose::KeyEncipherment);
            }
            params.extended_key_usages = request.purposes.iter().map(|purpose| purpose.to_rcgen()).collect();
        }
    }
    let issuer = issuer(signatory)?;
    let made = params.signed_by(&public, &issuer).map_err(internal)?;
    let certificate = Certificate::from_der(made.der())?;
    if certificate.issuer().to_der() != signatory.subject.to_der()
        || certificate.subject().to_der() != request.subject.to_der()
    {
        return Err(Error::unsupported(format!(
            "the name of the authority {} cannot be written again",
            signatory.subject
        ))
        .with_hint("use an authority that testpki has made"));
    }
    certificate.verify_signature(signatory.public)?;
    if certificate.public_key()? != *request.key || certificate.sans()? != request.names {
        return Err(Error::malformed("the certificate that was made does not read back"));
    }
    Ok(certificate)
}

/// The DER of a revocation list (RFC 5280, section 5), version 2.
pub(super) fn revocation_list(
    revoked: &[Revocation],
    validity: Validity,
    number: u64,
    signatory: &Signatory<'_>,
) -> Result<Vec<u8>> {
    let revoked = revoked.iter().map(|revocation| RevokedCertParams {
        serial_number: SerialNumber::from_slice(&revocation.serial),
        revocation_time: instant(validity.not_before()),
        reason_code: Some(revocation.reason.to_rcgen()),
        invalidity_date: None,
    });
    let params = CertificateRevocationListParams {
        this_update: instant(validity.not_before()),
        next_update: instant(validity.not_after()),
        crl_number: SerialNumber::from_slice(&number.to_be_bytes()),
        issuing_distribution_point: None,
        revoked_certs: revoked.collect(),
        key_identifier_method: KeyIdMethod::PreSpecified(signatory.key_id.to_vec()),
    };
    Ok(params.signed_by(&issuer(signatory)?).map_err(internal)?.der().to_vec())
}

fn issuer<'a>(signatory: &'a Signatory<'a>) -> Result<Issuer<'static, Signer<'a>>> {
    let mut params = CertificateParams::default();
    params.distinguished_name = name(signatory.subject)?;
    params.key_identifier_method = KeyIdMethod::PreSpecified(signatory.key_id.to_vec());
    Ok(Issuer::new(params, Signer { key: signatory.key, spki: Spki::of(signatory.public)? }))
}

/// SHA-1 of the public key's bits (RFC 5280, section 4.2.1.2, method 1): a name, no protection.
pub(super) fn key_id(key: &PublicKey) -> Result<Vec<u8>> {
    Ok(Sha1::digest(&Spki::of(key)?.bits).to_vec())
}

/// 16 octets, the first from 0x40 to 0x7f: positive, and of one length whatever the rest.
fn serial_number(rng: &mut impl TryCryptoRng) -> Result<SerialNumber> {
    let mut octets = [0; 16];
    random::fill(rng, &mut octets)?;
    octets[0] = octets[0] & 0x7f | 0x40;
    Ok(SerialNumber::from_slice(&octets))
}

/// Whole seconds: certificates know no parts.
fn instant(instant: SystemTime) -> OffsetDateTime {
    let seconds = instant.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    OffsetDateTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

fn name(subject: &Subject) -> Result<DistinguishedName> {
    let mut name = DistinguishedName::new();
    for attribute in subject.attributes() {
        let arcs: Vec<u64> = attribute.kind().oid().arcs().map(u64::from).collect();
        let (tag, _) = attribute.encoding();
        let value = attribute.value();
        let value = match tag {
            Tag::PrintableString => DnValue::PrintableString(value.try_into().map_err(internal)?),
            Tag::Ia5String => DnValue::Ia5String(value.try_into().map_err(internal)?),
            _ => DnValue::Utf8String(value.to_owned()),
        };
        name.push(DnType::from_oid(&arcs), value);
    }
    Ok(name)
}

fn alternative_name(name: &SanName) -> Result<SanType> {
    Ok(match name {
        SanName::Dns(name) => SanType::DnsName(name.as_str().try_into().map_err(internal)?),
        SanName::Ip(address) => SanType::IpAddress(*address),
        SanName::Email(address) => SanType::Rfc822Name(address.as_str().try_into().map_err(internal)?),
        SanName::Uri(uri) => SanType::URI(uri.as_str().try_into().map_err(internal)?),
        SanName::Other(words) => {
            return Err(Error::unsupported(format!(
                "the alternative name \"{words}\" is of a kind that is not issued"
            ))
            .with_hint("ask for host names, addresses, mailboxes or URIs"));
        }
    })
}

fn name_constraints(constraints: &Constraints) -> NameConstraints {
    let subtrees = |list: &[Subtree]| {
        list.iter()
            .map(|subtree| match subtree {
                Subtree::Dns(name) => GeneralSubtree::DnsName(name.clone()),
                Subtree::Email(address) => GeneralSubtree::Rfc822Name(address.clone()),
                Subtree::Ip(network, length) => {
                    GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(*network, *length))
                }
            })
            .collect()
    };
    NameConstraints {
        permitted_subtrees: subtrees(&constraints.permitted),
        excluded_subtrees: subtrees(&constraints.excluded),
    }
}

impl Purpose {
    fn to_rcgen(self) -> ExtendedKeyUsagePurpose {
        match self {
            Self::Server => ExtendedKeyUsagePurpose::ServerAuth,
            Self::Client => ExtendedKeyUsagePurpose::ClientAuth,
            Self::CodeSigning => ExtendedKeyUsagePurpose::CodeSigning,
            Self::Email => ExtendedKeyUsagePurpose::EmailProtection,
            Self::TimeStamping => ExtendedKeyUsagePurpose::TimeStamping,
            Self::OcspSigning => ExtendedKeyUsagePurpose::OcspSigning,
        }
    }
}

impl Reason {
    fn to_rcgen(self) -> RevocationReason {
        match self {
            Self::Unspecified => RevocationReason::Unspecified,
            Self::KeyCompromise => RevocationReason::KeyCompromise,
            Self::AffiliationChanged => RevocationReason::AffiliationChanged,
            Self::Superseded => RevocationReason::Superseded,
            Self::CessationOfOperation => RevocationReason::CessationOfOperation,
        }
    }
}

/// A public key as rcgen wants it.
struct Spki {
    algorithm: &'static SignatureAlgorithm,
    /// What the BIT STRING of the SubjectPublicKeyInfo holds.
    bits: Vec<u8>,
}

impl Spki {
    fn of(key: &PublicKey) -> Result<Self> {
        let algorithm = match key.algorithm() {
            KeyAlgorithm::Rsa { .. } => &rcgen::PKCS_RSA_SHA256,
            KeyAlgorithm::P256 => &rcgen::PKCS_ECDSA_P256_SHA256,
            KeyAlgorithm::P384 => &rcgen::PKCS_ECDSA_P384_SHA384,
            KeyAlgorithm::Ed25519 => &rcgen::PKCS_ED25519,
        };
        let der = key.to_spki_der()?;
        let info = SubjectPublicKeyInfoRef::from_der(&der).map_err(internal)?;
        Ok(Self { algorithm, bits: info.subject_public_key.raw_bytes().to_vec() })
    }
}

impl PublicKeyData for Spki {
    fn der_bytes(&self) -> &[u8] {
        &self.bits
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        self.algorithm
    }
}

struct Signer<'a> {
    key: &'a PrivateKey,
    spki: Spki,
}

impl PublicKeyData for Signer<'_> {
    fn der_bytes(&self) -> &[u8] {
        &self.spki.bits
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        self.spki.algorithm
    }
}

impl SigningKey for Signer<'_> {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        self.key.sign(message).map_err(|_| rcgen::Error::RemoteKeyError)
    }
}

fn internal(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::malformed("the certificate cannot be made").with_source(error)
}
