//! The command line: one struct per verb, shared groups flattened in.

mod field;
mod help;
mod jwt;
mod keystore;
mod mistake;
mod recovery;
mod renewal;
mod salesforce;
mod subject;
mod testpki;

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use field::field;
pub(crate) use jwt::{JwtCheckArgs, JwtCommand, JwtSignArgs, SignerArgs};
pub(crate) use keystore::{Compat, ExportArgs, JksArgs, P12Args, StoreInputArgs, StorePasswordArgs};
pub(crate) use recovery::RecoverArgs;
pub(crate) use renewal::{RenewArgs, StatusArgs};
pub(crate) use salesforce::{
    Edition, FlowName, HandoffFormat, SalesforceCheckArgs, SalesforceCommand, SalesforceExplainArgs,
    SalesforceHandoffArgs, SalesforceLoginArgs,
};
pub(crate) use subject::{SubjectArgs, ask_attribute};
pub(crate) use testpki::{Shell, TestpkiArgs};

use crate::password::PasswordSource;
use crate::status::ExitStatus;

const MORE: &str = "certwright --help has examples, and so has certwright COMMAND --help.";

/// Keys, signing requests and certificates without OpenSSL or Java
#[derive(Debug, Parser)]
// Windows would have the usage say certwright.exe.
#[command(name = "certwright", bin_name = "certwright", version, after_help = MORE, after_long_help = help::TOP, max_term_width = 80, propagate_version = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Common options")]
pub(crate) struct Global {
    /// Give the result (or the error) as one JSON object
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Never ask; without a terminal this is so anyway
    #[arg(long, global = true)]
    pub(crate) no_input: bool,
    /// The folder where default file names live [default: here]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// Replace files that exist; they are kept in backup-<UTC time>
    #[arg(long, global = true)]
    pub(crate) force: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make every file of the setup guide: key, request, certificate
    #[command(after_long_help = help::INIT)]
    Init(InitArgs),
    /// Make a private key under a password (server.pass.key)
    #[command(after_long_help = help::GENKEY)]
    Genkey(GenkeyArgs),
    /// Take the password off a key, or change its format (server.key)
    #[command(after_long_help = help::DECRYPT)]
    Decrypt(DecryptArgs),
    /// Put a key under a new password
    #[command(after_long_help = help::ENCRYPT)]
    Encrypt(EncryptArgs),
    /// Make a certificate signing request (server.csr)
    #[command(after_long_help = help::CSR)]
    Csr(CsrArgs),
    /// Make the self-signed certificate for a request (server.crt)
    #[command(after_long_help = help::SELFSIGN)]
    Selfsign(SelfsignArgs),
    /// Make or change a PKCS#12 keystore (keystore.p12)
    #[command(after_long_help = help::P12)]
    P12(P12Args),
    /// Make or change a Java keystore (servercert.jks)
    #[command(after_long_help = help::JKS)]
    Jks(JksArgs),
    /// Take key, certificate and chain out of a keystore, as PEM
    #[command(after_long_help = help::EXPORT)]
    Export(ExportArgs),
    /// Check that keys, requests and certificates belong together
    #[command(after_long_help = help::VERIFY)]
    Verify(VerifyArgs),
    /// Show what is in a file, in plain words
    #[command(after_long_help = help::SHOW)]
    Show(ShowArgs),
    /// Tell which certificates end soon, and which are stale
    #[command(after_long_help = help::STATUS)]
    Status(StatusArgs),
    /// Make a new certificate in every file that holds the old one
    #[command(after_long_help = help::RENEW)]
    Renew(RenewArgs),
    /// Finish, undo or discard what a killed run left in a folder
    #[command(after_long_help = help::RECOVER)]
    Recover(RecoverArgs),
    /// Sign and check assertions for the JWT bearer flow
    #[command(subcommand, after_long_help = help::JWT)]
    Jwt(JwtCommand),
    /// Check a login, log in, explain refusals, hand over the values
    #[command(subcommand, after_long_help = help::SALESFORCE)]
    Salesforce(SalesforceCommand),
    /// Make throwaway authorities and certificates for tests
    #[command(after_long_help = help::TESTPKI)]
    Testpki(TestpkiArgs),
    /// Run a line of the guide's that begins with openssl, word for word
    ///
    /// Understood are the guide's genpkey, genrsa, rsa, req -new, x509 -req and pkcs12 -export, and what people look at
    /// the files with: x509, rsa, req and pkcs12 with -noout and the fields they want. The native command that does the
    /// same is told on standard error. Common options stand before the word openssl.
    #[command(after_long_help = help::OPENSSL)]
    Openssl(VerbatimArgs),
    /// Run a line of the guide's that begins with keytool, word for word
    ///
    /// Understood are -importkeystore, -changealias and -list. The native command that does the same is told on standard
    /// error. Common options stand before the word keytool.
    #[command(after_long_help = help::KEYTOOL)]
    Keytool(VerbatimArgs),
    /// Print what completes commands and options in a shell
    #[command(after_long_help = help::COMPLETIONS)]
    Completions(CompletionsArgs),
    /// Write the manual pages into a folder
    #[cfg(feature = "man")]
    #[command(hide = true)]
    Man(ManArgs),
}

/// A line that was written for another program.
#[derive(Args)]
pub(crate) struct VerbatimArgs {
    /// The rest of the line, as it stands in the guide
    #[arg(value_name = "WORD", trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) words: Vec<OsString>,
}

/// A password may stand in it.
impl fmt::Debug for VerbatimArgs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerbatimArgs({} words)", self.words.len())
    }
}

#[derive(Args, Debug)]
pub(crate) struct CompletionsArgs {
    /// The shell that completes
    #[arg(value_name = "SHELL", value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

#[cfg(feature = "man")]
#[derive(Args, Debug)]
pub(crate) struct ManArgs {
    /// The folder; it is made if missing
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct PasswordArg {
    /// Where the password comes from: prompt, env:NAME, file:PATH, stdin, fd:N or generate[:PATH]
    #[arg(long, value_name = "SRC")]
    pub(crate) password_from: Option<PasswordSource>,
}

/// Whose rules are to be kept beside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Consumer {
    /// What Salesforce imports
    Salesforce,
}

#[derive(Args, Debug)]
pub(crate) struct KeyArgs {
    /// Length of the RSA key: 2048, 3072 or 4096
    #[arg(long, value_name = "N", default_value = "2048")]
    pub(crate) bits: String,
    /// How often PBKDF2 hashes the password
    #[arg(long, value_name = "N", default_value = "600000")]
    pub(crate) iterations: String,
}

#[derive(Args, Debug)]
pub(crate) struct InitArgs {
    /// The folder to make the files in; it is made if missing
    #[arg(value_name = "DIR", conflicts_with = "dir")]
    pub(crate) folder: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) key: KeyArgs,
    /// How many days the certificate is valid
    #[arg(long, value_name = "N", default_value = "365", allow_hyphen_values = true)]
    pub(crate) days: String,
    #[command(flatten)]
    pub(crate) password: PasswordArg,
    /// Make a PKCS#12 keystore too (keystore.p12)
    #[arg(long)]
    pub(crate) p12: bool,
    /// Make a Java keystore too (servercert.jks)
    #[arg(long)]
    pub(crate) jks: bool,
    /// The name of the entry in the keystores [default: servercert]
    #[arg(long, value_name = "NAME")]
    pub(crate) alias: Option<String>,
    /// Where the password of the keystores comes from, if it is another than the key's
    #[arg(long, value_name = "SRC")]
    pub(crate) store_password_from: Option<PasswordSource>,
    // Last: its heading stands over all that follows.
    #[command(flatten)]
    pub(crate) subject: SubjectArgs,
}

#[derive(Args, Debug)]
pub(crate) struct GenkeyArgs {
    #[command(flatten)]
    pub(crate) key: KeyArgs,
    /// Write the key without a password (needs --out)
    #[arg(long, requires = "out", conflicts_with = "password_from")]
    pub(crate) unencrypted: bool,
    /// The file to write [default: server.pass.key]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) password: PasswordArg,
}

/// How a key without password is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum KeyFormat {
    /// PRIVATE KEY
    Pkcs8,
    /// RSA PRIVATE KEY
    Pkcs1,
}

#[derive(Args, Debug)]
pub(crate) struct DecryptArgs {
    /// The key to open, in any format [default: server.pass.key]
    #[arg(long = "in", value_name = "FILE")]
    pub(crate) input: Option<PathBuf>,
    /// The file to write [default: server.key]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// The copy of it that the integration reads [default: server.pem, unless --out or --der is given]
    #[arg(long, value_name = "FILE", conflicts_with = "no_pem")]
    pub(crate) pem_out: Option<PathBuf>,
    /// Write no copy
    #[arg(long)]
    pub(crate) no_pem: bool,
    /// The structure of the key
    #[arg(long, value_enum, default_value_t = KeyFormat::Pkcs8)]
    pub(crate) format: KeyFormat,
    /// Write DER instead of PEM
    #[arg(long, conflicts_with = "pem_out")]
    pub(crate) der: bool,
    #[command(flatten)]
    pub(crate) password: PasswordArg,
}

#[derive(Args, Debug)]
pub(crate) struct EncryptArgs {
    /// The key to protect, in any format [default: server.key]
    #[arg(long = "in", value_name = "FILE")]
    pub(crate) input: Option<PathBuf>,
    /// The file to write [default: server.pass.key]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// How often PBKDF2 hashes the password
    #[arg(long, value_name = "N", default_value = "600000")]
    pub(crate) iterations: String,
    /// Where the password that opens the key comes from
    #[arg(long, value_name = "SRC")]
    pub(crate) old_password_from: Option<PasswordSource>,
    #[command(flatten)]
    pub(crate) password: PasswordArg,
}

#[derive(Args, Debug)]
pub(crate) struct CsrArgs {
    /// The private key [default: server.key]
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
    /// The file to write [default: server.csr]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) password: PasswordArg,
    // Last: its heading stands over all that follows.
    #[command(flatten)]
    pub(crate) subject: SubjectArgs,
}

#[derive(Args, Debug)]
pub(crate) struct SelfsignArgs {
    /// The signing request [default: server.csr]
    #[arg(long, value_name = "FILE")]
    pub(crate) csr: Option<PathBuf>,
    /// The private key that the request was made with [default: server.key]
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
    /// The file to write [default: server.crt]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// How many days the certificate is valid
    #[arg(long, value_name = "N", default_value = "365", allow_hyphen_values = true)]
    pub(crate) days: String,
    #[command(flatten)]
    pub(crate) password: PasswordArg,
}

#[derive(Args, Debug)]
pub(crate) struct VerifyArgs {
    /// Files, or a folder whose files are taken [default: the folder of default names]
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Fail certificates that expire within this time from now: 30d, 2w, 12h
    #[arg(long, value_name = "SPAN")]
    pub(crate) expires_within: Option<String>,
    /// Judge at this time instead of now: 2027-01-31, 2027-01-31T12:00:00Z, @1801396800, 30d, -2w
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) at: Option<String>,
    /// The host that the certificate has to be for, as a TLS client asks for it
    #[arg(long, value_name = "HOST")]
    pub(crate) host: Option<String>,
    /// The authorities that are trusted, as PEM: certificates have to hang from one of them
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
    /// Let warnings and checks that could not run fail too
    #[arg(long)]
    pub(crate) strict: bool,
    /// Check the rules of a consumer too
    #[arg(long = "for", value_name = "CONSUMER", value_enum)]
    pub(crate) consumer: Option<Consumer>,
    #[command(flatten)]
    pub(crate) passwords: StorePasswordArgs,
}

#[derive(Args, Debug)]
pub(crate) struct ShowArgs {
    /// Files, or a folder whose files are taken
    #[arg(value_name = "PATH", required = true)]
    pub(crate) paths: Vec<PathBuf>,
    /// Write the certificate anew, as DER
    #[arg(long, conflicts_with = "pem")]
    pub(crate) der: bool,
    /// Write the certificate anew, as PEM
    #[arg(long)]
    pub(crate) pem: bool,
    /// Of a file that is written anew, take the first certificate, whatever else is in it
    #[arg(long)]
    pub(crate) first: bool,
    /// The file to write it to [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) passwords: StorePasswordArgs,
}

impl Cli {
    /// What was typed; a mistake in it, or a wish for help, is answered here.
    pub(crate) fn read(words: Vec<OsString>) -> Result<Self, ExitStatus> {
        let wants_json = wants_json(&words);
        Self::try_parse_from(words).map_err(|error| mistake::answer(error, wants_json))
    }
}

/// True if JSON seems to be wanted, also in a line that cannot be parsed.
pub(crate) fn wants_json(words: &[OsString]) -> bool {
    words.iter().any(|word| word == "--json")
}
