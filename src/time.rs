//! Instants as certificates know them: UTC, whole seconds, the years 1970 to 9999 (RFC 5280, section 4.1.2.5).

mod moment;

use std::time::{Duration, SystemTime};

use der::DateTime;

use crate::error::{Error, ErrorKind, Result};
pub use moment::Moment;

/// A day of certificates: there are no leap seconds in them.
pub(crate) const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// `2027-11-20T08:15:00Z` (RFC 3339).
pub fn rfc3339(instant: SystemTime) -> String {
    calendar(instant).to_string()
}

/// `2027-11-20`.
pub fn date(instant: SystemTime) -> String {
    let day = calendar(instant);
    format!("{:04}-{:02}-{:02}", day.year(), day.month(), day.day())
}

/// `Nov 20 08:15:00 2027 GMT`, as OpenSSL prints the instants of a certificate.
pub fn gmt(instant: SystemTime) -> String {
    let time = calendar(instant);
    let month = MONTHS[usize::from(time.month().clamp(1, 12)) - 1];
    let (hour, minute, second) = (time.hour(), time.minutes(), time.seconds());
    format!("{month} {:2} {hour:02}:{minute:02}:{second:02} {} GMT", time.day(), time.year())
}

/// `20271120T081500Z` (RFC 3339's basic form): sorts as text and may be part of a file name on any system.
pub fn compact(instant: SystemTime) -> String {
    rfc3339(instant).replace(['-', ':'], "")
}

/// A span as people type it: `30d`, `2w`, `12h`, `90m`; a bare number counts days.
///
/// # Errors
/// [`Usage`](crate::ErrorKind::Usage) for anything else.
pub fn parse_span(text: &str) -> Result<Duration> {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let seconds = match unit {
        "m" => 60,
        "h" => 60 * 60,
        "" | "d" => DAY.as_secs(),
        "w" => 7 * DAY.as_secs(),
        _ => 0,
    };
    let span = number.parse().ok().and_then(|number: u64| number.checked_mul(seconds)).filter(|_| seconds > 0);
    span.map(Duration::from_secs).ok_or_else(|| {
        Error::new(ErrorKind::Usage, format!("\"{text}\" is no span of time")).with_hint("write it as 30d, 2w or 12h")
    })
}

/// Reads the `Date` of HTTP in the form that servers send, `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, section 5.6.7).
pub fn parse_http_date(text: &str) -> Option<SystemTime> {
    let parts: Vec<&str> = text.split_once(", ")?.1.split([' ', ':']).collect();
    let [day, month, year, hour, minute, second, "GMT"] = parts[..] else { return None };
    let month = 1 + MONTHS.iter().position(|name| *name == month)?;
    let [day, hour, minute, second] = [day, hour, minute, second].map(|part| part.parse().ok());
    let date = DateTime::new(year.parse().ok()?, u8::try_from(month).ok()?, day?, hour?, minute?, second?);
    date.ok().map(|date| date.to_system_time())
}

/// Instants that a certificate cannot express are shown as the nearest one that it can.
fn calendar(instant: SystemTime) -> DateTime {
    DateTime::from_system_time(instant).unwrap_or_else(|_| {
        if instant < SystemTime::UNIX_EPOCH {
            DateTime::new(1970, 1, 1, 0, 0, 0).unwrap_or(DateTime::INFINITY)
        } else {
            DateTime::INFINITY
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_one_instant() {
        let instant = SystemTime::UNIX_EPOCH + Duration::from_secs(1_826_698_500);
        assert_eq!(rfc3339(instant), "2027-11-20T08:15:00Z");
        assert_eq!(date(instant), "2027-11-20");
        assert_eq!(compact(instant), "20271120T081500Z");
    }

    #[test]
    fn dates_of_http() {
        let instant = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        assert_eq!(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), Some(instant));
        for text in [
            "",
            "Sun, 06 Nov 1994 08:49:37 CET",
            "Sun, 32 Nov 1994 08:49:37 GMT",
            "06 Nov 1994 08:49:37 GMT",
            "Sun, 06 \u{e4}",
        ] {
            assert_eq!(parse_http_date(text), None, "{text}");
        }
    }

    #[test]
    fn spans_have_a_unit() {
        for (text, hours) in [("30d", 720), ("30", 720), ("2w", 336), ("12h", 12), ("120m", 2), ("0d", 0)] {
            assert_eq!(parse_span(text).unwrap(), Duration::from_secs(hours * 3600), "{text}");
        }
        for text in ["", "d", "-1d", "1.5d", "30 d", "30days", "99999999999999999999d", "18446744073709551615w"] {
            assert!(parse_span(text).is_err(), "{text}");
        }
    }
}
