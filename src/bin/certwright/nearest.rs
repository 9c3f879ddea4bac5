//! What somebody who mistyped a word may have meant.

/// The one of `known` that is likest to `word`, if any is like it: a third of its letters may be wrong.
pub(crate) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let distances = known.map(|known| (strsim::damerau_levenshtein(word, known), known));
    distances.min().filter(|(distance, _)| *distance <= word.len() / 3).map(|(_, known)| known)
}
