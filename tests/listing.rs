//! A folder that cannot be closed or read: an error of the system is none of the program.
//!
//! strace makes the errors; scripts/test.sh installs it.
#![cfg(target_os = "linux")]

mod support;

use std::process::{Command, Stdio};

use support::Folder;

/// Runs certwright so that call number `when` of `name` fails.
fn with_failing(folder: &Folder, name: &str, when: usize, arguments: &[&str]) -> std::process::Output {
    let mut command = Command::new("strace");
    command.args(["-f", "-o", "trace", "-e", &format!("trace={name}"), "-e"]);
    command.arg(format!("inject={name}:error=EIO:when={when}")).arg(support::program()).args(arguments);
    command.current_dir(folder.path()).env("PW", support::PASSWORD).stdin(Stdio::null());
    support::output(&mut command)
}

#[test]
#[ignore = "needs strace"]
fn errors_of_listing_are_ordinary() {
    let folder = Folder::new();
    folder.write("server.crt", support::read_fixture("openssl/v3.crt"));
    folder.write("server.key", support::read_fixture("openssl/pkcs8.pem"));
    for arguments in [&["status", "."][..], &["verify", ".", "--json"], &["show", "."]] {
        for name in ["close", "getdents64"] {
            for when in 1..=20 {
                let output = with_failing(&folder, name, when, arguments);
                let told = support::text(&output);
                // Before the program begins.
                if told.contains("error while loading shared libraries") {
                    continue;
                }
                let status = output.status.code();
                assert!(
                    matches!(status, Some(0..=2)) && !told.contains("fault of"),
                    "{arguments:?}, {name} {when}: {told}"
                );
                if status == Some(2) && arguments.contains(&"--json") && !output.stdout.is_empty() {
                    assert!(String::from_utf8_lossy(&output.stdout).trim_end().ends_with('}'), "{told}");
                }
            }
        }
    }
}
