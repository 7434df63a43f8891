//! The section `cleanup` of a `werf.yaml`, with werf's meaning and defaults
//! (werf's reference of `werf.yaml`, and `usage/cleanup/cr_cleanup`).
//!
//! werf ties images to git by records of its own; here the label
//! `org.opencontainers.image.revision` does, so that the section serves for images that any
//! builder made.

mod go_duration;
mod policies;
mod project;

use std::path::Path;
use std::time::Duration;

use super::Policy;
use super::document::{Node, Section, parse};
use super::error::{Fault, Problem};
use super::keep::{Clock, Keep};
use crate::cleanup::git;
use crate::cleanup::werf;

/// Whether a file is werf's: by its name, or by the key that every `werf.yaml` has and no
/// `dockside.yaml`.
pub(super) fn is_one(path: &Path, text: &str) -> bool {
    let name = path.file_name().unwrap_or_default();
    let named = name == "werf.yaml" || name == "werf.yml";
    named || text.lines().any(|line| line.starts_with("configVersion:"))
}

/// The keys of `cleanup`.
const KEYS: &[&str] = &[
    "disable",
    "disableKubernetesBasedPolicy",
    "disableGitHistoryBasedPolicy",
    "disableBuiltWithinLastNHoursPolicy",
    "keepImagesBuiltWithinLastNHours",
    "keepPolicies",
];

/// Reads the text of a `werf.yaml`.
pub(super) fn policy(text: &str) -> Result<Policy, Fault> {
    let meta = meta(text);
    refuse_templates(&meta)?;
    let document = parse(&meta).map_err(|fault| match meta.contains("{{") {
        true => Fault {
            problem: Problem::Template,
            ..fault
        },
        false => fault,
    })?;
    let meta = Section::open(&document)?;
    let project = werf::Settings {
        project: project::name(&meta),
        images: project::images(text),
        ..werf::Settings::default()
    };
    match meta.get("cleanup") {
        Some(node) => cleanup(&Section::of(node, KEYS)?, project),
        None => Ok(assembled(project, true, policies::usual())),
    }
}

/// What counts for a project that says nothing of it.
pub(super) fn usual() -> Policy {
    assembled(werf::Settings::default(), true, policies::usual())
}

fn cleanup(section: &Section<'_>, project: werf::Settings) -> Result<Policy, Fault> {
    let switch = |key| Ok(section.read(key, Node::boolean)?.unwrap_or(false));
    let hours = section.read("keepImagesBuiltWithinLastNHours", Node::number)?;
    let settings = werf::Settings {
        is_off: switch("disable")?,
        without_git: switch("disableGitHistoryBasedPolicy")?,
        without_hours: switch("disableBuiltWithinLastNHoursPolicy")?,
        hours: hours.unwrap_or(project.hours),
        ..project
    };
    let asks_clusters = !switch("disableKubernetesBasedPolicy")?;
    let policies = section.read("keepPolicies", policies::read)?;
    let policies = policies.filter(|policies| !policies.is_empty());
    Ok(assembled(
        settings,
        asks_clusters,
        policies.unwrap_or_else(policies::usual),
    ))
}

fn assembled(settings: werf::Settings, asks_clusters: bool, policies: Vec<git::Keep>) -> Policy {
    let mut policy = Policy::default();
    if !settings.is_off {
        policy.in_use.clusters = asks_clusters;
        policy.git = (!settings.without_git).then(|| git::Settings {
            keep: policies,
            // What werf has no record of it removes; here that no label is there says too little.
            ..git::Settings::default()
        });
    }
    policy.werf = Some(settings);
    policy
}

/// What a project keeps of a repository that werf has not filled, beside what git does: all, if the
/// cleanup is switched off, for werf removes no image then; else what is new.
pub(super) fn keep(settings: &werf::Settings) -> Option<Keep> {
    if settings.is_off {
        return Some(Keep::all("cleanup.disable"));
    }
    let hours = settings.hours()?;
    Some(Keep {
        within: Some(Duration::from_secs(hours.saturating_mul(3_600))),
        by: Some(Clock::Created),
        ..Keep::all("built within last N hours")
    })
}

/// The document about the project, on its own lines: the others may be templates that are no
/// YAML.
fn meta(text: &str) -> String {
    let mut documents = vec![String::new()];
    for (number, line) in text.lines().enumerate() {
        if line == "---" || line.starts_with("--- ") {
            documents.push("\n".repeat(number + 1));
        } else if let Some(document) = documents.last_mut() {
            document.push_str(line);
            document.push('\n');
        }
    }
    let is_meta = |document: &String| {
        let keys = ["configVersion:", "project:", "cleanup:"];
        let mut lines = document.lines();
        lines.any(|line| keys.iter().any(|key| line.starts_with(key)))
    };
    let place = documents.iter().position(is_meta).unwrap_or(0);
    documents.swap_remove(place)
}

/// A template inside of the section decides what is kept, even where its actions stand in
/// comments.
fn refuse_templates(meta: &str) -> Result<(), Fault> {
    let mut is_inside = false;
    for (number, line) in meta.lines().enumerate() {
        if line.starts_with(|first: char| !first.is_whitespace() && first != '#') {
            is_inside = line.starts_with("cleanup:");
        }
        if let (true, Some((before, _))) = (is_inside, line.split_once("{{")) {
            return Err(Fault {
                line: number + 1,
                column: before.chars().count() + 1,
                problem: Problem::Template,
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
