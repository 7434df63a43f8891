//! The rule: what werf's policies keep in a repository that it filled.

use std::sync::OnceLock;

use jiff::Timestamp;

use super::built;
use super::error::Error;
use super::foreign;
use super::index::Index;
use super::marks::Marks;
use super::metadata::Needed;
use super::records::Records;
use super::relatives;
use super::settings::Settings;
use crate::cleanup::git::GitRule;
use crate::cleanup::graph::Graph;
use crate::cleanup::rule::{Claims, Root, Rule};
use crate::pattern::Pattern;

/// Keeps the stages that werf's policies keep, and those that other rules keep, which are asked
/// before it; all that these were made from; and the records about what stays. Any other tag stays,
/// too, unless a record says that it is one of a stage that goes.
#[derive(Debug)]
pub struct WerfRule {
    settings: Settings,
    git: Git,
    only: Vec<Pattern>,
    failed: OnceLock<Error>,
}

/// What git says.
#[derive(Debug, Clone)]
pub enum Git {
    /// Which stages living references need.
    Says(GitRule),
    /// Nothing: it is not asked. The records of commits stay as long as their stages do.
    NotAsked,
    /// Nothing ever: the project has switched the policy off, and the records of commits go.
    Off,
}

impl WerfRule {
    /// The rule for a project. Tags that no pattern of `only` means stay, if there is any.
    pub fn new(settings: Settings, git: Git, only: Vec<Pattern>) -> Self {
        Self {
            settings,
            git,
            only,
            failed: OnceLock::new(),
        }
    }

    /// Why the rule has kept all tags, if it could not judge any: nothing may be deleted then.
    pub fn failure(&self) -> Option<&Error> {
        self.failed.get()
    }

    fn look(&self, graph: &Graph, now: Timestamp, claims: &mut Claims) -> Result<(), Error> {
        let index = Index::of(graph);
        let mut marks = Marks::new(graph, &index, claims);
        marks.take_over(&self.only);
        if self.settings.is_off {
            switched_off(&mut marks);
            return Ok(());
        }
        let records = Records::of(&mut marks);
        records.mark(&mut marks);
        let needed = match &self.git {
            Git::Says(git) => {
                let known = self.settings.images.known(&index)?;
                match Needed::find(&mut marks, git, &known, now) {
                    Some(needed) => Some(needed),
                    None => {
                        keep_all(graph, claims, "git cannot be asked");
                        return Ok(());
                    }
                }
            }
            Git::NotAsked => Some(Needed::unknown()),
            Git::Off => None,
        };
        if let Some(hours) = self.settings.hours() {
            built::mark(&mut marks, hours, now);
        }
        foreign::mark(&mut marks, &self.settings)?;
        relatives::mark(&mut marks, &records);
        if let Some(needed) = needed {
            needed.judge(&mut marks);
        }
        for (stage, marker) in &index.rejected {
            marks.tie(*marker, stage);
        }
        records.judge(&mut marks);
        for name in index.managed_tags.iter().chain(&index.service) {
            marks.keep(*name, "werf needs it, whatever is cleaned up");
        }
        Ok(())
    }
}

/// All stages stay. What the cleanup would need to know of them goes, as werf has it.
fn switched_off(marks: &mut Marks<'_, '_>) {
    let index = marks.index;
    for stage in index.stages.keys() {
        marks.mark(stage, "cleanup.disable", "");
    }
    let others = index.others.values().chain(&index.service);
    let records = index.imports.iter().chain(&index.customs);
    for name in others.chain(records).chain(index.rejected.values()) {
        marks.keep(*name, "the cleanup is switched off");
    }
}

fn keep_all(graph: &Graph, claims: &mut Claims, why: &str) {
    let reason = claims.reason("werf", why);
    for (name, _) in graph.images() {
        claims.keep(Root::Name(name), reason);
    }
}

impl Rule for WerfRule {
    fn judge(&self, graph: &Graph, now: Timestamp, claims: &mut Claims) {
        if let Err(error) = self.look(graph, now, claims) {
            keep_all(graph, claims, &error.to_string());
            // The first failure is told.
            let _ = self.failed.set(error);
        }
    }

    fn name(&self) -> &'static str {
        "werf"
    }
}
