//! `status` and `renew`.

use std::path::PathBuf;

use clap::Args;

use super::StorePasswordArgs;

#[derive(Args, Debug)]
pub(crate) struct StatusArgs {
    /// Folders whose files are taken, or files [default: the folder of default names]
    #[arg(value_name = "DIR")]
    pub(crate) paths: Vec<PathBuf>,
    /// Exit with 1 if any certificate expires within this time from now: 30d, 2w, 12h
    #[arg(long, value_name = "SPAN")]
    pub(crate) expires_within: Option<String>,
    /// Judge at this time instead of now: 2027-01-31, 2027-01-31T12:00:00Z, @1801396800, 30d, -2w
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) at: Option<String>,
    /// Exit with 1 too if the certificates of a file could not be looked at
    #[arg(long)]
    pub(crate) strict: bool,
    #[command(flatten)]
    pub(crate) passwords: StorePasswordArgs,
}

#[derive(Args, Debug)]
pub(crate) struct RenewArgs {
    /// The folder whose files are to be renewed [default: the folder of default names]
    #[arg(value_name = "DIR", conflicts_with = "dir")]
    pub(crate) folder: Option<PathBuf>,
    /// If there are several certificates, the one in this file
    #[arg(long, value_name = "FILE")]
    pub(crate) cert: Option<PathBuf>,
    /// If there are several certificates, the one of this entry of a keystore
    #[arg(long, value_name = "NAME", conflicts_with = "cert")]
    pub(crate) only: Option<String>,
    /// Make a new key too, in the place of the old one
    #[arg(long)]
    pub(crate) new_key: bool,
    /// Length of the new RSA key: 2048, 3072 or 4096 [default: that of the old one]
    #[arg(long, value_name = "N", requires = "new_key")]
    pub(crate) bits: Option<String>,
    /// How many days the new certificate is valid [default: as many as the old one]
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub(crate) days: Option<String>,
    /// Replace older certificates of the same key and subject too
    #[arg(long)]
    pub(crate) stale: bool,
    /// Write the signing request for a new certificate here, and nothing else: for one that an authority has issued
    #[arg(long, value_name = "FILE", conflicts_with_all = ["new_key", "days", "stale"])]
    pub(crate) csr_out: Option<PathBuf>,
    /// List the files that would be replaced, and write nothing
    #[arg(long, conflicts_with = "csr_out")]
    pub(crate) dry_run: bool,
    /// With --dry-run: plan for this time instead of now: 2027-01-31, 2027-01-31T12:00:00Z, @1801396800, 30d, -2w
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) at: Option<String>,
    #[command(flatten)]
    pub(crate) passwords: StorePasswordArgs,
}
