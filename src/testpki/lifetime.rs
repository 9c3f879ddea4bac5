//! When a certificate begins and ends, as it is asked for: days, instants, or spans from now.

use std::time::{Duration, SystemTime};

use crate::certificate::Validity;
use crate::error::{Error, Result};
use crate::time::Moment;

/// How long a certificate is to be valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetime {
    /// When it begins; five minutes before the run if not given.
    pub not_before: Option<Moment>,
    /// When it ends; that many days after its begin if not given.
    pub not_after: Option<Moment>,
    /// How many days it lasts, if no end is given.
    pub days: u32,
}

impl Lifetime {
    /// `days` days from five minutes before the run.
    pub fn days(days: u32) -> Self {
        Self { not_before: None, not_after: None, days }
    }

    /// The period, for a run at `now`.
    ///
    /// # Errors
    /// Those of [`Validity::days`] and [`Validity::between`].
    pub fn validity(&self, now: SystemTime) -> Result<Validity> {
        let counted = || match self.days {
            0 => Err(Error::policy("a certificate of 0 days is never valid").with_hint("give a number such as 30")),
            days => Validity::days(days, now),
        };
        let not_before = match self.not_before {
            Some(moment) => moment.at(now)?,
            None => Validity::days(1, now)?.not_before(),
        };
        let not_after = match (self.not_after, self.not_before) {
            (Some(moment), _) => moment.at(now)?,
            // In whole seconds.
            (None, None) => return counted().and_then(|days| Validity::between(days.not_before(), days.not_after())),
            (None, Some(_)) => {
                let counted = counted()?;
                let length = counted.not_after().duration_since(counted.not_before()).unwrap_or_default();
                not_before.checked_add(length).ok_or_else(|| Error::policy("no certificate lasts so long"))?
            }
        };
        Validity::between(not_before, not_after)
    }

    /// True if `validity` is what this lifetime gives, whenever the run was: instants have to be the same, spans as long.
    pub fn fits(&self, validity: Validity, now: SystemTime) -> bool {
        let Ok(asked) = self.validity(now) else { return false };
        let is_instant = |moment: Option<Moment>| matches!(moment, Some(Moment::At(_)));
        let (begins, ends) = (is_instant(self.not_before), is_instant(self.not_after));
        let same_begin = asked.not_before() == validity.not_before();
        let same_end = asked.not_after() == validity.not_after();
        let length = |validity: Validity| validity.not_after().duration_since(validity.not_before()).ok();
        // Certificates count whole seconds, so that a length can be off by one.
        let difference = length(asked).unwrap_or_default().abs_diff(length(validity).unwrap_or_default());
        (!begins || same_begin) && (!ends || same_end) && (begins != ends || difference <= Duration::from_secs(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::DAY;

    #[test]
    fn a_lifetime_fits_what_it_gave_on_another_day() {
        let now = SystemTime::UNIX_EPOCH + DAY * 20_000 + Duration::from_millis(300);
        let later = now + DAY * 3;
        let moment = |text: &str| Some(text.parse::<Moment>().unwrap());
        let relative = Lifetime { not_before: moment("-2d"), not_after: moment("5d"), days: 30 };
        let absolute = Lifetime { not_before: None, not_after: moment("2030-01-01T00:00:00Z"), days: 30 };
        for lifetime in [Lifetime::days(30), relative, absolute] {
            assert!(lifetime.fits(lifetime.validity(now).unwrap(), later), "{lifetime:?}");
        }
        assert!(!Lifetime::days(31).fits(Lifetime::days(30).validity(now).unwrap(), later));
        let other = Lifetime { not_after: moment("2030-01-02T00:00:00Z"), ..absolute };
        assert!(!other.fits(absolute.validity(now).unwrap(), later));
        assert!(Lifetime::days(0).validity(now).is_err());
        assert!(Lifetime { not_after: moment("-3d"), ..relative }.validity(now).is_err());
    }
}
