//! Keystores: ours read by everybody, everybody's read by us.
//!
//! The live tests are ignored for a machine without the tools; scripts/test.sh installs them and runs them all.

mod support;

use std::time::{Duration, UNIX_EPOCH};

use certwright::keystore::{Compatibility, Entry};
use certwright::testpki::{Authority, AuthorityProfile, Origin, Profile, Purpose, Stream};
use certwright::{EncodedKeystore, ErrorKind, Identity, KeyKind, Keystore, Password, SanName, Validity, inspect};
use sha1::{Digest, Sha1};
use support::{Folder, PASSWORD, SUBJECT, fixture, read_fixture};

const PASS: &str = "pass:fixture password";

fn password(text: &str) -> Password {
    Password::new(text.into())
}

fn open(name: &str, text: &str, key: Option<&str>) -> certwright::Result<Keystore> {
    let store = inspect::keystore(&read_fixture(name))?;
    store.open(&password(text), key.map(password).as_ref())
}

#[test]
fn keystores_of_every_tool_hold_the_same_key() {
    let inspect::FoundKey::Open(key) = inspect::private_key(&read_fixture("openssl/pkcs8.pem")).expect("a key") else {
        panic!("a locked key")
    };
    let mut count = 0;
    for name in support::fixtures().iter().filter(|name| name.starts_with("keystores/") || name.ends_with(".p12")) {
        let (text, key_text) = match name.as_str() {
            "keystores/keytool.jceks" | "keystores/bouncycastle.bcfks" => continue,
            "keystores/openssl-2000000-iterations.p12" => continue,
            "keystores/openssl-certificate-alone.p12" => continue,
            "keystores/openssl-empty-password.p12" => ("", None),
            "keystores/openssl-other-password.p12" => ("grün & Пароль", None),
            "keystores/keytool-key-password.jks" => (PASSWORD, Some("another password")),
            _ => (PASSWORD, None),
        };
        let store = open(name, text, key_text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let identities: Vec<&Identity> = store
            .entries
            .iter()
            .filter_map(|entry| if let Entry::Identity(identity) = entry { Some(identity) } else { None })
            .collect();
        let alias = if name.contains("no-name") { "1" } else { "servercert" };
        let identity = identities.iter().find(|identity| identity.alias() == alias);
        let identity = identity.unwrap_or_else(|| panic!("{name}: {store:?}"));
        assert_eq!(identity.key().public_key(), key.public_key(), "{name}");
        assert_eq!(identity.chain().len(), 1, "{name}");
        if name.contains("several") {
            assert_eq!((store.entries.len(), identities.len()), (3, 2));
        }
        // Without a MAC only the key itself tells.
        let wrong = open(name, "wrong", None).and_then(Keystore::into_identity).expect_err("a wrong password");
        assert_eq!(wrong.kind(), ErrorKind::Password, "{name}: {wrong}");
        count += 1;
    }
    assert!(count >= 13, "only {count} keystores");
}

#[test]
fn a_key_of_another_password_is_told_from_the_store() {
    let store = open("keystores/keytool-key-password.jks", PASSWORD, None).expect("the store opens");
    let error = store.into_identity().expect_err("the key does not");
    assert_eq!(error.kind(), ErrorKind::Password);
    assert!(error.to_string().contains("another password than the store"), "{error}");
}

#[test]
fn what_is_not_read_is_named() {
    let error = inspect::inspect(&read_fixture("keystores/keytool.jceks")).expect_err("JCEKS");
    assert!(error.to_string().contains("JCEKS"), "{error}");
    let items = inspect::inspect(&read_fixture("keystores/bouncycastle.bcfks")).expect("an item");
    let error = items[0].object.as_ref().expect_err("BCFKS");
    assert!(error.to_string().contains("BCFKS"), "{error}");
    let items = inspect::inspect(&read_fixture("keystores/openssl-2000000-iterations.p12")).expect("an item");
    let error = items[0].object.as_ref().expect_err("a bound");
    assert_eq!(error.kind(), ErrorKind::Policy);
}

#[test]
fn a_mixed_up_pair_makes_no_keystore() {
    let key = |name| match inspect::private_key(&read_fixture(name)).expect("a key") {
        inspect::FoundKey::Open(key) => key,
        inspect::FoundKey::Locked(_) => panic!("a locked key"),
    };
    let certificate = |name| inspect::certificate(&read_fixture(name)).expect("a certificate");
    let error =
        Identity::new("a", key("openssl/other.pem"), vec![certificate("openssl/v3.crt")]).expect_err("mixed up");
    assert_eq!(error.kind(), ErrorKind::Mismatch);
    let stray = vec![certificate("openssl/v3.crt"), certificate("openssl/ec.crt")];
    let error = Identity::new("a", key("openssl/pkcs8.pem"), stray).expect_err("a stray certificate");
    assert_eq!(error.kind(), ErrorKind::Mismatch);
}

fn identity(alias: &str, certificates: Vec<certwright::Certificate>) -> Entry {
    let inspect::FoundKey::Open(key) = inspect::private_key(&read_fixture("openssl/pkcs8.pem")).expect("a key") else {
        panic!("a locked key")
    };
    Entry::Identity(Identity::new(alias, key, certificates).expect("a pair"))
}

/// What is written is read back and compared by the library itself; these are the stores in which that is not trivial.
#[test]
fn entries_keep_what_is_theirs() {
    let mut rng = getrandom::rand_core::UnwrapErr(getrandom::SysRng);
    let certificate = |name: &str| inspect::certificate(&read_fixture(name)).expect("a certificate");
    let renewed = [certificate("openssl/v3.crt"), certificate("openssl/v1.crt")];
    let stores = [
        // One key, renewed: each entry has its own certificate.
        vec![identity("old", vec![renewed[0].clone()]), identity("new", vec![renewed[1].clone()])],
        // Trusted, and in a chain as well.
        vec![
            identity("own", vec![renewed[0].clone()]),
            Entry::Certificate { alias: "trusted".to_owned(), certificate: renewed[0].clone() },
        ],
    ];
    for entries in stores {
        let store = Keystore { entries };
        let pass = password(PASSWORD);
        let p12 = store.to_p12(&pass, Default::default(), 1000, &mut rng).expect("a PKCS#12 file");
        let jks = store.to_jks(&pass, std::time::SystemTime::UNIX_EPOCH, &mut rng).expect("a JKS");
        for bytes in [p12, jks] {
            let opened =
                inspect::keystore(bytes.as_bytes()).and_then(|read| read.open(&pass, None)).expect("a keystore");
            assert_eq!(opened.entries.len(), 2);
        }
    }
    for entries in [
        vec![],
        vec![identity("", vec![renewed[0].clone()])],
        vec![identity("Abc", vec![renewed[0].clone()]), identity("aBC", vec![renewed[1].clone()])],
    ] {
        let error = Keystore { entries }.to_p12(&password(PASSWORD), Default::default(), 1000, &mut rng);
        assert_eq!(error.expect_err("a refusal").kind(), ErrorKind::Usage);
    }
}

/// An independent reader in Rust.
#[test]
fn p12_keystore_reads_ours() {
    let folder = Folder::new();
    folder
        .run(&[&["init", "jwt", "--p12", "--iterations", "1000", "--password-from", "env:PW"], &SUBJECT[..]].concat());
    let data = folder.read("jwt/keystore.p12");
    let store =
        p12_keystore::KeyStore::from_pkcs12(&data, PASSWORD, Default::default()).expect("p12-keystore reads it");
    let (alias, chain) = store.private_key_chain().expect("a key");
    assert_eq!((alias, chain.certs().len()), ("servercert", 1));
    let EncodedKeystore { .. } = inspect::keystore(&data).expect("ours");
}

/// The guide's optional part, all files at once and all checks.
#[test]
fn init_makes_seven_files_that_belong_together() {
    let (folder, other) = (Folder::new(), Folder::new());
    let init =
        ["init", "jwt", "--p12", "--jks", "--alias", "sales_cert", "--iterations", "1000", "--password-from", "env:PW"];
    for folder in [&folder, &other] {
        folder.run(&[&init[..], &SUBJECT].concat());
        assert_eq!(folder.names_of("jwt").len(), 7);
    }
    let verify = ["verify", "jwt", "--for", "salesforce", "--password-from", "env:PW"];
    folder.run(&[&verify[..], &["--strict"]].concat());
    for name in
        ["server.pass.key", "server.key", "server.pem", "server.csr", "server.crt", "keystore.p12", "servercert.jks"]
    {
        let path = format!("jwt/{name}");
        let own = folder.read(&path);
        folder.write(&path, other.read(&path));
        let told = support::output(&mut folder.certwright(&verify));
        let text = support::unbroken(&support::text(&told));
        assert_eq!(told.status.code(), Some(1), "{name}: {text}");
        let pairs = text.lines().filter(|line| line.starts_with("fails") && line.contains("have different keys"));
        assert!(pairs.filter(|line| line.contains(&path)).count() >= 6, "{name}: {text}");
        folder.write(&path, own);
    }
    folder.run(&verify);
}

fn modulus(folder: &Folder, key: &str) -> String {
    folder.tool("openssl", &["rsa", "-in", key, "-noout", "-modulus"]).trim().replace("Modulus=", "")
}

/// Where scripts/test.sh puts Python with its packages.
fn python() -> String {
    std::env::var("CERTWRIGHT_PYTHON").unwrap_or_else(|_| "python3".to_owned())
}

#[test]
#[ignore = "needs openssl, java and keytool (JDK), Python with cryptography and pyjks, certtool, pk12util and certutil"]
fn everybody_reads_what_we_write() {
    for compat in ["modern", "java8", "windows2016"] {
        let folder = Folder::new();
        let init = ["init", ".", "--jks", "--alias", "Sales_Cert", "--iterations", "1000", "--password-from", "env:PW"];
        folder.run(&[&init[..], &SUBJECT].concat());
        folder.run(&["p12", "--alias", "Sales_Cert", "--compat", compat, "--password-from", "env:PW"]);
        let modulus = modulus(&folder, "server.key");

        let legacy = if compat == "modern" { &[][..] } else { &["-legacy"] };
        let told = folder.tool(
            "openssl",
            &[&["pkcs12", "-in", "keystore.p12", "-passin", PASS, "-nodes", "-info"], legacy].concat(),
        );
        assert_eq!(told.matches("friendlyName: Sales_Cert").count(), 2, "{told}");
        assert_eq!(told.matches("localKeyID: 00 00 00 01").count(), 2, "{told}");
        let parts: &[&str] = match compat {
            "modern" => &["MAC: sha256, Iteration 100000", "AES-256-CBC, Iteration 100000, PRF hmacWithSHA256"],
            _ => &["MAC: sha1, Iteration 100000", "pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 100000"],
        };
        parts.iter().for_each(|part| assert!(told.contains(part), "{part}: {told}"));

        for store in ["keystore.p12", "servercert.jks"] {
            let told = folder.tool("keytool", &["-list", "-v", "-keystore", store, "-storepass", PASSWORD]);
            for part in [
                "Alias name: sales_cert",
                "Entry type: PrivateKeyEntry",
                "Certificate chain length: 1",
                "Owner: O=Example Inc",
            ] {
                assert!(told.contains(part), "{store}: {part}: {told}");
            }
            folder.tool(
                "keytool",
                &["-certreq", "-alias", "sales_cert", "-keystore", store, "-storepass", PASSWORD, "-file", "new.csr"],
            );
            let told = folder.tool("openssl", &["req", "-in", "new.csr", "-noout", "-modulus"]);
            assert_eq!(told.trim().replace("Modulus=", ""), modulus);
            let kind = if store == "keystore.p12" { "PKCS12" } else { "JKS" };
            let program = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/java/Sign.java");
            let told = folder.tool("java", &[program, kind, store, PASSWORD, "sales_cert"]);
            assert_eq!(told.lines().last(), Some("true 1"), "{told}");
            let reader = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python_stores.py");
            let told = folder.tool(&python(), &[reader, "read", store, PASSWORD]);
            let alias = if store == "keystore.p12" { "p12 Sales_Cert" } else { "jks sales_cert" };
            assert_eq!(told.trim(), format!("{alias} 1 {modulus}"));
        }

        let told =
            folder.tool("certtool", &["--p12-info", "--inder", "--infile", "keystore.p12", "--password", PASSWORD]);
        assert!(told.contains("Friendly name: Sales_Cert") && told.contains("BEGIN CERTIFICATE"), "{told}");
        folder.write("password", PASSWORD);
        folder.tool("certutil", &["-N", "-d", "sql:.", "--empty-password"]);
        folder.tool("pk12util", &["-i", "keystore.p12", "-d", "sql:.", "-w", "password"]);
        let told = folder.tool("certutil", &["-K", "-d", "sql:."]);
        assert!(told.contains("Sales_Cert"), "{told}");

        let writer = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python_stores.py");
        folder.tool(&python(), &[writer, "write", "server.key", "server.crt", PASSWORD]);
        for store in ["python.p12", "python.jks"] {
            let told = folder.run(&["verify", store, "server.key", "server.crt", "--password-from", "env:PW"]);
            assert!(told.contains(&format!("{store}[python]")), "{told}");
        }

        // And on from there, by keytool, in both directions.
        let import = |from: &str, from_type: &str, to: &str, to_type: &str| {
            let source = [
                "-importkeystore",
                "-noprompt",
                "-srckeystore",
                from,
                "-srcstoretype",
                from_type,
                "-srcstorepass",
                PASSWORD,
            ];
            folder.tool(
                "keytool",
                &[&source[..], &["-destkeystore", to, "-deststoretype", to_type, "-deststorepass", PASSWORD]].concat(),
            );
            folder.run(&["verify", to, "server.key", "server.crt", "--password-from", "env:PW"]);
        };
        import("keystore.p12", "PKCS12", "theirs.jks", "JKS");
        import("servercert.jks", "JKS", "theirs.p12", "PKCS12");
    }
}

/// The same steps by the guide's tools and by ours end in keystores that keytool describes alike.
#[test]
#[ignore = "needs openssl and keytool"]
fn the_guides_sequence_and_ours_agree() {
    let folder = Folder::new();
    folder.run(&[&["init", ".", "--iterations", "1000", "--password-from", "env:PW"], &SUBJECT[..]].concat());
    folder.tool(
        "openssl",
        &["pkcs12", "-export", "-in", "server.crt", "-inkey", "server.key", "-passout", PASS, "-out", "theirs.p12"],
    );
    let import = [
        "-importkeystore",
        "-noprompt",
        "-srckeystore",
        "theirs.p12",
        "-srcstoretype",
        "pkcs12",
        "-srcstorepass",
        PASSWORD,
    ];
    folder.tool(
        "keytool",
        &[&import[..], &["-destkeystore", "theirs.jks", "-deststoretype", "JKS", "-deststorepass", PASSWORD]].concat(),
    );
    folder.tool(
        "keytool",
        &["-keystore", "theirs.jks", "-changealias", "-alias", "1", "-destalias", "sales_cert", "-storepass", PASSWORD],
    );
    let told = support::output(&mut folder.certwright(&[
        "p12",
        "--in",
        "theirs.p12",
        "--alias",
        "1=sales_cert",
        "--password-from",
        "env:PW",
    ]));
    assert!(told.status.success(), "{}", support::text(&told));
    folder.run(&["jks", "--password-from", "env:PW"]);
    let listed = |store: &str| {
        let told = folder.tool("keytool", &["-list", "-v", "-keystore", store, "-storepass", PASSWORD]);
        let lines = told.lines().map(str::trim);
        lines
            .filter(|line| {
                ["Alias", "Entry", "Certificate chain", "Owner", "SHA256:", "Serial"]
                    .iter()
                    .any(|start| line.starts_with(start))
            })
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(listed("servercert.jks"), listed("theirs.jks"));
    assert_eq!(listed("servercert.jks").len(), 6);
    // What keytool makes of a .jks without -deststoretype is PKCS#12, and is named so.
    let destination = ["-destkeystore", "wrong.jks", "-deststorepass", PASSWORD];
    folder.tool("keytool", &[&import[..], &destination].concat());
    let told = support::output(&mut folder.certwright(&[
        "verify",
        "wrong.jks",
        "server.key",
        "--for",
        "salesforce",
        "--password-from",
        "env:PW",
    ]));
    let text = support::text(&told);
    assert_eq!(told.status.code(), Some(1), "{text}");
    assert!(
        text.contains("is named a JKS but is PKCS#12 inside") && text.contains("the alias \"1\" does not begin"),
        "{text}"
    );
}

/// A leaf of an authority with its chain goes into both stores and comes out again.
#[test]
#[ignore = "needs openssl and keytool"]
fn a_chain_is_kept() {
    let folder = Folder::new();
    let openssl = |arguments: &[&str]| folder.tool("openssl", arguments);
    let ca = ["-addext", "basicConstraints=critical,CA:TRUE"];
    openssl(
        &[
            &[
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "root.key", "-subj", "/O=Root", "-out",
                "root.crt",
            ],
            &ca[..],
        ]
        .concat(),
    );
    openssl(&[
        "req",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-keyout",
        "int.key",
        "-subj",
        "/O=Intermediate",
        "-out",
        "int.csr",
    ]);
    folder.write("ca.ext", "basicConstraints=critical,CA:TRUE\n");
    openssl(&[
        "x509",
        "-req",
        "-in",
        "int.csr",
        "-CA",
        "root.crt",
        "-CAkey",
        "root.key",
        "-CAcreateserial",
        "-extfile",
        "ca.ext",
        "-out",
        "int.crt",
    ]);
    folder.run(&["genkey", "--unencrypted", "--out", "server.key"]);
    folder.run(&["csr", "--subject", "O=Example Inc"]);
    folder.write("leaf.ext", "basicConstraints=CA:FALSE\n");
    openssl(&[
        "x509",
        "-req",
        "-in",
        "server.csr",
        "-CA",
        "int.crt",
        "-CAkey",
        "int.key",
        "-CAcreateserial",
        "-extfile",
        "leaf.ext",
        "-out",
        "server.crt",
    ]);
    // In the wrong order, as such files often are.
    folder.write("chain.pem", [folder.read("root.crt"), folder.read("int.crt")].concat());
    folder.run(&["p12", "--chain", "chain.pem", "--password-from", "env:PW"]);
    folder.run(&["jks", "--password-from", "env:PW"]);
    for store in ["keystore.p12", "servercert.jks"] {
        let told = folder.tool("keytool", &["-list", "-v", "-keystore", store, "-storepass", PASSWORD]);
        let owners: Vec<&str> = told.lines().filter(|line| line.starts_with("Owner: ")).collect();
        assert_eq!(owners, ["Owner: O=Example Inc", "Owner: O=Intermediate", "Owner: O=Root"], "{store}: {told}");
        folder.run(&[
            "verify",
            store,
            "server.key",
            "server.csr",
            "chain.pem",
            "--for",
            "salesforce",
            "--password-from",
            "env:PW",
        ]);
        folder.run(&[
            "export",
            "--in",
            store,
            "--key-out",
            "k.pem",
            "--cert-out",
            "c.pem",
            "--chain-out",
            "i.pem",
            "--force",
            "--password-from",
            "env:PW",
        ]);
        assert_eq!(folder.read("k.pem"), folder.read("server.key"));
        assert_eq!(folder.read("i.pem"), [folder.read("int.crt"), folder.read("root.crt")].concat());
    }
}

/// Where Java looks: the alias in lower case, the key under the store's password.
#[test]
#[ignore = "needs keytool and java"]
fn entries_of_ours_can_be_changed_by_keytool() {
    let folder = Folder::new();
    folder.write("several.jks", read_fixture("keystores/keytool-several.jks"));
    folder.run(&[
        "jks",
        "--in",
        "several.jks",
        "--alias",
        "second=other_cert",
        "--out",
        "ours.jks",
        "--password-from",
        "env:PW",
    ]);
    let told = folder.tool("keytool", &["-list", "-keystore", "ours.jks", "-storepass", PASSWORD]);
    for part in ["servercert,", "other_cert,", "trusted,", "trustedCertEntry", "3 entries"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    folder.tool("keytool", &["-delete", "-alias", "trusted", "-keystore", "ours.jks", "-storepass", PASSWORD]);
    folder.run(&["p12", "--in", "ours.jks", "--only", "servercert", "--password-from", "env:PW"]);
    let told = folder.tool("keytool", &["-list", "-keystore", "keystore.p12", "-storepass", PASSWORD]);
    assert!(told.contains("servercert,") && told.contains("1 entry"), "{told}");
    folder.run(&["verify", "keystore.p12", &fixture("openssl/pkcs8.pem"), "--password-from", "env:PW"]);
    // A secret key has no use here: it is named, and nothing is lost without a word.
    folder.write("secret.p12", read_fixture("keystores/keytool.p12"));
    folder.tool(
        "keytool",
        &[
            "-genseckey",
            "-alias",
            "secret",
            "-keyalg",
            "AES",
            "-keysize",
            "128",
            "-keystore",
            "secret.p12",
            "-storepass",
            PASSWORD,
        ],
    );
    let told = support::output(&mut folder.certwright(&[
        "p12",
        "--in",
        "secret.p12",
        "--out",
        "out.p12",
        "--password-from",
        "env:PW",
    ]));
    assert_eq!(told.status.code(), Some(2), "{}", support::text(&told));
    assert!(support::text(&told).contains("is a secret key"), "{}", support::text(&told));
    folder.run(&["p12", "--in", "secret.p12", "--only", "servercert", "--out", "out.p12", "--password-from", "env:PW"]);
    // Two entries with passwords of their own.
    folder.write("own.jks", read_fixture("keystores/keytool-several.jks"));
    folder.tool(
        "keytool",
        &[
            "-keypasswd",
            "-alias",
            "second",
            "-keypass",
            PASSWORD,
            "-new",
            "another password",
            "-keystore",
            "own.jks",
            "-storepass",
            PASSWORD,
        ],
    );
    let mut both = folder.certwright(&[
        "jks",
        "--in",
        "own.jks",
        "--out",
        "one.jks",
        "--password-from",
        "env:PW",
        "--key-password-from",
        "env:NEW",
    ]);
    support::succeed(both.env("NEW", "another password"));
    // Trusted certificates keep their place in PKCS#12 too.
    folder.run(&["p12", "--in", "several.jks", "--out", "all.p12", "--password-from", "env:PW"]);
    let told = folder.tool("keytool", &["-list", "-keystore", "all.p12", "-storepass", PASSWORD]);
    assert!(told.contains("trustedCertEntry") && told.contains("3 entries"), "{told}");
}

/// Two leaves of one intermediate CA, and the password of their keystores.
fn two_of_one_ca() -> (Keystore, Password) {
    let mut rng = Stream::new([3; 32]);
    let now = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let validity = Validity::days(30, now).expect("a validity");
    let root = Authority::root(&AuthorityProfile::new("root", validity), &mut rng).expect("a root CA");
    let issuing = root.intermediate(&AuthorityProfile::new("issuing", validity), &mut rng).expect("an intermediate CA");
    let mut store = Keystore::default();
    for name in ["one", "two"] {
        let profile = Profile {
            common_name: name.to_owned(),
            key: KeyKind::P256,
            names: vec![SanName::Dns("localhost".to_owned())],
            purposes: vec![Purpose::Server],
            validity,
            origin: Origin::Random,
        };
        let (key, chain) = issuing.issue(&profile, &mut rng).expect("a leaf").into_parts();
        assert_eq!(chain.len(), 2);
        store.entries.push(Entry::Identity(Identity::new(name, key, chain).expect("an identity")));
    }
    (store, password(PASSWORD))
}

#[test]
fn keys_of_one_ca_stay_two_entries_in_pkcs12() {
    let (store, password) = two_of_one_ca();
    let mut rng = Stream::new([4; 32]);
    let bytes = store.to_p12(&password, Compatibility::Modern, 1, &mut rng).expect("a PKCS#12 file");
    let opened = EncodedKeystore::from_p12(bytes.as_bytes()).and_then(|store| store.open(&password, None));
    let entries = opened.expect("it opens").entries;
    let chains: Vec<usize> = entries
        .iter()
        .map(|entry| if let Entry::Identity(identity) = entry { identity.chain().len() } else { 0 })
        .collect();
    assert_eq!(chains, [2, 2], "{entries:?}");
}

/// JKS keeps any certificates in any order beside a key; PKCS#12 keeps no order at all.
#[test]
fn a_chain_that_pkcs12_cannot_hold_is_no_bug() {
    let (store, password) = two_of_one_ca();
    let mut rng = Stream::new([4; 32]);
    let bytes = store.to_jks(&password, UNIX_EPOCH, &mut rng).expect("a JKS file").as_bytes().to_vec();
    let Entry::Identity(one) = &store.entries[0] else { panic!("an identity") };
    let signature = one.chain()[0].signature();
    let at = bytes.windows(signature.len()).position(|window| window == signature).expect("its signature");
    let mut broken = bytes[..bytes.len() - 20].to_vec();
    broken[at + signature.len() - 1] ^= 1;
    let text: Vec<u8> = PASSWORD.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let digest = Sha1::new().chain_update(text).chain_update("Mighty Aphrodite").chain_update(&broken).finalize();
    broken.extend_from_slice(&digest);
    let opened = EncodedKeystore::from_jks(&broken).and_then(|store| store.open(&password, None)).expect("it opens");
    opened.to_jks(&password, UNIX_EPOCH, &mut rng).expect("a JKS file holds it");
    let error = opened.to_p12(&password, Compatibility::Modern, 1, &mut rng).expect_err("PKCS#12 does not");
    assert_eq!(error.kind(), ErrorKind::Mismatch, "{error}");
    assert!(error.to_string().contains("the chain of the entry \"one\""), "{error}");
}
