//! Instants in claims: a number of seconds, and what others write in its place.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;

use crate::error::{Error, Result};

/// Seconds of the year 5138, milliseconds of 1973.
const FIRST_MILLISECONDS: u64 = 100_000_000_000;

/// A NumericDate (RFC 7519, section 2), or what was meant to be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NumericDate {
    /// The instant that is meant.
    pub instant: SystemTime,
    /// True if the number was written as text, as the Java example of Salesforce's documents does.
    pub is_text: bool,
    /// True if it must be milliseconds, as older versions of the Salesforce CLI send.
    pub is_milliseconds: bool,
}

impl NumericDate {
    pub(super) fn read(value: &Value) -> Result<Self> {
        let is_text = value.is_string();
        let number = match value {
            Value::String(text) => text.trim().parse().ok(),
            // A fraction of a second is allowed, and says nothing here.
            Value::Number(number) => number.as_u64().or_else(|| whole(number.as_f64()?)),
            _ => None,
        };
        let no_date = || Error::malformed("is no number of seconds since 1970");
        let number: u64 = number.ok_or_else(no_date)?;
        let is_milliseconds = number >= FIRST_MILLISECONDS;
        let since = if is_milliseconds { Duration::from_millis(number) } else { Duration::from_secs(number) };
        let instant = UNIX_EPOCH.checked_add(since).ok_or_else(no_date)?;
        Ok(Self { instant, is_text, is_milliseconds })
    }
}

fn whole(number: f64) -> Option<u64> {
    // Up to 2^53 a double is a whole number; beyond it is no instant either.
    (0.0..9_007_199_254_740_992.0).contains(&number).then_some(number as u64)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn seconds_text_and_milliseconds() {
        for (value, is_text, is_milliseconds) in [
            (json!(1_333_685_628), false, false),
            (json!(1_333_685_628.9), false, false),
            (json!("1333685628"), true, false),
            (json!(1_333_685_628_000_u64), false, true),
            (json!("1333685628000"), true, true),
        ] {
            let date = NumericDate::read(&value).unwrap();
            assert_eq!(date.instant, UNIX_EPOCH + Duration::from_secs(1_333_685_628), "{value}");
            assert_eq!((date.is_text, date.is_milliseconds), (is_text, is_milliseconds), "{value}");
        }
        for value in [json!(-1), json!(""), json!("soon"), json!(null), json!([1]), json!(1e300), json!(true)] {
            assert!(NumericDate::read(&value).is_err(), "{value}");
        }
        // As far as it can be told, the largest number is an instant or an error, and no panic.
        let _ = NumericDate::read(&json!(u64::MAX));
    }
}
