//! A report for tests, with text that wants to be more than text.

use dockside::cleanup::apply::Outcome;
use dockside::cleanup::plan::{Action, Kept, Plan, Step};
use dockside::cleanup::report::{Command, Report, Run};
use dockside::error::{Exit, Explain, Failure};
use dockside::oci::{Digest, Tag};
use jiff::Timestamp;

/// An error with a hint.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Refused(pub &'static str);

impl Explain for Refused {
    fn hint(&self) -> Option<String> {
        Some("allow it with --max-delete 80%".to_owned())
    }

    fn exit(&self) -> Exit {
        Exit::Refused
    }
}

pub fn digest(letter: &str) -> Digest {
    format!("sha256:{}", letter.repeat(64)).parse().unwrap()
}

pub fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn tags(names: &[&str]) -> Vec<Tag> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

fn step(action: Action, letter: &str, names: &[&str], reason: &str, size: Option<u64>) -> Step {
    Step {
        after: None,
        action,
        digest: digest(letter),
        tags: tags(names),
        media_type: None,
        rank: 0,
        reason: reason.to_owned(),
        leftover: false,
        size,
        created: Some(time("2026-01-02T03:04:05Z")),
    }
}

fn kept(letter: &str, names: &[&str], rule: &str, what: &str, size: Option<u64>) -> Kept {
    Kept {
        digest: digest(letter),
        tags: tags(names),
        rule: rule.to_owned(),
        what: what.to_owned(),
        size,
        created: None,
    }
}

pub fn plan() -> Plan {
    let no_rule = "no rule keeps it";
    let stage = format!("{}-1611836746968", "ab".repeat(28));
    Plan {
        git: None,
        version: 1,
        repository: "registry.example/team/app".parse().unwrap(),
        brand: "harbor".to_owned(),
        taken: time("2026-03-01T00:00:00Z"),
        policy: digest("f"),
        steps: vec![
            step(Action::Untag, "9", &["old"], no_rule, Some(5)),
            step(
                Action::Delete,
                "1",
                &["v1", "v1.0"],
                no_rule,
                Some(31_000_000),
            ),
            step(
                Action::Delete,
                "2",
                &[],
                "belongs to v1, which goes",
                Some(1_000),
            ),
            step(Action::Delete, "3", &[&stage], no_rule, None),
            step(
                Action::Delete,
                "4",
                &["late"],
                "</script><img src=x onerror=alert(1)> | `x`\n::set-output::",
                Some(7),
            ),
            step(Action::Untag, "9", &["last"], no_rule, Some(5)),
        ],
        kept: vec![
            kept(
                "9",
                &["main", "v2"],
                "newest 2",
                "number 1",
                Some(50_000_000),
            ),
            kept("8", &[], "needed", "belongs to main", None),
        ],
        freed: Some(40_000_000),
        freed_at_most: None,
        size: Some(90_000_000),
        gaps: vec!["the manifest sha256:77 could not be read: <b>no|pe</b>".to_owned()],
    }
}

/// A dry run, or a run in which steps ended in all ways.
pub fn report(dry_run: bool) -> Report {
    let plan = plan();
    let outcomes = vec![
        Outcome::Done,
        Outcome::Done,
        Outcome::Gone,
        Outcome::Skipped("the tag names another image now".to_owned()),
        Outcome::Failed(Failure::from(Refused("HTTP 500: ##vso[task.complete]"))),
        Outcome::NotBegun,
    ];
    Report {
        command: Command::Cleanup,
        dry_run,
        began: time("2026-03-01T00:00:00Z"),
        ended: time("2026-03-01T00:01:05Z"),
        runs: vec![Run {
            plan: Some(plan.clone()),
            outcomes: if dry_run { Vec::new() } else { outcomes },
            notes: vec!["space is freed by the next garbage collection".to_owned()],
            ..Run::new(plan.repository)
        }],
    }
}

/// The same, and a repository that a guard refused, and one that could not be read.
pub fn several() -> Report {
    let mut report = report(false);
    let other = |name: &str| Run::new(format!("registry.example/team/{name}").parse().unwrap());
    let mut refused = other("refused");
    let mut plan = plan();
    plan.repository = refused.repository.clone();
    plan.steps.truncate(2);
    plan.kept.clear();
    plan.gaps.clear();
    refused.plan = Some(plan);
    refused.refusal = Some(Refused("2 of 2 tags would go").into());
    let mut failed = other("failed");
    failed.failure = Some(Refused("not authorised").into());
    report.runs.extend([refused, failed]);
    report
}
