//! JSON as every program reads it.

use std::fmt::{self, Write};

use serde_json::Value;

/// The object that tells an error. It is put together here, because a map of serde_json's draws random numbers for its
/// hashes, and panics where the system has none.
pub(crate) fn error(kind: &str, message: &str, hint: Option<&str>, path: Option<&str>) -> String {
    let fields = [("kind", Some(kind)), ("message", Some(message)), ("hint", hint), ("path", path)];
    let fields = fields.map(|(name, value)| format!("    \"{name}\": {}", text(&Value::from(value))));
    format!("{{\n  \"error\": {{\n{}\n  }}\n}}", fields.join(",\n"))
}

/// `value` in ASCII alone: PowerShell takes what it reads from a pipe for the console's code page.
pub(crate) fn text(value: &Value) -> String {
    let mut text = Ascii(String::new());
    // A String takes everything.
    let _ = write!(text, "{value:#}");
    text.0
}

/// As [`text`], for a member of a list that stands in an object: every line is as far indented.
pub(crate) fn member(value: &Value) -> String {
    // A line break within a string is escaped.
    let text = text(value);
    let mut indented = String::with_capacity(text.len() + text.len() / 4);
    for (number, line) in text.split('\n').enumerate() {
        indented += if number == 0 { "    " } else { "\n    " };
        indented += line;
    }
    indented
}

/// What is written, with everything beyond ASCII escaped. Outside strings JSON has nothing else.
struct Ascii(String);

impl fmt::Write for Ascii {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            match character {
                // serde_json escapes the other control characters, but not DEL.
                '\0'..='\x7e' => self.0.push(character),
                _ => {
                    for unit in character.encode_utf16(&mut [0; 2]) {
                        write!(self.0, "\\u{unit:04x}")?;
                    }
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::text;

    #[test]
    fn an_error_is_written_as_any_other_object() {
        for (hint, path) in [(None, None), (Some("a \"hint\""), Some("Schl\u{fc}ssel.key"))] {
            let object = json!({ "error": { "kind": "io", "message": "a\nb", "hint": hint, "path": path } });
            assert_eq!(super::error("io", "a\nb", hint, path), text(&object));
        }
    }

    #[test]
    fn everything_beyond_ascii_is_escaped_and_comes_back() {
        let value = json!({ "Schl\u{fc}ssel": "\u{20ac} \u{1f511} \"\\ \0\u{1b}\u{7f}\u{9b}" });
        let text = text(&value);
        assert!(text.is_ascii() && !text.contains(|c: char| c != '\n' && c.is_control()), "{text:?}");
        assert_eq!(serde_json::from_str::<Value>(&text).expect("JSON"), value);
    }

    #[test]
    fn members_are_indented() {
        let members = [json!({ "a": ["b\n"] }), json!({})];
        let told = json!({ "list": members });
        let listed: Vec<String> = members.iter().map(super::member).collect();
        assert_eq!(text(&told), format!("{{\n  \"list\": [\n{}\n  ]\n}}", listed.join(",\n")));
    }
}
