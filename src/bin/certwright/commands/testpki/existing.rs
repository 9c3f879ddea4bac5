//! What is there already, and whether it is what is asked for.

use std::path::Path;

use certwright::inspect::{self, FoundKey};
use certwright::subject::AttributeType;
use certwright::testpki::{
    Authority, AuthorityProfile, Crl, Lifetime, MARK, Origin, PlannedAuthority, PlannedLeaf, Revocation,
};
use certwright::time::Moment;
use certwright::{Certificate, Error, ErrorKind, PrivateKey, Result};
use std::time::SystemTime;

use crate::input::{self, Inputs};

/// The certificate in `path`; the first of several.
pub(super) fn certificate(path: &Path, inputs: &Inputs) -> Result<Certificate> {
    let bytes = input::read_file(path, inputs)?;
    let found = inspect::certificates(bytes.as_bytes()).map_err(|error| error.with_path(path))?;
    found.into_iter().next().ok_or_else(|| Error::new(ErrorKind::Usage, "holds no certificate").with_path(path))
}

fn key(path: &Path, inputs: &Inputs) -> Result<PrivateKey> {
    let bytes = input::read_file(path, inputs)?;
    match inspect::private_key(bytes.as_bytes()).map_err(|error| error.with_path(path))? {
        FoundKey::Open(key) => Ok(key),
        FoundKey::Locked(_) => {
            Err(Error::new(ErrorKind::Password, "is under a password, which a test authority has none of")
                .with_path(path)
                .with_hint("take the password off, or make a new authority"))
        }
    }
}

/// The authority whose files in `folder` are called `name`.
pub(super) fn read_authority(
    folder: &Path,
    name: &str,
    issuer: Option<&Authority>,
    inputs: &Inputs,
) -> Result<Authority> {
    let path = folder.join(format!("{name}.crt"));
    let own = certificate(&path, inputs).map_err(|error| {
        input::or_make(error, "give the folder of a test authority, as testpki makes it: ca.crt and ca.key")
    })?;
    let key = key(&folder.join(format!("{name}.key")), inputs)?;
    let chain = std::iter::once(own).chain(issuer.into_iter().flat_map(|issuer| issuer.chain().iter().cloned()));
    Authority::from_parts(key, chain.collect()).map_err(|error| error.with_path(path))
}

/// True if what is called `name` was made here, and may be made anew.
pub(super) fn is_ours(folder: &Path, name: &str, inputs: &Inputs) -> bool {
    let found = certificate(&folder.join(format!("{name}.crt")), inputs);
    found.is_ok_and(|found| found.subject().get(&AttributeType::OrganizationalUnit) == Some(MARK))
}

/// The authority in `folder`, if it is the one that is planned.
pub(super) fn fitting_authority(
    folder: &Path,
    planned: &PlannedAuthority,
    profile: &AuthorityProfile,
    issuer: Option<&Authority>,
    now: SystemTime,
    inputs: &Inputs,
) -> Option<Authority> {
    let found = read_authority(folder, &planned.name, issuer, inputs).ok()?;
    let own = found.certificate();
    let is_below = match issuer {
        Some(_) => !own.is_self_issued(),
        None => own.is_self_issued(),
    };
    let name = own.subject().get(&AttributeType::CommonName)?;
    let is_named = name.strip_prefix(&planned.common_name).is_some_and(|rest| rest.len() == 7 && rest.starts_with(' '));
    let constraints = own.extensions().into_iter().find(|extension| extension.name == "basicConstraints")?.value?;
    let asked =
        planned.path_length.map_or_else(|| "CA:TRUE".into(), |most| format!("CA:TRUE, pathLenConstraint {most}"));
    let is_held = planned.names.is_none() && planned.issuer.is_none() || found.is_held_to(profile);
    let fits = is_below
        && Origin::of(own.subject()) == profile.origin
        && is_named
        && is_held
        && constraints == asked
        && found.key().algorithm() == planned.key.algorithm()
        && (lasts(planned.lifetime, own, now) || ends_with(own, issuer, now) && planned.ends_with_issuer);
    fits.then_some(found)
}

/// The certificate of a leaf in `folder`, if all its files are there and are what is planned.
pub(super) fn fitting_leaf(
    folder: &Path,
    planned: &PlannedLeaf,
    issuer: &Authority,
    origin: Origin,
    now: SystemTime,
    inputs: &Inputs,
) -> Option<Certificate> {
    let path = |ending: &str| folder.join(format!("{}.{ending}", planned.name));
    let own = certificate(&path("crt"), inputs).ok()?;
    let purposes: Vec<&str> = planned.purposes.iter().map(|purpose| purpose.name()).collect();
    let has_stores = (!planned.p12 || path("p12").exists()) && (!planned.jks || path("jks").exists());
    let chain = input::read_file(&path("fullchain.crt"), inputs)
        .and_then(|bytes| inspect::certificates(bytes.as_bytes()))
        .ok()?;
    let fits = has_stores
        && Origin::of(own.subject()) == origin
        && own.subject().get(&AttributeType::CommonName) == Some(planned.common_name.as_str())
        && own.sans().ok()? == planned.names
        && own.extended_key_usage()? == purposes
        && chain.first()?.to_der() == own.to_der()
        && lasts(planned.lifetime, &own, now)
        && own.issuer() == issuer.certificate().subject()
        && issuer.certificate().public_key().is_ok_and(|key| own.verify_signature(&key).is_ok())
        && own.public_key().ok()?.algorithm() == planned.key.algorithm()
        && key(&path("key"), inputs).ok()?.public_key() == own.public_key().ok()?;
    fits.then_some(own)
}

/// True if the revocation list in `folder` says what is asked for.
pub(super) fn fits_crl(
    path: &Path,
    issuer: &Authority,
    revoked: &[Revocation],
    now: SystemTime,
    inputs: &Inputs,
) -> bool {
    let Ok(bytes) = input::read_file(path, inputs) else { return false };
    let Ok(crl) = Crl::from_pem(bytes.as_bytes()) else { return false };
    crl.verify(issuer.certificate()).is_ok()
        && crl.revocations() == revoked
        && crl.validity().is_some_and(|validity| validity.contains(now))
}

fn ends_with(own: &Certificate, issuer: Option<&Authority>, now: SystemTime) -> bool {
    let end = own.validity().not_after();
    issuer.is_some_and(|issuer| issuer.certificate().validity().not_after() == end) && now <= end
}

/// What has expired is made anew, unless that very instant was asked for.
fn lasts(lifetime: Lifetime, own: &Certificate, now: SystemTime) -> bool {
    let is_meant = matches!(lifetime.not_after, Some(Moment::At(_) | Moment::Before(_)));
    lifetime.fits(own.validity(), now) && (is_meant || now <= own.validity().not_after())
}
