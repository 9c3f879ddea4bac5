//! Publishing: a set of files appears together or not at all, and what a killed run leaves is recovered when asked.
#![expect(clippy::disallowed_methods, reason = "the lints of the library do not bind its tests")]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use certwright::output::{
    Action, Existing, FileState, Fingerprint, OutputSet, Recovery, Rules, Unfinished, Visibility,
};
use certwright::{ErrorKind, SecretBytes};
use support::{Folder, output, text};

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)
}

fn set(rules: Rules, folder: &Path, names: &[&str]) -> OutputSet {
    let mut set = OutputSet::new(rules);
    for name in names {
        set.add(folder.join(name), SecretBytes::new(format!("new {name}").into()), Visibility::Secret);
    }
    set
}

#[test]
fn a_set_that_fails_half_way_is_taken_back() {
    let folder = Folder::new();
    // Staging works, the last rename does not: no file system takes such a name.
    let long = "x".repeat(300);
    let names = ["a", "b", long.as_str()];
    let error = set(Rules::default(), folder.path(), &names).publish(now(), || Ok(())).expect_err("a name too long");
    assert_eq!(error.kind(), ErrorKind::Io);
    assert_eq!(folder.names(), [""; 0]);

    // With replacement: what was moved away is back, and the backup folder is gone.
    folder.write("a", "old a");
    let error = set(Rules::new(Existing::Replace), folder.path(), &names)
        .publish(now(), || Ok(()))
        .expect_err("a name too long");
    assert_eq!(error.kind(), ErrorKind::Io);
    assert_eq!(folder.names(), ["a"]);
    assert_eq!(folder.read("a"), b"old a");

    let new_folder = folder.path().join("one").join("two");
    let rules = Rules::default().with_new_folder(&new_folder);
    set(rules, &new_folder, &names).publish(now(), || Ok(())).expect_err("a name too long");
    assert_eq!(folder.names(), ["a"]);
}

#[test]
fn replaced_files_are_kept() {
    let folder = Folder::new();
    for (round, later) in [("first", 0), ("second", 1)] {
        folder.write("a", round);
        let time = now() + Duration::from_secs(later);
        let published = set(Rules::new(Existing::Replace), folder.path(), &["a", "b"]).publish(time, || Ok(()));
        assert_eq!(published.expect("a set").backups.len(), 1);
    }
    assert_eq!(folder.names(), ["a", "b", "backup-20270115T080000Z", "backup-20270115T080001Z"]);
    assert_eq!(folder.names_of("backup-20270115T080000Z"), ["a"]);
    assert_eq!(folder.names_of("backup-20270115T080001Z").len(), 2);
    assert_eq!(folder.read("backup-20270115T080001Z/a"), b"second");
    assert_eq!(folder.read("a"), b"new a");

    // Twice within one second.
    let published = set(Rules::new(Existing::Replace), folder.path(), &["a"]).publish(now(), || Ok(()));
    assert_eq!(published.expect("a set").backups, [folder.path().join("backup-20270115T080000Z-2")]);
}

/// What happens once everything is staged decides over everything.
#[test]
fn a_failure_before_the_first_rename_leaves_nothing() {
    let folder = Folder::new();
    let failing = || Err(certwright::Error::new(ErrorKind::Io, "no more paper"));
    let error = set(Rules::default(), folder.path(), &["a", "b"]).publish(now(), failing).expect_err("no paper");
    assert_eq!(error.to_string(), "no more paper");
    assert_eq!(folder.names(), [""; 0]);
}

/// One folder in two spellings is one folder.
#[test]
fn folders_are_told_apart_by_what_they_are() {
    let folder = Folder::new();
    let mut set = set(Rules::default(), folder.path(), &["a"]);
    let other_spelling = folder.path().join("..").join(folder.path().file_name().expect("a name"));
    set.add(other_spelling.join("b"), SecretBytes::new(b"b".to_vec()), Visibility::Public);
    set.publish(now(), || Ok(())).expect("a set");
    assert_eq!(folder.names(), ["a", "b"]);
}

/// A file of the marker's name that is none is neither believed nor removed.
#[test]
fn a_foreign_marker_is_left_alone() {
    for content in ["my notes\n".repeat(5), "x".repeat(2 << 20), ".certwright-../../x-\nfile a\n".to_owned()] {
        let folder = Folder::new();
        folder.write(".certwright-unfinished", &content);
        let error = set(Rules::default(), folder.path(), &["a"]).publish(now(), || Ok(())).expect_err("a foreign file");
        assert_eq!(error.kind(), ErrorKind::Exists);
        assert_eq!(folder.read(".certwright-unfinished"), content.as_bytes());
        assert_eq!(folder.names(), [".certwright-unfinished"]);
    }
}

#[test]
fn nothing_is_replaced_unasked() {
    let folder = Folder::new();
    folder.write("b", "old b");
    let error = set(Rules::default(), folder.path(), &["a", "b"]).publish(now(), || Ok(())).expect_err("b exists");
    assert_eq!(error.kind(), ErrorKind::Exists);
    assert_eq!(folder.names(), ["b"]);
    assert_eq!(folder.read("b"), b"old b");
}

#[test]
fn a_living_run_is_not_disturbed() {
    let folder = Folder::new();
    folder.write(".certwright-unfinished", "");
    let marker = std::fs::File::options().read(true).write(true).open(folder.path().join(".certwright-unfinished"));
    let marker = marker.expect("the marker");
    marker.lock().expect("its lock");
    let error = set(Rules::default(), folder.path(), &["a"]).publish(now(), || Ok(())).expect_err("a lock");
    assert_eq!(error.kind(), ErrorKind::Exists);
    assert_eq!(folder.names(), [".certwright-unfinished"]);
}

/// The files of a folder and of the folders in it, by their paths from there.
fn contents(folder: &Path) -> BTreeMap<String, String> {
    let mut contents = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.path().is_dir() {
            contents
                .extend(self::contents(&entry.path()).into_iter().map(|(path, text)| (format!("{name}/{path}"), text)));
        } else {
            contents.insert(name, fs::read_to_string(entry.path()).expect("text"));
        }
    }
    contents
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("a folder").flatten() {
        let to = to.join(entry.file_name());
        match entry.path().is_dir() {
            true => {
                fs::create_dir(&to).expect("a folder");
                copy(&entry.path(), &to);
            }
            false => drop(fs::copy(entry.path(), to).expect("a copy")),
        }
    }
}

const NAMES: [&str; 3] = ["server.crt", "server.key", "keystore.p12"];
const BACKUP: &str = "backup-20270115T080000Z";

/// What a run leaves that is killed when it has put the first `published` of [`NAMES`] in place, and moved the next one away
/// if `is_moved`. With `replaces` it replaces them all.
fn killed(replaces: bool, published: usize, is_moved: bool) -> Folder {
    let (live, killed) = (Folder::new(), Folder::new());
    let rules = Rules::new(if replaces { Existing::Replace } else { Existing::Refuse });
    if replaces {
        NAMES.iter().for_each(|name| live.write(name, format!("old {name}")));
    }
    let files = set(rules, live.path(), &NAMES);
    // All is staged now, and nothing published.
    let copied = || {
        copy(live.path(), killed.path());
        Ok(())
    };
    files.publish(now(), copied).expect("a set");
    let staged = killed.names().into_iter().filter(|name| name.ends_with(".staged")).collect::<Vec<_>>();
    let staged =
        |at: usize| staged.iter().find(|name| name.ends_with(&format!("-{at}.staged"))).expect("a staged file");
    for (at, name) in NAMES.iter().enumerate().take(published + usize::from(is_moved)) {
        if replaces {
            let _ = fs::create_dir(killed.path().join(BACKUP));
            fs::rename(killed.path().join(name), killed.path().join(BACKUP).join(name)).expect("moved away");
        }
        if at < published {
            fs::rename(killed.path().join(staged(at)), killed.path().join(name)).expect("published");
        }
    }
    killed
}

fn recover(folder: &Folder, action: Action) -> Result<(), certwright::Error> {
    Recovery::open(&[folder.path()]).expect("a journal").expect("a killed run").run(action)
}

fn of_all(prefix: &str, word: &str) -> BTreeMap<String, String> {
    NAMES.iter().map(|name| (format!("{prefix}{name}"), format!("{word} {name}"))).collect()
}

/// Every moment at which a run can be killed.
fn moments() -> impl Iterator<Item = (bool, usize, bool)> {
    [false, true].into_iter().flat_map(|replaces| {
        let moments = (0..=NAMES.len()).flat_map(|published| [(published, false), (published, true)]);
        moments
            .filter(move |(published, is_moved)| !is_moved || replaces && *published < NAMES.len())
            .map(move |(published, is_moved)| (replaces, published, is_moved))
    })
}

#[test]
fn finishing_puts_every_file_in_place() {
    for (replaces, published, is_moved) in moments().filter(|(_, published, _)| *published < NAMES.len()) {
        let folder = killed(replaces, published, is_moved);
        recover(&folder, Action::Finish).expect("it can be finished");
        let mut expected = of_all("", "new");
        if replaces {
            expected.extend(of_all(&format!("{BACKUP}/"), "old"));
        }
        assert_eq!(contents(folder.path()), expected, "{replaces} {published} {is_moved}");
    }
}

#[test]
fn undoing_puts_every_old_file_back_and_keeps_the_new_ones() {
    for (replaces, published, is_moved) in moments().filter(|(_, published, _)| *published < NAMES.len()) {
        let folder = killed(replaces, published, is_moved);
        recover(&folder, Action::Undo).expect("it can be undone");
        let mut expected = if replaces { of_all("", "old") } else { BTreeMap::new() };
        if published > 0 || is_moved {
            expected.extend(of_all(&format!("{BACKUP}-undone/"), "new"));
        }
        assert_eq!(contents(folder.path()), expected, "{replaces} {published} {is_moved}");
    }
}

#[test]
fn discarding_removes_only_what_was_staged() {
    for (replaces, published, is_moved) in moments() {
        let folder = killed(replaces, published, is_moved);
        let mut expected = contents(folder.path());
        expected.retain(|name, _| !name.starts_with(".certwright-"));
        match Recovery::open(&[folder.path()]).expect("a journal") {
            Some(recovery) => recovery.run(Action::Discard).expect("discarded"),
            None => panic!("{replaces} {published}"),
        }
        assert_eq!(contents(folder.path()), expected, "{replaces} {published} {is_moved}");
    }
}

#[test]
fn nothing_is_written_beside_an_unfinished_set() {
    for (replaces, published, is_moved) in moments().filter(|(_, published, _)| *published < NAMES.len()) {
        let folder = killed(replaces, published, is_moved);
        let before = contents(folder.path());
        let error =
            set(Rules::default(), folder.path(), &["another"]).publish(now(), || Ok(())).expect_err("unfinished");
        assert_eq!(error.kind(), ErrorKind::Exists);
        assert!(error.to_string().contains("an earlier run was killed"), "{error}");
        assert!(error.hint().is_some_and(|hint| hint.contains("certwright recover")), "{error:?}");
        let error = Rules::default().check(&[&folder.path().join("another")]).expect_err("unfinished");
        assert!(error.to_string().contains("keystore.p12"), "{error}");
        assert_eq!(contents(folder.path()), before);
    }
}

#[test]
fn a_run_killed_after_its_last_file_leaves_nothing_to_do() {
    for replaces in [false, true] {
        let folder = killed(replaces, NAMES.len(), false);
        assert_eq!(Unfinished::find(folder.path()).expect("a journal"), None);
        // Also where the next run has another reason to stop.
        Rules::default().check(&[&folder.path().join("server.key")]).expect_err("it exists");
        assert!(folder.names().iter().all(|name| !name.starts_with(".certwright-")), "{:?}", folder.names());
        folder.write(".certwright-unfinished", "");
        set(Rules::default(), folder.path(), &["another"]).publish(now(), || Ok(())).expect("a set");
        assert!(folder.names().iter().all(|name| !name.starts_with(".certwright-")), "{:?}", folder.names());
    }
}

#[test]
fn says_how_each_file_stands() {
    let folder = killed(true, 1, true);
    let unfinished = Unfinished::find(folder.path()).expect("a journal").expect("a killed run");
    let states: Vec<_> = unfinished.files.iter().map(|file| file.state).collect();
    assert_eq!(states, [FileState::New, FileState::Staged, FileState::Old]);
    assert_eq!(unfinished.backup, Some(folder.path().join(BACKUP)));
}

/// What somebody has put into a place since is never replaced.
#[test]
fn a_file_that_was_changed_since_stays() {
    for (replaces, name) in [(false, "server.key"), (true, "server.key")] {
        let folder = killed(replaces, 1, true);
        folder.write(name, "somebody else's");
        let before = contents(folder.path());
        let error = recover(&folder, Action::Finish).expect_err("a place that is taken");
        assert_eq!(error.kind(), ErrorKind::Mismatch, "{error}");
        assert!(recover(&folder, Action::Undo).is_err() == replaces);
        if replaces {
            assert_eq!(contents(folder.path()), before);
        } else {
            assert_eq!(folder.read(name), b"somebody else's");
        }
    }
}

#[test]
fn a_staged_file_that_is_damaged_is_not_published() {
    let folder = killed(true, 0, false);
    for name in folder.names().iter().filter(|name| name.ends_with("-1.staged")) {
        folder.write(name, "ssh-ed25519 AAAA attacker");
    }
    let recovery = Recovery::open(&[folder.path()]).expect("a journal").expect("a killed run");
    assert_eq!(recovery.default_action().expect("nothing was changed yet"), Action::Discard);
    assert!(recovery.run(Action::Finish).is_err());
    recover(&folder, Action::Undo).expect("undone");
    assert_eq!(contents(folder.path()), of_all("", "old"));
}

/// A journal that came with an archive: nothing in it leads out of the folder.
#[test]
fn a_planted_journal_leads_nowhere() {
    let place = Folder::new();
    for inner in ["clone", "home"] {
        fs::create_dir(place.path().join(inner)).expect("a folder");
    }
    let clone = place.path().join("clone");
    let genuine = killed(true, 0, false);
    let text = String::from_utf8(genuine.read(".certwright-unfinished")).expect("text");
    let home = place.path().join("home").join("authorized_keys");
    let absolute = home.to_str().expect("text").to_owned();
    for name in
        ["../home/authorized_keys", absolute.as_str(), "x/../../home/authorized_keys", "..%2fhome%2fauthorized_keys"]
    {
        let _ = fs::remove_dir_all(&clone);
        fs::create_dir(&clone).expect("a folder");
        copy(genuine.path(), &clone);
        for (what, with) in [("server.key", name), (BACKUP, name)] {
            fs::write(clone.join(".certwright-unfinished"), text.replace(what, with)).expect("a journal");
            let before = contents(place.path());
            assert_eq!(Recovery::open(&[&clone]).expect_err("refused").kind(), ErrorKind::Exists, "{name}");
            assert!(set(Rules::default(), &clone, &["another"]).publish(now(), || Ok(())).is_err(), "{name}");
            assert_eq!(contents(place.path()), before, "{name}");
        }
    }
}

#[cfg(unix)]
#[test]
fn links_are_refused_by_recovery() {
    use std::os::unix::fs::symlink;
    let victims = Folder::new();
    victims.write("victim", "new server.crt");
    let swap = |folder: &Folder, name: &str, to: &Path| {
        let path = folder.path().join(name);
        let _ = fs::remove_dir_all(&path);
        let _ = fs::remove_file(&path);
        symlink(to, path).expect("a link");
    };
    let staged = |folder: &Folder| folder.names().into_iter().find(|name| name.ends_with("-0.staged")).expect("a name");
    type Attack<'a> = (&'a str, &'a dyn Fn(&Folder));
    let attacks: [Attack<'_>; 4] = [
        ("journal", &|folder| swap(folder, ".certwright-unfinished", &victims.path().join("victim"))),
        ("staged", &|folder| swap(folder, &staged(folder), &victims.path().join("victim"))),
        ("backup", &|folder| swap(folder, BACKUP, victims.path())),
        ("undone", &|folder| swap(folder, &format!("{BACKUP}-undone"), victims.path())),
    ];
    for (what, attack) in attacks {
        let folder = killed(true, 0, false);
        attack(&folder);
        assert_eq!(Recovery::open(&[folder.path()]).expect_err("a link").kind(), ErrorKind::Exists, "{what}");
        assert!(set(Rules::default(), folder.path(), &["another"]).publish(now(), || Ok(())).is_err(), "{what}");
        assert_eq!(
            contents(victims.path()),
            BTreeMap::from([("victim".to_owned(), "new server.crt".to_owned())]),
            "{what}"
        );
    }
    // A link in the place of a file to be replaced is moved away as it is, and what it leads to stays.
    let folder = killed(true, 0, false);
    swap(&folder, "server.crt", &victims.path().join("victim"));
    recover(&folder, Action::Finish).expect("finished");
    assert_eq!(victims.read("victim"), b"new server.crt");
    assert_eq!(folder.read("server.crt"), b"new server.crt");
}

/// A set over two folders is recovered in both of them at once.
#[test]
fn a_set_over_two_folders_is_recovered_as_one() {
    let (live, killed) = (Folder::new(), Folder::new());
    for folder in ["live", "arch"] {
        fs::create_dir(live.path().join(folder)).expect("a folder");
    }
    let mut files = OutputSet::new(Rules::default());
    for name in ["live/server.key", "arch/server.crt"] {
        files.add(live.path().join(name), SecretBytes::new(name.into()), Visibility::Secret);
    }
    let copied = || {
        copy(live.path(), killed.path());
        Ok(())
    };
    files.publish(now(), copied).expect("a set");
    // The journals name the folders by their full names.
    for folder in ["live", "arch"] {
        let path = killed.path().join(folder).join(".certwright-unfinished");
        let text = fs::read_to_string(&path).expect("a journal");
        let [from, to] = [live.path(), killed.path()].map(|path| fs::canonicalize(path).expect("a folder"));
        let [from, to] = [from, to].map(|path| path.to_string_lossy().replace('%', "%25"));
        assert!(text.contains(&from), "{text}");
        fs::write(path, text.replace(&from, &to)).expect("a journal");
    }
    let [first, second] =
        ["live", "arch"].map(|folder| fs::canonicalize(killed.path().join(folder)).expect("a folder"));
    for alone in [&first, &second] {
        let error = Recovery::open(&[alone]).expect_err("half a set");
        assert_eq!(error.kind(), ErrorKind::Usage, "{error}");
        assert!(set(Rules::default(), alone, &["another"]).publish(now(), || Ok(())).is_err());
    }
    let recovery = Recovery::open(&[&first, &second]).expect("two journals").expect("a killed run");
    recovery.run(Action::Finish).expect("finished");
    let expected = ["arch/server.crt", "live/server.key"].map(|name| (name.to_owned(), name.to_owned()));
    assert_eq!(contents(killed.path()), BTreeMap::from(expected));
}

/// Half of a set over two folders that has nothing left to do, or has not begun, is no reason to forget the other half.
#[test]
fn half_a_set_is_never_settled_alone() {
    for is_published in [false, true] {
        let (place, copied) = (Folder::new(), Folder::new());
        let folders = ["live", "arch"].map(|name| fs::canonicalize(place.path()).expect("a folder").join(name));
        folders.iter().for_each(|folder| fs::create_dir(folder).expect("a folder"));
        let mut files = OutputSet::new(Rules::new(Existing::Replace));
        for folder in &folders {
            fs::write(folder.join("file"), "old").expect("a file");
            files.add(folder.join("file"), SecretBytes::new(b"new".to_vec()), Visibility::Secret);
        }
        let keep = || {
            copy(place.path(), copied.path());
            Ok(())
        };
        files.publish(now(), keep).expect("a set");
        folders.iter().for_each(|folder| fs::remove_dir_all(folder).expect("removed"));
        copy(copied.path(), place.path());
        // In the first folder nothing is staged any more, or yet.
        let staged = |folder: &Path| {
            let names = fs::read_dir(folder).expect("a folder").flatten().map(|entry| entry.path());
            names.into_iter().find(|path| path.extension().is_some_and(|end| end == "staged")).expect("a staged file")
        };
        if is_published {
            fs::create_dir(folders[0].join(BACKUP)).expect("a folder");
            fs::rename(folders[0].join("file"), folders[0].join(BACKUP).join("file")).expect("moved away");
            fs::rename(staged(&folders[0]), folders[0].join("file")).expect("published");
        } else {
            fs::remove_file(staged(&folders[0])).expect("removed");
        }
        for folder in &folders {
            let error = Rules::default().check(&[&folder.join("another")]).expect_err("unfinished");
            assert!(
                error.hint().is_some_and(|hint| folders.iter().all(|one| hint.contains(&*one.to_string_lossy()))),
                "{error:?}"
            );
        }
        let recovery = Recovery::open(&[&folders[0], &folders[1]]).expect("two journals").expect("a killed run");
        let action = recovery.default_action().expect("a way out");
        assert_eq!(action, if is_published { Action::Finish } else { Action::Discard });
        recovery.run(action).expect("recovered");
        let expected: &[u8] = if is_published { b"new" } else { b"old" };
        for folder in &folders {
            assert_eq!(fs::read(folder.join("file")).expect("a file"), expected);
            Rules::default().check(&[&folder.join("another")]).expect("nothing is left");
        }
    }
}

/// A run that was killed while it removed its journals is over: nothing is undone in the folder whose journal is left.
#[test]
fn a_set_that_lacks_a_journal_is_over() {
    for leftover in [None, Some("")] {
        let (place, copied) = (Folder::new(), Folder::new());
        let folders = ["live", "arch"].map(|name| fs::canonicalize(place.path()).expect("a folder").join(name));
        let mut files =
            OutputSet::new(folders.iter().fold(Rules::default(), |rules, folder| rules.with_new_folder(folder)));
        folders
            .iter()
            .for_each(|folder| files.add(folder.join("file"), SecretBytes::new(b"new".to_vec()), Visibility::Secret));
        let keep = || {
            copy(place.path(), copied.path());
            Ok(())
        };
        files.publish(now(), keep).expect("a set");
        fs::copy(copied.path().join("live/.certwright-unfinished"), folders[0].join(".certwright-unfinished"))
            .expect("a copy");
        if let Some(text) = leftover {
            fs::write(folders[1].join(".certwright-unfinished"), text).expect("a journal");
        }
        let before = contents(&folders[0]);
        Rules::default().check(&[&folders[0].join("another")]).expect_err("one folder cannot tell");
        assert!(Recovery::open(&[&folders[0], &folders[1]]).expect("a look").is_none());
        assert_eq!(before.len(), contents(&folders[0]).len() + 1);
        assert_eq!(contents(place.path()).len(), 2);
    }
}

/// The hint is for pasting: a folder's name in a journal of somebody else's is not run by the shell.
#[cfg(unix)]
#[test]
fn folders_in_a_hint_are_quoted() {
    let folder = killed(true, 1, true);
    let path = folder.path().join(".certwright-unfinished");
    let journal = fs::read_to_string(&path).expect("a journal");
    let planted = journal.replacen("\nreplace", "\nfolder /x/$(touch owned)`id`\"'\nreplace", 1);
    fs::write(&path, planted).expect("a journal");
    let error = Rules::default().check(&[&folder.path().join("another")]).expect_err("unfinished");
    let quoted = r#" '/x/$(touch owned)`id`"'\'''"#;
    assert!(error.hint().is_some_and(|hint| hint.ends_with(quoted)), "{:?}", error.hint());
    let error = Recovery::open(&[folder.path()]).expect_err("half a set");
    assert!(error.hint().is_some_and(|hint| hint.ends_with(quoted)), "{:?}", error.hint());
}

/// What a set was made from is compared under the lock.
#[test]
fn nothing_is_published_from_what_has_changed() {
    let folder = Folder::new();
    folder.write("server.key", "read");
    let (key, absent) = (folder.path().join("server.key"), folder.path().join("server.crt"));
    let rules = |key_was: &[u8], was_absent: bool| {
        let crt = (!was_absent).then(|| Fingerprint::of(b"read"));
        Rules::default().with_unchanged(&key, Some(Fingerprint::of(key_was))).with_unchanged(&absent, crt)
    };
    for (key_was, was_absent) in [(b"another".as_slice(), true), (b"read", false)] {
        let error =
            set(rules(key_was, was_absent), folder.path(), &["a"]).publish(now(), || Ok(())).expect_err("changed");
        assert_eq!(error.kind(), ErrorKind::Mismatch);
        assert_eq!(folder.names(), ["server.key"]);
    }
    set(rules(b"read", true), folder.path(), &["a"]).publish(now(), || Ok(())).expect("unchanged");
}

/// Links that appear between check and write: see [`Rules::check`].
#[cfg(unix)]
#[test]
fn a_link_planted_meanwhile_is_not_followed() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let victims = Folder::new();
    victims.write("file", "a victim");
    fs::create_dir(victims.path().join("folder")).expect("a folder");
    let mode = |name: &str| fs::metadata(victims.path().join(name)).expect("it is there").permissions().mode() & 0o777;
    let modes = (mode("file"), mode("folder"));

    // In the place of a file that is replaced.
    let folder = Folder::new();
    folder.write("a", "old a");
    let path = folder.path().join("a");
    let plant = || {
        fs::remove_file(&path).expect("removed");
        symlink(victims.path().join("file"), &path).expect("a link");
        Ok(())
    };
    set(Rules::new(Existing::Replace), folder.path(), &["a"]).publish(now(), plant).expect("a set");
    assert_eq!(folder.read("a"), b"new a");

    // In the place of a folder that was made: the files are in that very folder, wherever it is by now.
    let new = folder.path().join("new");
    let plant = || {
        fs::rename(&new, folder.path().join("moved")).expect("renamed");
        symlink(victims.path().join("folder"), &new).expect("a link");
        Ok(())
    };
    let rules = Rules::default().with_new_folder(&new);
    set(rules, &new, &["a"]).publish(now(), plant).expect("a set");
    assert_eq!(folder.read("moved/a"), b"new a");

    // In the place of the backup folder.
    symlink(victims.path().join("folder"), folder.path().join("backup-20270115T080001Z")).expect("a link");
    let later = now() + Duration::from_secs(1);
    let published = set(Rules::new(Existing::Replace), folder.path(), &["a"]).publish(later, || Ok(())).expect("a set");
    assert_eq!(published.backups, [folder.path().join("backup-20270115T080001Z-2")]);

    assert_eq!(victims.read("file"), b"a victim");
    assert_eq!(victims.names_of("folder"), [""; 0]);
    assert_eq!((mode("file"), mode("folder")), modes);
}

/// Many runs at once, in threads: each is whole, and one after the other.
#[test]
fn runs_at_once_do_not_mix() {
    let folder = Folder::new();
    let runs = 12;
    std::thread::scope(|scope| {
        for run in 0..runs {
            let folder = folder.path();
            scope.spawn(move || {
                let mut files = OutputSet::new(Rules::new(Existing::Replace));
                for name in NAMES {
                    let bytes = SecretBytes::new(format!("{run}").into());
                    files.add(folder.join(name), bytes, Visibility::Secret);
                }
                files.publish(now(), || Ok(())).expect("a set");
            });
        }
    });
    let contents = contents(folder.path());
    let in_place: std::collections::BTreeSet<_> = NAMES.iter().map(|name| &contents[*name]).collect();
    assert_eq!(in_place.len(), 1, "{contents:?}");
    assert_eq!(contents.len(), runs * NAMES.len());
}

#[test]
fn the_command_shows_what_it_will_do_and_does_it_when_confirmed() {
    let folder = killed(true, 1, true);
    let before = contents(folder.path());
    let told = output(&mut folder.certwright(&["recover"]));
    assert_eq!(told.status.code(), Some(2));
    let said = text(&told).split_whitespace().collect::<Vec<_>>().join(" ");
    for line in [
        "server.crt new file in place",
        "server.key new file staged, not in place",
        "keystore.p12 old file still in place",
        "To finish it:",
        "keystore.p12 put the new file in place; keep the old one in backup-20270115T080000Z",
        "error: not confirmed; nothing was changed",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
    assert_eq!(contents(folder.path()), before);

    let told = output(&mut folder.certwright(&["genkey", "--unencrypted", "--out", "another.key"]));
    assert_eq!(told.status.code(), Some(2));
    let said = text(&told);
    for part in ["new: server.crt", "old: keystore.p12", "staged: server.key", "certwright recover ."] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let told = output(&mut folder.certwright(&["status", "."]));
    assert!(text(&told).contains("note: .: an earlier run was killed"), "{}", text(&told));

    let told = folder.run(&["recover", ".", "--undo", "--yes", "--json"]);
    let told: serde_json::Value = serde_json::from_str(&told).expect("one object");
    assert_eq!((&told["command"], &told["action"]), (&"recover".into(), &"undo".into()));
    assert_eq!(told["files"][0]["state"], "new");
    assert_eq!(folder.read("server.crt"), b"old server.crt");
    assert!(folder.run(&["recover"]).contains("nothing to recover"));
}

/// Names that would act on a terminal are escaped wherever they are shown.
#[cfg(unix)]
#[test]
fn names_in_a_journal_are_escaped() {
    let folder = killed(false, 0, false);
    let path = folder.path().join(".certwright-unfinished");
    let journal = fs::read_to_string(&path).expect("a journal");
    fs::write(&path, journal.replace("server.key", "%1b]0;owned%07%e2%80%ae")).expect("a journal");
    for arguments in [&["recover"][..], &["genkey", "--unencrypted", "--out", "a.key"], &["status", "."]] {
        let said = text(&output(&mut folder.certwright(arguments)));
        assert!(said.contains("owned"), "{said}");
        assert!(!said.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{said:?}");
    }
}
