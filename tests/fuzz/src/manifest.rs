//! Manifests of test hierarchies.

use std::collections::HashSet;
use std::time::{Duration, SystemTime};

use crate::check_error;
use certwright::testpki::{MOST_LEAVES, check_file_name, manifest};

/// The time of every run: 2027-01-15.
pub(crate) fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)
}

/// Any text -> a plan within its limits, or an error.
pub fn manifest(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if asks_for_many(text) {
        return;
    }
    let now = now();
    let read = match manifest::read(text, now) {
        Ok(read) => read,
        Err(error) => return check_error(&error),
    };
    let plan = read.plan;
    assert!(!plan.authorities.is_empty(), "a plan without a CA");
    assert!(plan.leaves.len() <= MOST_LEAVES, "{} leaves", plan.leaves.len());
    let mut names = HashSet::new();
    let below = plan.leaves_below();
    for (place, authority) in plan.authorities.iter().enumerate() {
        assert!(authority.issuer.is_none_or(|issuer| issuer < place), "{} stands before its issuer", authority.name);
        assert!(names.insert(authority.name.to_ascii_lowercase()), "{} twice", authority.name);
        check_file_name(&authority.name).expect("a name of files");
        authority.lifetime.validity(now).expect("a lifetime");
        plan.names_of(place, &below[place]);
    }
    for leaf in &plan.leaves {
        let issuer = plan.authorities.get(leaf.issuer).expect("an issuer of the plan");
        assert!(names.insert(leaf.name.to_ascii_lowercase()), "{} twice", leaf.name);
        check_file_name(&leaf.name).expect("a name of files");
        let validity = leaf.lifetime.validity(now).expect("a lifetime");
        assert!(validity.not_after() <= issuer.lifetime.validity(now).expect("a lifetime").not_after());
        assert!(validity.not_before() <= validity.not_after());
        assert!((1..=64).contains(&leaf.common_name.chars().count()), "the common name {:?}", leaf.common_name);
        assert!(plan.is_below(leaf.issuer, leaf.issuer));
    }
}

/// True for a number of four digits that begins no date: a million leaves take seconds, and show no more than a few.
fn asks_for_many(text: &str) -> bool {
    let digits = text.split(|c: char| !c.is_ascii_digit() && c != '_');
    let dates = text.match_indices('-').filter(|(at, _)| text[..*at].ends_with(|c: char| c.is_ascii_digit())).count();
    digits.filter(|run| run.len() > 3).count() > dates
        || text.split(|c: char| !c.is_ascii_digit() && c != '_').any(|run| run.len() > 4)
        || ["0x", "0o", "0b"].iter().any(|prefix| text.contains(prefix))
}
