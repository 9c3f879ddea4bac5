//! The guide's own lines: what openssl and keytool make of them, and what `certwright openssl` and `certwright keytool` do.
//!
//! Ignored for a machine without these programs; scripts/test.sh installs them and runs them all.
#![cfg(unix)]

mod support;

use std::process::Command;

use rexpect::process::WaitStatus;
use rexpect::session::spawn_command;
use support::{Folder, fixture, output, text};

/// The guide's own example.
const PASSWORD: &str = "1234567890";

/// The lines of a section of fixtures/guide/lines.txt.
fn lines(section: &str) -> Vec<String> {
    let text = String::from_utf8(support::read_fixture("guide/lines.txt")).expect("text");
    let lines = text.lines().skip_while(|line| *line != format!("[{section}]")).skip(1);
    let lines =
        lines.take_while(|line| !line.starts_with('[')).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let lines: Vec<String> = lines.map(str::to_owned).collect();
    assert!(lines.len() >= 4, "{section}: {lines:?}");
    lines
}

#[derive(Clone, Copy, PartialEq)]
enum Programs {
    Theirs,
    Ours,
}

/// What is asked while a line runs, and what the reader of the guide answers.
fn dialogue(line: &str, programs: Programs) -> Vec<(&'static str, &'static str)> {
    let passwords = match programs {
        _ if line.contains("pass ") || line.contains("passout") || line.contains("storepass") => vec![],
        Programs::Theirs if line.contains("-export ") => {
            vec!["Enter Export Password:", "Verifying - Enter Export Password:"]
        }
        Programs::Theirs if line.contains("-importkeystore") => {
            vec!["Enter destination keystore password:", "Re-enter new password:", "Enter source keystore password:"]
        }
        Programs::Theirs if line.contains("-changealias") => vec!["Enter keystore password:"],
        Programs::Ours if line.contains("-export ") => vec!["New password for keystore.p12 (hidden)", "The same again"],
        Programs::Ours if line.contains("-importkeystore") => {
            vec![
                "Password of keystore.p12",
                "New password for servercert.jks (hidden, at least 6 characters)",
                "The same again",
            ]
        }
        Programs::Ours if line.contains("-changealias") => vec!["Password of servercert.jks"],
        _ => vec![],
    };
    let subject = match line.contains("req -new") && !line.contains("-subj") {
        true => vec![
            ("Country Name (2 letter code) [", "US"),
            ("State or Province Name (full name) [", "California"),
            ("Locality Name (eg, city) [", "San Francisco"),
            ("Organization Name (eg, company) [", "Example Inc"),
            ("Organizational Unit Name (eg, section) [", ""),
            ("Common Name (e.g. server FQDN or YOUR name) [", ""),
            ("Email Address [", ""),
            ("A challenge password [", ""),
            ("An optional company name [", ""),
        ],
        false => vec![],
    };
    subject.into_iter().chain(passwords.into_iter().map(|question| (question, PASSWORD))).collect()
}

/// Types a line into a shell on a terminal, and answers what it asks. What was on the screen.
fn type_line(folder: &Folder, line: &str, programs: Programs) -> String {
    let program = support::program();
    let line = match programs {
        Programs::Ours if !line.starts_with("cp ") => format!("'{}' {line}", program.to_string_lossy()),
        _ => line.to_owned(),
    };
    let mut shell = Command::new("sh");
    // Java and OpenSSL speak the language of the user.
    shell.args(["-c", &line]).current_dir(folder.path()).env("PW", PASSWORD).env("TERM", "xterm").env("LC_ALL", "C");
    let mut session = spawn_command(shell, Some(60_000)).expect("a pseudo-terminal");
    let mut screen = String::new();
    for (question, answer) in dialogue(&line, programs) {
        let before = session.exp_string(question).unwrap_or_else(|error| panic!("{line}: {question}: {error}"));
        screen += &before;
        session.send_line(answer).expect("the terminal");
    }
    screen += &session.exp_eof().expect("the end");
    let status = session.process().wait().expect("an exit status");
    assert!(matches!(status, WaitStatus::Exited(_, 0)), "{line}: {status:?}\n{screen}");
    screen
}

/// What can be compared of a folder that the guide has filled: everything but numbers drawn at random, times and
/// extensions.
fn fields(folder: &Folder, entry: Option<&str>) -> Vec<String> {
    let openssl = |arguments: &str| {
        let arguments: Vec<&str> = arguments.split(' ').collect();
        folder.tool("openssl", &arguments)
    };
    let first_line = |text: String| text.lines().next().unwrap_or_default().to_owned();
    let mut fields = Vec::new();
    let pass = format!("-passin pass:{PASSWORD}");
    for key in ["server.pass.key", "server.key"] {
        let label = first_line(String::from_utf8_lossy(&folder.read(key)).into_owned());
        fields.push(format!("{key}: {label}: {}", first_line(openssl(&format!("pkey -in {key} {pass} -noout -text")))));
    }
    let of_key = openssl("rsa -noout -modulus -in server.key");
    assert_eq!(openssl(&format!("rsa -noout -modulus -in server.pass.key {pass}")), of_key);
    assert_eq!(openssl("req -noout -modulus -in server.csr"), of_key);
    assert_eq!(openssl("x509 -noout -modulus -in server.crt"), of_key);
    fields.push(openssl("req -noout -subject -in server.csr"));
    fields.push(openssl("x509 -noout -subject -issuer -in server.crt"));
    let text = openssl("x509 -noout -text -in server.crt");
    fields.extend(text.lines().filter(|line| line.contains("Signature Algorithm")).map(str::to_owned));
    fields.push(format!("valid for {} days", days(&openssl("x509 -noout -dates -in server.crt"))));
    let Some(alias) = entry else { return fields };
    let fingerprint = openssl("x509 -noout -fingerprint -sha256 -in server.crt");
    let fingerprint = fingerprint.trim().split_once('=').expect("a fingerprint").1.to_owned();
    assert!(folder.read("servercert.jks").starts_with(b"\xfe\xed\xfe\xed"), "no JKS");
    for (store, alias) in [("keystore.p12", None), ("servercert.jks", Some(alias))] {
        let listed = folder.tool("keytool", &["-list", "-keystore", store, "-storepass", PASSWORD]);
        assert!(listed.contains(&fingerprint), "{listed}");
        let entry = listed.lines().find(|line| line.contains("PrivateKeyEntry")).expect("a private key");
        let name = entry.split(',').next().unwrap_or_default();
        assert!(alias.is_none_or(|alias| alias == name), "{listed}");
        fields.push(format!("{store}: {name}"));
    }
    fields
}

/// Days between the two dates that `openssl x509 -dates` prints.
fn days(dates: &str) -> i64 {
    let seconds = |line: &str| {
        let date = line.split_once('=').expect("a date").1;
        let told = support::succeed(Command::new("date").args(["-u", "+%s", "-d", date]));
        told.trim().parse::<i64>().expect("a number")
    };
    let mut lines = dates.lines().map(seconds);
    let (start, end) = (lines.next().expect("a start"), lines.next().expect("an end"));
    (end - start) / 86_400
}

#[test]
#[ignore = "needs openssl, keytool and GNU date"]
fn the_lines_of_the_guide_do_what_they_do_elsewhere() {
    for (section, entry) in [("guide", Some("servercert")), ("salesforce", None), ("options", Some("servercert"))] {
        let (theirs, ours) = (Folder::new(), Folder::new());
        for line in lines(section) {
            type_line(&theirs, &line, Programs::Theirs);
            let screen = type_line(&ours, &line, Programs::Ours);
            if !line.starts_with("cp ") {
                assert!(screen.contains("note: the same as: certwright "), "{line}: {screen}");
                let gives_password = line.contains("pass:1") || line.contains("storepass 1");
                assert_eq!(
                    screen.contains("warning: a password in the command line"),
                    gives_password,
                    "{line}: {screen}"
                );
            }
            assert!(!screen.contains(PASSWORD), "{line}: {screen}");
        }
        let (theirs_told, ours_told) = (fields(&theirs, entry), fields(&ours, entry));
        assert_eq!(ours_told, theirs_told, "{section}");
        ours.write("pw", PASSWORD);
        ours.run(&["verify", "--for", "salesforce", "--password-from", "file:pw"]);
    }
}

/// Certificates whose names, serial numbers and times are unlike each other: name, string types, subject, serial number,
/// days.
const ODD: [(&str, &str, &str, &str, &str); 22] = [
    ("plain", "default", "/C=US/ST=California/L=San Francisco/O=Example Inc", "1", "30"),
    ("utf8", "utf8only", "/C=CH/O=Zürich AG/CN=日本語", "0", "30"),
    ("bmp", "MASK:0x800", "/C=CH/O=Zürich AG/CN=日本語, x", "255", "30"),
    ("teletex", "MASK:0x4", "/C=CH/O=Zürich AG", "128", "30"),
    ("separators", "utf8only", r#"/O=a, b; d <e> "f" \\\\ g/CN=#x y "#, "0x00ff00", "30"),
    ("several", "utf8only", "/C=US/O=x+OU=y+CN=z/CN=w", "0x7fffffffffffffffffffffffffffffffffffffff", "30"),
    ("negative", "utf8only", "/CN=negative", "-1", "30"),
    ("very-negative", "utf8only", "/CN=very negative", "-0x8000", "30"),
    ("spaces", "utf8only", "/CN= before and behind ", "0x0123456789abcdef", "30"),
    ("hash", "utf8only", "/CN=#", "12345678901234567890", "30"),
    ("space", "utf8only", "/CN= ", "2", "30"),
    ("control", "utf8only", "/CN=a\tb/O=x", "3", "30"),
    (
        "types",
        "utf8only",
        "/emailAddress=a@example.com/serialNumber=7/title=Dr/GN=A/SN=B/initials=C/name=D/pseudonym=E/DC=com/UID=u/street=S 1/\
         postalCode=12",
        "4",
        "30",
    ),
    ("dotted", "utf8only", "/CN=x/2.5.4.97=VAT", "5", "30"),
    ("slashes", "utf8only", r"/CN=a\/b\+c(d)*", "6", "30"),
    ("far", "utf8only", "/CN=far", "7", "20000"),
    (
        "business",
        "utf8only",
        "/jurisdictionC=US/businessCategory=Private Organization/description=x/2.5.4.51=house",
        "8",
        "30",
    ),
    ("astral", "utf8only", "/CN=😀 x", "9", "30"),
    ("quotes", "MASK:0x800", "/CN=a,b\"c", "10", "30"),
    ("wildcard", "utf8only", "/CN=*.example.com/OU=a=b", "11", "30"),
    ("backslash", "utf8only", r"/CN=a\\b", "12", "30"),
    (
        "rare",
        "utf8only",
        "/role=a/unstructuredAddress=b/postalAddress=c/physicalDeliveryOfficeName=d/dmdName=e/info=f/c3=deu/n3=276/uid=i/\
         favouriteDrink=j/x500UniqueIdentifier=k",
        "13",
        "30",
    ),
];

const NAME_OPTIONS: [&str; 22] = [
    "RFC2253",
    "oneline",
    "multiline",
    "compat",
    "utf8,sep_comma_plus_space",
    "RFC2253,-esc_msb,utf8",
    "oneline,-space_eq",
    "esc_ctrl,utf8,sep_semi_plus_space,dn_rev",
    "sname,show_type",
    "lname,align,sep_multiline",
    "oid,sep_comma_plus",
    "nofname",
    "dump_all",
    "dump_all,dump_der,sep_multiline",
    "esc_2254,esc_msb",
    "use_quote,esc_2253",
    "ignore_type",
    "-compat,+sname",
    "RFC2253,-dn_rev",
    "multiline,-align",
    "compat,utf8",
    "oneline,esc_2254,-esc_2253",
];

const FIELDS: [&str; 18] = [
    "-modulus",
    "-serial",
    "-startdate",
    "-enddate",
    "-dates",
    "-fingerprint",
    "-fingerprint -sha256",
    "-sha1 -fingerprint",
    "-fingerprint -sha512",
    "-pubkey",
    "-checkend 0",
    "-checkend 864000000",
    "-checkend -864000000",
    "-checkend 0x10",
    "-checkend 010",
    "-subject -nameopt utf8,sep_comma_plus_space -checkend +60",
    "-serial -enddate -modulus -fingerprint",
    "-enddate -serial",
];

/// What OpenSSL prints in formats without esc_ctrl, with control characters escaped as in the others: here they always are.
fn without_controls(text: &[u8]) -> Vec<u8> {
    let numbers = |bytes: &[u8]| bytes.iter().map(|byte| format!("\\{byte:02X}")).collect::<String>().into_bytes();
    let mut safe = Vec::new();
    for chunk in text.utf8_chunks() {
        for character in chunk.valid().chars() {
            let bytes = character.to_string().into_bytes();
            safe.extend(if character.is_control() && character != '\n' { numbers(&bytes) } else { bytes });
        }
        let bytes = chunk.invalid().iter();
        bytes.for_each(|byte| safe.extend(if matches!(byte, 0x80..=0x9f) { numbers(&[*byte]) } else { vec![*byte] }));
    }
    safe
}

#[test]
#[ignore = "needs openssl"]
fn scripts_read_the_same_bytes() {
    let folder = Folder::new();
    let key = fixture("openssl/pkcs8.pem");
    let mut certificates = Vec::new();
    for (name, mask, subject, serial, days) in ODD {
        folder.write("req.cnf", format!("[req]\ndistinguished_name=dn\nstring_mask={mask}\n[dn]\n"));
        let (request, file) = (format!("{name}.csr"), format!("{name}.crt"));
        let words = ["-config", "req.cnf", "-key", &key, "-subj", subject, "-utf8", "-multivalue-rdn"];
        let certificate = ["req", "-x509", "-new", "-set_serial", serial, "-days", days, "-out", &file];
        folder.tool("openssl", &[&certificate[..], &words[..]].concat());
        folder.tool("openssl", &[&["req", "-new", "-out", &request], &words[..]].concat());
        certificates.push(file);
    }
    certificates
        .extend(["v1", "v3", "sha1", "text", "rsa1024", "other"].map(|name| fixture(&format!("openssl/{name}.crt"))));

    let mut compared = 0;
    let mut compare = |words: &[&str]| {
        let theirs = output(Command::new("openssl").args(words).current_dir(folder.path()));
        let ours = output(&mut folder.certwright(&[&["openssl"], words].concat()));
        let shown = |octets: &[u8]| octets.escape_ascii().to_string();
        let expected = if words.contains(&"-nameopt") { without_controls(&theirs.stdout) } else { theirs.stdout };
        assert_eq!(shown(&ours.stdout), shown(&expected), "{words:?}: {}", text(&ours));
        assert_eq!(ours.status.code(), theirs.status.code(), "{words:?}");
        compared += 1;
    };
    for certificate in &certificates {
        for fields in FIELDS {
            let fields: Vec<&str> = fields.split(' ').collect();
            compare(&[&["x509", "-noout", "-in", certificate], &fields[..]].concat());
        }
        compare(&["x509", "-in", certificate]);
        compare(&["x509", "-in", certificate, "-outform", "der"]);
        compare(&["x509", "-in", certificate, "-checkend", " 60"]);
        for format in NAME_OPTIONS {
            compare(&["x509", "-noout", "-in", certificate, "-subject", "-issuer", "-nameopt", format]);
        }
    }
    folder.write(
        "several.pem",
        ["v3.crt", "other.crt", "pkcs8.pem"].map(|name| support::read_fixture(&format!("openssl/{name}"))).concat(),
    );
    compare(&["x509", "-in", "several.pem"]);
    compare(&["x509", "-in", "several.pem", "-outform", "DER", "-out", "/dev/stdout"]);
    for (name, ..) in ODD {
        let request = format!("{name}.csr");
        compare(&["req", "-noout", "-in", &request, "-modulus"]);
        compare(&["req", "-noout", "-in", &request, "-verify", "-pubkey"]);
        compare(&["req", "-noout", "-in", &request, "-subject", "-nameopt", "RFC2253"]);
    }
    for key in ["pkcs8.pem", "pkcs1.pem", "rsa3072.pem", "rsa4096.pem", "rsa1024.pem", "pkcs8.der"] {
        let key = fixture(&format!("openssl/{key}"));
        compare(&["rsa", "-noout", "-in", &key, "-modulus"]);
        compare(&["rsa", "-noout", "-in", &key, "-modulus", "-check"]);
    }
    assert!(compared > 1000, "{compared}");
}

/// `-text` is theirs in content: every line of it stands here too, apart from blanks, and under OpenSSL 3.2's way with names.
#[test]
#[ignore = "needs openssl"]
fn text_has_the_same_content() {
    let folder = Folder::new();
    let mut missing_lines = Vec::new();
    for name in ["v1.crt", "v3.crt", "sha1.crt", "other.crt", "san.csr", "utf8.csr"] {
        let command = if name.ends_with(".csr") { "req" } else { "x509" };
        let path = fixture(&format!("openssl/{name}"));
        let arguments = [command, "-noout", "-text", "-nameopt", "utf8,sep_comma_plus_space", "-in", &path];
        let theirs = folder.tool("openssl", &arguments);
        let ours = output(&mut folder.certwright(&[&["openssl"], &arguments[..]].concat()));
        let ours = String::from_utf8_lossy(&ours.stdout).into_owned();
        let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let ours: Vec<String> = ours.lines().map(squeezed).collect();
        // OpenSSL 3.0 has this heading also where nothing is asked for.
        let is_empty_heading = |line: &str| line == "Requested Extensions:" && theirs.contains("(none)");
        let missing = theirs.lines().map(squeezed).filter(|line| !ours.contains(line) && !is_empty_heading(line));
        missing_lines.extend(missing.map(|line| format!("{name}: {line}")));
    }
    assert!(missing_lines.is_empty(), "{missing_lines:#?}");
}
