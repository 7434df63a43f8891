//! The report for terminals.

use dockside::cleanup::report::{Report, steps, table};

use super::{fixture, is_as_expected};

fn shown(report: &Report, width: usize) -> String {
    let mut out = Vec::new();
    table(report, width, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn a_run_that_was_done_in_part() {
    is_as_expected("table.txt", &shown(&fixture::report(false), 100));
}

#[test]
fn a_dry_run() {
    is_as_expected("dry-run.txt", &shown(&fixture::report(true), 120));
}

#[test]
fn several_repositories_on_a_narrow_terminal() {
    let text = shown(&fixture::several(), 60);
    is_as_expected("narrow.txt", &text);
    let rows = text.lines().filter(|line| line.starts_with("    "));
    let widest = rows.map(|row| row.chars().count()).max();
    assert!(widest.unwrap() <= 60, "{text}");
}

#[test]
fn a_line_for_each_step() {
    let mut text = Vec::new();
    steps(&fixture::report(false), &mut text).unwrap();
    steps(&fixture::report(true), &mut text).unwrap();
    is_as_expected("steps.txt", &String::from_utf8(text).unwrap());
}
