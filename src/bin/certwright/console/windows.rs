//! The console's own calls.
#![expect(unsafe_code, reason = "the standard library neither silences a console nor knows its code page")]

use std::io::{self, Write};
use std::os::windows::io::AsRawHandle;
use std::ptr::null;
use std::sync::atomic::{AtomicU32, Ordering};

use certwright::{Password, SecretBytes};
use windows_sys::Win32::Foundation::HANDLE;
use windows_sys::Win32::Globalization::{CP_OEMCP, MB_ERR_INVALID_CHARS, MultiByteToWideChar};
use windows_sys::Win32::System::Console::{
    CONSOLE_MODE, ENABLE_LINE_INPUT, ENABLE_PROCESSED_INPUT, GetConsoleMode, GetConsoleOutputCP, GetConsoleProcessList,
    ReadConsoleW, SetConsoleMode,
};
use zeroize::Zeroizing;

/// More than anyone types.
const LONGEST_LINE: usize = 1024;

/// True if standard input is a console. Git Bash's own window (mintty) is none: what is typed there comes through a
/// pipe, shown while it is typed.
pub(crate) fn is_readable() -> bool {
    mode(io::stdin().as_raw_handle()).is_some()
}

/// True if the console was opened for this program alone, as by a double click, and closes with it.
pub(crate) fn is_own() -> bool {
    let mut processes = [0; 2];
    // SAFETY: the list is as long as is said.
    let count = unsafe { GetConsoleProcessList(processes.as_mut_ptr(), processes.len() as u32) };
    count == 1
}

/// Asks for a line that is not shown.
///
/// Not by dialoguer: its reader of hidden lines (console 0.16.6, `windows_term::read_secure`) looks for the Backspace
/// key among the characters, where it never comes, so a mistyped and mended password is read with both.
pub(crate) fn read_hidden(question: &str) -> Option<io::Result<Password>> {
    Some(write!(io::stderr(), "{question}: ").and_then(|()| {
        let line = hidden_line();
        // Enter was not shown either.
        writeln!(io::stderr())?;
        line
    }))
}

fn hidden_line() -> io::Result<Password> {
    let console = io::stdin().as_raw_handle();
    let _silence = Silence::begin(console)?;
    let mut units = Zeroizing::new([0_u16; LONGEST_LINE]);
    let mut length = 0;
    while !units[..length].contains(&u16::from(b'\n')) {
        let rest = &mut units[length..];
        if rest.is_empty() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "more than 1000 characters"));
        }
        let mut read = 0;
        // SAFETY: the buffer is as long as is said.
        let done = unsafe { ReadConsoleW(console, rest.as_mut_ptr().cast(), rest.len() as u32, &mut read, null()) };
        if done == 0 {
            return Err(io::Error::last_os_error());
        }
        if read == 0 {
            // What Ctrl-C makes of a question.
            return Err(io::ErrorKind::Interrupted.into());
        }
        length += read as usize;
    }
    let end = units.iter().position(|unit| matches!(unit, 0x0a | 0x0d)).unwrap_or(length);
    // Ctrl-Z and Enter: the end of the input.
    if units[..end] == [0x1a] {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(SecretBytes::from_utf16(units[..end].iter().copied()).into())
}

/// Text that came through a pipe, as UTF-8: what is none was written by cmd or an old program, in the console's code
/// page. UTF-16 begins with its mark. What fits no code page stays as it is.
pub(crate) fn decode(bytes: SecretBytes) -> SecretBytes {
    let text = bytes.as_bytes();
    let is_utf16 = text.starts_with(b"\xff\xfe") || text.starts_with(b"\xfe\xff");
    if text.is_empty() || is_utf16 || std::str::from_utf8(text).is_ok() {
        return bytes;
    }
    let Ok(length) = i32::try_from(text.len()) else { return bytes };
    // SAFETY: takes nothing.
    let code_page = match unsafe { GetConsoleOutputCP() } {
        0 => CP_OEMCP,
        code_page => code_page,
    };
    let mut units = Zeroizing::new(vec![0_u16; text.len()]);
    // SAFETY: both buffers are as long as is said; no code page has more units than octets.
    let written = unsafe {
        MultiByteToWideChar(code_page, MB_ERR_INVALID_CHARS, text.as_ptr(), length, units.as_mut_ptr(), length)
    };
    match usize::try_from(written) {
        Ok(written) if written > 0 => SecretBytes::from_utf16(units[..written].iter().copied()),
        _ => bytes,
    }
}

/// While it lives the console shows nothing of what is typed, but still edits lines and heeds Ctrl-C.
struct Silence;

/// The mode to go back to, or [`NO_MODE`]. The console outlives the program, so Ctrl-C has to restore it too.
static BEFORE: AtomicU32 = AtomicU32::new(NO_MODE);
const NO_MODE: CONSOLE_MODE = CONSOLE_MODE::MAX;

/// Has the console show again what is typed, if it does not.
pub(crate) fn restore() {
    let before = BEFORE.swap(NO_MODE, Ordering::SeqCst);
    if before != NO_MODE {
        // SAFETY: standard input is open as long as the program runs.
        unsafe { SetConsoleMode(io::stdin().as_raw_handle(), before) };
    }
}

impl Silence {
    fn begin(console: HANDLE) -> io::Result<Self> {
        let before = mode(console).ok_or_else(io::Error::last_os_error)?;
        BEFORE.store(before, Ordering::SeqCst);
        // SAFETY: standard input is open as long as the program runs.
        match unsafe { SetConsoleMode(console, ENABLE_LINE_INPUT | ENABLE_PROCESSED_INPUT) } {
            0 => Err(io::Error::last_os_error()),
            _ => Ok(Self),
        }
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        restore();
    }
}

/// The mode of a console; `None` if it is none.
fn mode(console: HANDLE) -> Option<CONSOLE_MODE> {
    let mut mode = 0;
    // SAFETY: standard input is open as long as the program runs, and may be anything.
    let is_console = unsafe { GetConsoleMode(console, &mut mode) } != 0;
    is_console.then_some(mode)
}
