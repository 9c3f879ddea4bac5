//! Long lists for people: the beginning, and how many more there are. JSON has all.

/// The most names in a list within a sentence.
const MAX_NAMED: usize = 50;

/// `names` joined by `between`; of more than 50 the first 50, and the number of the rest.
pub(crate) fn joined<S: AsRef<str>>(names: &[S], between: &str) -> String {
    let named: Vec<&str> = names.iter().take(MAX_NAMED).map(AsRef::as_ref).collect();
    match names.len() - named.len() {
        0 => named.join(between),
        more => format!("{} and {more} more", named.join(between)),
    }
}

/// As [`joined`], with commas.
pub(crate) fn list<S: AsRef<str>>(names: &[S]) -> String {
    joined(names, ", ")
}

#[cfg(test)]
mod tests {
    use super::list;

    #[test]
    fn long_lists_are_cut() {
        assert_eq!(list(&["a", "b"]), "a, b");
        let names: Vec<String> = (0..10_000).map(|number| number.to_string()).collect();
        assert!(list(&names).ends_with("48, 49 and 9950 more"));
        assert_eq!(list(&names[..50]).matches(',').count(), 49);
    }
}
