//! What every command works in: the common options, the terminal, the time and the randomness of this run.

use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::SystemTime;

use certwright::output::{Existing, Rules};
use certwright::testpki::{Origin, Seed, Stream};
use certwright::time::{self, Moment};
use certwright::{Error, ErrorKind, Password, Result};
use getrandom::SysRng;
use getrandom::rand_core::Rng;

use crate::cli::Global;
use crate::input::Inputs;
use crate::table::hex;
use crate::terminal::{Console, Remarking, Terminal};

const UNREADABLE: &str = "note: questions cannot be answered in this window (Git Bash, mintty): put winpty before the \
                          command, or use PowerShell or cmd";

/// What every line of a seeded run ends with.
pub(crate) const SEED_REMARK: &str = "keys known to anyone who has the seed";

/// One run of the command.
pub(crate) struct Session {
    /// One JSON object is wanted on standard output.
    pub(crate) json: bool,
    /// Where default file names live, if it was said.
    pub(crate) dir: Option<PathBuf>,
    /// The time of this run.
    pub(crate) now: SystemTime,
    pub(crate) terminal: Box<dyn Terminal>,
    /// What it has read.
    pub(crate) inputs: Rc<Inputs>,
    /// The fewest characters of a new password.
    pub(crate) shortest_password: usize,
    /// Passwords that stood in a line for another program; none comes in otherwise.
    pub(crate) given: Vec<Password>,
    /// What [`Self::stream`] draws from in place of the operating system's generator.
    seed: Option<Seed>,
    force: bool,
    no_input: bool,
    stdin_is_taken: bool,
}

impl Session {
    #[expect(clippy::disallowed_methods, reason = "the clock is read here, once")]
    pub(crate) fn new(global: Global, terminal: Box<dyn Terminal>) -> Self {
        Self {
            json: global.json,
            dir: global.dir,
            now: SystemTime::now(),
            terminal,
            inputs: Rc::default(),
            shortest_password: Password::SHORTEST,
            given: Vec::new(),
            seed: None,
            force: global.force,
            no_input: global.no_input,
            stdin_is_taken: false,
        }
    }

    /// Sets the time of this run to `text` as it was typed, for a command that judges and writes nothing. The output says
    /// so, since it may be read long after.
    pub(crate) fn judge_at(&mut self, text: Option<&str>) -> Result<()> {
        let Some(text) = text else { return Ok(()) };
        self.now = text.parse::<Moment>()?.at(self.now)?;
        if !self.json {
            self.terminal.note(&format!("note: judged at {}", time::rfc3339(self.now)));
        }
        Ok(())
    }

    /// The operating system's generator. Each draw may fail, and the error goes up like any other.
    pub(crate) fn rng(&self) -> SysRng {
        SysRng
    }

    /// A stream of its own for one `purpose`; of a seeded run, always the same one.
    pub(crate) fn stream(&self, purpose: &str) -> Result<Stream> {
        match &self.seed {
            Some(seed) => Ok(seed.stream(purpose)),
            None => Stream::fork(&mut self.rng()),
        }
    }

    /// Lets everything that [`Self::stream`] gives come out of `text` and the time of this run, and every line say so.
    pub(crate) fn sow(&mut self, text: &str) {
        self.seed = Some(Seed::new(text, self.now));
        let terminal = std::mem::replace(&mut self.terminal, Box::new(Console::new()));
        self.terminal = Box::new(Remarking::new(terminal, SEED_REMARK, !self.json));
    }

    /// Where the keys of this run come from.
    pub(crate) fn origin(&self) -> Origin {
        if self.seed.is_some() { Origin::Seed } else { Origin::Random }
    }

    /// 128 random bits as hexadecimal digits: a name that nobody else comes upon.
    pub(crate) fn random_name(&self) -> Result<String> {
        let mut name = [0; 16];
        Stream::fork(&mut self.rng())?.fill_bytes(&mut name);
        Ok(hex(&name))
    }

    /// True if a person can be asked. One who is there, but in a window that cannot be read, is told so.
    pub(crate) fn may_ask(&mut self) -> bool {
        if !self.no_input && self.terminal.is_unreadable() {
            self.terminal.note(UNREADABLE);
            self.no_input = true;
        }
        !self.no_input && self.terminal.is_interactive()
    }

    /// Does `work`, with a sign of life if it takes longer than a moment.
    pub(crate) fn busy<T>(&mut self, what: &str, work: impl FnOnce() -> T) -> T {
        let mut work = Some(work);
        let mut result = None;
        self.terminal.busy(what, &mut || result = work.take().map(|work| work()));
        result.expect("a terminal does the work it is given")
    }

    /// `name` in the folder of default names.
    pub(crate) fn default_path(&self, name: &str) -> PathBuf {
        self.dir.as_deref().unwrap_or(Path::new("")).join(name)
    }

    /// `given`, or the default name.
    pub(crate) fn path(&self, given: Option<PathBuf>, default: &str) -> PathBuf {
        given.unwrap_or_else(|| self.default_path(default))
    }

    /// The rules for this command's outputs.
    pub(crate) fn rules(&self) -> Rules {
        Rules::new(if self.force { Existing::Replace } else { Existing::Refuse })
    }

    /// True if existing files may be replaced.
    pub(crate) fn is_forced(&self) -> bool {
        self.force
    }

    /// Takes standard input for one purpose; there is only one.
    pub(crate) fn take_stdin(&mut self) -> Result<()> {
        if std::mem::replace(&mut self.stdin_is_taken, true) {
            return Err(Error::new(ErrorKind::Usage, "standard input is asked for twice")
                .with_hint("give the password with --password-from env:NAME or file:PATH"));
        }
        Ok(())
    }
}
