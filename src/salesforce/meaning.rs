//! What the refusals of the token endpoint mean: the one table, each row with its source.
//!
//! Salesforce documents few of them. A row says where its causes were reported; "reported" is what it is worth.

mod table;

pub use table::MEANINGS;

/// One refusal.
#[derive(Debug)]
pub struct Meaning {
    /// How Salesforce words it: code and description.
    pub message: &'static str,
    /// Parts by which it is known again, in lower case.
    patterns: &'static [&'static str],
    /// What it says, in one sentence.
    pub means: &'static str,
    /// Why, the likeliest first.
    pub causes: &'static [Cause],
    /// Where that was learned.
    pub source: &'static str,
}

/// One cause of a refusal.
#[derive(Debug)]
pub struct Cause {
    /// The cause.
    pub what: &'static str,
    /// What to change, and where.
    pub change: &'static str,
    /// The name of the local check that excludes it where it holds.
    pub excluded_by: Option<&'static str>,
}

/// The meanings of what is in `text`, a message as any tool shows it: with a prefix, in JSON, escaped for HTML or a URL.
/// In the order of the text, each once; of a code that has a description, the description's alone.
pub fn explain(text: &str) -> Vec<&'static Meaning> {
    let text = plain(text);
    let mut found: Vec<(usize, usize, &'static Meaning)> = Vec::new();
    for meaning in MEANINGS {
        let longest = meaning.patterns.iter().filter_map(|pattern| Some((find(&text, pattern)?, pattern.len())));
        if let Some((at, length)) = longest.max_by_key(|&(_, length)| length) {
            found.push((at, length, meaning));
        }
    }
    found.sort_by_key(|&(at, ..)| at);
    let is_code = |meaning: &Meaning| meaning.message == "invalid_grant";
    let has_description = found.iter().any(|(.., meaning)| !is_code(meaning));
    found.into_iter().map(|(.., meaning)| meaning).filter(|meaning| !(is_code(meaning) && has_description)).collect()
}

/// Where `pattern` stands in `text` as words of its own.
fn find(text: &str, pattern: &str) -> Option<usize> {
    let is_within = |character: Option<char>| character.is_some_and(|character| character.is_ascii_alphanumeric());
    text.match_indices(pattern)
        .map(|(at, _)| at)
        .find(|&at| !is_within(text[..at].chars().next_back()) && !is_within(text[at + pattern.len()..].chars().next()))
}

/// Lower case, one kind of apostrophe, underscores and escapes as spaces.
fn plain(text: &str) -> String {
    let mut text = text.to_lowercase();
    for apostrophe in ["\u{2019}", "\u{2018}", "&#39;", "&#x27;", "&apos;", "\\u0027", "\\'", "%27"] {
        text = text.replace(apostrophe, "'");
    }
    for space in ["%20", "&nbsp;", "\\n", "_", "+"] {
        text = text.replace(space, " ");
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explained(text: &str) -> Vec<&'static str> {
        explain(text).iter().map(|meaning| meaning.message).collect()
    }

    #[test]
    fn every_row_is_found_by_its_own_message_alone() {
        for meaning in MEANINGS {
            assert_eq!(explained(meaning.message), [meaning.message]);
            for pattern in meaning.patterns {
                assert_eq!(plain(pattern), *pattern, "as texts are compared");
                assert_eq!(explained(pattern), [meaning.message], "{pattern}");
            }
        }
    }

    #[test]
    fn every_row_has_causes_and_a_source() {
        for meaning in MEANINGS {
            assert!(!meaning.causes.is_empty() && !meaning.source.is_empty(), "{}", meaning.message);
            for cause in meaning.causes {
                assert!(!cause.what.is_empty() && !cause.change.is_empty(), "{}", meaning.message);
            }
        }
    }

    #[test]
    fn other_tools_put_things_around_it() {
        let approved = "invalid_grant: user hasn't approved this consumer";
        for text in [
            "Error authenticating with JWT config due to: user hasn't approved this consumer",
            "ERROR running auth:jwt:grant: We encountered a JSON web token error. Here\u{2019}s the error: user hasn\u{2019}t approved this consumer",
            r#"{"error":"invalid_grant","error_description":"user hasn't approved this consumer"}"#,
            r#"{"error":"invalid_grant","error_description":"user hasn\u0027t approved this consumer"}"#,
            "error=invalid_grant&error_description=user%20hasn%27t%20approved%20this%20consumer",
            "Restforce::AuthenticationError: invalid_grant: user hasn&#39;t approved this consumer (400)",
            "USER HASN'T APPROVED\n  THIS CONSUMER",
        ] {
            assert_eq!(explained(text), [approved], "{text}");
        }
    }

    #[test]
    fn several_errors_of_one_message() {
        let text = "JwtAuthError: Errors encountered:\nExternal client app is not installed in this org\n\
                    External client app is not installed in this org\naudience is invalid [audience=https://x]";
        assert_eq!(
            explained(text),
            ["app_not_found: External client app is not installed in this org", "invalid_grant: audience is invalid"]
        );
    }

    #[test]
    fn what_is_not_known_is_not_guessed() {
        assert!(explained("connection refused").is_empty());
        assert!(explained("").is_empty());
        assert!(explained("uninvalid assertions").is_empty());
        assert_eq!(explained("invalid_grant"), ["invalid_grant"]);
    }
}
