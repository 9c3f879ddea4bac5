//! `status`.

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
    /// Exit with 1 too if the certificates of a file could not be looked at
    #[arg(long)]
    pub(crate) strict: bool,
    #[command(flatten)]
    pub(crate) passwords: StorePasswordArgs,
}
