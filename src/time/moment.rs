//! A point in time as people type it: a date, a date with a time, Unix seconds, or a span from now.

use std::str::FromStr;
use std::time::{Duration, SystemTime};

use der::DateTime;

use super::parse_span;
use crate::error::{Error, ErrorKind, Result};

/// An instant, or a span before (`-2d`) or after (`2w`, `+12h`) now.
///
/// An instant is written in the form of RFC 3339 with `Z` or an offset (`2027-01-31T12:00:00Z`,
/// `2027-01-31 13:00:00+01:00`), as a date, which means 00:00 UTC (`2027-01-31`), or in seconds since 1970
/// (`@1801396800`). A fraction of a second is dropped, since certificates count whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// This instant.
    At(SystemTime),
    /// This long before now.
    Before(Duration),
    /// This long after now.
    After(Duration),
}

impl FromStr for Moment {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let moment = match (text.strip_prefix('@'), text.strip_prefix('-')) {
            (Some(seconds), _) => unix_seconds(seconds).map(Self::At),
            (None, Some(rest)) => span(rest).map(Self::Before),
            (None, None) => {
                instant(text).map(Self::At).or_else(|| span(text.strip_prefix('+').unwrap_or(text)).map(Self::After))
            }
        };
        moment.ok_or_else(|| {
            let hint = match instant(&format!("{text}Z")) {
                Some(_) => "add Z for UTC, or an offset such as +01:00",
                None => "use 2027-01-31, 2027-01-31T12:00:00Z, @1801396800, 30d or -2w",
            };
            Error::new(ErrorKind::Usage, format!("invalid time: \"{text}\"")).with_hint(hint)
        })
    }
}

impl Moment {
    /// The instant, counted from `now` where it is a span.
    ///
    /// # Errors
    /// [`Policy`](ErrorKind::Policy) outside the years that a certificate can name.
    pub fn at(self, now: SystemTime) -> Result<SystemTime> {
        let instant = match self {
            Self::At(instant) => Some(instant),
            Self::Before(span) => now.checked_sub(span),
            Self::After(span) => now.checked_add(span),
        };
        instant.filter(|instant| DateTime::from_system_time(*instant).is_ok()).ok_or_else(|| {
            Error::policy("time outside the years 1970 to 9999")
                .with_hint("seconds since 1970 have an @ before them: @1801396800")
        })
    }
}

fn span(text: &str) -> Option<Duration> {
    parse_span(text).ok().filter(|_| !text.is_empty())
}

fn unix_seconds(text: &str) -> Option<SystemTime> {
    let seconds = number(text).map(Duration::from_secs)?;
    DateTime::from_unix_duration(seconds).ok().map(|date| date.to_system_time())
}

/// A date, or a date and a time with its offset from UTC.
fn instant(text: &str) -> Option<SystemTime> {
    let (date, rest) = text.split_at_checked(10)?;
    let [year, month, day] = fields(date, '-', [4, 2, 2])?;
    let (time, offset) = match rest {
        "" => ("00:00:00", "Z"),
        // RFC 3339, section 5.6: the letters may be small, and a space may stand between date and time.
        _ => rest.strip_prefix(['T', 't', ' '])?.split_at_checked(8)?,
    };
    let [hour, minute, second] = fields(time, ':', [2, 2, 2])?;
    let part = |number: u64| u8::try_from(number).ok();
    let date =
        DateTime::new(year.try_into().ok()?, part(month)?, part(day)?, part(hour)?, part(minute)?, part(second)?);
    let local = date.ok()?.to_system_time();
    let offset = match offset.strip_prefix('.') {
        Some(fraction) => {
            let rest = fraction.trim_start_matches(|digit: char| digit.is_ascii_digit());
            (rest.len() < fraction.len()).then_some(rest)?
        }
        None => offset,
    };
    if offset.eq_ignore_ascii_case("z") {
        return Some(local);
    }
    let (sign, offset) = offset.split_at_checked(1)?;
    let [hours, minutes] = fields(offset, ':', [2, 2])?;
    let offset = (hours < 24 && minutes < 60).then(|| Duration::from_secs((hours * 60 + minutes) * 60))?;
    // East of Greenwich it is later than in UTC.
    let utc = match sign {
        "+" => local.checked_sub(offset),
        "-" => local.checked_add(offset),
        _ => None,
    };
    utc.filter(|utc| DateTime::from_system_time(*utc).is_ok())
}

/// The numbers in `text`, each of exactly as many digits as `lengths` says.
fn fields<const N: usize>(text: &str, separator: char, lengths: [usize; N]) -> Option<[u64; N]> {
    let mut numbers = [0; N];
    let mut parts = text.split(separator);
    for (field, length) in numbers.iter_mut().zip(lengths) {
        *field = parts.next().filter(|part| part.len() == length).and_then(number)?;
    }
    parts.next().is_none().then_some(numbers)
}

/// A number of digits only: [`str::parse`] takes a sign too.
fn number(text: &str) -> Option<u64> {
    text.bytes().all(|digit| digit.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{DAY, rfc3339};

    fn now() -> SystemTime {
        SystemTime::UNIX_EPOCH + DAY * 20_000
    }

    fn at(text: &str) -> SystemTime {
        text.parse::<Moment>().and_then(|moment| moment.at(now())).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn reads_instants_in_every_form() {
        for text in [
            "2027-01-31T12:00:00Z",
            "2027-01-31t12:00:00z",
            "2027-01-31 12:00:00Z",
            "2027-01-31T12:00:00.999Z",
            "2027-01-31T12:00:00+00:00",
            "2027-01-31T12:00:00-00:00",
            "2027-01-31T13:30:00+01:30",
            "2027-02-01T00:30:00.5+12:30",
            "2027-01-31T02:00:00-10:00",
            "@1801396800",
            "@0001801396800",
        ] {
            assert_eq!(rfc3339(at(text)), "2027-01-31T12:00:00Z", "{text}");
        }
        assert_eq!(rfc3339(at("2027-01-31")), "2027-01-31T00:00:00Z");
        assert_eq!(rfc3339(at("2028-02-29")), "2028-02-29T00:00:00Z");
        assert_eq!(at("@0"), SystemTime::UNIX_EPOCH);
        assert_eq!(rfc3339(at("9999-12-31T23:59:59Z")), "9999-12-31T23:59:59Z");
    }

    #[test]
    fn reads_spans_from_now() {
        assert_eq!(at("-2d"), now() - DAY * 2);
        assert_eq!(at("2w"), now() + DAY * 14);
        assert_eq!(at("+12h"), now() + DAY / 2);
        assert_eq!(at("30"), now() + DAY * 30);
    }

    #[test]
    fn refuses_what_is_not_a_time() {
        for text in [
            "",
            "-",
            "+",
            "@",
            "@-1",
            "@+1",
            "@1.5",
            "@1 ",
            "yesterday",
            "--2d",
            "+-2d",
            "-+2d",
            "1.5d",
            "30 d",
            "2027-13-20T08:15:00Z",
            "2027-02-29",
            "2027-00-10",
            "2027-1-31",
            "27-01-31",
            "+2027-01-31",
            "2027-01-31T",
            "2027-01-31Z",
            "2027-01-31T12:00Z",
            "2027-01-31T12:00:60Z",
            "2027-01-31T24:00:00Z",
            "2027-01-31T12:00:00",
            "2027-01-31T12:00:00+1",
            "2027-01-31T12:00:00+24:00",
            "2027-01-31T12:00:00+01:60",
            "2027-01-31T12:00:00+01:00Z",
            "2027-01-31T12:00:00.Z",
            "2027-01-31T12:00:00,5Z",
            "2027-01-31  12:00:00Z",
            "1969-12-31",
            "1970-01-01T00:00:00+00:01",
            "9999-12-31T23:59:59-00:01",
            "@253402300800",
            "@99999999999999999999",
            "2027-01-3\u{e9}",
            "\u{661}027-01-31",
            "2027-01-31T12:00:0\u{20ac}",
            "\u{1b}[2J",
        ] {
            let error = text.parse::<Moment>().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Usage, "{text}");
            assert_eq!(error.to_string(), format!("invalid time: \"{}\"", crate::error::printable(text)));
        }
    }

    #[test]
    fn says_what_is_missing() {
        let hint = |text: &str| text.parse::<Moment>().unwrap_err().hint().map(str::to_owned).unwrap();
        assert_eq!(hint("2027-01-31T12:00:00"), "add Z for UTC, or an offset such as +01:00");
        assert!(hint("tomorrow").contains("2027-01-31T12:00:00Z"));
    }

    #[test]
    fn stays_within_the_years_of_certificates() {
        for text in ["1801396800", "-20001d", "3000000d", "18446744073709551615m", "30000000000000w"] {
            let Ok(moment) = text.parse::<Moment>() else { continue };
            assert_eq!(moment.at(now()).unwrap_err().kind(), ErrorKind::Policy, "{text}");
        }
        assert_eq!(at("-20000d"), SystemTime::UNIX_EPOCH);
    }
}
