//! From octets to files: read back and compared, then published, then told.

mod kind;

use std::path::{Path, PathBuf};

use certwright::error::printable;
use certwright::inspect::{self, Object};
use certwright::keystore::Entry;
use certwright::output::{Fingerprint, OutputSet, Published, Rules, Unfinished, Visibility};
use certwright::verify::{self, Criteria, Evidence, Exhibit, Outcome};
use certwright::{
    Certificate, Error, ErrorKind, Iterations, Keystore, Password, PrivateKey, PublicKey, Result, SecretBytes, time,
};
use serde_json::{Value, json};

use crate::interrupt;
use crate::json;
use crate::password::NewPassword;
use crate::session::Session;
use crate::table::{self, hex};
use crate::terminal::is_broken_pipe;
pub(crate) use kind::Kind;

struct Product {
    /// `-` is standard output.
    path: PathBuf,
    kind: Kind,
    /// What it is, in words.
    words: String,
    bytes: SecretBytes,
    /// It was read back and compared where it was made.
    is_checked: bool,
}

/// What a key or certificate may have brought along, and tells nothing of how it was written.
const QUALITIES: [&str; 4] = ["extensions", "key-size", "signature-hash", "validity"];

/// Everything one command makes.
pub(crate) struct Delivery {
    command: &'static str,
    rules: Rules,
    products: Vec<Product>,
    /// The key that every product has to fit.
    key: Option<PublicKey>,
    certificate: Option<Certificate>,
}

impl Delivery {
    /// Checks where the files are to go before any work is done, and that no killed run left something unfinished there.
    pub(crate) fn plan(command: &'static str, rules: Rules, paths: &[&Path], session: &mut Session) -> Result<Self> {
        let is_kept = |path: &&Path| !is_null_device(path);
        let paths: Vec<&Path> = paths.iter().copied().filter(is_kept).collect();
        let files: Vec<&Path> = paths.iter().copied().filter(|path| !is_stdout(path)).collect();
        let usage = |fact: &str, hint: &str| Err(Error::new(ErrorKind::Usage, fact).with_hint(hint));
        if paths.len() - files.len() > 1 {
            return usage("only one file can go to standard output", "give the other a name");
        }
        if session.json && files.len() < paths.len() {
            return usage("--json and --out - both write to standard output", "leave one of them out");
        }
        rules.check(&files)?;
        Ok(Self { command, rules, products: Vec::new(), key: None, certificate: None })
    }

    pub(crate) fn add(&mut self, path: &Path, kind: Kind, words: impl Into<String>, bytes: SecretBytes) {
        self.products.push(Product { path: path.to_owned(), kind, words: words.into(), bytes, is_checked: false });
    }

    /// Adds what was read back and compared where it was made, as the parts of a hierarchy are: they have keys of their own.
    pub(crate) fn add_checked(&mut self, path: &Path, kind: Kind, words: impl Into<String>, bytes: SecretBytes) {
        self.products.push(Product { path: path.to_owned(), kind, words: words.into(), bytes, is_checked: true });
    }

    pub(crate) fn add_password(&mut self, path: &Path, password: &Password, opens: &Path) {
        let mut line = Vec::with_capacity(password.as_bytes().len() + 1);
        line.extend_from_slice(password.as_bytes());
        line.push(b'\n');
        let words = format!("the password of {}", printable(opens));
        self.add(path, Kind::Password, words, SecretBytes::new(line));
    }

    /// Puts `key` under a new password; with it, the password if it was generated.
    pub(crate) fn add_locked_key(
        &mut self,
        path: &Path,
        key: &PrivateKey,
        new: &NewPassword,
        iterations: Iterations,
        session: &mut Session,
    ) -> Result<()> {
        let mut rng = session.rng();
        let locked = session.busy("encrypting the key", || key.encrypt(&new.password, iterations, &mut rng))?;
        let iterations = locked.protection()?.iterations;
        let words = format!("{} key under the password ({iterations} iterations)", key.algorithm());
        self.add(path, Kind::EncryptedPrivateKey, words, locked.to_pem()?);
        if let Some(file) = &new.file {
            self.add_password(file, &new.password, path);
        }
        Ok(())
    }

    /// A generated password, and what the keystore it guards tells of itself.
    pub(crate) fn describe_keystore(&mut self, path: &Path, keystore: &Keystore, new: &NewPassword) {
        if let Some(file) = &new.file {
            self.add_password(file, &new.password, path);
        }
        if let [Entry::Identity(identity)] = keystore.entries.as_slice() {
            self.key = Some(identity.key().public_key());
            self.certificate = identity.chain().first().cloned();
        }
    }

    pub(crate) fn set_key(&mut self, key: PublicKey) {
        self.key = Some(key);
    }

    pub(crate) fn set_certificate(&mut self, certificate: Certificate) {
        self.certificate = Some(certificate);
    }

    /// Reads every product back, publishes all or none, and tells what was written.
    pub(crate) fn complete(self, session: &mut Session) -> Result<()> {
        self.publish(session)?.tell(session)
    }

    /// Reads every product back, and publishes all or none.
    pub(crate) fn publish(self, session: &mut Session) -> Result<Receipt> {
        self.read_back(session)?;
        let Self { command, rules, mut products, key, certificate, .. } = self;
        for discarded in products.extract_if(.., |product| is_null_device(&product.path)) {
            session.terminal.note(&format!("note: {} keeps nothing of what was made", printable(&discarded.path)));
        }
        let files = products.iter().map(|product| Written {
            path: product.path.clone(),
            kind: product.kind,
            words: product.words.clone(),
            hash: Fingerprint::of(product.bytes.as_bytes()),
        });
        let files: Vec<_> = files.collect();
        let mut set = OutputSet::new(session.inputs.guard(rules));
        let mut stdout = None;
        for product in products {
            if is_stdout(&product.path) {
                stdout = Some(product.bytes);
            } else {
                set.add(product.path, product.bytes, product.kind.visibility());
            }
        }
        let is_alone = set.outputs().is_empty();
        let terminal = &mut session.terminal;
        let published = interrupt::shielded(|| {
            set.publish(session.now, || {
                interrupt::check()?;
                match stdout.as_ref().map(|bytes| terminal.write(bytes.as_bytes())) {
                    // Whoever reads nothing wants nothing; but files that belong to it are not left without it.
                    Some(Err(error)) if is_alone && is_broken_pipe(&error) => Ok(()),
                    Some(other) => other,
                    None => Ok(()),
                }
            })
        })?;
        let in_files = files.iter().filter(|file| !is_stdout(&file.path));
        in_files.for_each(|file| session.inputs.replace(&file.path, file.hash));
        warn(&published, session);
        let backups = published.backups;
        Ok(Receipt { command, files, backups, key, certificate, has_used_stdout: stdout.is_some() })
    }

    /// What is about to be published must be what it is called, and belong together.
    fn read_back(&self, session: &Session) -> Result<()> {
        let broken = |product: &Product, what: String| {
            Error::new(ErrorKind::Malformed, format!("what was made does not read back: {what}"))
                .with_path(&product.path)
                .with_hint("nothing was written; this is a fault of the program or of the machine: please report it")
        };
        let mut exhibits = Vec::new();
        for product in self.products.iter().filter(|product| product.kind != Kind::Password && !product.is_checked) {
            // A chain is several certificates in one file.
            let mut items = inspect::inspect(product.bytes.as_bytes())?;
            if product.kind == Kind::Certificate {
                items.truncate(1);
            }
            let object = items.pop().filter(|_| items.is_empty()).map(|item| item.object);
            let evidence = match object.transpose()? {
                Some(object) if object.kind() != product.kind.as_str() => {
                    return Err(broken(product, format!("it is {}", object.kind())));
                }
                Some(Object::PrivateKey(key)) => Evidence::PrivateKey(key.public_key()),
                Some(Object::PublicKey(key)) => Evidence::PublicKey(key),
                Some(Object::CertRequest(request)) => Evidence::CertRequest(request),
                Some(Object::Certificate(certificate)) => Evidence::Certificate(certificate),
                // Opened and compared when it was made; another derivation would cost as much again.
                Some(_) => continue,
                None => return Err(broken(product, "it is not one object".to_owned())),
            };
            exhibits.push((product, Exhibit::new(printable(&product.path), evidence)));
        }
        let Some(&(first, _)) = exhibits.first() else { return Ok(()) };
        let mut all: Vec<Exhibit> = exhibits.into_iter().map(|(_, exhibit)| exhibit).collect();
        if let Some(key) = &self.key {
            all.push(Exhibit::new("the key", Evidence::PublicKey(key.clone())));
        }
        let report = verify::verify(&all, &Criteria::at(session.now));
        match report.checks.iter().find(|check| check.outcome == Outcome::Fails && !QUALITIES.contains(&check.name)) {
            Some(check) => Err(broken(first, check.detail.clone())),
            None => Ok(()),
        }
    }
}

/// A file that was written.
struct Written {
    path: PathBuf,
    kind: Kind,
    words: String,
    /// SHA-256 of its content.
    hash: Fingerprint,
}

/// What was written, to be told.
pub(crate) struct Receipt {
    command: &'static str,
    files: Vec<Written>,
    backups: Vec<PathBuf>,
    key: Option<PublicKey>,
    certificate: Option<Certificate>,
    has_used_stdout: bool,
}

/// So many files are told one by one; of more, so many and the number of the rest.
const MOST_LINES: usize = 60;
const FIRST_LINES: usize = 10;

impl Receipt {
    /// Adds the files of another group of the same command.
    pub(crate) fn join(&mut self, other: Self) {
        self.files.extend(other.files);
        self.backups.extend(other.backups);
        self.has_used_stdout |= other.has_used_stdout;
    }

    /// Says that standard output is for something else.
    pub(crate) fn tell_beside(mut self, session: &mut Session) -> Result<()> {
        self.has_used_stdout = true;
        self.tell(session)
    }

    pub(crate) fn to_json(&self) -> Result<Value> {
        let files = self.files.iter().map(|file| {
            let mut told = json!({ "path": file.path.to_string_lossy(), "kind": file.kind.as_str() });
            if file.kind != Kind::Password {
                told["sha256"] = json!(hex(file.hash.as_bytes()));
            }
            told["secret"] = json!(file.kind.visibility() == Visibility::Secret);
            told
        });
        let mut told = json!({ "command": self.command, "files": files.collect::<Vec<_>>() });
        if let Some(key) = &self.key {
            told["key"] = key_json(key)?;
        }
        if let Some(certificate) = &self.certificate {
            told["certificate"] = certificate_json(certificate);
        }
        if !self.backups.is_empty() {
            told["backups"] = self.backups.iter().map(|path| json!(path.to_string_lossy())).collect();
        }
        Ok(told)
    }

    /// Tells every file.
    pub(crate) fn tell(&self, session: &mut Session) -> Result<()> {
        if session.json {
            return session.terminal.say(&json::text(&self.to_json()?)).map_err(although_written);
        }
        let files: Vec<_> = self.files.iter().filter(|file| !is_stdout(&file.path)).collect();
        let shown = if files.len() > MOST_LINES { &files[..FIRST_LINES] } else { &files[..] };
        let width = shown.iter().map(|file| printable(&file.path).chars().count()).max().unwrap_or_default();
        let label = |file: &Written| format!("wrote {}", printable(&file.path));
        let rows = shown.iter().map(|file| table::row(0, width + 7, &label(file), &file.words));
        let rest = files.len() - shown.len();
        let rest = (rest > 0).then(|| format!("wrote {rest} more files of the same kinds"));
        for row in rows.chain(rest) {
            match self.has_used_stdout {
                true => session.terminal.note_lines(row.trim_end()),
                false => session.terminal.say(row.trim_end()).map_err(although_written)?,
            }
        }
        Ok(())
    }
}

fn is_stdout(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// What takes everything and keeps nothing: a command that writes there is run for its exit status.
fn is_null_device(path: &Path) -> bool {
    match cfg!(windows) {
        true => path.as_os_str().eq_ignore_ascii_case("NUL"),
        false => path == Path::new("/dev/null"),
    }
}

fn although_written(error: Error) -> Error {
    error.with_hint("the files are written all the same")
}

fn warn(published: &Published, session: &mut Session) {
    for backup in &published.backups {
        session.terminal.note(&format!(
            "warning: what was replaced is kept in {}; private keys among it still work: delete them when they are not needed",
            printable(backup)
        ));
    }
    let unprotected: Vec<String> = published.unprotected.iter().map(printable).collect();
    if !unprotected.is_empty() {
        session.terminal.note(&format!(
            "warning: this file system has no access rights: whoever can read it can read {}",
            unprotected.join(", ")
        ));
    }
}

/// What a killed run left in a folder, for a command that only reads there.
pub(crate) fn note_unfinished(unfinished: &Unfinished, session: &mut Session) {
    session.terminal.note(&format!("note: {}; certwright recover shows what can be done", unfinished.to_error()));
}

/// `key` of the JSON of a command that writes.
fn key_json(key: &PublicKey) -> Result<Value> {
    let algorithm = key.algorithm();
    Ok(json!({
        "algorithm": algorithm.name(),
        "bits": algorithm.bits(),
        "spki_sha256": hex(&key.spki_sha256()?),
    }))
}

pub(crate) fn certificate_json(certificate: &Certificate) -> Value {
    json!({
        "subject": certificate.subject().to_string(),
        "issuer": certificate.issuer().to_string(),
        "serial": certificate.serial(),
        "not_before": time::rfc3339(certificate.validity().not_before()),
        "not_after": time::rfc3339(certificate.validity().not_after()),
        "sha256": hex(&certificate.sha256()),
    })
}
