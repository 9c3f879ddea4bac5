//! `recover`.

use std::path::PathBuf;

use certwright::output::Action;
use clap::Args;

#[derive(Args, Debug)]
pub(crate) struct RecoverArgs {
    /// The folders that the killed run was writing into [default: the folder of default names]
    #[arg(value_name = "DIR", conflicts_with = "dir")]
    pub(crate) folders: Vec<PathBuf>,
    /// Put back what was replaced; the new files are kept in a folder of their own
    #[arg(long, conflicts_with = "discard")]
    pub(crate) undo: bool,
    /// Remove the staged files and leave everything else as it is
    #[arg(long)]
    pub(crate) discard: bool,
    /// Do it without asking first
    #[arg(long)]
    pub(crate) yes: bool,
}

impl RecoverArgs {
    /// The action that was asked for; none leaves it to what was found.
    pub(crate) fn action(&self) -> Option<Action> {
        match (self.undo, self.discard) {
            (true, _) => Some(Action::Undo),
            (_, true) => Some(Action::Discard),
            _ => None,
        }
    }
}
