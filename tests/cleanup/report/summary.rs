//! What a report comes to.

use dockside::cleanup::report::{Count, Summary};

use super::fixture;

#[test]
fn a_run_that_was_done_in_part() {
    let report = fixture::report(false);
    let summary = Summary::of(&report.runs[0], false);
    let goes = Count {
        manifests: 2,
        tags: 3,
        bytes: 31_001_000,
    };
    assert_eq!(summary.goes, goes);
    let reasons: Vec<_> = summary.reasons.iter().map(|group| &group.why).collect();
    assert_eq!(reasons, ["no rule keeps it", "belongs to what goes"]);
    assert_eq!(summary.reasons[0].names, ["old", "v1", "v1.0"]);
    let undone = (summary.failed, summary.skipped, summary.not_begun);
    assert_eq!(undone, (1, 1, 1));
    assert_eq!((summary.freed, summary.size), (None, Some(90_000_000)));
}

#[test]
fn a_dry_run_frees_all_that_is_planned() {
    let report = fixture::report(true);
    let summary = Summary::of(&report.runs[0], true);
    assert_eq!((summary.goes.manifests, summary.goes.tags), (4, 6));
    assert_eq!(summary.freed, Some(40_000_000));
}

#[test]
fn what_a_guard_refuses_is_not_begun_in_a_dry_run_either() {
    let report = fixture::several();
    let summary = Summary::of(&report.runs[1], true);
    assert_eq!((summary.goes, summary.not_begun), (Count::default(), 2));
    assert_eq!(summary.freed, None);
}
