//! Keystores: several private keys with their chains, and trusted certificates, in one file under a password.
//!
//! ```
//! use certwright::keystore::Compatibility;
//! use certwright::{EncodedKeystore, Identity, Keystore, Password};
//! # use certwright::{CertRequest, Certificate, KeyKind, PrivateKey, Subject, Validity};
//! # let mut rng = certwright::testpki::Stream::new([1; 32]);
//! # let now = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_800_000_000);
//! # let key = PrivateKey::generate(KeyKind::P256, &mut rng)?;
//! # let request = CertRequest::new(&Subject::parse("CN=example")?, &[], &key)?;
//! # let certificate = Certificate::self_signed(&request, &key, Validity::days(365, now)?, &mut rng)?;
//!
//! // `key` is a private key, `certificate` its own: the identity checks that they belong together.
//! let password = Password::new(b"correct horse".to_vec());
//! let keystore = Keystore::of(Identity::new("servercert", key, vec![certificate])?);
//! let p12 = keystore.to_p12(&password, Compatibility::Modern, 100_000, &mut rng)?;
//!
//! let opened = EncodedKeystore::from_p12(p12.as_bytes())?.open(&password, None)?;
//! assert_eq!(opened.entries[0].alias(), "servercert");
//! # Ok::<(), certwright::Error>(())
//! ```

mod assembly;
mod encoded;
mod jks;
mod p12;
mod renew;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt;
use std::time::SystemTime;

use rand_core::TryCryptoRng;

use crate::certificate::{Certificate, IssuerIndex};
use crate::error::{Error, ErrorKind, Result};
use crate::key::PrivateKey;
use crate::secret::{Password, SecretBytes};

pub use encoded::EncodedKeystore;
pub(crate) use jks::{DIGEST as JKS_DIGEST, MAGIC as JKS_MAGIC, store_digest as jks_digest};
pub use p12::Compatibility;
pub use renew::VisibleCertificate;

/// A private key with the certificates that go with it.
#[derive(Debug)]
pub struct Identity {
    alias: String,
    key: PrivateKey,
    chain: Vec<Certificate>,
}

impl Identity {
    /// `key` under `alias` with its certificate and those of its issuers, given in any order.
    ///
    /// # Errors
    /// [`Mismatch`](ErrorKind::Mismatch) if none of the certificates is the key's, or if one belongs to no other,
    /// [`Policy`](ErrorKind::Policy) for a chain of more than 32.
    pub fn new(alias: impl Into<String>, key: PrivateKey, certificates: Vec<Certificate>) -> Result<Self> {
        let (chain, rest) = Self::order(&key, certificates)?;
        if chain.is_empty() {
            return Err(Error::new(ErrorKind::Mismatch, "the certificate does not belong to the private key")
                .with_hint("compare them with certwright verify, and give the pair that belongs together"));
        }
        // A cross-signed twin of an issuer is another way up, which is not needed.
        let name_and_key = |one: &Certificate| Some((one.subject().to_der().to_vec(), one.spki_der().ok()?));
        let in_chain: HashSet<_> = chain.iter().filter_map(name_and_key).collect();
        let is_twin = |one: &&Certificate| name_and_key(one).is_some_and(|one| in_chain.contains(&one));
        if let Some(stray) = rest.iter().find(|one| !is_twin(one)) {
            let fact = format!("the certificate of {} did not issue any of the others", stray.subject());
            return Err(Error::new(ErrorKind::Mismatch, fact).with_hint("leave it out, or give the missing link too"));
        }
        Ok(Self { alias: alias.into(), key, chain })
    }

    /// The chain of `key` out of `certificates`, its own first, and what is left of them.
    fn order(key: &PrivateKey, certificates: Vec<Certificate>) -> Result<(Vec<Certificate>, Vec<Certificate>)> {
        let public = key.public_key();
        let own = certificates.iter().position(|certificate| certificate.public_key().is_ok_and(|key| key == public));
        let Some(own) = own else { return Ok((Vec::new(), certificates)) };
        let issuers = IssuerIndex::of(&certificates);
        let places = assembly::chain(own, |at| issuers.issuer_of(&certificates[at]), &certificates)?;
        let chain: Vec<Certificate> = places.iter().map(|&at| certificates[at].clone()).collect();
        // The same certificate twice is no stray.
        let in_chain: HashSet<&[u8]> = chain.iter().map(Certificate::to_der).collect();
        let rest = certificates.into_iter().filter(|certificate| !in_chain.contains(certificate.to_der())).collect();
        drop(in_chain);
        Ok((chain, rest))
    }

    /// The name of the entry.
    pub fn alias(&self) -> &str {
        &self.alias
    }

    /// The private key.
    pub fn key(&self) -> &PrivateKey {
        &self.key
    }

    /// The key alone.
    pub fn into_key(self) -> PrivateKey {
        self.key
    }

    /// The certificates: the key's own first, then each one's issuer.
    pub fn chain(&self) -> &[Certificate] {
        &self.chain
    }
}

/// One entry of a keystore.
#[derive(Debug)]
#[non_exhaustive]
pub enum Entry {
    /// A private key with its chain.
    Identity(Identity),
    /// A private key without a certificate of its own.
    LoneKey {
        /// The name of the entry.
        alias: String,
        /// The key.
        key: PrivateKey,
    },
    /// A certificate that belongs to no key of the store: one that is trusted, or one that was mixed up.
    Certificate {
        /// The name of the entry.
        alias: String,
        /// The certificate.
        certificate: Certificate,
    },
    /// An entry that is there but could not be read.
    Unreadable {
        /// The name of the entry.
        alias: String,
        /// Why.
        error: Error,
    },
}

impl Entry {
    /// The name of the entry.
    pub fn alias(&self) -> &str {
        match self {
            Self::Identity(identity) => identity.alias(),
            Self::LoneKey { alias, .. } | Self::Certificate { alias, .. } | Self::Unreadable { alias, .. } => alias,
        }
    }

    fn set_alias(&mut self, new: String) {
        match self {
            Self::Identity(identity) => identity.alias = new,
            Self::LoneKey { alias, .. } | Self::Certificate { alias, .. } | Self::Unreadable { alias, .. } => {
                *alias = new
            }
        }
    }
}

/// The formats of keystores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// PKCS#12 (RFC 7292).
    Pkcs12,
    /// Sun's JKS.
    Jks,
}

impl Format {
    /// The kind, as the command's JSON names it.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Pkcs12 => "pkcs12",
            Self::Jks => "jks",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pkcs12 => "PKCS#12",
            Self::Jks => "JKS",
        })
    }
}

/// The most entries that a hint names.
const MAX_NAMED: usize = 20;

/// A keystore that was opened, or is to be written.
#[derive(Debug, Default)]
pub struct Keystore {
    /// The entries, in the order of the file.
    pub entries: Vec<Entry>,
}

impl Keystore {
    /// A keystore of one identity.
    pub fn of(identity: Identity) -> Self {
        Self { entries: vec![Entry::Identity(identity)] }
    }

    /// Gives the entry called `old` (in any case of its letters) the name `new`.
    ///
    /// # Errors
    /// [`Usage`](ErrorKind::Usage) if there is none, or one of the new name already.
    pub fn rename(&mut self, old: &str, new: &str) -> Result<()> {
        self.rename_each([(old, new)])
    }

    /// Renames several entries, one after the other, as [`Self::rename`] does.
    ///
    /// # Errors
    /// As [`Self::rename`].
    pub fn rename_each<'a>(&mut self, names: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<()> {
        // Of several entries of one name the first.
        let mut places: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
        for (at, entry) in self.entries.iter().enumerate() {
            places.entry(entry.alias().to_lowercase()).or_default().insert(at);
        }
        for (old, new) in names {
            let usage = |fact: String| Error::new(ErrorKind::Usage, fact).with_hint(self.hint());
            let (from, to) = (old.to_lowercase(), new.to_lowercase());
            let is_there = |name: &String| places.get(name).is_some_and(|places| !places.is_empty());
            if from != to && is_there(&to) {
                return Err(usage(format!("there is an entry \"{new}\" already")));
            }
            let found = places.get_mut(&from).and_then(BTreeSet::pop_first);
            let at = found.ok_or_else(|| usage(format!("there is no entry \"{old}\"")))?;
            places.entry(to).or_default().insert(at);
            self.entries[at].set_alias(new.to_owned());
        }
        Ok(())
    }

    /// Keeps the entry called `alias` alone.
    ///
    /// # Errors
    /// [`Usage`](ErrorKind::Usage) if there is none.
    pub fn keep_only(&mut self, alias: &str) -> Result<()> {
        let at = self.find(alias).ok_or_else(|| {
            Error::new(ErrorKind::Usage, format!("there is no entry \"{alias}\"")).with_hint(self.hint())
        })?;
        self.entries = vec![self.entries.swap_remove(at)];
        Ok(())
    }

    fn find(&self, alias: &str) -> Option<usize> {
        let alias = alias.to_lowercase();
        self.entries.iter().position(|entry| entry.alias().to_lowercase() == alias)
    }

    fn hint(&self) -> String {
        let mut aliases: Vec<&str> = self.entries.iter().map(Entry::alias).collect();
        aliases.dedup();
        let all = aliases.len();
        aliases.truncate(MAX_NAMED);
        let quoted: Vec<String> = aliases.iter().map(|alias| format!("\"{alias}\"")).collect();
        match all - quoted.len() {
            0 => format!("the entries are {}", quoted.join(", ")),
            more => format!("the entries are {} and {more} more", quoted.join(", ")),
        }
    }

    /// The one private key with its chain.
    ///
    /// # Errors
    /// [`Usage`](ErrorKind::Usage) if there is none or more than one; the entry's own if it could not be read.
    pub fn into_identity(self) -> Result<Identity> {
        let hint = self.hint();
        let mut identities = Vec::new();
        for entry in self.entries {
            match entry {
                Entry::Identity(identity) => identities.push(identity),
                Entry::LoneKey { alias, .. } => {
                    return Err(Error::new(
                        ErrorKind::Mismatch,
                        format!("the key \"{alias}\" has no certificate of its own"),
                    ));
                }
                Entry::Unreadable { error, .. } => return Err(error),
                Entry::Certificate { .. } => {}
            }
        }
        match (identities.pop(), identities.is_empty()) {
            (Some(identity), true) => Ok(identity),
            (Some(_), false) => Err(Error::new(ErrorKind::Usage, "holds several private keys")
                .with_hint(format!("say which one with --only; {hint}"))),
            (None, _) => Err(Error::new(ErrorKind::Usage, "holds no private key").with_hint("give another keystore")),
        }
    }

    /// The keystore as PKCS#12 under `password`.
    ///
    /// # Errors
    /// [`Password`](ErrorKind::Password) for a password that is no text, and the error of an entry that could not be read.
    pub fn to_p12(
        &self,
        password: &Password,
        compatibility: Compatibility,
        iterations: u32,
        rng: &mut impl TryCryptoRng,
    ) -> Result<SecretBytes> {
        self.check_entries()?;
        let bytes = p12::write(self, password, compatibility, iterations, rng)?;
        self.check_read_back(&p12::open(bytes.as_bytes(), password, password)?)?;
        Ok(bytes)
    }

    /// The keystore as JKS under `password`, which guards the keys too; aliases become lower case, as Java looks them up.
    /// `now` is the creation time of the entries.
    ///
    /// # Errors
    /// As [`Self::to_p12`], and [`Unsupported`](ErrorKind::Unsupported) for a key without a certificate, which JKS cannot
    /// hold.
    pub fn to_jks(&self, password: &Password, now: SystemTime, rng: &mut impl TryCryptoRng) -> Result<SecretBytes> {
        self.check_entries()?;
        let bytes = jks::write(self, password, now, rng)?;
        self.check_read_back(&jks::open(bytes.as_bytes(), password, password)?)?;
        Ok(bytes)
    }

    /// What can be written: every entry was read, has a name of its own, and is what it seems.
    fn check_entries(&self) -> Result<()> {
        if self.entries.is_empty() {
            return Err(Error::new(ErrorKind::Usage, "there is no entry to be written")
                .with_hint("give a keystore with a private key or a certificate"));
        }
        let mut known: HashMap<String, &Entry> = HashMap::new();
        for entry in &self.entries {
            let alias = entry.alias();
            if alias.trim().is_empty() {
                return Err(Error::new(ErrorKind::Usage, "an entry has no name").with_hint("give it one with --alias"));
            }
            if let Entry::Unreadable { error, .. } = entry {
                return Err(Error::new(error.kind(), format!("the entry \"{alias}\" could not be read: {error}"))
                    .with_hint(error.hint().unwrap_or("take the others with --only").to_owned()));
            }
            // Java looks the lower case up, so two that differ in case alone are one.
            let Some(twin) = known.insert(alias.to_lowercase(), entry) else { continue };
            return Err(match (twin, entry) {
                (Entry::LoneKey { .. }, Entry::Certificate { .. })
                | (Entry::Certificate { .. }, Entry::LoneKey { .. }) => {
                    let fact = format!("the certificate of the entry \"{alias}\" does not belong to its private key");
                    Error::new(ErrorKind::Mismatch, fact)
                        .with_hint("make the keystore anew from the pair that belongs together")
                }
                _ => {
                    let fact = format!("two entries are called \"{}\", apart from capitals", alias.to_lowercase());
                    Error::new(ErrorKind::Usage, fact)
                        .with_hint("rename one with --alias OLD=NEW, or take one with --only")
                }
            });
        }
        Ok(())
    }

    /// What was written has to hold what was to be written.
    fn check_read_back(&self, read: &Self) -> Result<()> {
        let parts = |entry: &Entry| {
            let key = match entry {
                Entry::Identity(identity) => Some(identity.key.public_key()),
                Entry::LoneKey { key, .. } => Some(key.public_key()),
                _ => None,
            };
            let key = key.map(|key| key.to_spki_der()).transpose()?;
            let certificates: Vec<[u8; 32]> = match entry {
                Entry::Identity(identity) => identity.chain.iter().map(Certificate::sha256).collect(),
                Entry::Certificate { certificate, .. } => vec![certificate.sha256()],
                _ => Vec::new(),
            };
            Ok((entry.alias().to_lowercase(), key, certificates))
        };
        // Each entry once: a public key takes as long to work out as a signature.
        let found = read.entries.iter().map(parts).collect::<Result<HashSet<_>>>()?;
        let wanted = self.entries.iter().map(parts).collect::<Result<HashSet<_>>>()?;
        let same = self.entries.len() == read.entries.len() && wanted.is_subset(&found);
        if same {
            return Ok(());
        }
        // PKCS#12 holds no order of certificates: readers look for the issuer of each. JKS holds any, in any order.
        let chains: HashMap<_, _> = found.iter().map(|(alias, key, chain)| ((alias, key), chain)).collect();
        let has_other_chain = |(alias, key, chain): &&(String, Option<Vec<u8>>, Vec<[u8; 32]>)| {
            key.is_some() && chains.get(&(alias, key)).is_some_and(|found| *found != chain)
        };
        if let Some((alias, ..)) = wanted.iter().find(has_other_chain) {
            let fact = format!(
                "the chain of the entry \"{alias}\" cannot be kept in PKCS#12: not every certificate of it was issued by the next"
            );
            return Err(Error::mismatch(fact)
                .with_hint("make a new keystore from the key, its certificate and the certificates of its issuers"));
        }
        Err(Error::malformed("the keystore that was made does not read back")
            .with_hint("this is a fault of the program or of the machine: please report it"))
    }
}
