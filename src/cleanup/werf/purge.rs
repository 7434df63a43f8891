//! What stays when all that werf made goes.

use std::collections::HashSet;

use jiff::Timestamp;

use super::index::Index;
use super::marks::Marks;
use super::records::Records;
use crate::cleanup::graph::Graph;
use crate::cleanup::rule::{Claims, Rule};

/// Keeps what werf keeps for itself, and every tag that it did not make. Records go after what
/// they are about.
#[derive(Debug, Default)]
pub struct PurgeRule {
    /// Custom tags of stages, each with its stage, that another repository has the records of.
    pub customs: Vec<(String, String)>,
}

impl Rule for PurgeRule {
    fn judge(&self, graph: &Graph, _: Timestamp, claims: &mut Claims) {
        let index = Index::of(graph);
        let mut marks = Marks::new(graph, &index, claims);
        let records = Records::of(&mut marks);
        let mut going = HashSet::new();
        let ours = records.customs.iter().map(|one| (one.tag, one.stage));
        let others = self.customs.iter();
        let others = others.map(|(tag, stage)| (tag.as_str(), stage.as_str()));
        for (tag, stage) in ours.chain(others) {
            if let (Some(alias), Some(found)) = (index.others.get(tag), index.stages.get(stage))
                && graph.tag(*alias).node == found.node
            {
                going.insert(*alias);
            }
        }
        for name in index.others.values().filter(|name| !going.contains(name)) {
            marks.keep(*name, "werf has not made it");
        }
        for name in &index.service {
            marks.keep(*name, "werf needs it, whatever is removed");
        }
        for one in &index.metadata {
            marks.tie(one.name, one.stage);
        }
        for (stage, marker) in &index.rejected {
            marks.tie(*marker, stage);
        }
        records.tie(&mut marks);
    }

    fn name(&self) -> &'static str {
        "werf"
    }
}
