//! The validity period (RFC 5280, section 4.1.2.5).

use std::time::{Duration, SystemTime};

use der::DateTime;
use x509_cert::time::Time;

use crate::error::{Error, ErrorKind, Result};
use crate::time::DAY;

/// Clocks differ by minutes: a certificate that starts now is refused by a verifier that is a little behind.
const BACKDATED: Duration = Duration::from_secs(5 * 60);

/// From when until when a certificate may be used; both ends belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    not_before: SystemTime,
    not_after: SystemTime,
}

impl Validity {
    pub(crate) fn new(not_before: SystemTime, not_after: SystemTime) -> Self {
        Self { not_before, not_after }
    }

    /// `days` days, from five minutes before `now`.
    ///
    /// # Errors
    /// [`Policy`](ErrorKind::Policy) for no days at all, or an end beyond the year 9999.
    pub fn days(days: u32, now: SystemTime) -> Result<Self> {
        let policy = |fact: String| {
            Error::new(ErrorKind::Policy, fact).with_hint("leave --days out for 365 days, or give a number such as 730")
        };
        if days == 0 {
            return Err(policy("a certificate of 0 days is never valid".into()));
        }
        let not_before = now.checked_sub(BACKDATED).unwrap_or(now);
        let not_after = not_before.checked_add(DAY * days);
        let not_after =
            not_after.filter(|end| DateTime::from_system_time(*end).is_ok_and(|end| end < DateTime::INFINITY));
        let not_after = not_after.ok_or_else(|| {
            policy(format!("{days} days from now is beyond the year 9999, the last a certificate can name"))
        })?;
        Ok(Self { not_before, not_after })
    }

    /// From `not_before` to `not_after`, in whole seconds.
    ///
    /// # Errors
    /// [`Policy`](ErrorKind::Policy) if it ends before it begins, or if a certificate cannot name one of the dates.
    pub fn between(not_before: SystemTime, not_after: SystemTime) -> Result<Self> {
        let policy = |fact: &str| Error::new(ErrorKind::Policy, fact).with_hint("give an earlier start or a later end");
        if not_after <= not_before {
            return Err(policy("the certificate would end before it begins"));
        }
        let whole = |instant: SystemTime| {
            let date = DateTime::from_system_time(instant).ok().filter(|date| *date < DateTime::INFINITY);
            date.map(|date| date.to_system_time())
                .ok_or_else(|| policy("a certificate names no date before 1970 or beyond 9999"))
        };
        Ok(Self { not_before: whole(not_before)?, not_after: whole(not_after)? })
    }

    /// As long a time as this one, from five minutes before `now`. One that has no end (99991231235959Z, RFC 5280, section
    /// 4.1.2.5) has none again.
    ///
    /// # Errors
    /// [`Policy`](ErrorKind::Policy) if this one ends before it begins, or if the new end is beyond the year 9999.
    pub fn renewed(&self, now: SystemTime) -> Result<Self> {
        let policy =
            |fact: &str| Error::new(ErrorKind::Policy, fact).with_hint("say how long it is to last with --days");
        let length = self.not_after.duration_since(self.not_before);
        let length = length.map_err(|_| policy("the certificate ends before it begins, which is no length to keep"))?;
        let not_before = now.checked_sub(BACKDATED).unwrap_or(now);
        let endless = DateTime::INFINITY.to_system_time();
        if self.not_after == endless {
            return Ok(Self { not_before, not_after: endless });
        }
        let not_after = not_before.checked_add(length);
        let not_after = not_after.ok_or_else(|| policy("a certificate as long as this one cannot name its end"))?;
        Self::between(not_before, not_after)
            .map_err(|_| policy("a certificate as long as this one would end beyond the year 9999, or at once"))
    }

    /// [`Self::days`] for a number as it was typed.
    ///
    /// # Errors
    /// Those of [`Self::days`], also for what is no number.
    pub fn parse_days(text: &str, now: SystemTime) -> Result<Self> {
        let days = text.parse().map_err(|_| {
            Error::new(ErrorKind::Policy, format!("\"{text}\" is no number of days"))
                .with_hint("leave --days out for 365 days, or give a number such as 730")
        })?;
        Self::days(days, now)
    }

    /// The first instant.
    pub fn not_before(&self) -> SystemTime {
        self.not_before
    }

    /// The last instant.
    pub fn not_after(&self) -> SystemTime {
        self.not_after
    }

    /// True from notBefore to notAfter, both included.
    pub fn contains(&self, instant: SystemTime) -> bool {
        (self.not_before..=self.not_after).contains(&instant)
    }

    /// The whole days from `now` to the end; below zero after it.
    pub fn days_left(&self, now: SystemTime) -> i64 {
        let days = |span: Duration| i64::try_from(span.as_secs() / DAY.as_secs()).unwrap_or(i64::MAX);
        match self.not_after.duration_since(now) {
            Ok(left) => days(left),
            Err(over) => -1 - days(over.duration()),
        }
    }

    pub(crate) fn to_x509(self) -> Result<x509_cert::time::Validity> {
        let time = |instant| {
            Time::try_from(instant).map_err(|error| {
                Error::new(ErrorKind::Policy, "a certificate cannot name this date").with_source(error)
            })
        };
        Ok(x509_cert::time::Validity::new(time(self.not_before)?, time(self.not_after)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_from_not_before() {
        let now = SystemTime::UNIX_EPOCH + DAY * 20_000;
        let validity = Validity::days(365, now).unwrap();
        assert_eq!(now.duration_since(validity.not_before()).unwrap(), BACKDATED);
        assert_eq!(validity.not_after().duration_since(validity.not_before()).unwrap(), DAY * 365);
        assert!(validity.contains(now) && !validity.contains(now + DAY * 365));
        for days in [0, 2_914_695, 3_000_000, u32::MAX] {
            assert_eq!(Validity::days(days, now).unwrap_err().kind(), ErrorKind::Policy, "{days}");
        }
        assert!(Validity::days(2_900_000, now).is_ok());
    }

    #[test]
    fn a_renewal_lasts_as_long() {
        let now = SystemTime::UNIX_EPOCH + DAY * 20_000 + Duration::from_millis(500);
        let start = SystemTime::UNIX_EPOCH + DAY * 100;
        let old = Validity::between(start, start + DAY * 400).unwrap();
        let new = old.renewed(now).unwrap();
        assert_eq!(new.not_after().duration_since(new.not_before()).unwrap(), DAY * 400);
        assert!(new.contains(now) && new.to_x509().is_ok());
        let endless = Validity::new(start, DateTime::INFINITY.to_system_time()).renewed(now).unwrap();
        assert_eq!(endless.not_after(), DateTime::INFINITY.to_system_time());
        assert!(endless.to_x509().is_ok());
        for odd in [
            Validity::new(start, start),
            Validity::new(start + DAY, start),
            Validity::new(start, now + DAY * 2_900_000),
        ] {
            assert_eq!(odd.renewed(now).unwrap_err().kind(), ErrorKind::Policy, "{odd:?}");
        }
    }

    #[test]
    fn days_left_are_whole_and_go_below_zero() {
        let now = SystemTime::UNIX_EPOCH + DAY * 20_000;
        let until = |end| Validity::new(SystemTime::UNIX_EPOCH, end).days_left(now);
        let hour = Duration::from_secs(60 * 60);
        assert_eq!([until(now + DAY * 30), until(now + DAY - hour), until(now)], [30, 0, 0]);
        assert_eq!([until(now - hour), until(now - DAY - hour)], [-1, -2]);
    }
}
