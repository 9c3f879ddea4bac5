//! Text that is safe to print on a terminal.

use std::ffi::OsStr;
use std::path::Path;

/// Characters that are invisible, change what stands around them or have no agreed meaning: categories Cf, Zl, Zp, Co and
/// the spaces but U+0020 and U+3000 of Unicode 17, with what it calls Default_Ignorable_Code_Point
/// (DerivedCoreProperties.txt), in order. Control characters (Cc) are not listed.
const UNPRINTABLE: [(u32, u32); 35] = [
    (0x00a0, 0x00a0),
    (0x00ad, 0x00ad),
    (0x034f, 0x034f),
    (0x0600, 0x0605),
    (0x061c, 0x061c),
    (0x06dd, 0x06dd),
    (0x070f, 0x070f),
    (0x0890, 0x0891),
    (0x08e2, 0x08e2),
    (0x115f, 0x1160),
    (0x1680, 0x1680),
    (0x17b4, 0x17b5),
    (0x180b, 0x180f),
    (0x2000, 0x200f),
    (0x2028, 0x202f),
    (0x205f, 0x206f),
    (0x3164, 0x3164),
    (0xe000, 0xf8ff),
    (0xfdd0, 0xfdef),
    (0xfe00, 0xfe0f),
    (0xfeff, 0xfeff),
    (0xffa0, 0xffa0),
    (0xfff0, 0xfffb),
    (0xfffe, 0xffff),
    (0x110bd, 0x110bd),
    (0x110cd, 0x110cd),
    (0x13430, 0x1343f),
    (0x1bca0, 0x1bca3),
    (0x1d173, 0x1d17a),
    (0x1fffe, 0x1ffff),
    (0x2fffe, 0x2ffff),
    (0x3fffe, 0x3ffff),
    (0xe0000, 0xe0fff),
    (0xefffe, 0xeffff),
    (0xf0000, 0x10_ffff),
];

/// True for a character that shows itself and nothing else: a letter, mark, digit, sign or plain space of any script.
pub(crate) fn is_printable(character: char) -> bool {
    if character.is_ascii() {
        return !character.is_ascii_control();
    }
    let code = u32::from(character);
    let after = UNPRINTABLE.partition_point(|(first, _)| *first <= code);
    let is_listed = after.checked_sub(1).is_some_and(|at| code <= UNPRINTABLE[at].1);
    !is_listed && !character.is_control()
}

/// `text`, or a path, for a message in one line. Control and format characters, line ends, spaces that look like others
/// and characters of private use come out as `\u{202e}` or `\n`; bytes that are no text as `\xff`. The `\\?\` of long
/// Windows paths is left out. What comes out is unchanged by a second call.
///
/// Everything from files, arguments, servers, folders or the environment that is printed goes through here.
pub fn printable(text: impl AsRef<OsStr>) -> String {
    let text = dunce::simplified(Path::new(text.as_ref())).as_os_str();
    let mut shown = String::with_capacity(text.len());
    for chunk in text.as_encoded_bytes().utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '\n' | '\r' | '\t' => shown.extend(character.escape_default()),
                plain if is_printable(plain) => shown.push(plain),
                hidden => shown.extend(hidden.escape_unicode()),
            }
        }
        shown.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
    shown
}

/// A word as the system's shell takes it: sh, or cmd.
pub fn quoted(word: &OsStr) -> String {
    let text = printable(Path::new(word));
    let special = if cfg!(windows) { "\\~" } else { "%" };
    let is_plain = |c: char| c.is_alphanumeric() || "-_./:=,@+".contains(c) || special.contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text;
    }
    if !cfg!(windows) {
        return format!("'{}'", text.replace('\'', r"'\''"));
    }
    // Backslashes count double where a quotation mark follows (the C runtime's rule for arguments).
    let mut quoted = String::from("\"");
    let mut backslashes = 0;
    for c in text.chars() {
        if c == '"' {
            quoted += &"\\".repeat(backslashes + 1);
        }
        backslashes = if c == '\\' { backslashes + 1 } else { 0 };
        quoted.push(c);
    }
    quoted + &"\\".repeat(backslashes) + "\""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_characters_become_visible() {
        for (text, shown) in [
            ("a\u{1b}[31m\u{7}\u{7f}", "a\\u{1b}[31m\\u{7}\\u{7f}"),
            ("\u{80}\u{9b}\u{9f}", "\\u{80}\\u{9b}\\u{9f}"),
            ("a\r\nb\tc", "a\\r\\nb\\tc"),
            ("\u{202e}\u{2066}\u{200b}\u{200d}\u{feff}", "\\u{202e}\\u{2066}\\u{200b}\\u{200d}\\u{feff}"),
            ("\u{61c}\u{180e}\u{e0041}\u{2028}", "\\u{61c}\\u{180e}\\u{e0041}\\u{2028}"),
            ("\u{e000}\u{10fffd}\u{ffff}\u{a0}", "\\u{e000}\\u{10fffd}\\u{ffff}\\u{a0}"),
        ] {
            assert_eq!(printable(text), shown);
            assert_eq!(printable(shown), shown);
        }
    }

    #[test]
    fn letters_of_every_script_stay() {
        for text in [
            "plain ASCII ~ \"'\\",
            "Zürich, Łódź, Ελλάδα, Москва",
            "日本　株式会社 中文 한국어",
            "हिन्दी தமிழ் ไทย မြန်မာ ខ្មែរ",
            "עברית العربية فارسی አማርኛ",
            "e\u{301} \u{1f511} \u{fffd} \u{20000}",
        ] {
            assert_eq!(printable(text), text);
        }
    }

    #[test]
    fn the_table_agrees_with_the_standard_library() {
        assert!(UNPRINTABLE.windows(2).all(|pair| pair[0].1 < pair[1].0), "the table is not in order");
        // The fillers of Hangul are letters that nobody sees.
        let fillers = "\u{115f}\u{1160}\u{3164}\u{ffa0}";
        for character in '\0'..=char::MAX {
            let expected = match character {
                ' ' | '\u{3000}' => true,
                _ if character.is_whitespace() || character.is_control() || fillers.contains(character) => false,
                _ if character.is_alphanumeric() => true,
                _ => continue,
            };
            assert_eq!(is_printable(character), expected, "U+{:04X}", u32::from(character));
        }
    }

    #[test]
    #[cfg(unix)]
    fn bytes_that_are_no_text_are_told_apart() {
        use std::os::unix::ffi::OsStrExt;
        assert_eq!(printable(OsStr::from_bytes(b"a\xff\x9bb\xc3")), "a\\xff\\x9bb\\xc3");
    }

    #[test]
    fn a_word_is_safe_to_paste() {
        assert_eq!(quoted(OsStr::new("/C=US/O=x")), "/C=US/O=x");
        let words = ["", "a b", "it's", "$(id)", "`id`", "a\"b", "c:\\my files\\"];
        let expected = match cfg!(windows) {
            true => ["\"\"", "\"a b\"", "\"it's\"", "\"$(id)\"", "\"`id`\"", "\"a\\\"b\"", "\"c:\\my files\\\\\""],
            false => ["''", "'a b'", r"'it'\''s'", "'$(id)'", "'`id`'", "'a\"b'", r"'c:\my files\'"],
        };
        assert_eq!(words.map(|word| quoted(OsStr::new(word))), expected);
    }
}
