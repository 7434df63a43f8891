//! The report for programs.

use std::fs;

use dockside::cleanup::report::{Report, write_json};
use serde_json::Value;

use super::{fixture, is_as_expected};

fn written(report: &Report) -> String {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("report.json");
    write_json(report, &path).unwrap();
    fs::read_to_string(path).unwrap()
}

#[test]
fn the_whole_report() {
    is_as_expected("report.json", &written(&fixture::report(false)));
}

#[test]
fn the_report_of_several_repositories() {
    is_as_expected("several.json", &written(&fixture::several()));
}

#[test]
fn a_dry_run_lists_what_would_be_deleted() {
    let report: Value = serde_json::from_str(&written(&fixture::report(true))).unwrap();
    let tags = |list: &str| -> Vec<String> {
        let items = report[list].as_array().unwrap().iter();
        let tag = |item: &Value| item["tag"].as_str().unwrap_or("-").to_owned();
        items.map(tag).collect()
    };
    let stage = format!("{}-1611836746968", "ab".repeat(28));
    let expected = ["old", "v1", "v1.0", "-", &stage, "late", "last"];
    assert_eq!(tags("deleted"), expected);
    assert_eq!(tags("kept"), ["main", "v2", "-"]);
    assert!(tags("failed").is_empty() && tags("skipped").is_empty());
    assert_eq!(report["dryRun"], true);
    assert_eq!(report["repositories"][0]["freed"], 40_000_000);
}
