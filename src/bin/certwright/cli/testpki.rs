//! The options of `testpki`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::password::PasswordSource;

/// Who reads the variables. No quotation marks and no dollar signs in the words: clap_complete puts them unescaped where
/// fish would run what is in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shell {
    /// sh, bash and zsh, for eval
    Sh,
    /// PowerShell, for Out-String and Invoke-Expression
    Powershell,
    /// A job of GitHub Actions, for the file that GITHUB_ENV names
    Github,
}

#[derive(Args, Debug)]
pub(crate) struct TestpkiArgs {
    /// The folder to make the files in; it is made if missing
    #[arg(value_name = "DIR", conflicts_with = "dir")]
    pub(crate) folder: Option<PathBuf>,
    /// A name or address that the server is for, such as localhost, *.example.test or 127.0.0.1; may be given more than
    /// once [default: localhost, 127.0.0.1 and ::1, if nothing else is asked for]
    #[arg(long, value_name = "HOST")]
    pub(crate) host: Vec<String>,
    /// Make a certificate for a client of this name; may be given more than once
    #[arg(long, value_name = "NAME")]
    pub(crate) client: Vec<String>,
    /// Sign this request with the test authority
    #[arg(long, value_name = "FILE", conflicts_with = "count")]
    pub(crate) csr: Option<PathBuf>,
    /// The kind of every key: rsa2048, rsa3072, rsa4096, p256, p384 or ed25519
    #[arg(long, value_name = "KIND", default_value = "p256")]
    pub(crate) key: String,
    /// Put an authority between the root and the rest
    #[arg(long)]
    pub(crate) intermediate: bool,
    /// How many days the certificates are valid [default: 30]
    #[arg(long, value_name = "N", allow_hyphen_values = true, conflicts_with = "not_after")]
    pub(crate) days: Option<String>,
    /// When they begin: 2027-11-20, 2027-11-20T08:15:00Z, or from now as -2d
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) not_before: Option<String>,
    /// When they end: 2027-11-20, 2027-11-20T08:15:00Z, or from now as 12h
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) not_after: Option<String>,
    /// Use the test authority of this folder
    #[arg(long, value_name = "DIR")]
    pub(crate) ca: Option<PathBuf>,
    /// Make so many servers (at most 100000), server-1 and so on; {number} in a host is the number
    #[arg(long, value_name = "N")]
    pub(crate) count: Option<String>,
    /// Make PKCS#12 keystores too
    #[arg(long)]
    pub(crate) p12: bool,
    /// Make Java keystores (JKS) too
    #[arg(long)]
    pub(crate) jks: bool,
    /// Where the password of the keystores comes from [default: generate, which writes keystore.pass.txt]
    #[arg(long, value_name = "SRC")]
    pub(crate) password_from: Option<PasswordSource>,
    /// Make what this TOML file describes; what is there already and fits is kept
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["host", "client", "csr", "key", "intermediate", "days", "not_before", "not_after", "ca", "count", "p12", "jks"]
    )]
    pub(crate) manifest: Option<PathBuf>,
    /// Make everything out of this text: the same text, time and version give the same files, whatever the machine; whoever
    /// knows the text knows every key
    #[arg(long, value_name = "TEXT")]
    pub(crate) seed: Option<String>,
    /// The time of the run, as 2027-11-20T08:15:00Z [default: now; with --seed that of SOURCE_DATE_EPOCH, if it is set]
    #[arg(long, value_name = "TIME")]
    pub(crate) now: Option<String>,
    /// Make certificates and keystores that are wrong on purpose, a folder for each way, and manifest.json, which tells what
    /// is wrong and who takes it
    #[arg(
        long,
        conflicts_with_all = ["host", "client", "csr", "key", "intermediate", "not_before", "not_after", "ca", "count", "p12", "jks", "password_from", "manifest", "env", "roots"]
    )]
    pub(crate) broken: bool,
    /// With --broken: make this one alone; may be given more than once
    #[arg(long, value_name = "NAME", requires = "broken")]
    pub(crate) only: Vec<String>,
    /// With --broken: tell the ways to be wrong, and make nothing
    #[arg(long, requires = "broken")]
    pub(crate) list: bool,
    /// Print the variables that make curl, Node.js, Python, Java and Go trust the authority beside the public ones
    #[arg(long, value_name = "SHELL", value_enum)]
    pub(crate) env: Option<Shell>,
    /// The public authorities, as PEM [default: those of this system]
    #[arg(long, value_name = "FILE", requires = "env")]
    pub(crate) roots: Option<PathBuf>,
}
