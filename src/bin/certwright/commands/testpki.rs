//! `testpki`: throwaway certificates for tests. What was typed, or a manifest, becomes a plan; what is missing of it is
//! made, read back and published group by group.

mod broken;
mod clock;
mod existing;
mod files;
mod made;
mod order;
mod produce;
mod trust;

use certwright::Result;
use certwright::output::Unfinished;

use made::Made;

use crate::cli::TestpkiArgs;
use crate::json;
use crate::session::Session;
use crate::status::ExitStatus;

pub(super) fn run(args: TestpkiArgs, session: &mut Session) -> Result<ExitStatus> {
    session.dir = args.folder.clone().or(session.dir.take());
    clock::set(&args, session)?;
    Unfinished::refuse(&session.default_path(""))?;
    if args.broken {
        return broken::run(&args, session);
    }
    let wants_trust_alone = args.env.is_some() && order::asks_for_nothing(&args);
    let mut made = match wants_trust_alone && session.default_path("ca.crt").exists() {
        true => Made::of_root(existing::certificate(&session.default_path("ca.crt"), &session.inputs)?),
        false => produce::produce(order::read(&args, session)?, session)?,
    };
    let Some(shell) = args.env else {
        made.tell(session)?;
        return Ok(ExitStatus::Done);
    };
    let mut trust = trust::prepare(&made.roots, args.roots.as_deref(), session)?;
    made.join(trust.receipt.take());
    match session.json {
        true => {
            let mut told = made.to_json(session)?;
            trust.add_to(&mut told)?;
            session.terminal.say(&json::text(&told))?;
        }
        false => {
            made.tell_beside(session)?;
            trust.tell(shell, session)?;
        }
    }
    Ok(ExitStatus::Done)
}
