//! Passwords for files that are changed together: each that is known is tried on each file, before any is asked for.

use std::path::Path;
use std::rc::Rc;

use certwright::{Error, ErrorKind, Password, Result};

use crate::cli::StorePasswordArgs;
use crate::password::{self, PasswordSource};
use crate::session::Session;

/// The passwords that are known so far.
pub(crate) struct Keyring(Vec<Rc<Password>>);

impl Keyring {
    pub(crate) fn read(args: &StorePasswordArgs, session: &mut Session) -> Result<Self> {
        let mut sources: Vec<&PasswordSource> = Vec::new();
        for source in args.sources().into_iter().flatten() {
            if *source != PasswordSource::Prompt && !sources.contains(&source) {
                sources.push(source);
            }
        }
        let read = sources.into_iter().map(|source| password::read(source, session).map(Rc::new));
        read.collect::<Result<_>>().map(Self)
    }

    /// Opens what is in the file `path`; gives the password that did.
    pub(crate) fn open<T>(
        &mut self,
        path: &Path,
        session: &mut Session,
        open: impl Fn(&Password) -> Result<T>,
    ) -> Result<(T, Rc<Password>)> {
        let mut wrong = None;
        for password in &self.0 {
            match open(password) {
                Ok(opened) => return Ok((opened, password.clone())),
                Err(error) if error.kind() == ErrorKind::Password => wrong = Some(error),
                Err(error) => return Err(error.with_path(path)),
            }
        }
        match wrong {
            Some(error) if !session.may_ask() => Err(Error::new(error.kind(), error.to_string())
                .with_hint(
                    "each password that is given is tried; --key-password-from and --store-password-from give more",
                )
                .with_path(path)),
            _ => {
                let (opened, password) = password::unlock(path, None, "--password-from", session, open)?;
                let password = Rc::new(password);
                self.0.push(password.clone());
                Ok((opened, password))
            }
        }
    }
}
