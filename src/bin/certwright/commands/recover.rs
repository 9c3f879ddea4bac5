//! `recover`: finish, undo or discard what a killed run left.

use std::path::Path;

use certwright::error::printable;
use certwright::output::{Action, Change, FileState, Recovery, Step, Unfinished};
use certwright::{Error, ErrorKind, Result};
use serde_json::{Value, json};

use crate::cli::RecoverArgs;
use crate::interrupt;
use crate::json;
use crate::session::Session;
use crate::status::ExitStatus;
use crate::table;

/// So many files are shown one by one; of more, the number of the rest.
const MAX_ROWS: usize = 40;

pub(super) fn run(args: RecoverArgs, session: &mut Session) -> Result<ExitStatus> {
    let folders = match args.folders.as_slice() {
        [] => vec![session.default_path("")],
        folders => folders.to_owned(),
    };
    // Files of the folder of the process are shown by their names.
    let paths: Vec<&Path> = folders.iter().map(|path| path.strip_prefix(".").unwrap_or(path)).collect();
    let Some(recovery) = Recovery::open(&paths)? else {
        let nothing = json!({ "command": "recover", "action": null, "files": [] });
        let text = "nothing to recover: no killed run left a list of files here";
        session.terminal.say(if session.json { json::text(&nothing) } else { text.to_owned() }.as_str())?;
        return Ok(ExitStatus::Done);
    };
    let unfinished = recovery.unfinished();
    if !session.json {
        unfinished.iter().for_each(|left| session.terminal.note_lines(&left_in_words(left)));
    }
    let action = args.action().map_or_else(|| recovery.default_action(), Ok)?;
    let steps = recovery.steps(action)?;
    if !session.json {
        session.terminal.note_lines(&plan_in_words(action, &steps));
    }
    if !args.yes && !is_confirmed(action, session)? {
        return Err(Error::new(ErrorKind::Usage, "not confirmed; nothing was changed")
            .with_hint("add --yes to do it without being asked; --undo and --discard are the other ways"));
    }
    interrupt::shielded(|| recovery.run(action))?;
    let done = match action {
        Action::Finish => "finished: all files of the set are in place",
        Action::Undo => "undone: the old files are back in place; delete the new ones when they are not needed",
        Action::Discard => "discarded: the staged files are removed",
    };
    match session.json {
        true => session.terminal.say(&json::text(&to_json(action, &unfinished, &steps)))?,
        false => session.terminal.say(done)?,
    }
    Ok(ExitStatus::Done)
}

fn is_confirmed(action: Action, session: &mut Session) -> Result<bool> {
    if !session.may_ask() {
        return Ok(false);
    }
    let verb = match action {
        Action::Finish => "Finish",
        Action::Undo => "Undo",
        Action::Discard => "Discard",
    };
    let check = |answer: &str| match answer.trim().to_lowercase().as_str() {
        "" | "y" | "yes" | "n" | "no" => Ok(()),
        _ => Err("answer y or n".to_owned()),
    };
    let answer = session.terminal.ask(&format!("{verb} it? [y/N]"), &check)?;
    Ok(answer.trim().to_lowercase().starts_with('y'))
}

fn left_in_words(left: &Unfinished) -> String {
    let rows = left.files.iter().map(|file| {
        let words = match file.state {
            FileState::New => "new file in place",
            FileState::Old => "old file still in place",
            FileState::Staged => "new file staged, not in place",
            FileState::Missing => "not there",
            FileState::Changed => "changed by something else since",
        };
        (printable(Path::new(&file.name)), words.to_owned())
    });
    let folder = if left.folder.as_os_str().is_empty() { ".".to_owned() } else { printable(&left.folder) };
    let mut text = format!("A run was killed while writing into {folder}:\n{}", rows_in_words(rows.collect()));
    if let Some(backup) = &left.backup {
        text += &format!("The files it replaced are in {}.\n", printable(backup));
    }
    text.trim_end().to_owned()
}

fn plan_in_words(action: Action, steps: &[Step]) -> String {
    let title = match action {
        Action::Finish => "To finish it:",
        Action::Undo => "To undo it:",
        Action::Discard => "To discard it:",
    };
    if steps.is_empty() {
        return format!("{title} only the list of its files is removed.");
    }
    let rows = steps.iter().map(|step| {
        let words = match &step.change {
            Change::Replace { backup } => {
                format!("put the new file in place; keep the old one in {}", printable(backup))
            }
            Change::Publish => "put the new file in place".to_owned(),
            Change::Restore { new: Some(folder) } => {
                format!("put the old file back; keep the new one in {}", printable(folder))
            }
            Change::Restore { new: None } => "put the old file back".to_owned(),
            Change::SetAside { folder } => format!("move the new file into {}", printable(folder)),
            Change::Discard => "remove the staged file".to_owned(),
        };
        (printable(&step.file), words)
    });
    format!("{title}\n{}", rows_in_words(rows.collect())).trim_end().to_owned()
}

fn rows_in_words(rows: Vec<(String, String)>) -> String {
    let shown = &rows[..rows.len().min(MAX_ROWS)];
    let width = shown.iter().map(|(label, _)| label.chars().count()).max().unwrap_or_default();
    let mut text: String = shown.iter().map(|(label, words)| table::row(2, width + 1, label, words)).collect();
    if rows.len() > shown.len() {
        text += &format!("  and {} more\n", rows.len() - shown.len());
    }
    text
}

fn to_json(action: Action, unfinished: &[Unfinished], steps: &[Step]) -> Value {
    let files = unfinished.iter().flat_map(|left| {
        left.files
            .iter()
            .map(|file| json!({ "path": left.folder.join(&file.name).to_string_lossy(), "state": file.state.as_str() }))
    });
    let steps = steps.iter().map(|step| {
        let (change, to) = match &step.change {
            Change::Replace { backup } => ("replace", Some(backup)),
            Change::Publish => ("publish", None),
            Change::Restore { new } => ("restore", new.as_ref()),
            Change::SetAside { folder } => ("set-aside", Some(folder)),
            Change::Discard => ("discard", None),
        };
        json!({ "path": step.file.to_string_lossy(), "change": change, "folder": to.map(|path| path.to_string_lossy()) })
    });
    json!({
        "command": "recover",
        "action": action.as_str(),
        "files": files.collect::<Vec<_>>(),
        "steps": steps.collect::<Vec<_>>(),
    })
}
