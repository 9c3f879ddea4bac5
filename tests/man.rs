//! The manual pages: one for each command, with all that its help says.
#![cfg(feature = "man")]

mod support;

use support::{Folder, commands, help};

fn pages() -> Folder {
    let folder = Folder::new();
    folder.run(&["man", "pages"]);
    folder
}

fn name(command: &str) -> String {
    format!("certwright {command}").trim().replace(' ', "-") + ".1"
}

#[test]
fn every_command_has_a_page() {
    let mut names: Vec<String> = commands("").iter().map(|command| name(command)).collect();
    names.sort();
    let mut written = pages().names_of("pages");
    written.sort();
    assert_eq!(written, names);
}

#[test]
#[ignore = "needs mandoc"]
fn mandoc_reads_every_page_and_shows_each_line_of_the_help() {
    let folder = pages();
    // Bold letters are.
    let struck_twice = regex::Regex::new(".\u{8}").expect("a pattern");
    for command in commands("") {
        let page = format!("pages/{}", name(&command));
        let found = folder.tool("mandoc", &["-T", "lint", "-W", "error", &page]);
        assert_eq!(found, "", "{page}");
        let shown = folder.tool("mandoc", &["-T", "utf8", "-O", "width=100", &page]);
        let shown = struck_twice.replace_all(&shown, "");
        let help = help(&command, "--help");
        let (_, below) = help.split_once("Examples:").expect("examples");
        for line in below.lines().map(str::trim).filter(|line| !line.is_empty() && *line != "Exit status:") {
            assert!(shown.contains(line), "{page}: {line}\n{shown}");
        }
        for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXAMPLES", "EXIT STATUS", "SEE ALSO"] {
            assert!(shown.lines().any(|line| line == section), "{page}: {section}\n{shown}");
        }
    }
}
