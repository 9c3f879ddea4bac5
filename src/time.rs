//! Instants as certificates know them: UTC, whole seconds, the years 1970 to 9999 (RFC 5280, section 4.1.2.5).

use std::time::SystemTime;

use der::DateTime;

/// `2027-11-20T08:15:00Z` (RFC 3339).
pub fn rfc3339(instant: SystemTime) -> String {
    calendar(instant).to_string()
}

/// `2027-11-20`.
pub fn date(instant: SystemTime) -> String {
    let day = calendar(instant);
    format!("{:04}-{:02}-{:02}", day.year(), day.month(), day.day())
}

/// `20271120T081500Z` (RFC 3339's basic form): sorts as text and may be part of a file name on any system.
pub fn compact(instant: SystemTime) -> String {
    rfc3339(instant).replace(['-', ':'], "")
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
    use std::time::Duration;

    use super::*;

    #[test]
    fn forms_of_one_instant() {
        let instant = SystemTime::UNIX_EPOCH + Duration::from_secs(1_826_698_500);
        assert_eq!(rfc3339(instant), "2027-11-20T08:15:00Z");
        assert_eq!(date(instant), "2027-11-20");
        assert_eq!(compact(instant), "20271120T081500Z");
    }
}
