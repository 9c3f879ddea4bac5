//! Signals leave nothing half-made: while files are being published a signal waits until all of them are there;
//! at any other time there is nothing to undo but the terminal's echo, and the run ends at once.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

static PUBLISHING: Mutex<()> = Mutex::new(());

/// Runs `publish` without a signal coming between its first and its last file.
pub(crate) fn shielded<T>(publish: impl FnOnce() -> T) -> T {
    let _guard = lock();
    publish()
}

/// Gives the signal that interrupted a question the time to end the run; returns only if none does.
pub(crate) fn await_end() {
    std::thread::sleep(Duration::from_secs(2));
}

fn lock() -> MutexGuard<'static, ()> {
    PUBLISHING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Handles SIGINT, SIGTERM and SIGHUP from here on: the exit status becomes 128 and the signal's number.
#[cfg(unix)]
pub(crate) fn install() {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;

    let stdin = rustix::stdio::stdin();
    let echoing = rustix::termios::tcgetattr(stdin).ok();
    // Without a handler the system's own action ends the run: less tidy, but no reason not to start.
    let Ok(mut signals) = Signals::new(wanted(&[SIGHUP, SIGINT, SIGTERM])) else { return };
    std::thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            let _guard = lock();
            if let Some(echoing) = &echoing {
                let _ = rustix::termios::tcsetattr(stdin, rustix::termios::OptionalActions::Now, echoing);
            }
            let _ = signal_hook::low_level::emulate_default_handler(signal);
        }
    });
}

/// `nohup` and a shell's `trap ''` ask for a signal to be ignored; that stays so.
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

/// Handles Ctrl-C and the closing of the console from here on.
#[cfg(windows)]
pub(crate) fn install() {
    let _ = ctrlc::set_handler(|| {
        let _guard = lock();
        const CONTROL_C_EXIT: i32 = 0xC000_013A_u32 as i32;
        #[expect(clippy::exit, clippy::disallowed_methods, reason = "what the system's own handler does")]
        std::process::exit(CONTROL_C_EXIT);
    });
}
