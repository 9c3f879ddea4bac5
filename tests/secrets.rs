//! Secrets stay where they belong: in files that their owner alone can read, complete or not there at all.
#![cfg(unix)]

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use support::{Folder, SUBJECT, fixture, output, text};

fn mode(folder: &Folder, name: &str) -> u32 {
    fs::metadata(folder.path().join(name)).unwrap_or_else(|error| panic!("{name}: {error}")).permissions().mode()
        & 0o777
}

fn init(folder: &Folder, more: &[&str]) -> Command {
    folder.certwright(&[&["init", "jwt"], &SUBJECT[..], more].concat())
}

/// `command` under a shell that sets the umask first.
fn with_umask(command: &Command, umask: &str) -> Command {
    let mut shell = Command::new("sh");
    shell
        .args(["-c", &format!("umask {umask}; exec \"$0\" \"$@\"")])
        .arg(command.get_program())
        .args(command.get_args());
    shell.current_dir(command.get_current_dir().expect("a folder")).env("PW", support::PASSWORD).stdin(Stdio::null());
    shell
}

#[test]
fn modes_do_not_depend_on_the_umask() {
    for umask in ["000", "022", "077", "0777"] {
        let folder = Folder::new();
        support::succeed(&mut with_umask(&init(&folder, &["--password-from", "generate"]), umask));
        assert_eq!(mode(&folder, "jwt"), 0o700, "{umask}");
        for (name, expected) in [
            ("server.pass.key", 0o600),
            ("server.key", 0o600),
            ("server.pem", 0o600),
            ("server.pass.txt", 0o600),
            ("server.csr", 0o644),
            ("server.crt", 0o644),
        ] {
            assert_eq!(mode(&folder, &format!("jwt/{name}")), expected, "{name} under umask {umask}");
        }
    }
}

#[test]
fn force_mends_the_mode_and_hides_the_old_file() {
    let folder = Folder::new();
    folder.write("server.key", "an old key");
    fs::set_permissions(folder.path().join("server.key"), fs::Permissions::from_mode(0o644)).expect("the mode");
    folder.run(&["genkey", "--unencrypted", "--out", "server.key", "--force"]);
    assert_eq!(mode(&folder, "server.key"), 0o600);
    let backup = folder.names().into_iter().find(|name| name.starts_with("backup-")).expect("a backup");
    assert_eq!((mode(&folder, &backup), mode(&folder, &format!("{backup}/server.key"))), (0o700, 0o600));
    assert_eq!(folder.read(&format!("{backup}/server.key")), b"an old key");
}

#[test]
fn the_copy_is_the_same_and_the_password_file_opens_the_key() {
    let folder = Folder::new();
    support::succeed(&mut init(&folder, &["--password-from", "generate"]));
    assert_eq!(folder.read("jwt/server.key"), folder.read("jwt/server.pem"));
    folder.run(&["verify", "jwt", "--password-from", "file:jwt/server.pass.txt", "--strict"]);
    folder.run(&["decrypt", "--in", "jwt/server.pass.key", "--password-from", "file:jwt/server.pass.txt"]);
    assert_eq!(folder.read("server.key"), folder.read("jwt/server.key"));
}

/// Whatever happens, no part of a password is told: success, error, JSON, and the panic hook's text alike.
#[test]
fn passwords_are_never_told() {
    let folder = Folder::new();
    let secret = "Xyzzy-Plugh-9";
    let locked = fixture("openssl/pbkdf2-hmacSHA256.pem");
    let runs: [&[&str]; 9] = [
        &["genkey", "--password-from", "env:SECRET"],
        &["genkey", "--password-from", "env:SECRET", "--json", "--force"],
        &["genkey", "--password-from", "env:SECRET"],
        &["genkey", "--password-from", secret],
        &["genkey", "--password-from", secret, "--json"],
        &["genkey", &format!("--password-from=pass:{secret}")],
        &["genkey", &format!("--password={secret}")],
        &["decrypt", "--in", &locked, "--password-from", "env:SECRET"],
        &["verify", &locked, &fixture("openssl/v3.crt"), "--password-from", "env:SECRET", "--json"],
    ];
    for run in runs {
        let told = text(&output(folder.certwright(run).env("SECRET", secret).env("RUST_BACKTRACE", "full")));
        assert!(!told.contains(secret) && !told.contains("Plugh"), "{run:?}: {told}");
    }
}

/// The one place where a password may stand in the command line: it is taken, and never told again.
#[test]
fn passwords_in_the_guides_lines_are_never_told() {
    let folder = Folder::new();
    let locked = fixture("openssl/pbkdf2-hmacSHA256.pem");
    let key = fixture("openssl/pkcs8.pem");
    let certificate = fixture("openssl/v3.crt");
    let store = fixture("keystores/openssl-no-name.p12");
    let given = "pass:Xyzzy-Plugh-9";
    let runs: [&[&str]; 21] = [
        &["openssl", "genpkey", "-aes-256-cbc", "-algorithm", "RSA", "-pass", given, "-out", "a.key"],
        &["openssl", "genpkey", "-aes-256-cbc", "-algorithm", "RSA", "-pass", given, "-out", "a.key"],
        &["--json", "--force", "openssl", "genpkey", "-aes256", "-algorithm", "RSA", "-pass", given, "-out", "a.key"],
        &["openssl", "genrsa", "-des3", "-passout", given, "-out", "b.key", "2048"],
        &["openssl", "genpkey", "-aes256", "-algorithm", "RSA", "-pass", "Xyzzy-Plugh-9", "-out", "c.key"],
        &["openssl", "genpkey", "-aes256", "-algorithm", "RSA", "-pass", "pass:x", "Xyzzy-Plugh-9", "-out", "c.key"],
        &["openssl", "genpkey", "-aes256", "-algorithm", "RSA", "-pass", "pass:x", "-Xyzzy-Plugh-9", "-out", "c.key"],
        &["openssl", "genpkey", "-aes256", "-algorithm", "RSA", "-pass", "-Xyzzy-Plugh-9", "-out", "c.key"],
        &["openssl", "genpkey", "-aes256", "-algorithm", "RSA", "-pass", "pas:Xyzzy-Plugh-9", "-out", "c.key"],
        &["--json", "openssl", "genpkey", "-pass", "Xyzzy-Plugh-9"],
        &["openssl", "rsa", "-passin", given, "-in", &locked, "-out", "d.key"],
        &["openssl", "rsa", "-passin", given, "-in", "missing.key", "-out", "d.key"],
        &["openssl", "rsa", "-aes256", "-passout", given, "-in", &key, "-out", "e.key"],
        &["openssl", "pkcs12", "-export", "-in", &certificate, "-inkey", &key, "-out", "f.p12", "-passout", given],
        &["openssl", "pkcs12", "-info", "-noout", "-in", "f.p12", "-passin", given],
        &[
            "keytool",
            "-importkeystore",
            "-srckeystore",
            "f.p12",
            "-destkeystore",
            "g.jks",
            "-srcstorepass",
            "Xyzzy-Plugh-9",
        ],
        &[
            "keytool",
            "-importkeystore",
            "-srckeystore",
            "f.p12",
            "-destkeystore",
            "g.jks",
            "-srcstorepass",
            "Xyzzy-Plugh-9",
            "-deststorepass",
            "Xyzzy-Plugh-9",
        ],
        &[
            "keytool",
            "-keystore",
            "g.jks",
            "-changealias",
            "-alias",
            "1",
            "-destalias",
            "x",
            "-storepass",
            "Xyzzy-Plugh-9",
        ],
        &["keytool", "-list", "-keystore", &store, "-storepass", "Xyzzy-Plugh-9"],
        &["keytool", "-list", "-keystore", "g.jks", "-storepass", "Xyzzy-Plugh-9", "Xyzzy-Plugh-9"],
        &["keytool", "-list", "-keystore", "g.jks", "-storepass"],
    ];
    for arguments in runs {
        let told = support::text(&support::output(&mut folder.certwright(arguments)));
        assert!(!told.contains("Xyzzy") && !told.contains("Plugh"), "{arguments:?}: {told}");
    }
    // Spellings that no program takes.
    let secret = "Xyzzy-Plugh-9";
    let lines = [
        format!("openssl rsa -passin=pass:{secret} -in x"),
        format!("openssl rsa -passin=pass={secret} -in x"),
        format!("openssl rsa -passin:{secret} -in x"),
        format!("openssl rsa -passinpass:{secret} -in x"),
        format!("openssl rsa -passin{secret} -in x"),
        format!("openssl rsa --passout={secret} -in x"),
        format!("openssl rsa -passin fd:{secret} -in {locked} -out x"),
        format!("openssl rsa -passin env:{secret} -in {locked} -out x"),
        format!("openssl rsa -passin env: -in {locked} -out {secret}=pass:"),
        format!("openssl rsa -passin stdin:{secret} -in {locked} -out x"),
        format!("openssl rsa -in pass:{secret}"),
        format!("openssl rsa -in {locked} -out PASS:{secret}"),
        format!("openssl genrsa -des3 -passout pass:my {secret} -out x"),
        format!("openssl genrsa -des3 -passout pass:my 2048 {secret} -out x"),
        format!("openssl genrsa -des3 -out x pass:{secret}"),
        format!("openssl genrsa -des3 -out x {secret}"),
        format!("openssl pass:{secret}"),
        format!("openssl rsa=pass:{secret}"),
        format!("openssl genpkey -algorithm {secret}"),
        format!("openssl genpkey -algorithm RSA -pkeyopt pass:{secret}"),
        format!("openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:{secret}"),
        format!("openssl genpkey -algorithm RSA -outform {secret}"),
        format!("openssl x509 -in {certificate} -checkend {secret}"),
        format!("openssl x509 -in {certificate} -subject -nameopt {secret}"),
        format!("openssl x509 -in {certificate} -outform {secret}"),
        format!("openssl req -new -key {key} -subj pass:{secret}"),
        format!("openssl req -new -key {key} -addext pass:{secret}"),
        format!("keytool -list -keystore {store} -storepass={secret}"),
        format!("keytool -list -keystore {store} -storepass:{secret}"),
        format!("keytool -list -keystore {store} -storepass{secret}"),
        format!("keytool -list -keystore {store} -deststorepass={secret}"),
        format!("keytool -list -keystore {store} -storepass:env {secret}"),
        format!("keytool -importkeystore -srckeystore {store} -destkeystore x -deststoretype {secret}"),
        format!("keytool -storepass {secret}"),
    ];
    for line in lines {
        for json in [&[][..], &["--json"]] {
            let words: Vec<&str> = line.split(' ').collect();
            let result = output(&mut folder.certwright(&[json, &words].concat()));
            assert_eq!(result.status.code(), Some(2), "{line}: {}", text(&result));
            let told = text(&result);
            assert!(!told.contains("Xyzzy") && !told.contains("Plugh"), "{line}: {told}");
        }
    }
    // Which is what the others were taken for.
    folder.write("pw", "Xyzzy-Plugh-9");
    for made in ["a.key", "b.key", "e.key", "f.p12", "g.jks"] {
        folder.run(&["show", made, "--password-from", "file:pw"]);
        assert!(!String::from_utf8_lossy(&folder.read(made)).contains("Plugh"), "{made}");
    }
}

/// The usual way to try a password: nothing is made, nothing that is there is touched, and a pipe is not waited for.
#[test]
fn devices_are_written_to_and_pipes_are_not() {
    let folder = Folder::new();
    let locked = fixture("openssl/pbkdf2-hmacSHA256.pem");
    let line = ["openssl", "rsa", "-passin", "env:PW", "-in", &locked, "-out"];
    let run = |before: &[&str], out: &str| output(&mut folder.certwright(&[before, &line, &[out]].concat()));

    let discarded = run(&["--force"], "/dev/null");
    assert!(discarded.status.success() && discarded.stdout.is_empty(), "{}", text(&discarded));
    assert!(!fs::symlink_metadata("/dev/null").expect("the device").is_file());
    let wrong = output(folder.certwright(&[&line[..], &["/dev/null"]].concat()).env("PW", "wrong"));
    assert_eq!(wrong.status.code(), Some(2), "{}", text(&wrong));
    let written = run(&[], "/dev/stdout");
    assert_eq!(written.stdout, support::read_fixture("openssl/pkcs8.pem"), "{}", text(&written));

    support::succeed(Command::new("mkfifo").arg(folder.path().join("pipe")));
    for before in [&[][..], &["--force"]] {
        let refused = run(before, "pipe");
        assert_eq!(refused.status.code(), Some(2), "{}", text(&refused));
    }
    assert_eq!(folder.names(), ["pipe"]);
}

#[test]
fn descriptors_hold_passwords_too() {
    let folder = Folder::new();
    let mut shell = Command::new("sh");
    shell.args([
        "-c",
        "printf 'fixture password\\n' | exec \"$0\" genkey --iterations 1000 --password-from fd:3 3<&0 </dev/null",
    ]);
    shell.arg(support::program()).current_dir(folder.path());
    support::succeed(&mut shell);
    folder.run(&["decrypt", "--password-from", "env:PW"]);
}

fn wait_or_kill(mut child: std::process::Child, signal: i32, delay: Duration) -> std::process::ExitStatus {
    sleep(delay);
    let pid = child.id().to_string();
    let _ = Command::new("kill").args([&format!("-{signal}"), &pid]).stderr(Stdio::null()).status();
    child.wait().expect("an end")
}

#[test]
fn signals_leave_nothing_half_made() {
    support::let_signals_through();
    for (signal, delay) in [(2, 40), (15, 40), (1, 40), (2, 80), (15, 160), (1, 300), (2, 500)] {
        let folder = Folder::new();
        let mut command = init(&folder, &["--password-from", "env:PW", "--iterations", "5000000"]);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("certwright");
        let status = wait_or_kill(child, signal, Duration::from_millis(delay));
        if status.success() {
            assert_eq!(folder.names_of("jwt").len(), 5);
        } else {
            assert_eq!(status.signal(), Some(signal));
            assert_eq!(folder.names(), [""; 0], "signal {signal} after {delay} ms");
        }
    }
}

/// `nohup` asks for SIGHUP to be ignored.
#[test]
fn an_ignored_signal_stays_ignored() {
    let folder = Folder::new();
    let inner = init(&folder, &["--password-from", "env:PW", "--iterations", "5000000"]);
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' HUP; exec \"$0\" \"$@\""]).arg(inner.get_program()).args(inner.get_args());
    shell.current_dir(folder.path()).env("PW", support::PASSWORD).stdin(Stdio::null()).stdout(Stdio::null());
    let status = wait_or_kill(shell.spawn().expect("sh"), 1, Duration::from_millis(100));
    assert!(status.success(), "{status}");
}

/// SIGKILL cannot be handled: the set is there whole, or not at all, or the next run names what is there.
#[test]
fn kills_are_named_by_the_next_run() {
    let mut outcomes = [0; 3];
    for round in 0..40 {
        let folder = Folder::new();
        let mut command = init(&folder, &["--password-from", "env:PW", "--iterations", "1000"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("certwright");
        // Wait for the folder, which is made just before the files are written.
        while !folder.path().join("jwt").exists() && child.try_wait().expect("its state").is_none() {
            std::thread::yield_now();
        }
        sleep(Duration::from_micros(round * 200));
        child.kill().expect("SIGKILL");
        child.wait().expect("an end");
        let names = folder.names_of("jwt");
        let ours = names.iter().filter(|name| name.starts_with("server.")).count();
        let marked = names.iter().any(|name| name == ".certwright-unfinished");
        assert!(marked || ours == 0 || ours == 5, "{names:?}");
        outcomes[if marked {
            1
        } else if ours == 5 {
            2
        } else {
            0
        }] += 1;
        let another = ["genkey", "--unencrypted", "--out", "jwt/another.key"];
        let next = output(&mut folder.certwright(&another));
        if !next.status.success() {
            assert_eq!(next.status.code(), Some(2), "{}", text(&next));
            assert!(marked && text(&next).contains("an earlier run was killed"), "{}", text(&next));
            assert!(text(&next).contains("certwright recover jwt"), "{}", text(&next));
            folder.run(&["recover", "jwt", "--yes"]);
            // Half a set is finished, and of one that had not begun nothing is left.
            let ours = folder.names_of("jwt").iter().filter(|name| name.starts_with("server.")).count();
            assert!(ours == 0 || ours == 5, "{:?}", folder.names_of("jwt"));
            folder.run(&another);
        }
        let names = folder.names_of("jwt");
        assert!(names.iter().all(|name| !name.starts_with(".certwright")), "{names:?}");
    }
    // Which moments were met is the machine's business.
    println!("killed before {}, amid {}, after {}", outcomes[0], outcomes[1], outcomes[2]);
}

/// A write that fails half-way, by a limit on the size of files: what a full disk looks like.
#[test]
fn a_failed_write_leaves_nothing() {
    let folder = Folder::new();
    let inner = init(&folder, &["--password-from", "env:PW", "--iterations", "1000"]);
    let mut shell = Command::new("bash");
    shell.args(["-c", "ulimit -f 1; exec \"$0\" \"$@\""]).arg(inner.get_program()).args(inner.get_args());
    shell.current_dir(folder.path()).env("PW", support::PASSWORD).stdin(Stdio::null());
    let result = output(&mut shell);
    assert_eq!(result.status.code(), Some(2), "{}", text(&result));
    assert!(text(&result).contains("cannot be written"), "{}", text(&result));
    assert_eq!(folder.names(), [""; 0]);
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let folder = Folder::new();
    fs::create_dir(folder.path().join("locked")).expect("a folder");
    fs::set_permissions(folder.path().join("locked"), fs::Permissions::from_mode(0o500)).expect("the mode");
    let mut command = folder.certwright(&["genkey", "--unencrypted", "--out", "locked/server.key"]);
    // The superuser may write anywhere; Linux's `nobody` may not.
    let superuser =
        fs::metadata("/proc/self").is_ok_and(|metadata| std::os::unix::fs::MetadataExt::uid(&metadata) == 0);
    if superuser {
        command.uid(65534).gid(65534);
        let parents = folder.path().ancestors();
        if !parents
            .clone()
            .all(|path| fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o001 != 0))
        {
            command = folder.certwright(&["genkey", "--unencrypted", "--out", "/proc/server.key"]);
        }
    }
    let result = output(&mut command);
    assert_eq!(result.status.code(), Some(2), "{}", text(&result));
    assert!(text(&result).contains("cannot be written\ncaused by: "), "{}", text(&result));
    assert_eq!(folder.names(), ["locked"]);
}

#[test]
fn a_closed_pipe_is_no_error() {
    let folder = Folder::new();
    let mut shell = Command::new("bash");
    shell.args(["-c", "set -o pipefail; \"$0\" --help | head -n 1; \"$0\" genkey --unencrypted --out - | true"]);
    shell.arg(support::program()).current_dir(folder.path());
    support::succeed(&mut shell);
}

/// What belongs to an output that nobody read is not left behind.
#[test]
fn a_lost_output_takes_its_files_back() {
    let folder = Folder::new();
    let sinks = if cfg!(target_os = "linux") { &["| true", "> /dev/full"][..] } else { &["| true"] };
    for &sink in sinks {
        let script = format!(
            "\"$0\" genkey --iterations 1000 --out - --password-from generate:pw.txt {sink}; exit ${{PIPESTATUS[0]}}"
        );
        let mut shell = Command::new("bash");
        shell.args(["-c", &script]).arg(support::program()).current_dir(folder.path());
        let result = output(&mut shell);
        // The reader may be slower than the writer: then all is well, and the password file is there.
        if result.status.success() {
            assert_eq!((sink, folder.names()), ("| true", vec!["pw.txt".to_owned()]));
            fs::remove_file(folder.path().join("pw.txt")).expect("the password file");
        } else {
            assert!(text(&result).contains("standard output cannot be written"), "{}", text(&result));
            assert_eq!(folder.names(), [""; 0], "{sink}");
        }
    }
}

/// A core file would hold the password.
#[test]
fn no_core_file_is_written() {
    support::let_signals_through();
    let folder = Folder::new();
    let inner = init(&folder, &["--password-from", "env:PW", "--iterations", "9000000"]);
    let mut shell = Command::new("bash");
    shell.args(["-c", "ulimit -c unlimited; exec \"$0\" \"$@\""]).arg(inner.get_program()).args(inner.get_args());
    shell.current_dir(folder.path()).env("PW", support::PASSWORD).stdin(Stdio::null()).stderr(Stdio::null());
    let status = wait_or_kill(shell.spawn().expect("bash"), 3, Duration::from_millis(400));
    assert_eq!(status.signal(), Some(3));
    assert!(!status.core_dumped());
    assert_eq!(folder.names(), [""; 0]);
}

/// The kernel gives what shows the memory of a process that may not be dumped to root, so that no debugger of the same user
/// can attach.
#[cfg(target_os = "linux")]
#[test]
fn other_programs_cannot_read_the_memory() {
    use std::os::unix::fs::MetadataExt;
    let folder = Folder::new();
    let mut command = folder.certwright(&["genkey", "--iterations", "9000000", "--password-from", "env:PW"]);
    // For root's own processes nothing would change.
    if fs::metadata("/proc/self").is_ok_and(|metadata| metadata.uid() == 0) {
        command.uid(65534).gid(65534);
    }
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("certwright");
    let memory = format!("/proc/{}/mem", child.id());
    let is_closed = (0..200).any(|_| {
        sleep(Duration::from_millis(10));
        fs::metadata(&memory).is_ok_and(|metadata| metadata.uid() == 0)
    });
    let _ = child.kill();
    let _ = child.wait();
    assert!(is_closed, "{memory} stays with its user");
}

/// A job in the background is not stopped by the terminal it may not touch.
#[test]
fn a_background_job_ends_when_told_to() {
    support::let_signals_through();
    let folder = Folder::new();
    let script = format!(
        "set -m; {} genkey --iterations 9000000 --password-from env:PW & sleep 0.3; kill -TERM %1; wait %1; echo ended $?\n",
        support::program().to_string_lossy()
    );
    let mut command = Command::new("bash");
    command.args(["-c", &script]).current_dir(folder.path()).env("PW", support::PASSWORD);
    let mut session = rexpect::session::spawn_command(command, Some(20_000)).expect("a pseudo-terminal");
    session.exp_string("ended 143").unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(folder.names(), [""; 0]);
}
