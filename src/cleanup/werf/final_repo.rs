//! A final repository: copies of the stages that are deployed.
//!
//! What the repository of the stages keeps, or something uses, stays. (werf at 73d8d4a removes the
//! copies of what that repository keeps, and keeps the others; its first version did it as here.)

use std::collections::HashSet;

use jiff::Timestamp;

use super::built;
use super::index::Index;
use super::marks::Marks;
use super::records::Records;
use crate::cleanup::evaluate::{Evaluation, Verdict};
use crate::cleanup::graph::Graph;
use crate::cleanup::rule::{Claims, Rule};
use crate::pattern::Pattern;

/// What is known of the repository whose stages are copied.
#[derive(Debug, Clone)]
pub struct Primary {
    /// When it was looked at: what was stored later is not known there.
    pub taken: Timestamp,
    /// The stages that stay there.
    pub stages: HashSet<String>,
    /// Custom tags, each with its stage: where there is a final repository, they are there.
    pub customs: Vec<(String, String)>,
}

impl Primary {
    /// By the verdicts on it.
    pub fn of(graph: &Graph, evaluation: &Evaluation) -> Self {
        let index = Index::of(graph);
        let mut unread = Claims::default();
        let mut marks = Marks::new(graph, &index, &mut unread);
        let customs = Records::of(&mut marks).customs;
        let goes = |name: usize| evaluation.names.get(name) == Some(&Verdict::Goes);
        let stages = index.stages.iter();
        let stages = stages.filter(|(_, stage)| !goes(stage.name.index()));
        Self {
            taken: graph.taken,
            stages: stages.map(|(stage, _)| (*stage).to_owned()).collect(),
            customs: customs
                .iter()
                .map(|one| (one.tag.to_owned(), one.stage.to_owned()))
                .collect(),
        }
    }
}

/// Keeps the stages of a final repository that stay in the primary one, those that other rules
/// keep, which are asked before it, and what is new; and every other tag that is no custom tag of
/// a stage that goes.
#[derive(Debug)]
pub struct FinalRule {
    primary: Primary,
    hours: Option<u64>,
    only: Vec<Pattern>,
}

impl FinalRule {
    /// The rule for copies of these. What was built within so many hours stays.
    pub fn new(primary: Primary, hours: Option<u64>, only: Vec<Pattern>) -> Self {
        Self {
            primary,
            hours,
            only,
        }
    }
}

impl Rule for FinalRule {
    fn judge(&self, graph: &Graph, now: Timestamp, claims: &mut Claims) {
        let index = Index::of(graph);
        let mut marks = Marks::new(graph, &index, claims);
        marks.take_over(&self.only);
        for (stage, found) in marks.open() {
            let looked = self.primary.taken.as_millisecond();
            if self.primary.stages.contains(stage) {
                marks.mark(stage, "final repository", "the stage stays");
            } else if found.stored.is_some_and(|stored| stored >= looked) {
                marks.mark(stage, "final repository", "the stage is new");
            }
        }
        if let Some(hours) = self.hours {
            built::mark(&mut marks, hours, now);
        }
        for (_, open) in marks.open() {
            marks.read(open.node);
        }
        let graph = marks.graph;
        while let Some(stage) = marks.next() {
            let node = index.stages.get(stage).map(|found| graph.node(found.node));
            for child in node.iter().flat_map(|node| &node.children) {
                for platform in index.stages_of(*child) {
                    marks.mark(platform, "image index platform", "");
                }
            }
        }
        let going = self.primary.customs.iter().filter_map(|(tag, stage)| {
            let alias = index.others.get(tag.as_str())?;
            let found = index.stages.get(stage.as_str())?;
            let is_its = graph.tag(*alias).node == found.node;
            (is_its && !marks.stays(stage) && !marks.is_taken(*alias)).then_some(*alias)
        });
        let going: HashSet<_> = going.collect();
        // Records are not written there; those that are there are another repository's.
        for (name, tag) in graph.images() {
            let is_stage = index.stages.contains_key(tag.tag.as_str());
            if !is_stage && !going.contains(&name) {
                marks.keep(name, "it is no copy of a stage");
            }
        }
    }

    fn name(&self) -> &'static str {
        "final repository"
    }
}
