//! `p12`, `jks` and `export`, and the passwords of what may be a keystore.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::password::PasswordSource;

#[derive(Args, Debug)]
pub(crate) struct StorePasswordArgs {
    /// Where the password of key and keystore comes from: prompt, env:NAME, file:PATH, stdin, fd:N or, for something
    /// new, generate[:PATH]
    #[arg(long, value_name = "SRC")]
    pub(crate) password_from: Option<PasswordSource>,
    /// Where the password of the key comes from, if it is another
    #[arg(long, value_name = "SRC")]
    pub(crate) key_password_from: Option<PasswordSource>,
    /// Where the password of the keystore comes from, if it is another
    #[arg(long, value_name = "SRC")]
    pub(crate) store_password_from: Option<PasswordSource>,
}

impl StorePasswordArgs {
    pub(crate) fn sources(&self) -> [Option<&PasswordSource>; 3] {
        [&self.password_from, &self.key_password_from, &self.store_password_from].map(Option::as_ref)
    }
}

/// What a keystore is made from: another one, or PEM files.
#[derive(Args, Debug)]
pub(crate) struct StoreInputArgs {
    /// A PKCS#12 or JKS keystore to start from
    #[arg(long = "in", visible_alias = "p12", value_name = "FILE", conflicts_with_all = ["key", "cert", "chain"])]
    pub(crate) input: Option<PathBuf>,
    /// The private key, with or without password [default: server.key]
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
    /// Its certificate [default: server.crt]
    #[arg(long, value_name = "FILE")]
    pub(crate) cert: Option<PathBuf>,
    /// The certificates of its issuers, in any order
    #[arg(long, value_name = "FILE")]
    pub(crate) chain: Option<PathBuf>,
    /// The name of the entry; of one in a keystore to start from, OLD=NEW [default: servercert]
    #[arg(long, value_name = "NAME")]
    pub(crate) alias: Vec<String>,
    /// Of a keystore to start from, take this entry alone
    #[arg(long, value_name = "NAME", requires = "input")]
    pub(crate) only: Option<String>,
    /// Change the keystore itself; what it was before is kept in a folder backup-<UTC time> beside it
    #[arg(long, requires = "input", conflicts_with_all = ["out", "key", "cert", "chain"])]
    pub(crate) in_place: bool,
    #[command(flatten)]
    pub(crate) passwords: StorePasswordArgs,
}

/// Who has to be able to read a PKCS#12 file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Compat {
    /// AES-256 and SHA-256
    #[default]
    Modern,
    /// Java before 8u301: 3DES and SHA-1
    Java8,
    /// Windows Server 2012 R2 and 2016: 3DES and SHA-1
    Windows2016,
}

#[derive(Args, Debug)]
pub(crate) struct P12Args {
    #[command(flatten)]
    pub(crate) source: StoreInputArgs,
    /// The file to write [default: keystore.p12]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Who has to be able to read it
    #[arg(long, value_enum, default_value_t = Compat::Modern)]
    pub(crate) compat: Compat,
    /// How often the password is hashed, for each of the parts
    #[arg(long, value_name = "N", default_value = "100000")]
    pub(crate) iterations: String,
}

#[derive(Args, Debug)]
pub(crate) struct JksArgs {
    #[command(flatten)]
    pub(crate) source: StoreInputArgs,
    /// The file to write [default: servercert.jks]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct ExportArgs {
    /// The PKCS#12 or JKS keystore [default: keystore.p12]
    #[arg(long = "in", value_name = "FILE")]
    pub(crate) input: Option<PathBuf>,
    /// The entry to take, if there are several
    #[arg(long, value_name = "NAME")]
    pub(crate) only: Option<String>,
    /// The file for the private key [default: server.key]
    #[arg(long, value_name = "FILE")]
    pub(crate) key_out: Option<PathBuf>,
    /// The file for its certificate [default: server.crt]
    #[arg(long, value_name = "FILE")]
    pub(crate) cert_out: Option<PathBuf>,
    /// The file for the certificates of its issuers, if there are any [default: chain.pem]
    #[arg(long, value_name = "FILE")]
    pub(crate) chain_out: Option<PathBuf>,
    /// One file for its certificate and those of its issuers, instead of two
    #[arg(long, value_name = "FILE", conflicts_with_all = ["cert_out", "chain_out", "no_chain"])]
    pub(crate) fullchain_out: Option<PathBuf>,
    /// Leave the private key where it is
    #[arg(long, conflicts_with_all = ["key_out", "new_password_from"])]
    pub(crate) no_key: bool,
    /// Take the private key alone
    #[arg(long, conflicts_with_all = ["no_key", "cert_out", "chain_out", "fullchain_out"])]
    pub(crate) no_cert: bool,
    /// Leave the certificates of its issuers where they are
    #[arg(long, conflicts_with = "chain_out")]
    pub(crate) no_chain: bool,
    /// Put the private key under this password
    #[arg(long, value_name = "SRC")]
    pub(crate) new_password_from: Option<PasswordSource>,
    /// Where the password of the keystore comes from
    #[arg(long, value_name = "SRC")]
    pub(crate) password_from: Option<PasswordSource>,
    /// Where the password of the key comes from, if it is another (JKS)
    #[arg(long, value_name = "SRC")]
    pub(crate) key_password_from: Option<PasswordSource>,
    /// Instead of all that, write this file as one line of Base64 to standard output: for a secret of a pipeline
    #[arg(long, value_name = "FILE", conflicts_with_all = ["input", "only", "key_out", "cert_out", "chain_out",
        "fullchain_out", "no_key", "no_cert", "no_chain", "new_password_from", "password_from", "key_password_from"])]
    pub(crate) base64_line: Option<PathBuf>,
}
