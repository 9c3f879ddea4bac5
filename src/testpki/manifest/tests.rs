use std::time::Duration;

use super::*;

fn read_text(text: &str) -> Result<Manifest> {
    read(text, SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000))
}

#[test]
fn a_hierarchy_is_read_in_the_order_of_issuing() {
    let manifest = read_text(
        "[defaults]\nkey = 'ed25519'\n[leaf.web]\nissuer = 'issuing'\nhosts = ['a.test', '127.0.0.1', 'b\u{fc}cher.test']\n\
         formats = ['p12']\n[authority.issuing]\nissuer = 'root'\ncrl = true\n[authority.root]\nkey = 'p384'\n\
         [client.'alice@a.test']\nissuer = 'root'\n",
    );
    let error = manifest.unwrap_err();
    assert!(error.to_string().contains("line 12: \"alice@a.test\" cannot be the name of a file"), "{error}");
    let manifest = read_text(
        "[defaults]\nkey = 'ed25519'\n[leaf.web]\nissuer = 'issuing'\nhosts = ['a.test', '127.0.0.1', 'b\u{fc}cher.test']\n\
         formats = ['p12']\n[authority.issuing]\nissuer = 'root'\ncrl = true\n[authority.root]\nkey = 'p384'\n\
         [client.alice]\nissuer = 'root'\nrevoked = 'keyCompromise'\n[leaf.many]\nissuer = 'root'\ncount = 10\n\
         hosts = ['h{n}.test']\nnot_after = 2027-02-01T00:00:00Z\n",
    )
    .unwrap();
    let Manifest { plan, converted } = manifest;
    let names: Vec<&str> = plan.authorities.iter().map(|authority| authority.name.as_str()).collect();
    assert_eq!(names, ["root", "issuing"]);
    assert_eq!((plan.authorities[1].issuer, plan.authorities[0].key), (Some(0), KeyKind::P384));
    assert_eq!(plan.leaves.len(), 12);
    assert_eq!((plan.leaves[0].issuer, plan.leaves[0].key, plan.leaves[0].p12), (1, KeyKind::Ed25519, true));
    assert_eq!(plan.leaves[10].names, [SanName::Dns("h10.test".into())]);
    assert_eq!((plan.leaves[10].name.as_str(), plan.leaves[2].name.as_str()), ("many-10", "many-02"));
    assert_eq!(plan.leaves[11].revoked, Some(Reason::KeyCompromise));
    assert_eq!(converted, [("b\u{fc}cher.test".to_owned(), "DNS:xn--bcher-kva.test".to_owned())]);
}

#[test]
fn mistakes_are_named_with_their_line() {
    let root = "[authority.root]\n";
    for (text, fact) in [
        ("", "names no authority"),
        ("[authority.root]\nkeys = 'p256'\n", "line 2: the key \"keys\" is not known"),
        ("[authorities.root]\n", "line 1: the key \"authorities\" is not known"),
        ("[authority.root]\n[authority.root]\n", "line 2: is no TOML"),
        ("[authority.root\n", "line 1: is no TOML"),
        ("authority = 1\n", "line 1: authority = 1 is no table"),
        ("[authority]\nroot = 1\n", "line 2: \"root\" is no table"),
        ("[authority.a]\nissuer = 'b'\n[authority.b]\nissuer = 'a'\n", "line 2: issuer = \"b\" goes round"),
        ("[authority.a]\n\nissuer = 'a'\n", "line 3: issuer = \"a\" goes round in a circle: a is issued by a"),
        ("[authority.a]\nissuer = 'b'\n", "line 2: issuer = \"b\" is no authority"),
        (&format!("{root}[leaf.a]\n"), "line 2: \"a\" names no hosts"),
        (&format!("{root}[leaf.a]\nhosts = 'a.test'\n"), "line 3: hosts = \"a.test\" is no list"),
        (&format!("{root}[leaf.a]\nhosts = ['f*.test']\n"), "line 3: the host \"f*.test\" has a wildcard"),
        (&format!("{root}[leaf.a]\nhosts = ['a.test']\ndays = 1000\n"), "line 2: \"a\" would outlive"),
        (&format!("{root}[leaf.a]\nhosts = ['a.test']\ndays = '30'\n"), "line 4: days = \"30\" is no whole"),
        (&format!("{root}[leaf.a]\nhosts = ['a.test']\nkey = 'rsa1024'\n"), "line 4: \"rsa1024\" is no kind"),
        (&format!("{root}[leaf.ROOT]\nhosts = ['a.test']\n"), "line 2: \"ROOT\" has the name of another"),
        (&format!("{root}[leaf.'../a']\nhosts = ['a.test']\n"), "line 2: \"../a\" cannot be the name of a file"),
        (&format!("{root}[leaf.a]\nhosts = ['a.test']\nrevoked = 'why'\n"), "line 4: \"why\" is no reason"),
        (&format!("{root}[authority.b]\n[client.c]\n"), "line 3: \"c\" names no issuer"),
    ] {
        let error = read_text(text).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Usage | ErrorKind::Policy), "{text}");
        assert!(error.to_string().contains(fact), "{text:?}: {error}");
    }
}
