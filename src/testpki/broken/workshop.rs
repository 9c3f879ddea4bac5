//! Well-made keys and certificates to start from.

use std::time::{Duration, SystemTime};

use rand_core::TryCryptoRng;

use super::{Case, File, Role};
use crate::certificate::{self, Certificate, Constraints, Validity};
use crate::error::Result;
use crate::key::{KeyKind, PrivateKey, PublicKey};
use crate::secret::SecretBytes;
use crate::subject::{SanName, Subject};
use crate::testpki::authority::named_after_key;
use crate::testpki::issue::{self, AuthorityPart, Request, Signatory};
use crate::testpki::subject::subject;
use crate::testpki::{Host, Origin, Purpose, Stream};
use crate::time::DAY;

/// A certificate with its key, and the certificates above it up to the root, which is left out.
#[derive(Debug)]
pub(super) struct Holder {
    pub(super) key: PrivateKey,
    public: PublicKey,
    key_id: Vec<u8>,
    /// Empty for the root.
    between: Vec<Certificate>,
    certificate: Certificate,
}

impl Holder {
    pub(super) fn root(
        name: &str,
        of: &str,
        validity: Validity,
        origin: Origin,
        rng: &mut impl TryCryptoRng,
    ) -> Result<Self> {
        let key = PrivateKey::generate_alone(KeyKind::P256, rng)?;
        let (public, key_id, subject) = named_after_key(&key, &unit(of), name, origin)?;
        let authority = Some(AuthorityPart { path_length: None, constraints: None });
        let request = Request { subject: &subject, key: &public, names: &[], purposes: &[], validity, authority };
        let signatory = Signatory { subject: &subject, key: &key, public: &public, key_id: &key_id };
        let certificate = issue::certificate(&request, &signatory, rng)?;
        Ok(Self { key, public, key_id, between: Vec::new(), certificate })
    }

    pub(super) fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    pub(super) fn signatory(&self) -> Signatory<'_> {
        let subject = self.certificate.subject();
        Signatory { subject, key: &self.key, public: &self.public, key_id: &self.key_id }
    }

    /// The same with another certificate of its key.
    pub(super) fn with_certificate(self, der: &[u8]) -> Result<Self> {
        Ok(Self { certificate: Certificate::from_der(der)?, ..self })
    }

    /// What a server sends of it: its own certificate and those between it and the root.
    fn chain(&self) -> impl Iterator<Item = &Certificate> {
        std::iter::once(&self.certificate).chain(&self.between)
    }

    fn between_and_self(&self) -> Vec<Certificate> {
        match self.certificate.is_self_issued() {
            true => Vec::new(),
            false => self.chain().cloned().collect(),
        }
    }

    /// The files of a server.
    pub(super) fn files(self) -> Result<Vec<File>> {
        let (own, chain) = (self.certificate.to_pem(), certificate::to_pem(self.chain()));
        files(own, self.key.to_pkcs8_pem()?, chain)
    }

    /// The files of a server whose certificate is in `pem`, which need not be one.
    pub(super) fn files_with(self, pem: SecretBytes) -> Result<Vec<File>> {
        let chain = [pem.as_bytes(), certificate::to_pem(&self.between).as_bytes()].concat();
        files(pem, self.key.to_pkcs8_pem()?, SecretBytes::new(chain))
    }

    /// The key and the certificates up to `root`, for a keystore.
    pub(super) fn into_parts(self, root: &Self) -> (PrivateKey, Vec<Certificate>) {
        let chain = self.chain().chain([root.certificate()]).cloned().collect();
        (self.key, chain)
    }
}

fn files(certificate: SecretBytes, key: SecretBytes, chain: SecretBytes) -> Result<Vec<File>> {
    Ok(vec![
        File { role: Role::Certificate, bytes: certificate },
        File { role: Role::Key, bytes: key },
        File { role: Role::Chain, bytes: chain },
    ])
}

/// A server's certificate to be made.
pub(super) struct Leaf {
    pub(super) common_name: String,
    pub(super) names: Vec<SanName>,
    pub(super) purposes: Vec<Purpose>,
    pub(super) validity: Validity,
}

/// What the recipes work with.
pub(super) struct Workshop<'a> {
    pub(super) case: &'a Case,
    pub(super) root: &'a Holder,
    pub(super) now: SystemTime,
    pub(super) validity: Validity,
    pub(super) origin: Origin,
}

impl Workshop<'_> {
    /// A server's certificate without fault.
    pub(super) fn good(&self) -> Result<Leaf> {
        let names = ["localhost", "127.0.0.1", "::1"].map(|host| host.parse::<Host>().map(|host| host.name));
        Ok(Leaf {
            common_name: "localhost".to_owned(),
            names: names.into_iter().collect::<Result<_>>()?,
            purposes: vec![Purpose::Server],
            validity: self.validity,
        })
    }

    /// One for the DNS name `name` alone, however odd.
    pub(super) fn for_name(&self, name: &str) -> Result<Leaf> {
        Ok(Leaf { common_name: name.to_owned(), names: vec![SanName::Dns(name.to_owned())], ..self.good()? })
    }

    /// From `begin` to `end` days from now.
    pub(super) fn period(&self, begin: i64, end: i64) -> Result<Validity> {
        let at = |days: i64| {
            let span: Duration = DAY * u32::try_from(days.unsigned_abs()).unwrap_or_default();
            if days < 0 { self.now - span } else { self.now + span }
        };
        Validity::between(at(begin), at(end))
    }

    pub(super) fn subject(&self, common_name: &str) -> Result<Subject> {
        subject(&unit(self.case.name), common_name, self.origin)
    }

    /// The certificate of a new key.
    pub(super) fn leaf(&self, leaf: &Leaf, issuer: &Holder, rng: &mut Stream) -> Result<Holder> {
        self.certify(PrivateKey::generate_alone(KeyKind::P256, rng)?, leaf, issuer, rng)
    }

    pub(super) fn certify(&self, key: PrivateKey, leaf: &Leaf, issuer: &Holder, rng: &mut Stream) -> Result<Holder> {
        let subject = self.subject(&leaf.common_name)?;
        let public = key.public_key();
        let certificate = issue::certificate(&request(leaf, &subject, &public), &issuer.signatory(), rng)?;
        let key_id = issue::key_id(&public)?;
        Ok(Holder { key, public, key_id, between: issuer.between_and_self(), certificate })
    }

    /// The certificate of a new key, signed by that key.
    pub(super) fn self_signed(&self, leaf: &Leaf, rng: &mut Stream) -> Result<Holder> {
        let key = PrivateKey::generate_alone(KeyKind::P256, rng)?;
        let subject = self.subject(&leaf.common_name)?;
        let public = key.public_key();
        let key_id = issue::key_id(&public)?;
        let signatory = Signatory { subject: &subject, key: &key, public: &public, key_id: &key_id };
        let certificate = issue::certificate(&request(leaf, &subject, &public), &signatory, rng)?;
        Ok(Holder { key, public, key_id, between: Vec::new(), certificate })
    }

    /// An authority below `issuer`.
    pub(super) fn authority(
        &self,
        kind: KeyKind,
        path_length: Option<u8>,
        constraints: Option<Constraints>,
        issuer: &Holder,
        rng: &mut Stream,
    ) -> Result<Holder> {
        let key = PrivateKey::generate_alone(kind, rng)?;
        let (public, key_id, subject) =
            named_after_key(&key, &unit(self.case.name), "broken intermediate CA", self.origin)?;
        let authority = Some(AuthorityPart { path_length, constraints });
        let request =
            Request { subject: &subject, key: &public, names: &[], purposes: &[], validity: self.validity, authority };
        let certificate = issue::certificate(&request, &issuer.signatory(), rng)?;
        Ok(Holder { key, public, key_id, between: issuer.between_and_self(), certificate })
    }
}

fn request<'a>(leaf: &'a Leaf, subject: &'a Subject, key: &'a PublicKey) -> Request<'a> {
    let Leaf { names, purposes, validity, .. } = leaf;
    Request { subject, key, names, purposes, validity: *validity, authority: None }
}

/// The organizational unit of every subject of a case.
fn unit(case: &str) -> String {
    format!("certwright test, broken: {case}")
}
