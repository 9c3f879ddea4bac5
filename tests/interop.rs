//! Somebody else is the judge: OpenSSL reads every artefact we write, and we read every form it writes.
//!
//! Ignored for a machine without `openssl`; scripts/test.sh installs it and runs them all.

mod support;

use support::{Folder, PASSWORD, SUBJECT};

const PASS: &str = "pass:fixture password";

#[test]
#[ignore = "needs openssl"]
fn openssl_reads_all_that_init_writes() {
    for bits in ["2048", "3072", "4096"] {
        let folder = Folder::new();
        let options =
            ["--password-from", "env:PW", "--bits", bits, "--san", "DNS:example.com", "--san", "IP:192.0.2.1"];
        folder.run(&[&["init", "jwt"], &SUBJECT[..], &options].concat());

        for key in ["jwt/server.key", "jwt/server.pem", "jwt/server.pass.key"] {
            let told = folder.tool("openssl", &["pkey", "-in", key, "-passin", PASS, "-check", "-noout", "-text"]);
            assert!(told.contains("Key is valid") && told.contains(&format!("({bits} bit")), "{told}");
        }
        let told = folder.tool("openssl", &["asn1parse", "-in", "jwt/server.pass.key"]);
        for part in ["PBES2", "PBKDF2", ":0927C0", "hmacWithSHA256", "aes-256-cbc"] {
            assert!(told.contains(part), "{part}: {told}");
        }

        let told = folder.tool("openssl", &["req", "-in", "jwt/server.csr", "-verify", "-noout", "-text"]);
        assert!(told.contains("verify OK") && told.contains("DNS:example.com, IP Address:192.0.2.1"), "{told}");

        let told =
            folder.tool("openssl", &["x509", "-in", "jwt/server.crt", "-noout", "-text", "-checkend", "31449600"]);
        for part in [
            "Version: 3 (0x2)",
            "sha256WithRSAEncryption",
            "Basic Constraints: critical\n                CA:FALSE",
            "Key Usage: critical\n                Digital Signature\n",
            "Subject Key Identifier",
            "Authority Key Identifier",
            "DNS:example.com, IP Address:192.0.2.1",
            "Certificate will not expire",
        ] {
            assert!(told.contains(part), "{part}: {told}");
        }
        folder.tool(
            "openssl",
            &["verify", "-x509_strict", "-CAfile", "jwt/server.crt", "-partial_chain", "jwt/server.crt"],
        );

        let modulus = |tool: &[&str]| folder.tool("openssl", &[tool, &["-noout", "-modulus"]].concat());
        let of_key = modulus(&["rsa", "-in", "jwt/server.key"]);
        assert_eq!(modulus(&["req", "-in", "jwt/server.csr"]), of_key);
        assert_eq!(modulus(&["x509", "-in", "jwt/server.crt"]), of_key);
    }
}

#[test]
#[ignore = "needs openssl"]
fn a_request_without_names_has_an_empty_attribute_set() {
    let folder = Folder::new();
    folder.run(&["genkey", "--unencrypted", "--out", "server.key"]);
    folder.run(&["csr", "--subject", "C=CH,L=Zürich,O=Example Inc,OU=One,OU=Two,emailAddress=a@example.com"]);
    let told = folder.tool("openssl", &["asn1parse", "-in", "server.csr"]);
    assert!(told.contains("hl=2 l=   0 cons: cont [ 0 ]"), "{told}");
    let types = [
        "PRINTABLESTRING   :CH",
        "UTF8STRING        :Z",
        "PRINTABLESTRING   :Example Inc",
        "IA5STRING         :a@example.com",
    ];
    for part in types {
        assert!(told.contains(part), "{part}: {told}");
    }
    let order = folder.tool(
        "openssl",
        &["req", "-in", "server.csr", "-noout", "-subject", "-nameopt", "RFC2253,-dn_rev,utf8,-esc_msb"],
    );
    assert_eq!(order.trim(), "subject=C=CH,L=Zürich,O=Example Inc,OU=One,OU=Two,emailAddress=a@example.com");
}

/// The subject of a request made by OpenSSL, as it stands in the certificate made from it.
#[test]
#[ignore = "needs openssl"]
fn the_subject_is_carried_byte_for_byte() {
    for subject in [
        "/C=US/ST=California/L=San Francisco/O=Example Inc/OU=One/OU=Two",
        "/O=only",
        "/C=CH/L=Zürich/O=a\\/b\\+c/CN=x+OU=y",
        "/emailAddress=a@example.com/CN=a, b; c/O=last first",
    ] {
        let folder = Folder::new();
        folder.tool("openssl", &["genpkey", "-algorithm", "RSA", "-out", "server.key"]);
        let names = "subjectAltName=DNS:a.example,DNS:*.b.example,IP:2001:db8::1,email:c@example.com,URI:https://d.example/,dirName:dn";
        folder.write("dn.cnf", "[req]\ndistinguished_name=x\n[x]\n[dn]\nO=d\n");
        let request =
            ["req", "-new", "-utf8", "-config", "dn.cnf", "-key", "server.key", "-subj", subject, "-addext", names];
        folder.tool("openssl", &[&request[..], &["-out", "server.csr"]].concat());
        folder.run(&["selfsign", "--days", "30"]);
        let name = |tool: &str, file: &str| {
            let told = folder.tool(
                "openssl",
                &[tool, "-in", file, "-noout", "-subject", "-nameopt", "oneline,show_type,dump_der,dump_all"],
            );
            told.trim().to_owned()
        };
        assert_eq!(name("x509", "server.crt"), name("req", "server.csr"), "{subject}");
        let alternatives = |tool: &str, file: &str| {
            let told = folder.tool("openssl", &[tool, "-in", file, "-noout", "-text"]);
            told.lines()
                .skip_while(|line| !line.contains("Alternative Name"))
                .nth(1)
                .unwrap_or_default()
                .trim()
                .to_owned()
        };
        assert_eq!(alternatives("x509", "server.crt"), alternatives("req", "server.csr"), "{subject}");
        assert!(alternatives("x509", "server.crt").contains("DNS:*.b.example"));
        folder.run(&["verify", "server.key", "server.csr", "server.crt"]);
    }
}

/// Each way OpenSSL has had to write an RSA key, as the input of each command that takes one.
#[test]
#[ignore = "needs openssl"]
fn we_read_every_form_openssl_writes() {
    let folder = Folder::new();
    folder.tool("openssl", &["genpkey", "-algorithm", "RSA", "-out", "plain.pem"]);
    let mut forms: Vec<Vec<&str>> = vec![
        vec!["pkcs8", "-topk8", "-nocrypt"],
        vec!["pkcs8", "-topk8", "-nocrypt", "-outform", "DER"],
        vec!["rsa", "-traditional"],
        vec!["rsa", "-traditional", "-outform", "DER"],
        vec!["pkcs8", "-topk8", "-scrypt", "-passout", PASS],
        vec!["pkcs8", "-topk8", "-v2", "aes-256-cbc", "-passout", PASS, "-outform", "DER"],
        // The setup guide's own command, apart from generating the key.
        vec!["pkey", "-aes-256-cbc", "-passout", PASS],
    ];
    for cipher in ["aes-128-cbc", "aes-192-cbc", "aes-256-cbc", "des3"] {
        for hash in ["hmacWithSHA1", "hmacWithSHA256", "hmacWithSHA384", "hmacWithSHA512"] {
            forms.push(vec!["pkcs8", "-topk8", "-v2", cipher, "-v2prf", hash, "-passout", PASS]);
        }
    }
    for cipher in ["-des3", "-aes128", "-aes192", "-aes256"] {
        forms.push(vec!["rsa", "-traditional", cipher, "-passout", PASS]);
    }
    for form in &forms {
        folder.tool("openssl", &[&form[..], &["-in", "plain.pem", "-out", "form"]].concat());
        let password = if form.contains(&PASS) { &["--password-from", "env:PW"][..] } else { &[] };
        folder.run(&[&["decrypt", "--in", "form", "--force", "--no-pem"], password].concat());
        assert_eq!(folder.read("server.key"), folder.read("plain.pem"), "{form:?}");
        folder.run(&[&["csr", "--key", "form", "--force", "--subject", "O=x"], password].concat());
        folder.run(&[&["selfsign", "--key", "form", "--force"], password].concat());
        let old = if form.contains(&PASS) { &["--old-password-from", "env:PW"][..] } else { &[] };
        let encrypt = ["encrypt", "--in", "form", "--force", "--iterations", "1000", "--password-from", "env:PW"];
        folder.run(&[&encrypt[..], old].concat());
        let opened = folder.tool("openssl", &["pkey", "-in", "server.pass.key", "-passin", PASS]);
        assert_eq!(opened.as_bytes(), folder.read("plain.pem"), "{form:?}");
    }
    assert!(forms.len() >= 27);
}

/// The guide's command lines, and ours on what they left: any step may be done by either.
#[test]
#[ignore = "needs openssl"]
fn the_guides_steps_can_be_mixed() {
    let folder = Folder::new();
    let pass = format!("pass:{PASSWORD}");
    let genpkey = [
        "genpkey",
        "-aes-256-cbc",
        "-algorithm",
        "RSA",
        "-pass",
        &pass,
        "-out",
        "server.pass.key",
        "-pkeyopt",
        "rsa_keygen_bits:2048",
    ];
    folder.tool("openssl", &genpkey);
    folder.run(&["decrypt", "--password-from", "env:PW"]);
    folder
        .tool("openssl", &["req", "-new", "-key", "server.key", "-subj", "/C=US/O=Example Inc", "-out", "server.csr"]);
    folder.run(&["selfsign"]);
    folder.run(&["verify", "--password-from", "env:PW"]);
    folder.tool(
        "openssl",
        &[
            "x509",
            "-req",
            "-sha256",
            "-days",
            "365",
            "-in",
            "server.csr",
            "-signkey",
            "server.key",
            "-out",
            "server.crt",
        ],
    );
    folder.run(&["verify", "--password-from", "env:PW"]);

    // OpenSSL signs a request with another key without a word; we do not, and see it.
    folder.tool("openssl", &["genpkey", "-algorithm", "RSA", "-out", "other.key"]);
    folder.tool(
        "openssl",
        &["x509", "-req", "-days", "365", "-in", "server.csr", "-signkey", "other.key", "-out", "server.crt"],
    );
    let told = support::output(&mut folder.certwright(&["verify", "server.key", "server.csr", "server.crt"]));
    assert_eq!(told.status.code(), Some(1), "{}", support::text(&told));
    let told = support::output(&mut folder.certwright(&["selfsign", "--key", "other.key", "--force"]));
    assert_eq!(told.status.code(), Some(2), "{}", support::text(&told));
}

/// A chain from an authority: matched by signature, not by name.
#[test]
#[ignore = "needs openssl"]
fn a_chain_is_verified() {
    let folder = Folder::new();
    folder.tool(
        "openssl",
        &["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-subj", "/O=CA", "-out", "ca.crt"],
    );
    folder.tool(
        "openssl",
        &["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca2.key", "-subj", "/O=CA", "-out", "ca2.crt"],
    );
    folder.run(&["genkey", "--unencrypted", "--out", "server.key"]);
    folder.run(&["csr", "--subject", "O=Example Inc"]);
    folder.tool(
        "openssl",
        &[
            "x509",
            "-req",
            "-in",
            "server.csr",
            "-CA",
            "ca.crt",
            "-CAkey",
            "ca.key",
            "-CAcreateserial",
            "-out",
            "server.crt",
        ],
    );
    let files = ["verify", "server.key", "server.csr", "server.crt"];
    let told = folder.run(&[&files[..], &["ca.crt"]].concat());
    assert!(told.contains("server.crt, ca.crt: signed by O=CA"), "{told}");
    let told = folder.run(&files);
    assert!(told.contains("not-run  server.crt: its issuer's certificate is not among the files: O=CA"), "{told}");
    let told = support::output(&mut folder.certwright(&[&files[..], &["ca2.crt"]].concat()));
    assert_eq!(told.status.code(), Some(1), "{}", support::text(&told));
}

/// A small disk, filled: needs the right to mount one.
#[test]
#[ignore = "needs the right to mount a file system (Linux, superuser)"]
fn a_full_disk_leaves_nothing() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path().join("disk")).expect("a folder");
    folder.tool("mount", &["-t", "tmpfs", "-o", "size=8k", "tmpfs", "disk"]);
    let told = support::output(
        &mut folder.certwright(&[&["init", "disk"], &SUBJECT[..], &["--password-from", "env:PW"]].concat()),
    );
    let left = folder.names_of("disk");
    folder.tool("umount", &["disk"]);
    let text = support::text(&told);
    assert_eq!(told.status.code(), Some(2), "{text}");
    assert!(text.contains("No space left on device") && text.contains("make room on the disk"), "{text}");
    assert!(left.is_empty(), "{left:?}");
}
