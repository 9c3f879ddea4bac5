//! What the tests share: running the command in a folder of its own, and other people's tools.
#![allow(dead_code, reason = "each test uses its part")]
#![expect(clippy::disallowed_methods, reason = "the walls of the library do not bind its tests")]

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
pub(crate) mod salesforce;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, fs};

pub(crate) const PASSWORD: &str = "fixture password";

/// The arguments of a subject, for commands that need one.
pub(crate) const SUBJECT: [&str; 8] =
    ["--country", "US", "--state", "California", "--locality", "San Francisco", "--organization", "Example Inc"];

/// The program under test: the one that cargo has built, or that `CERTWRIGHT_PROGRAM` names.
pub(crate) fn program() -> PathBuf {
    let named = env::var_os("CERTWRIGHT_PROGRAM").map(PathBuf::from);
    let built = option_env!("CARGO_BIN_EXE_certwright").map(PathBuf::from);
    named.or(built).expect("CERTWRIGHT_PROGRAM names the program where cargo has built none")
}

/// An empty folder, removed when dropped.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("t{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("a folder for the test");
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.0.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.0.join(name), content).unwrap_or_else(|error| panic!("{name}: {error}"));
    }

    /// The names in the folder, hidden ones too, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).expect("the folder").flatten();
        let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    /// The names in a folder below; none if it is not there.
    pub(crate) fn names_of(&self, name: &str) -> Vec<String> {
        let entries = fs::read_dir(self.0.join(name)).into_iter().flatten().flatten();
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
    }

    /// certwright, ready to run here with the password of the fixtures in `PW`.
    pub(crate) fn certwright(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program());
        command.args(arguments).current_dir(&self.0).env("PW", PASSWORD).stdin(Stdio::null());
        command
    }

    /// Runs certwright here; anything but exit status 0 fails the test.
    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        succeed(&mut self.certwright(arguments))
    }

    /// Runs another program here; anything but exit status 0 fails the test.
    pub(crate) fn tool(&self, program: &str, arguments: &[&str]) -> String {
        succeed(Command::new(program).args(arguments).current_dir(&self.0).stdin(Stdio::null()))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Lets signals reach what is started from here on, even where the tests themselves were started with some ignored, as
/// in the background or by `nohup`: a program inherits an ignored signal, but not a handled one.
#[cfg(unix)]
pub(crate) fn let_signals_through() {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
    for signal in [SIGHUP, SIGINT, SIGQUIT, SIGTERM] {
        let always = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true));
        signal_hook::flag::register_conditional_default(signal, always).expect("a handler");
    }
}

pub(crate) fn output(command: &mut Command) -> Output {
    command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

/// Standard output and error of a run that has to succeed.
pub(crate) fn succeed(command: &mut Command) -> String {
    let output = output(command);
    let text = text(&output);
    assert!(output.status.success(), "{command:?} ended with {}:\n{text}", output.status);
    text
}

pub(crate) fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// A report of checks with each in one line, however long.
pub(crate) fn unbroken(report: &str) -> String {
    report.replace("\n         ", " ")
}

/// What a command says about itself, to `-h` or `--help`.
pub(crate) fn help(command: &str, option: &str) -> String {
    let words: Vec<&str> = command.split_whitespace().chain([option]).collect();
    succeed(Command::new(program()).args(words).stdin(Stdio::null()))
}

/// Every command below `command`, itself first, by the words that are typed.
pub(crate) fn commands(command: &str) -> Vec<String> {
    let text = help(command, "-h");
    let listed = text.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let names = listed.filter(|line| !line.starts_with("   ")).filter_map(|line| line.split_whitespace().next());
    let below = names.filter(|name| *name != "help").flat_map(|name| commands(format!("{command} {name}").trim()));
    std::iter::once(command.to_owned()).chain(below).collect()
}

/// The path of a fixture.
pub(crate) fn fixture(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name).to_string_lossy().into_owned()
}

pub(crate) fn read_fixture(name: &str) -> Vec<u8> {
    fs::read(fixture(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Every fixture made by another tool, by its path below fixtures/.
pub(crate) fn fixtures() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let folders = fs::read_dir(&root).expect("fixtures").flatten().filter(|entry| entry.path().is_dir());
    let mut names: Vec<String> = folders
        .flat_map(|folder| fs::read_dir(folder.path()).expect("a folder of fixtures").flatten())
        .map(|file| file.path().strip_prefix(&root).expect("below fixtures").to_string_lossy().replace('\\', "/"))
        .collect();
    names.sort();
    assert!(names.len() > 40, "only {} fixtures", names.len());
    names
}
