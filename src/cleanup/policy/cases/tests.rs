//! Files of cases, as a whole.

use std::fs;

use serde_json::json;

use super::{Cases, Inventory, Outcome};
use crate::cleanup::policy::Policy;

const POLICY: &str = "
version: 1
only: ['v*', main, 'pr-*']
keep:
- {name: releases, tags: 'v*', last: 1}
- {name: fresh, within: 7d}
- {name: never, tags: 'x*'}
untagged-older-than: all
";

const CASES: &str = "
version: 1
cases:
- name: as it is meant
  now: 2026-06-30
  images:
  - {tags: [v1], pushed: 2026-01-01, children: [v1-arm]}
  - {tags: [v2], pushed: 2026-02-01}
  - {id: sbom, subject: v2}
  - {tags: [main, other], pushed: 2026-06-29}
  - {tags: [pr-1], pushed: 2026-03-01}
  - {tags: [pr-2], pushed: 2026-03-01}
  assume: {git: pr-1}
  keep: [other, {tag: v2, rule: releases}, {tag: pr-1, rule: git}, {tag: main, rule: fresh}]
  rest: drop
- name: wrong
  now: 2026-06-30T00:00:00Z
  images: [{tags: [v1], pushed: 2026-01-01}, {tags: [v2], pushed: 2026-02-01}]
  keep: [v1, {tag: v2, rule: fresh}, v3]
  drop: 'v2'
- name: about nothing
  now: 2026-06-30
  images: {tags: other}
";

fn run(policy: &str, cases: &str) -> Vec<Outcome> {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("cases.yaml");
    fs::write(&file, cases).unwrap();
    fs::write(directory.path().join("dockside.yaml"), policy).unwrap();
    let cases = Cases::load(&file).unwrap();
    let policy = Policy::load(&cases.policy).unwrap();
    let outcome = |case: &super::Case| match &case.inventory {
        Inventory::Written(graph) => case.run(&policy, graph),
        Inventory::Recorded(file) => panic!("{file:?}"),
    };
    cases.cases.iter().map(outcome).collect()
}

#[test]
fn outcomes() {
    let outcomes = serde_json::to_value(run(POLICY, CASES)).unwrap();
    let never = json!({"warning": "keeps-nothing", "rule": "never"});
    assert_eq!(
        outcomes,
        json!([
            {"name": "as it is meant", "mistakes": [], "warnings": [never]},
            {
                "name": "wrong",
                "mistakes": [
                    {"mistake": "fate", "tag": "v1", "expected": "kept", "found": "dropped"},
                    {"mistake": "rule", "tag": "v2", "expected": "fresh", "found": ["releases"]},
                    {"mistake": "no-tag", "pattern": "v3"},
                    {"mistake": "fate", "tag": "v2", "expected": "dropped", "found": "kept"},
                ],
                "warnings": [{"warning": "keeps-nothing", "rule": "fresh"}, never],
            },
            {"name": "about nothing", "mistakes": [], "warnings": [{"warning": "about-nothing"}]},
        ])
    );
}

#[test]
fn mistakes_for_people() {
    let mistakes = run(POLICY, CASES).remove(1).mistakes;
    let lines: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
    assert_eq!(
        lines,
        [
            "`v1` goes, and should stay",
            "`v2` is not kept by `fresh`, but by releases",
            "no tag is `v3`",
            "`v2` stays, and should go",
        ]
    );
}

#[test]
fn warnings() {
    let of = |policy: &str, images: &str| {
        let cases = format!("version: 1\ncases: {{name: a, now: 2026-06-30, images: {images}}}");
        let outcome = run(&format!("version: 1\nkeep: {policy}"), &cases).remove(0);
        let lines = outcome.warnings.iter().map(ToString::to_string);
        lines.collect::<Vec<String>>()
    };
    let two = "[{tags: [v1], pushed: 2026-01-01}, {tags: [v2], pushed: 2026-02-01}]";
    assert_eq!(
        of("[{name: a, tags: 'v*'}, {name: b, last: 1}]", two),
        ["rule `b` changes nothing: others keep what it keeps"]
    );
    assert_eq!(
        of("[{name: a, within: 1d}]", two),
        ["rule `a` keeps nothing", "no tag is kept"]
    );
    assert_eq!(of("[{name: a, last: 1}]", two), [""; 0]);
}

#[test]
fn files_that_are_none() {
    let fault = |text: &str| {
        let fault = super::reading::cases(text).unwrap_err();
        fault.to_string()
    };
    let table = [
        ("cases: []", "1:1: `version` is missing"),
        ("version: 1\ncases: []", "2:8: expected at least one item"),
        (
            "version: 1\ncases: {now: 2026-01-01}",
            "2:8: expected exactly one of `images` and `inventory`",
        ),
        (
            "version: 1\ncases: {images: {tag: a}}",
            "2:18: unknown key `tag`; did you mean `tags`?",
        ),
        (
            "version: 1\ncases: {images: {tags: a/b}}",
            "2:24: `a/b`: `a/b` is not a reference: a tag has at most 128 letters, digits and _ . -, and does not begin with . or -",
        ),
        (
            "version: 1\ncases: {images: {tags: a}, name: b}",
            "2:8: `now` is missing",
        ),
    ];
    for (text, expected) in table {
        assert_eq!(fault(text), expected, "{text}");
    }
    assert!(fault("version: 1\ncases: {now: soon}").starts_with("2:14: `soon`: "));
}
