//! Signals leave nothing half-made: while files are being published a signal waits until all of them are there;
//! at any other time there is nothing to undo but the terminal's echo, and the run ends at once.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use certwright::{Error, ErrorKind, Result};

static PUBLISHING: Mutex<()> = Mutex::new(());
static PENDING: AtomicBool = AtomicBool::new(false);

/// Runs `publish` without a signal coming between its first and its last file.
pub(crate) fn shielded<T>(publish: impl FnOnce() -> Result<T>) -> Result<T> {
    let _guard = lock();
    #[cfg(unix)]
    let _delayed = threadless::Delayed::new();
    let published = publish();
    if PENDING.load(Ordering::SeqCst) && published.is_ok() {
        let _ = writeln!(io::stderr(), "note: stopped after all files had been written");
    }
    published
}

/// The last moment at which a signal still stops everything: nothing has appeared yet.
pub(crate) fn check() -> Result<()> {
    match PENDING.load(Ordering::SeqCst) {
        true => Err(Error::new(ErrorKind::Io, "stopped; nothing was written")),
        false => Ok(()),
    }
}

/// Gives the signal that interrupted a question the time to end the run; returns only if none does.
pub(crate) fn await_end() {
    std::thread::sleep(Duration::from_secs(2));
}

fn lock() -> MutexGuard<'static, ()> {
    PUBLISHING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Handles the signals that end a run from here on: the exit status becomes 128 and the signal's number.
#[cfg(unix)]
pub(crate) fn install() {
    use rustix::process::{Resource, Rlimit, getpgrp, setrlimit};
    use rustix::termios::{OptionalActions, tcgetattr, tcgetpgrp, tcsetattr};
    use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGXFSZ};
    use signal_hook::iterator::Signals;

    // A core file would hold the password.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    // A core_pattern that is a pipe ignores that limit (core(5)), but not this, which also keeps the user's other programs
    // from reading the memory.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
    // A limit on the size of files then shows as a failed write, which leaves nothing behind.
    ignore(SIGXFSZ);
    let stdin = rustix::stdio::stdin();
    let echoing = tcgetattr(stdin).ok();
    // Without a handler the system's own action ends the run: less tidy, but no reason not to start.
    let wanted = wanted(&[SIGHUP, SIGINT, SIGQUIT, SIGTERM]);
    let Ok(mut signals) = Signals::new(&wanted) else { return };
    let handle = move || {
        if let Some(signal) = signals.forever().next() {
            PENDING.store(true, Ordering::SeqCst);
            let _guard = lock();
            // A job in the background would be stopped for touching the terminal.
            let in_foreground = tcgetpgrp(stdin).is_ok_and(|group| group == getpgrp());
            if let Some(echoing) = echoing.as_ref().filter(|_| in_foreground) {
                let _ = tcsetattr(stdin, OptionalActions::Now, echoing);
            }
            let _ = signal_hook::low_level::emulate_default_handler(signal);
        }
    };
    if std::thread::Builder::new().spawn(handle).is_err() {
        threadless::install(&wanted);
    }
}

/// Signals where no thread can be started to wait for them. The same, but that the terminal's echo stays as it is.
#[cfg(unix)]
mod threadless {
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

    use signal_hook::flag;

    static ENDS_AT_ONCE: AtomicBool = AtomicBool::new(true);
    static WAITING: AtomicUsize = AtomicUsize::new(0);

    pub(super) fn install(signals: &[i32]) {
        for &signal in signals {
            // In this order: the first comes back where the signal has to wait.
            let _ = flag::register_conditional_default(signal, &ENDS_AT_ONCE);
            let _ = flag::register(signal, &super::PENDING);
            let _ = flag::register_usize(signal, &WAITING, usize::try_from(signal).unwrap_or_default());
        }
    }

    /// While it lives, signals wait.
    pub(super) struct Delayed;

    impl Delayed {
        pub(super) fn new() -> Self {
            ENDS_AT_ONCE.store(false, Ordering::SeqCst);
            Self
        }
    }

    impl Drop for Delayed {
        fn drop(&mut self) {
            ENDS_AT_ONCE.store(true, Ordering::SeqCst);
            if let Ok(signal @ 1..) = i32::try_from(WAITING.load(Ordering::SeqCst)) {
                let _ = signal_hook::low_level::emulate_default_handler(signal);
            }
        }
    }
}

/// While a secret is typed the terminal does not echo; a shell that takes over after Ctrl-Z turns that off. So Ctrl-Z
/// does nothing from the first such question on.
#[cfg(unix)]
pub(crate) fn stay_in_foreground() {
    ignore(signal_hook::consts::SIGTSTP);
}

#[cfg(not(unix))]
pub(crate) fn stay_in_foreground() {}

#[cfg(unix)]
fn ignore(signal: i32) {
    // A handler that only sets a flag nobody reads.
    let _ = signal_hook::flag::register(signal, std::sync::Arc::default());
}

/// `nohup` and a shell's `trap ''` ask for a signal to be ignored; on Linux, which tells, that stays so.
#[cfg(unix)]
fn wanted(signals: &[i32]) -> Vec<i32> {
    let ignored = ignored_signals();
    signals.iter().copied().filter(|signal| ignored >> (signal - 1) & 1 == 0).collect()
}

#[cfg(target_os = "linux")]
#[expect(clippy::disallowed_methods, reason = "the system's answer, not a file of the user's")]
fn ignored_signals() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

#[cfg(all(unix, not(target_os = "linux")))]
fn ignored_signals() -> u64 {
    0
}

/// Handles Ctrl-C and Ctrl-Break from here on.
#[cfg(windows)]
pub(crate) fn install() {
    let _ = ctrlc::set_handler(|| {
        PENDING.store(true, Ordering::SeqCst);
        let _guard = lock();
        crate::console::restore();
        const CONTROL_C_EXIT: i32 = 0xC000_013A_u32 as i32;
        #[expect(clippy::exit, clippy::disallowed_methods, reason = "what the system's own handler does")]
        std::process::exit(CONTROL_C_EXIT);
    });
}
