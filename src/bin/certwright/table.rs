//! Labelled rows that fit the smallest terminal in use.

use certwright::error::printable;

/// 80 columns.
const WIDTH: usize = 80;

/// What a text has at least, beside a label of any length.
const NARROWEST: usize = 32;

/// `label  text`, the text wrapped below itself, and the end of the line.
pub(crate) fn row(indent: usize, label_width: usize, label: &str, text: &str) -> String {
    let (label, text) = (&printable(label), &printable(text));
    let lines = wrapped(text, WIDTH.saturating_sub(indent + label_width + 1).max(NARROWEST));
    let labels = std::iter::once(label.as_str()).chain(std::iter::repeat(""));
    lines.iter().zip(labels).map(|(line, label)| format!("{:indent$}{label:<label_width$} {line}\n", "")).collect()
}

/// `text` in lines of at most `width` characters, broken at spaces, or after a colon inside a fingerprint.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut length = 0;
    let breaks = if text.contains(' ') { ' ' } else { ':' };
    for word in text.split_inclusive(breaks) {
        let word_length = word.trim_end().chars().count();
        if length > 0 && length + word_length > width {
            lines.push(String::new());
            length = 0;
        }
        if let Some(line) = lines.last_mut() {
            line.push_str(word);
        }
        length += word.chars().count();
    }
    lines.iter().map(|line| line.trim_end().to_owned()).collect()
}

/// Octets as people compare them: `AB:CD:EF`.
pub(crate) fn octets(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":")
}

/// Octets as programs compare them: `abcdef`.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_fit() {
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("AB:CD:EF", 6), ["AB:CD:", "EF"]);
        assert_eq!(wrapped("", 10), [""]);
        assert_eq!(wrapped("unbreakable", 3), ["unbreakable"]);
    }
}
