//! The report for programs: what werf writes, and more.
//!
//! werf's fields are `command`, `dryRun`, `repo`, `finalRepo`, `kept` and `deleted`, and of their items `type`,
//! `tag`, `reason` and what a kind of its own images has. An image of several tags is an item for
//! each; one without tags is an item without `tag`. With several repositories each item says its
//! `repo`, and the whole does not.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Serialize, Serializer};
use serde_json::ser::PrettyFormatter;

use super::numbers::Repository;
use super::werf::{Kind, Kinds};
use super::{CannotWrite, Fate, Report, Run, atomic, kept_why};
use crate::cleanup::plan::{Action, Kept, Step};
use crate::error::Failure;
use crate::oci::{Digest, Tag};

/// Where werf writes its report when nothing else is said.
const DEFAULT: &str = ".werf-cleanup-report.json";

/// Where the report is written: `.json` is added to a name without extension.
///
/// # Errors
/// The extension is another one: which.
pub fn path(asked: Option<&Path>) -> Result<PathBuf, String> {
    let path = asked.unwrap_or(Path::new(DEFAULT));
    match path.extension() {
        None => Ok(path.with_extension("json")),
        Some(extension) if extension == "json" => Ok(path.to_owned()),
        Some(extension) => Err(extension.to_string_lossy().into_owned()),
    }
}

/// Writes the report.
///
/// # Errors
/// The file cannot be written; what was there before is still there.
pub fn write(report: &Report, path: &Path) -> Result<(), CannotWrite> {
    atomic::write(path, |out| render(report, out))
}

/// Writes the report to wherever it is to be.
///
/// # Errors
/// `out` cannot be written to.
pub fn render(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let tabs = PrettyFormatter::with_indent(b"\t");
    let mut serializer = serde_json::Serializer::with_formatter(&mut *out, tabs);
    Document::new(report).serialize(&mut serializer)?;
    out.write_all(b"\n")
}

/// The whole document. Its lists are made while they are written: there may be a million items.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    command: &'static str,
    dry_run: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    repo: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    final_repo: Option<String>,
    began: Timestamp,
    ended: Timestamp,
    kept: Items<'a, KeptItems>,
    deleted: Items<'a, Deleted>,
    failed: Items<'a, Failed>,
    skipped: Items<'a, Skipped>,
    not_begun: Items<'a, NotBegun>,
    repositories: Vec<Repository<'a>>,
}

impl<'a> Document<'a> {
    fn new(report: &'a Report) -> Self {
        let (finals, others): (Vec<&Run>, Vec<&Run>) =
            report.runs.iter().partition(|run| run.is_final);
        let only = |runs: &[&Run]| match runs {
            [run] => Some(run.repository.to_string()),
            _ => None,
        };
        Self {
            command: report.command.name(),
            dry_run: report.dry_run,
            repo: only(&others),
            final_repo: only(&finals),
            began: report.began,
            ended: report.ended,
            kept: Items(report, KeptItems),
            deleted: Items(report, Deleted),
            failed: Items(report, Failed),
            skipped: Items(report, Skipped),
            not_begun: Items(report, NotBegun),
            repositories: report
                .runs
                .iter()
                .map(|run| Repository::new(run, report.dry_run))
                .collect(),
        }
    }
}

/// An image of a list.
#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
struct Fields<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<Action>,
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<&'a Digest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<Timestamp>,
    /// Whether it had gone before this run could remove it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    already_gone: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

impl<'a> Fields<'a> {
    fn step(step: &'a Step, fate: Fate<'a>) -> Self {
        let (why, failure) = match fate {
            Fate::Skipped(why) => (Some(why), None),
            Fate::Failed(failure) => (None, Some(failure)),
            _ => (None, None),
        };
        Self {
            reason: Some(step.reason.clone()),
            action: Some(step.action),
            digest: Some(&step.digest),
            size: step.size,
            created: step.created,
            already_gone: matches!(fate, Fate::Gone),
            why,
            error: failure.map(Failure::message),
            hint: failure.and_then(Failure::hint),
            ..Self::default()
        }
    }

    fn kept(kept: &'a Kept) -> Self {
        Self {
            reason: Some(kept_why(kept)),
            rule: Some(&kept.rule),
            digest: Some(&kept.digest),
            size: kept.size,
            created: kept.created,
            ..Self::default()
        }
    }
}

#[derive(Serialize)]
struct Item<'a> {
    #[serde(flatten)]
    kind: Kind<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tag: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    repo: Option<&'a str>,
    #[serde(flatten)]
    fields: &'a Fields<'a>,
}

/// Which items of a run a list has.
trait Choice {
    fn each<'a>(&self, run: &'a Run, dry_run: bool, tell: &mut dyn FnMut(&'a [Tag], Fields<'a>));
}

macro_rules! choices {
    ($($name:ident: $fate:pat,)*) => {
        $(
            struct $name;

            impl Choice for $name {
                fn each<'a>(
                    &self,
                    run: &'a Run,
                    dry_run: bool,
                    tell: &mut dyn FnMut(&'a [Tag], Fields<'a>),
                ) {
                    for (step, fate) in run.steps(dry_run) {
                        if matches!(fate, $fate) {
                            tell(&step.tags, Fields::step(step, fate));
                        }
                    }
                }
            }
        )*
    };
}

choices! {
    Deleted: Fate::Planned | Fate::Done | Fate::Gone,
    Failed: Fate::Failed(_),
    Skipped: Fate::Skipped(_),
    NotBegun: Fate::NotBegun,
}

struct KeptItems;

impl Choice for KeptItems {
    fn each<'a>(&self, run: &'a Run, _: bool, tell: &mut dyn FnMut(&'a [Tag], Fields<'a>)) {
        for kept in run.plan.iter().flat_map(|plan| &plan.kept) {
            tell(&kept.tags, Fields::kept(kept));
        }
    }
}

/// The items of all runs.
struct Items<'a, C>(&'a Report, C);

impl<C: Choice> Serialize for Items<'_, C> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeSeq as _;
        let Self(report, choice) = self;
        let mut list = serializer.serialize_seq(None)?;
        let mut written = Ok(());
        for run in &report.runs {
            let repo = (report.runs.len() > 1).then(|| run.repository.to_string());
            let kinds = Kinds::of(run, report.command);
            choice.each(run, report.dry_run, &mut |tags, fields| {
                let mut item = |tag: Option<&str>| {
                    if written.is_ok() {
                        written = list.serialize_element(&Item {
                            kind: kinds.of_tag(tag, tags),
                            tag,
                            repo: repo.as_deref(),
                            fields: &fields,
                        });
                    }
                };
                for tag in tags {
                    item(Some(tag.as_str()));
                }
                if tags.is_empty() {
                    item(None);
                }
            });
        }
        written?;
        list.end()
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::path;

    #[test]
    fn names_of_reports() {
        let ask = |asked: &str| path(Some(Path::new(asked)));
        assert_eq!(path(None), Ok(PathBuf::from(".werf-cleanup-report.json")));
        assert_eq!(ask("out/report"), Ok(PathBuf::from("out/report.json")));
        assert_eq!(ask("report.json"), Ok(PathBuf::from("report.json")));
        assert_eq!(ask("report.txt"), Err("txt".to_owned()));
    }
}
