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

/// Root, intermediate and leaf, each of another algorithm: matched by signature, not by name or order.
#[test]
#[ignore = "needs openssl"]
fn a_chain_is_verified() {
    for (root, intermediate) in [
        (&["rsa:2048"][..], &["rsa:3072", "-sha384"][..]),
        (
            &["ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-sha512"],
            &["ec", "-pkeyopt", "ec_paramgen_curve:P-384", "-sha256"],
        ),
        (&["ed25519"], &["ec", "-pkeyopt", "ec_paramgen_curve:P-384", "-sha384"]),
        (&["ec", "-pkeyopt", "ec_paramgen_curve:P-384"], &["ed25519"]),
    ] {
        let folder = Folder::new();
        let req = |algorithm: &[&str], more: &[&str]| {
            folder.tool("openssl", &[&["req", "-nodes", "-newkey"], algorithm, more].concat());
        };
        let authority = ["-addext", "basicConstraints=critical,CA:TRUE"];
        req(
            root,
            &[&["-x509", "-keyout", "root.key", "-subj", "/O=Root", "-out", "root.crt"], &authority[..]].concat(),
        );
        // Another root of the same name, whose signature is none of ours.
        req(
            root,
            &[&["-x509", "-keyout", "twin.key", "-subj", "/O=Root", "-out", "twin.crt"], &authority[..]].concat(),
        );
        req(intermediate, &["-keyout", "int.key", "-subj", "/O=Intermediate", "-out", "int.csr"]);
        folder.write("ca.ext", "basicConstraints=critical,CA:TRUE,pathlen:0\n");
        let sign = |csr: &str, issuer: &str, crt: &str, more: &[&str]| {
            let (ca, key) = (format!("{issuer}.crt"), format!("{issuer}.key"));
            let base =
                ["x509", "-req", "-days", "30", "-in", csr, "-CA", &ca, "-CAkey", &key, "-CAcreateserial", "-out", crt];
            folder.tool("openssl", &[&base[..], more].concat());
        };
        sign("int.csr", "root", "int.crt", &["-extfile", "ca.ext"]);
        folder.run(&["genkey", "--unencrypted", "--out", "server.key"]);
        folder.run(&["csr", "--subject", "O=Example Inc"]);
        folder.write("leaf.ext", "basicConstraints=CA:FALSE\n");
        sign("server.csr", "int", "server.crt", &["-extfile", "leaf.ext"]);
        folder.tool("openssl", &["verify", "-CAfile", "root.crt", "-untrusted", "int.crt", "server.crt"]);

        for order in [
            ["server.key", "server.csr", "server.crt", "int.crt", "root.crt"],
            ["root.crt", "server.crt", "server.csr", "int.crt", "server.key"],
        ] {
            let told = support::unbroken(&folder.run(&[&["verify"], &order[..]].concat()));
            for part in ["server.crt, int.crt: signed by O=Intermediate", "int.crt, root.crt: signed by O=Root"] {
                assert!(told.contains(part), "{part}: {told}");
            }
        }
        folder
            .write("chain.pem", [folder.read("root.crt"), folder.read("int.crt"), folder.read("server.crt")].concat());
        folder.run(&["verify", "server.key", "chain.pem", "--strict"]);

        let told = support::unbroken(&folder.run(&["verify", "server.key", "server.crt", "root.crt"]));
        assert!(
            told.contains("not-run  server.crt: its issuer's certificate is not among the files: O=Intermediate"),
            "{told}"
        );
        let ends_with = |arguments: &[&str], code: i32| {
            let told = support::output(&mut folder.certwright(arguments));
            assert_eq!(told.status.code(), Some(code), "{arguments:?}: {}", support::text(&told));
        };
        ends_with(&["verify", "server.key", "server.crt", "root.crt", "--strict"], 1);
        ends_with(&["verify", "server.key", "server.crt", "int.crt", "twin.crt"], 1);
        folder.run(&["genkey", "--unencrypted", "--out", "other.key"]);
        ends_with(&["verify", "other.key", "server.crt", "int.crt", "root.crt"], 1);

        // Signed by one that is no authority, and by one more than the intermediate's path length allows.
        for (extension, reason) in [
            ("basicConstraints=CA:FALSE\n", "is no authority's"),
            ("basicConstraints=critical,CA:TRUE\n", "pathLenConstraint"),
            ("basicConstraints=critical,CA:TRUE\nkeyUsage=digitalSignature\n", "may not sign certificates"),
        ] {
            folder.write("sub.ext", extension);
            folder.tool(
                "openssl",
                &["req", "-nodes", "-newkey", "rsa:2048", "-keyout", "sub.key", "-subj", "/O=Sub", "-out", "sub.csr"],
            );
            sign("sub.csr", "int", "sub.crt", &["-extfile", "sub.ext"]);
            sign("server.csr", "sub", "below.crt", &["-extfile", "leaf.ext"]);
            let untrusted = [folder.read("int.crt"), folder.read("sub.crt")].concat();
            folder.write("untrusted.pem", untrusted);
            let judged = support::output(
                std::process::Command::new("openssl")
                    .args(["verify", "-CAfile", "root.crt", "-untrusted", "untrusted.pem", "below.crt"])
                    .current_dir(folder.path()),
            );
            assert!(!judged.status.success());
            let told = support::output(&mut folder.certwright(&[
                "verify",
                "server.key",
                "below.crt",
                "sub.crt",
                "int.crt",
                "root.crt",
            ]));
            let text = support::unbroken(&support::text(&told));
            assert_eq!(told.status.code(), Some(1), "{text}");
            assert!(text.contains(reason), "{reason}: {text}");
        }
    }
}

/// One set of files of every kind of right and wrong: OpenSSL's answers, put together, have to be our verdict.
#[test]
#[ignore = "needs openssl"]
fn verify_agrees_with_openssl_on_every_combination() {
    let folder = Folder::new();
    let openssl = |arguments: &[&str]| folder.tool("openssl", arguments);
    folder.write(
        "ca.cnf",
        "[ca]\ndefault_ca=d\n[d]\nnew_certs_dir=.\ndatabase=index\nserial=serial\ndefault_md=sha256\npolicy=p\n\
         unique_subject=no\nx509_extensions=v3\n[p]\nO=optional\nCN=optional\n[v3]\nsubjectKeyIdentifier=hash\n",
    );
    folder.write("index", "");
    folder.write("serial", "1000\n");
    let (mut keys, mut requests, mut certificates) = (Vec::new(), Vec::new(), Vec::new());
    for (name, bits) in [("a", "2048"), ("b", "2048"), ("c", "1024")] {
        let key = format!("{name}.key");
        openssl(&["genpkey", "-algorithm", "RSA", "-pkeyopt", &format!("rsa_keygen_bits:{bits}"), "-out", &key]);
        let pass_key = format!("{name}.pass.key");
        openssl(&["pkcs8", "-topk8", "-in", &key, "-passout", PASS, "-out", &pass_key]);
        let request = format!("{name}.csr");
        openssl(&["req", "-new", "-key", &key, "-subj", "/O=Example Inc", "-out", &request]);
        let signed = |file: &str, more: &[&str]| {
            let out = format!("{name}.{file}.crt");
            openssl(
                &[&["x509", "-req", "-in", &request, "-signkey", &key, "-days", "30", "-out", &out], more].concat(),
            );
            out
        };
        folder.write("v3.ext", "subjectKeyIdentifier=hash\n");
        certificates.push(signed("right", &["-extfile", "v3.ext"]));
        certificates.push(signed("renewed", &["-extfile", "v3.ext", "-days", "60"]));
        certificates.push(signed("v1", &[]));
        certificates.push(signed("sha1", &["-extfile", "v3.ext", "-sha1"]));
        certificates.push(signed("sha512", &["-extfile", "v3.ext", "-sha512"]));
        for (file, start, end) in
            [("expired", "20200101000000Z", "20210101000000Z"), ("early", "20900101000000Z", "20910101000000Z")]
        {
            let out = format!("{name}.{file}.crt");
            let base = ["ca", "-batch", "-config", "ca.cnf", "-selfsign", "-keyfile", &key, "-in", &request, "-notext"];
            openssl(&[&base[..], &["-startdate", start, "-enddate", end, "-out", &out]].concat());
            certificates.push(out);
        }
        // Signed with another's key, as OpenSSL does without a word.
        let other = if name == "a" { "b.key" } else { "a.key" };
        if name != "a" {
            let out = format!("{name}.resigned.crt");
            openssl(&["x509", "-req", "-in", &request, "-signkey", other, "-days", "30", "-out", &out]);
            certificates.push(out);
        }
        keys.extend([key.clone(), pass_key]);
        requests.push(request);
    }
    // Damaged after it was signed: the name changed in the DER.
    let der = openssl(&["req", "-in", "a.csr", "-outform", "PEM"]);
    assert!(der.contains("BEGIN"));
    openssl(&["req", "-in", "a.csr", "-outform", "DER", "-out", "changed.der"]);
    let changed = folder.read("changed.der");
    let at = changed.windows(11).position(|window| window == b"Example Inc").expect("the name");
    folder.write("changed.csr", [&changed[..at], b"Exemple Inc", &changed[at + 11..]].concat());
    requests.push("changed.csr".to_owned());

    let asked = |arguments: &[&str]| {
        let output = support::output(std::process::Command::new("openssl").args(arguments).current_dir(folder.path()));
        (output.status.success(), support::text(&output))
    };
    let modulus = |tool: &str, file: &str| {
        let form = if file == "changed.csr" { "DER" } else { "PEM" };
        let pass = if tool == "rsa" { &["-passin", PASS][..] } else { &[] };
        asked(&[&[tool, "-in", file, "-inform", form, "-noout", "-modulus"], pass].concat())
            .1
            .lines()
            .find(|line| line.starts_with("Modulus="))
            .unwrap_or_default()
            .to_owned()
    };
    let key_facts: Vec<_> = keys.iter().map(|key| (key, modulus("rsa", key))).collect();
    let request_facts: Vec<_> = requests
        .iter()
        .map(|request| {
            let form = if request == "changed.csr" { "DER" } else { "PEM" };
            let (_, told) = asked(&["req", "-in", request, "-inform", form, "-noout", "-verify", "-subject"]);
            (request, modulus("req", request), told.contains("verify OK"), told.contains("Example Inc"))
        })
        .collect();
    let certificate_facts: Vec<_> = certificates
        .iter()
        .map(|certificate| {
            // Signature and dates; -check_ss_sig looks at the signature of a trusted certificate too.
            let (verified, _) =
                asked(&["verify", "-check_ss_sig", "-CAfile", certificate, "-partial_chain", certificate]);
            let (_, text) = asked(&["x509", "-in", certificate, "-noout", "-text"]);
            let strong = !text.contains("sha1With") && !text.contains("(1024 bit)");
            (certificate, modulus("x509", certificate), verified && strong)
        })
        .collect();
    let (mut good, mut bad) = (0, 0);
    for (key, key_modulus) in &key_facts {
        for (request, request_modulus, request_holds, same_name) in &request_facts {
            for (certificate, certificate_modulus, certificate_holds) in &certificate_facts {
                let same =
                    key_modulus == request_modulus && key_modulus == certificate_modulus && !key_modulus.is_empty();
                let expected = same && *request_holds && *same_name && *certificate_holds;
                let arguments = ["verify", key, request, certificate, "--password-from", "env:PW"];
                let told = support::output(&mut folder.certwright(&arguments));
                let code = told.status.code();
                assert_eq!(code, Some(if expected { 0 } else { 1 }), "{arguments:?}: {}", support::text(&told));
                if expected { good += 1 } else { bad += 1 }
            }
        }
    }
    println!("{good} good, {bad} bad");
    assert!(good >= 12 && good + bad >= 200, "{good} good, {bad} bad");
}

/// The popular comparison says "equal" of two files that are not there; ours does not.
#[test]
#[ignore = "needs openssl"]
fn missing_files_are_not_equal() {
    let folder = Folder::new();
    let md5 = |tool: &str, file: &str| {
        folder.tool("sh", &["-c", &format!("openssl {tool} -noout -modulus -in {file} 2>/dev/null | openssl md5")])
    };
    assert_eq!(md5("x509", "nowhere.crt"), md5("rsa", "nowhere.key"));
    let told = support::output(&mut folder.certwright(&["verify", "nowhere.crt", "nowhere.key"]));
    assert_eq!(told.status.code(), Some(2), "{}", support::text(&told));
    for name in ["empty.crt", "empty.key"] {
        folder.write(name, "");
    }
    assert_eq!(md5("x509", "empty.crt"), md5("rsa", "empty.key"));
    for arguments in [&["verify", "empty.crt", "empty.key"][..], &["verify"], &["verify", "--json"]] {
        let told = support::output(&mut folder.certwright(arguments));
        assert_eq!(told.status.code(), Some(1), "{}", support::text(&told));
    }
}

/// What OpenSSL can make and a pair of eyes would miss.
#[test]
#[ignore = "needs openssl"]
fn odd_pairs_are_judged_rightly() {
    let folder = Folder::new();
    let openssl = |arguments: &[&str]| folder.tool("openssl", arguments);
    let verify = |files: &[&str]| {
        let told = support::output(&mut folder.certwright(&[&["verify"], files].concat()));
        (told.status.code(), support::text(&told))
    };
    let subject = ["-subj", "/O=Example Inc", "-days", "30"];
    openssl(&["genpkey", "-algorithm", "RSA", "-out", "rsa.key"]);
    openssl(&["req", "-new", "-key", "rsa.key", "-subj", "/O=Example Inc", "-out", "rsa.csr"]);

    // A certificate of another kind of key, known here or not.
    for (name, algorithm) in [("p256", "P-256"), ("p521", "P-521")] {
        let (key, crt) = (format!("{name}.key"), format!("{name}.crt"));
        openssl(&["genpkey", "-algorithm", "EC", "-pkeyopt", &format!("ec_paramgen_curve:{algorithm}"), "-out", &key]);
        openssl(&[&["req", "-x509", "-key", &key, "-out", &crt], &subject[..]].concat());
        let (code, told) = verify(&["rsa.key", "rsa.csr", &crt]);
        assert_eq!(code, Some(1), "{name}: {told}");
        assert!(told.contains("have different keys"), "{name}: {told}");
    }

    // RSA-PSS, whole and with one octet of its signature changed.
    openssl(
        &[
            &[
                "req",
                "-x509",
                "-key",
                "rsa.key",
                "-sigopt",
                "rsa_padding_mode:pss",
                "-outform",
                "DER",
                "-out",
                "pss.der",
            ],
            &subject[..],
        ]
        .concat(),
    );
    let (code, told) = verify(&["rsa.key", "pss.der", "--strict"]);
    // The key of the fixture folder is readable by others, as OpenSSL left it or not: only that may warn.
    assert!(code == Some(0) || told.contains("other users"), "{told}");
    let mut changed = folder.read("pss.der");
    *changed.last_mut().expect("an octet") ^= 1;
    folder.write("changed.der", &changed);
    assert_eq!(verify(&["rsa.key", "changed.der"]).0, Some(1));

    // The name of a self-signed certificate changed after signing: it then looks issued by somebody else.
    openssl(&[&["req", "-x509", "-key", "rsa.key", "-outform", "DER", "-out", "self.der"], &subject[..]].concat());
    let whole = folder.read("self.der");
    let name = b"Example Inc";
    let places: Vec<usize> = (0..whole.len() - name.len()).filter(|&at| whole[at..].starts_with(name)).collect();
    assert_eq!(places.len(), 2);
    for at in places {
        let mut changed = whole.clone();
        changed[at] = b'F';
        folder.write("changed.der", &changed);
        let (code, told) = verify(&["rsa.key", "changed.der"]);
        assert_eq!(code, Some(1), "{told}");
    }

    // A key whose numbers for the CRT are damaged works for some and not for others.
    openssl(&["rsa", "-in", "rsa.key", "-traditional", "-outform", "DER", "-out", "rsa.der"]);
    let der = folder.read("rsa.der");
    for back in [40, 200, 330] {
        let mut changed = der.clone();
        let at = der.len() - back;
        changed[at] ^= 1;
        folder.write("changed.der", &changed);
        let judged = support::output(
            std::process::Command::new("openssl")
                .args(["rsa", "-check", "-noout", "-in", "changed.der", "-inform", "DER"])
                .current_dir(folder.path()),
        );
        assert!(!support::text(&judged).contains("RSA key ok"));
        let told = support::output(&mut folder.certwright(&["decrypt", "--in", "changed.der", "--out", "new.key"]));
        assert_eq!(told.status.code(), Some(2), "{}", support::text(&told));
    }

    // A file held against itself proves nothing.
    assert_eq!(verify(&["rsa.key", "./rsa.key"]).0, Some(2));
}

/// Each file of a good set in turn replaced by its twin from another run.
#[test]
fn a_twin_of_another_run_is_found() {
    let (folder, other) = (Folder::new(), Folder::new());
    for folder in [&folder, &other] {
        folder.run(&[&["init", "jwt", "--iterations", "1000", "--password-from", "env:PW"], &SUBJECT[..]].concat());
    }
    for name in ["server.pass.key", "server.key", "server.pem", "server.csr", "server.crt"] {
        let path = format!("jwt/{name}");
        let own = folder.read(&path);
        folder.write(&path, other.read(&path));
        let told = support::output(&mut folder.certwright(&["verify", "jwt", "--password-from", "env:PW"]));
        let text = support::unbroken(&support::text(&told));
        assert_eq!(told.status.code(), Some(1), "{name}: {text}");
        let pairs = text.lines().filter(|line| line.starts_with("fails") && line.contains("have different keys"));
        assert_eq!(pairs.filter(|line| line.contains(&path)).count(), 4, "{name}: {text}");
        folder.write(&path, own);
    }
    folder.run(&["verify", "jwt", "--password-from", "env:PW", "--strict"]);
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
