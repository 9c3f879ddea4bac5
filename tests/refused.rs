//! What the command does when the system refuses a thread or random numbers. strace makes the system calls fail.
#![cfg(target_os = "linux")]

mod support;

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use support::{Folder, SUBJECT, output, text};

/// More calls than any command here makes.
const CALLS: usize = 16;

/// `arguments` in `folder` with a system call that fails as `failure` says.
fn with_failure(folder: &Folder, failure: &str, arguments: &[&str]) -> Output {
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-o", "trace", "-e", "signal=none", "-e", &format!("inject={failure}")]);
    strace.arg(support::program()).args(arguments);
    strace.current_dir(folder.path()).env("PW", support::PASSWORD).stdin(Stdio::null());
    let output = output(&mut strace);
    assert!(folder.path().join("trace").exists(), "NOT RUN: strace may not trace here:\n{}", text(&output));
    output
}

fn prepared() -> Folder {
    let folder = Folder::new();
    let set = ["--password-from", "env:PW", "--iterations", "1000", "--p12", "--jks"];
    folder.run(&[&["init", "old"], &SUBJECT[..], &set].concat());
    folder
}

fn commands() -> Vec<Vec<&'static str>> {
    let common = ["--password-from", "env:PW"];
    let init = ["init", "made", "--p12", "--jks", "--iterations", "1000"];
    vec![
        vec!["genkey", "--unencrypted", "--out", "new.key"],
        [&init, &SUBJECT[..], &["--password-from", "generate"]].concat(),
        [&["renew", "old", "--new-key"], &common[..]].concat(),
        [&["p12", "--dir", "old", "--out", "new.p12"], &common[..]].concat(),
        [&["jks", "--dir", "old", "--out", "new.jks"], &common[..]].concat(),
        ["testpki", "pki", "--host", "a.example", "--count", "6"].to_vec(),
        ["testpki", "pki", "--broken", "--only", "expired"].to_vec(),
        "jwt sign --key old/server.key --jti --client-id 3MVG9 --username a@b.example --audience production"
            .split(' ')
            .collect(),
    ]
}

/// Every name below the folder, and what the files hold.
fn contents(folder: &Folder) -> String {
    folder.tool(
        "sh",
        &["-c", "find . -path ./trace -prune -o -print | sort; find . -type f ! -name trace | sort | xargs cksum"],
    )
}

#[test]
#[ignore = "needs strace"]
fn random_numbers_that_fail_are_an_error_like_any_other() {
    let folder = prepared();
    let before = contents(&folder);
    let mut failed = 0;
    for command in commands() {
        let arguments = [&["--json"], &command[..]].concat();
        let mut has_failed = false;
        for error in ["EIO", "ENOSYS", "EPERM"] {
            let calls = (1..CALLS).flat_map(|call| [call.to_string(), format!("{call}+")]);
            for from in calls {
                let result = with_failure(&folder, &format!("getrandom:error={error}:when={from}"), &arguments);
                let what = format!("{command:?}, {error} from call {from}: {}", text(&result));
                let told: Value = serde_json::from_slice(&result.stdout).unwrap_or_else(|_| panic!("no JSON: {what}"));
                assert!(!what.contains("this is a fault"), "{what}");
                if result.status.code() == Some(2) {
                    assert_eq!(told["error"]["kind"], "io", "{what}");
                    assert_eq!(contents(&folder), before, "{what}");
                    has_failed = true;
                    failed += 1;
                    continue;
                }
                assert!(result.status.success(), "{what}");
                folder.tool("sh", &["-c", "rm -rf new.* made pki"]);
                if command[0] == "renew" {
                    folder.tool("sh", &["-c", "cp -p old/backup-*/* old && rm -r old/backup-*"]);
                }
                assert_eq!(contents(&folder), before, "{what}");
                // Nothing is drawn from here on.
                if from.ends_with('+') {
                    break;
                }
            }
        }
        assert!(has_failed, "{command:?} has drawn nothing");
    }
    println!("{failed} runs ended with an error");
}

#[test]
#[ignore = "needs strace"]
fn without_a_thread_everything_is_done_on_one() {
    let folder = prepared();
    for command in commands().into_iter().chain([vec!["--version"], vec!["show", "old/server.crt"]]) {
        for from in (1..6).flat_map(|call| [call.to_string(), format!("{call}+")]) {
            let result = with_failure(&folder, &format!("clone,clone3:error=EAGAIN:when={from}"), &command);
            assert!(result.status.success(), "{command:?}, from thread {from}: {}", text(&result));
            folder.tool("sh", &["-c", "rm -rf new.* made pki"]);
        }
    }
    // Looking a name up takes a thread, too.
    let login = ["--json", "salesforce", "login", "--key", "old/server.key", "--client-id", "3MVG9", "--username"];
    let login = [&login[..], &["a@b.example", "--instance-url", "http://localhost:1"]].concat();
    let result = with_failure(&folder, "clone,clone3:error=EAGAIN:when=1+", &login);
    let told: Value = serde_json::from_slice(&result.stdout).expect("JSON");
    assert!(told["error"]["message"].as_str().is_some_and(|told| told.contains("localhost")), "{told}");
}

/// A signal that comes while files are published waits, as it does where a thread handles it; before that it ends the run.
#[test]
#[ignore = "needs strace"]
fn without_a_thread_signals_leave_nothing_half_made() {
    support::let_signals_through();
    let folder = Folder::new();
    let arguments = [&["init", "made"], &SUBJECT[..], &["--password-from", "env:PW", "--iterations", "1000"]].concat();
    let no_thread = ["-e", "inject=clone,clone3:error=EAGAIN:when=1+"];
    let (mut all, mut none) = (0, 0);
    for call in ["fsync", "renameat2", "openat"] {
        for number in [1, 2, 3, 5, 8, 12, 20, 30] {
            let mut strace = Command::new("strace");
            strace
                .args(["-f", "-qq", "-o", "trace", "-e", "trace=clone,clone3,fsync,renameat2,openat"])
                .args(no_thread);
            strace.args(["-e", &format!("inject={call}:signal=TERM:when={number}")]);
            strace.arg(support::program()).args(&arguments);
            strace.current_dir(folder.path()).env("PW", support::PASSWORD).stdin(Stdio::null());
            let result = output(&mut strace);
            let names = folder.names_of("made");
            match names.len() {
                0 => none += 1,
                5 => all += 1,
                _ => panic!("TERM at {call} {number}: {names:?}: {}", text(&result)),
            }
            let has_ended =
                result.status.success() || result.status.signal() == Some(15) || result.status.code() == Some(2);
            assert!(has_ended, "{:?}: {}", result.status, text(&result));
            folder.tool("rm", &["-rf", "made", "trace"]);
        }
    }
    assert!(all > 0 && none > 0, "{all} whole, {none} not made");
}
