//! What only Windows does. scripts/windows.sh runs this, under Wine where there is no Windows.
#![cfg(windows)]
#![expect(clippy::disallowed_methods, reason = "the walls of the library do not bind its tests")]

mod support;

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::os::windows::ffi::OsStrExt;
use std::os::windows::fs::OpenOptionsExt;
use std::os::windows::io::{FromRawHandle, OwnedHandle};
use std::path::{MAIN_SEPARATOR_STR, Path};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use support::{Folder, PASSWORD, SUBJECT, output, text};
use windows_sys::Win32::Foundation::INVALID_HANDLE_VALUE;
use windows_sys::Win32::Storage::FileSystem::PIPE_ACCESS_DUPLEX;
use windows_sys::Win32::System::Pipes::CreateNamedPipeW;

/// Runs certwright here; anything but exit status 2 fails the test. What it said.
fn refused(folder: &Folder, arguments: &[&str]) -> String {
    let told = output(&mut folder.certwright(arguments));
    let said = text(&told);
    assert_eq!(told.status.code(), Some(2), "{arguments:?}: {said}");
    said
}

/// `path` as an editor or a virus scanner may hold it: nobody else can open, move or remove it.
fn held(path: &Path) -> File {
    OpenOptions::new().read(true).share_mode(0).open(path).expect("the file")
}

#[test]
fn a_file_that_another_program_holds_is_named_and_nothing_is_lost() {
    let folder = Folder::new();
    let init = [&["init"], &SUBJECT[..], &["--password-from", "env:PW", "--iterations", "1000"]].concat();
    folder.run(&init);
    let before: Vec<_> = folder.names().into_iter().map(|name| (folder.read(&name), name)).collect();
    let holder = held(&folder.path().join("server.csr"));
    let said = refused(&folder, &[&init[..], &["--force"]].concat());
    assert!(said.contains("server.csr: cannot be written"), "{said}");
    assert!(said.contains("close the program that has it open"), "{said}");
    let said = refused(&folder, &["selfsign", "--out", "new.crt"]);
    assert!(said.contains("server.csr: cannot be read"), "{said}");
    assert!(said.contains("close the program that has it open"), "{said}");
    drop(holder);
    let after: Vec<_> = folder.names().into_iter().map(|name| (folder.read(&name), name)).collect();
    assert!(before == after, "the files are no longer the same");
    folder.run(&[&init[..], &["--force"]].concat());
    folder.run(&["verify", "--password-from", "env:PW", "--strict"]);
}

#[test]
fn secrets_are_closed_to_others() {
    let folder = Folder::new();
    folder.run(&[&["init", "jwt"], &SUBJECT[..], &["--password-from", "generate", "--p12", "--jks"]].concat());
    for name in ["server.key", "server.pem", "server.pass.key", "server.pass.txt", "keystore.p12", "servercert.jks"] {
        let path = folder.path().join("jwt").join(name);
        assert!(!certwright::output::is_readable_by_others(&path).expect("an access list"), "{name}");
    }
}

/// Wine has no such lists and its icacls changes nothing: this needs Windows itself.
#[test]
#[ignore = "needs NTFS"]
fn secrets_do_not_inherit_what_their_folder_allows() {
    let folder = Folder::new();
    let is_open = |name: &str| certwright::output::is_readable_by_others(&folder.path().join(name)).expect("a list");
    folder.tool("icacls", &[".", "/grant", "*S-1-1-0:(OI)(CI)R"]);
    folder.write("server.key", "an old key");
    assert!(is_open("server.key"), "the folder's list is not inherited");
    folder.run(&["genkey", "--unencrypted", "--out", "server.key", "--force"]);
    assert!(!is_open("server.key"));
    let backup = folder.names().into_iter().find(|name| name.starts_with("backup-")).expect("a backup");
    assert!(!is_open(&format!("{backup}/server.key")), "the old key is still open");
    let typed = certwright::output::closing_command().replace("FILE", "open.key");
    folder.write("open.key", "another key");
    assert!(is_open("open.key"));
    support::succeed(Command::new("cmd").args(["/c", &typed]).current_dir(folder.path()));
    assert!(!is_open("open.key"), "{typed} has not closed it");
}

#[test]
fn devices_and_streams_are_refused_by_name() {
    let folder = Folder::new();
    for (name, fact) in [
        ("con", "is a device on Windows"),
        ("aux.key", "is a device on Windows"),
        ("lpt1/server.key", "is a device on Windows"),
        ("server.key:hidden", "a colon in it"),
        ("server.key.", "ends in a dot or a space"),
        ("server?.key", "* and ? stand for nothing"),
    ] {
        let said = refused(&folder, &["genkey", "--unencrypted", "--out", name]);
        assert!(said.contains(fact), "{name}: {said}");
    }
    assert!(refused(&folder, &["show", "CON"]).contains("is a device on Windows"));
    assert!(refused(&folder, &["verify", "*.crt"]).contains("* and ? stand for nothing"));
    assert!(refused(&folder, &["genkey", "--password-from", "file:CON"]).contains("is a device on Windows"));
    assert!(refused(&folder, &["init", "nul", "--country", "US", "--password-from", "env:PW"]).contains("is a device"));
    // What is only tried goes there.
    let said = folder.run(&["genkey", "--unencrypted", "--out", "NUL"]);
    assert!(said.contains("NUL keeps nothing of what was made"), "{said}");
    assert_eq!(folder.names(), Vec::<String>::new());
}

#[test]
fn paths_as_windows_spells_them() {
    let folder = Folder::new();
    let make = |name: &str| folder.run(&["genkey", "--unencrypted", "--out", name]);
    let long = [&"x".repeat(60); 5].map(String::as_str).join(MAIN_SEPARATOR_STR);
    fs::create_dir_all(folder.path().join(&long)).expect("a long path");
    fs::create_dir(folder.path().join("Schl\u{fc}ssel und Br\u{fc}cke")).expect("a folder");
    let full = fs::canonicalize(folder.path().join(".")).expect("a full path");
    let full = full.to_str().expect("text");
    let plain = full.trim_start_matches(r"\\?\");
    let (drive, below) = plain.split_once(':').expect("a drive");
    make("Schl\u{fc}ssel und Br\u{fc}cke\\a b.key");
    make(&format!("{long}\\long.key"));
    make(&format!("{full}\\verbatim.key"));
    make(&format!("{drive}:relative.key"));
    make(&format!("{drive}:{}\\slashes.key", below.replace('\\', "/")));
    make(&format!("{}:{below}\\case.key", drive.to_lowercase()));
    for name in ["verbatim.key", "relative.key", "slashes.key", "case.key"] {
        assert!(folder.names().contains(&name.to_owned()), "{name}: {:?}", folder.names());
    }
    let deep = format!("{long}\\a\\jwt");
    folder.run(&[&["init", &deep], &SUBJECT[..], &["--password-from", "env:PW", "--iterations", "1000"]].concat());
    folder.run(&["verify", &deep, "--password-from", "env:PW", "--strict"]);
    folder.run(&[&["init", &deep, "--force"], &SUBJECT[..], &["--password-from", "env:PW"]].concat());
    // Other cases of the letters are other spellings of one name.
    let said = refused(&folder, &["decrypt", "--in", "case.key", "--out", "CASE.KEY", "--no-pem", "--force"]);
    assert!(said.contains("is the input"), "{said}");
    let said = refused(&folder, &["genkey", "--unencrypted", "--out", r"\\localhost\no such share\server.key"]);
    assert!(!said.contains(r"\\?\"), "{said}");
}

#[test]
fn passwords_come_through_pipes_in_the_code_page_too() {
    let folder = Folder::new();
    // UTF-8, and what cmd makes of the same letters in code page 437 or 850.
    for (name, octets) in [("utf8.key", "gr\u{fc}n \u{e4}77\r\n".as_bytes()), ("oem.key", b"gr\x81n \x8477\r\n")] {
        let mut command = folder.certwright(&["genkey", "--password-from", "stdin", "--out", name]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("certwright");
        child.stdin.take().expect("a pipe").write_all(octets).expect("to write");
        assert!(child.wait().expect("an end").success(), "{name}");
        let opened =
            ["decrypt", "--in", name, "--out", "opened.key", "--no-pem", "--force", "--password-from", "env:PW"];
        support::succeed(folder.certwright(&opened).env("PW", "gr\u{fc}n \u{e4}77"));
    }
    // Notepad's mark, its line end, and what PowerShell's > makes of a line.
    let utf16: Vec<u8> = format!("\u{feff}{PASSWORD}\r\n").encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (name, content) in [("mark.txt", [b"\xef\xbb\xbf", PASSWORD.as_bytes()].concat()), ("utf16.txt", utf16)] {
        folder.write(name, content);
        let key = format!("{name}.key");
        folder.run(&["genkey", "--password-from", &format!("file:{name}"), "--out", &key]);
        folder.run(&[
            "decrypt",
            "--in",
            &key,
            "--out",
            "opened.key",
            "--no-pem",
            "--force",
            "--password-from",
            "env:PW",
        ]);
    }
}

/// A pipe with the name that the Cygwin runtime, and so Git Bash, gives the two halves of a terminal: the end that
/// mintty has, and the one a program is started with.
#[expect(unsafe_code, reason = "the standard library makes no pipe with a name")]
fn half_a_terminal(direction: &str) -> (File, File) {
    let name = format!(r"\\.\pipe\msys-1888ae32e00d56aa-pty{}-{direction}-master", std::process::id());
    let wide: Vec<u16> = OsStr::new(&name).encode_wide().chain(Some(0)).collect();
    // SAFETY: the name ends in a zero and outlives the call; the handle it gives is nobody else's.
    let server = unsafe {
        let handle = CreateNamedPipeW(wide.as_ptr(), PIPE_ACCESS_DUPLEX, 0, 1, 4096, 4096, 0, std::ptr::null());
        assert_ne!(handle, INVALID_HANDLE_VALUE, "a pipe");
        OwnedHandle::from_raw_handle(handle)
    };
    let client = OpenOptions::new().read(true).write(true).open(&name).expect("the other end");
    (server.into(), client)
}

#[test]
fn where_no_console_can_be_read_it_says_so_and_ends() {
    let folder = Folder::new();
    let (_keyboard, stdin) = half_a_terminal("from");
    let (mut screen, stderr) = half_a_terminal("to");
    let mut command = Command::new(support::program());
    command.args(["genkey"]).current_dir(folder.path()).stdin(stdin).stdout(Stdio::null()).stderr(stderr);
    let mut child = command.spawn().expect("certwright");
    // The command holds the other end of the screen until it is dropped.
    drop(command);
    let begin = Instant::now();
    let status = loop {
        match child.try_wait().expect("certwright") {
            Some(status) => break status,
            None if begin.elapsed() > Duration::from_secs(20) => {
                let _ = child.kill();
                panic!("it waits for an answer that cannot come");
            }
            None => std::thread::sleep(Duration::from_millis(20)),
        }
    };
    let mut said = Vec::new();
    let _ = screen.read_to_end(&mut said);
    let said = String::from_utf8_lossy(&said);
    assert_eq!(status.code(), Some(2), "{said}");
    assert!(said.contains("questions cannot be answered in this window (Git Bash, mintty)"), "{said}");
    assert!(said.contains("--password-from generate, env:NAME, file:PATH or stdin"), "{said}");
}
