//! What stages were made from stays with them: their ancestors, and what was imported into them or
//! is a dependency of theirs. Of an index the stages that it lists stay, with all that these need.
//!
//! werf leaves out what was imported into a stage that git keeps, in the hope that it has metadata
//! of its own; here it always stays.

use std::collections::{HashMap, HashSet};

use super::marks::Marks;
use super::records::{EXTERNAL, Records};
use crate::cleanup::graph::{BlobId, Id};

/// The stage that a stage was made from (`pkg/image/const.go`).
const PARENT: &str = "werf.io/parent-stage-id";

/// The digest of the config of the stage that a stage was made from, as older versions say it.
pub(in crate::cleanup) const BASE: &str = "werf.io/base-image-id";

/// How labels begin that name the checksum of an import; whose rest is a number.
const CHECKSUM: &str = "werf-import-checksum-";

/// How labels begin that name the source of an import.
const SOURCE: &str = "werf-import-source-stage-id-";

/// How labels begin that name a dependency.
const DEPENDENCY: &str = "werf-dependency-stage-id-";

/// The ways to relatives that are not by their names.
struct Ways<'g> {
    /// Stages by the config of their manifest.
    configs: HashMap<BlobId, &'g str>,
    /// The sources of imports by the checksum.
    sources: HashMap<&'g str, Vec<&'g str>>,
}

/// Marks the relatives of all stages that stay, to any depth. Where no other stage is left, nothing
/// has to be read for it.
pub(super) fn mark<'g>(marks: &mut Marks<'_, 'g>, records: &Records<'g>) {
    if marks.is_whole() {
        return;
    }
    let graph = marks.graph;
    let mut ways = Ways {
        configs: HashMap::new(),
        sources: HashMap::new(),
    };
    for (stage, found) in &marks.index.stages {
        if let Some(config) = graph.node(found.node).blobs.first() {
            ways.configs.insert(*config, stage);
        }
    }
    for import in &records.imports {
        let sources = ways.sources.entry(import.checksum).or_default();
        sources.push(import.source);
    }
    // All stages are asked for at once: one after the other would take as many rounds as the
    // longest line of ancestors.
    for found in marks.index.stages.values() {
        marks.read(found.node);
    }
    while let Some(stage) = marks.next() {
        let Some(found) = marks.index.stages.get(stage) else {
            continue;
        };
        let mut seen = HashSet::from([found.node]);
        let mut nodes = vec![found.node];
        while let Some(node) = nodes.pop() {
            for platform in marks.index.stages_of(node) {
                marks.mark(platform, "image index platform", "");
            }
            let children = graph.node(node).children.iter();
            nodes.extend(children.filter(|child| seen.insert(**child)));
            let related = relatives(marks, &ways, node);
            for (relative, rule) in related {
                if !marks.index.rejected.contains_key(relative) {
                    marks.mark(relative, rule, "");
                }
            }
        }
    }
}

/// The names of the relatives of a stage, and what they are to it.
fn relatives<'g>(
    marks: &mut Marks<'_, 'g>,
    ways: &Ways<'g>,
    node: Id,
) -> Vec<(&'g str, &'static str)> {
    let graph = marks.graph;
    let mut relatives: Vec<(&str, &str)> = Vec::new();
    let Some(node) = marks.read(node) else {
        return relatives;
    };
    for (key, value) in &node.labels {
        let value: &str = value;
        if **key == *PARENT {
            relatives.push((value, "ancestor"));
        } else if **key == *BASE {
            let config = value
                .parse()
                .ok()
                .and_then(|digest| graph.find_blob(&digest));
            let stage = config.and_then(|config| ways.configs.get(&config));
            relatives.extend(stage.map(|stage| (*stage, "ancestor")));
        } else if key.starts_with(CHECKSUM) {
            let sources = ways.sources.get(value).into_iter().flatten();
            relatives.extend(sources.map(|source| (*source, "import source")));
        } else if key.starts_with(SOURCE) {
            relatives.push((value, "import source"));
        } else if key.starts_with(DEPENDENCY) {
            relatives.push((value, "dependency source"));
        }
    }
    relatives.retain(|(stage, _)| !stage.starts_with(EXTERNAL));
    relatives
}
