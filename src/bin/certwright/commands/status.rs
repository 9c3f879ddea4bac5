//! `status`: the certificates in these folders, how long they last, which are the same, and which are stale.

mod found;
mod told;

use std::time::{Duration, SystemTime};

use certwright::renewal::{self, Stock};
use certwright::{Result, time};

use crate::cli::StatusArgs;
use crate::gather;
use crate::passwords::Passwords;
use crate::session::Session;
use crate::status::ExitStatus;

/// How a certificate stands in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// It is valid, and stays so for as long as was asked for.
    Valid,
    /// It is valid, but expires within the time that was asked for.
    Due,
    Expired,
    NotYetValid,
}

impl Standing {
    fn of(one: &Stock<String>, within: Option<Duration>, now: SystemTime) -> Self {
        let validity = one.certificate.validity();
        match validity.not_after().duration_since(now) {
            Err(_) => Self::Expired,
            Ok(left) if within.is_some_and(|within| left <= within) => Self::Due,
            Ok(_) if now < validity.not_before() => Self::NotYetValid,
            Ok(_) => Self::Valid,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Due => "due",
            Self::Expired => "expired",
            Self::NotYetValid => "not-yet",
        }
    }

    fn is_due(self) -> bool {
        matches!(self, Self::Due | Self::Expired)
    }
}

pub(super) fn run(args: StatusArgs, session: &mut Session) -> Result<ExitStatus> {
    let within = args.expires_within.as_deref().map(time::parse_span).transpose()?;
    session.judge_at(args.at.as_deref())?;
    let paths = match args.paths.is_empty() {
        true => vec![session.dir.clone().unwrap_or_else(|| ".".into())],
        false => args.paths,
    };
    let passwords = Passwords::read(&args.passwords, session)?;
    let files = gather::gather(&paths, session)?;
    let found = found::Found::of(&paths, files, &passwords);
    let found::Found { holdings, keys, unchecked, ignored } = found;
    let stock = renewal::take_stock(holdings, &keys, session.now);
    let standings: Vec<Standing> = stock.iter().map(|one| Standing::of(one, within, session.now)).collect();
    let is_due = standings.iter().any(|standing| standing.is_due());
    let status = match (is_due, unchecked.iter().any(|one| one.is_wanted)) {
        (true, _) => ExitStatus::NotGood,
        (false, true) => ExitStatus::CouldNotRun,
        (false, false) if args.strict && !unchecked.is_empty() => ExitStatus::NotGood,
        (false, false) => ExitStatus::Done,
    };
    let inventory = told::Inventory {
        stock: &stock,
        standings: &standings,
        unchecked: &unchecked,
        ignored: &ignored,
        span: args.expires_within.as_deref(),
        is_good: status == ExitStatus::Done,
    };
    inventory.tell(session)?;
    Ok(status)
}
