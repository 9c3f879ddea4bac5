//! JSON as every program reads it.

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
    let mut ascii = String::new();
    // Outside strings there is nothing but ASCII.
    for character in format!("{value:#}").chars() {
        match character.is_ascii() {
            true => ascii.push(character),
            false => {
                let units =
                    character.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect::<String>();
                ascii.push_str(&units);
            }
        }
    }
    ascii
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
        let value = json!({ "Schl\u{fc}ssel": "\u{20ac} \u{1f511} \"\\" });
        let text = text(&value);
        assert!(text.is_ascii(), "{text}");
        assert_eq!(serde_json::from_str::<Value>(&text).expect("JSON"), value);
    }
}
