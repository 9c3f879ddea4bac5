//! The variables that make other programs trust an authority, beside the public ones.
//!
//! Node.js adds a file to its own authorities. For curl, OpenSSL (and so Python), requests and Go a variable replaces the
//! store, for Java a property does: they get a bundle of the public authorities and the test ones.

use std::fs;
use std::path::{Path, PathBuf};

use certwright::error::printable;
use certwright::inspect::{self, Object};
use certwright::keystore::Entry;
use certwright::testpki::Stream;
use certwright::{Certificate, Keystore, Password, Result, SecretBytes, certificate};
use serde_json::{Value, json};

use crate::cli::Shell;
use crate::delivery::{Delivery, Kind, Receipt};
use crate::input;
use crate::quoted::path_as_text;
use crate::session::Session;

/// What Java's own store has; it guards nothing here.
const TRUSTSTORE_PASSWORD: &[u8] = b"changeit";

/// Where systems keep the public authorities as one PEM file: Debian, Fedora, SUSE, Alpine and macOS.
const BUNDLES: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];
/// Windows has no such file; Git brings one.
const BUNDLE_OF_GIT: &str = r"Git\mingw64\etc\ssl\certs\ca-bundle.crt";

/// The variables with their values.
pub(super) struct Trust {
    variables: Vec<(&'static str, String)>,
    /// What had to be written for them.
    pub(super) receipt: Option<Receipt>,
}

/// Writes the bundle and the truststore if they are not there, and names the variables that lead to them.
pub(super) fn prepare(roots: &[Certificate], public: Option<&Path>, session: &mut Session) -> Result<Trust> {
    let [bundle, truststore, tests] =
        ["bundle.pem", "truststore.jks", "test-roots.pem"].map(|name| session.default_path(name));
    let absolute = |path: &Path| path_as_text(&std::path::absolute(path).unwrap_or_else(|_| path.to_owned()));
    let (bundle_text, truststore_text, tests_text) = (absolute(&bundle)?, absolute(&truststore)?, absolute(&tests)?);
    let is_fit = |path: &Path| {
        let found = input::read_file(path, &session.inputs).and_then(|bytes| inspect::certificates(bytes.as_bytes()));
        found.is_ok_and(|found| roots.iter().all(|root| found.iter().any(|one| one.to_der() == root.to_der())))
    };
    let mut receipt = None;
    if !(is_fit(&bundle) && is_fit(&tests) && truststore.exists()) {
        let paths = [bundle.as_path(), &truststore, &tests];
        let mut delivery = Delivery::plan("testpki", session.rules(), &paths, session)?;
        let (text, certificates) = public_roots(public, &bundle, session)?;
        let own = certificate::to_pem(roots);
        let mut all = text;
        if !all.is_empty() && !all.ends_with(b"\n") {
            all.push(b'\n');
        }
        all.extend_from_slice(own.as_bytes());
        let store = truststore_of(&certificates, roots, session)?;
        let words = format!("{} public authorities and the test authority, as PEM", certificates.len());
        delivery.add_checked(&bundle, Kind::Certificate, words, SecretBytes::new(all));
        delivery.add_checked(&truststore, Kind::Truststore, "the same for Java; password changeit", store);
        delivery.add_checked(&tests, Kind::Certificate, "the test authority alone", own);
        receipt = Some(delivery.publish(session)?);
    }
    let mut variables: Vec<(&'static str, String)> =
        ["SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE"].map(|name| (name, bundle_text.clone())).into();
    variables.push(("NODE_EXTRA_CA_CERTS", tests_text));
    variables.push(("JAVA_TOOL_OPTIONS", java_options(&truststore_text)));
    Ok(Trust { variables, receipt })
}

/// What the variable holds already stays, but for a truststore of an earlier run.
fn java_options(truststore: &str) -> String {
    const PROPERTIES: [&str; 3] =
        ["-Djavax.net.ssl.trustStore=", "-Djavax.net.ssl.trustStoreType=", "-Djavax.net.ssl.trustStorePassword="];
    let earlier = std::env::var("JAVA_TOOL_OPTIONS").unwrap_or_default();
    let mut options: Vec<String> = match earlier.contains(['"', '\'']) {
        true => Vec::new(),
        false => earlier.split_whitespace().map(str::to_owned).collect(),
    };
    let is_own = |option: &str| PROPERTIES.iter().any(|property| option.starts_with(property));
    options.retain(|option| !is_own(option) && printable(option) == *option);
    // Java splits at spaces outside quotation marks.
    let quoted = if truststore.contains(' ') { format!("\"{truststore}\"") } else { truststore.to_owned() };
    options.extend([
        format!("{}{quoted}", PROPERTIES[0]),
        format!("{}jks", PROPERTIES[1]),
        format!("{}changeit", PROPERTIES[2]),
    ]);
    options.join(" ")
}

/// The public authorities: the text of their bundle, and those of its certificates that can be read.
fn public_roots(given: Option<&Path>, own: &Path, session: &mut Session) -> Result<(Vec<u8>, Vec<Certificate>)> {
    let is_own = |path: &PathBuf| fs::canonicalize(path).ok() == fs::canonicalize(own).ok() && own.exists();
    let in_variable = std::env::var_os("SSL_CERT_FILE").map(PathBuf::from).filter(|path| !is_own(path));
    let of_git = std::env::var_os("ProgramFiles").map(|folder| Path::new(&folder).join(BUNDLE_OF_GIT));
    let known = BUNDLES.iter().map(PathBuf::from).chain(of_git);
    let path = match given {
        Some(path) => Some(path.to_owned()),
        None => in_variable.into_iter().chain(known).find(|path| path.is_file()),
    };
    let Some(path) = path else {
        session.terminal.note(
            "warning: no public authorities were found on this system; with these variables only the test authority is trusted \
             (--roots FILE names a PEM bundle)",
        );
        return Ok((Vec::new(), Vec::new()));
    };
    let bytes = input::read_file(&path, &session.inputs)?;
    let items = inspect::inspect(bytes.as_bytes()).map_err(|error| error.with_path(&path))?;
    let certificates: Vec<Certificate> = items
        .into_iter()
        .filter_map(|item| match item.object {
            Ok(Object::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    Ok((bytes.as_bytes().to_vec(), certificates))
}

fn truststore_of(public: &[Certificate], tests: &[Certificate], session: &Session) -> Result<SecretBytes> {
    let entry = |kind: &str, number: usize, certificate: &Certificate| Entry::Certificate {
        alias: format!("{kind}-{number}"),
        certificate: certificate.clone(),
    };
    let tests = tests.iter().enumerate().map(|(number, one)| entry("test", number, one));
    let public = public.iter().enumerate().map(|(number, one)| entry("public", number, one));
    let store = Keystore { entries: tests.chain(public).collect() };
    // Nothing secret is drawn for a store without a key.
    store.to_jks(&Password::new(TRUSTSTORE_PASSWORD.to_vec()), session.now, &mut Stream::new([0; 32]))
}

impl Trust {
    pub(super) fn add_to(&self, told: &mut Value) -> Result<()> {
        told["env"] = self.variables.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        Ok(())
    }

    pub(super) fn tell(&self, shell: Shell, session: &mut Session) -> Result<()> {
        for (name, value) in &self.variables {
            let line = match shell {
                Shell::Sh => format!("export {name}='{}'", value.replace('\'', r"'\''")),
                Shell::Powershell => format!("$env:{name} = '{}'", value.replace('\'', "''")),
                Shell::Github => format!("{name}={value}"),
            };
            match shell {
                // It knows no comments: what follows is part of the value.
                Shell::Github => session.terminal.write(format!("{line}\n").as_bytes())?,
                Shell::Sh | Shell::Powershell => session.terminal.say(&line)?,
            }
        }
        Ok(())
    }
}
