//! The records whose labels say what they are about.

use std::collections::HashSet;

use super::foreign;
use super::marks::Marks;
use crate::cleanup::graph::NameId;

/// The labels of the record of a custom tag (`pkg/storage/custom_tag_metadata.go`).
const STAGE: &str = "stage-id";
const TAG: &str = "tag";

/// The labels of import metadata (`pkg/storage/import_metadata.go`).
const SOURCE: &str = "source-stage-id";
const CHECKSUM: &str = "checksum";

/// How the source of an import begins that is no stage.
pub(super) const EXTERNAL: &str = "external-image";

/// What records say.
pub(super) struct Records<'g> {
    pub(super) customs: Vec<Custom<'g>>,
    pub(super) imports: Vec<Import<'g>>,
    /// Those that say nothing.
    mute: Vec<NameId>,
}

/// That a stage has another tag.
pub(super) struct Custom<'g> {
    record: NameId,
    /// The tag.
    pub(super) tag: &'g str,
    /// The stage.
    pub(super) stage: &'g str,
}

/// From which stage something was imported.
pub(super) struct Import<'g> {
    record: NameId,
    /// The stage, or what else it is.
    pub(super) source: &'g str,
    /// The checksum of what was imported: labels of the stages that did so name it.
    pub(super) checksum: &'g str,
}

impl<'g> Records<'g> {
    /// Reads them, as far as that was done already.
    pub(super) fn of(marks: &mut Marks<'_, 'g>) -> Self {
        let mut records = Self {
            customs: Vec::new(),
            imports: Vec::new(),
            mute: Vec::new(),
        };
        let index = marks.index;
        for record in index.customs.iter().copied() {
            match labels(marks, record, [TAG, STAGE]) {
                Some([tag, stage]) => records.customs.push(Custom { record, tag, stage }),
                None => records.mute.push(record),
            }
        }
        for record in index.imports.iter().copied() {
            match labels(marks, record, [SOURCE, CHECKSUM]) {
                Some([source, checksum]) => records.imports.push(Import {
                    record,
                    source,
                    checksum,
                }),
                None => records.mute.push(record),
            }
        }
        records
    }

    /// A stage stays if one of its custom tags does, even where that names something else by now.
    pub(super) fn mark(&self, marks: &mut Marks<'_, 'g>) {
        for custom in &self.customs {
            let alias = marks.index.others.get(custom.tag);
            if alias.is_some_and(|alias| marks.is_taken(*alias)) {
                marks.mark(custom.stage, "custom tag", custom.tag);
            }
        }
    }

    /// Ties them to their stages alone.
    pub(super) fn tie(&self, marks: &mut Marks<'_, 'g>) {
        for custom in &self.customs {
            marks.tie(custom.record, custom.stage);
        }
        for import in &self.imports {
            marks.tie(import.record, import.source);
        }
    }

    /// What is said of stages that stay stays, and so do the tags of others. What is said of stages
    /// that go, goes after them.
    pub(super) fn judge(&self, marks: &mut Marks<'_, 'g>) {
        for record in &self.mute {
            marks.keep(*record, "it does not say what it is about");
        }
        for import in &self.imports {
            match import.source.starts_with(EXTERNAL) {
                true => marks.keep(import.record, "it is about an image from elsewhere"),
                false => marks.tie(import.record, import.source),
            }
        }
        let mut going = HashSet::new();
        for custom in &self.customs {
            let alias = marks.index.others.get(custom.tag).copied();
            match alias {
                Some(alias) if marks.is_taken(alias) => {
                    marks.keep(custom.record, "the tag that it is about stays");
                    continue;
                }
                Some(alias) if goes(marks, alias, custom.stage) => {
                    going.insert(alias);
                    marks.claims.follow(custom.record, alias);
                }
                _ => {}
            }
            marks.tie(custom.record, custom.stage);
        }
        for (_, name) in marks.index.others.iter() {
            if !going.contains(name) {
                marks.keep(*name, "werf has not made it");
            }
        }
    }
}

/// Whether a custom tag goes with its stage. One that names something else by now does not.
fn goes(marks: &mut Marks<'_, '_>, alias: NameId, stage: &str) -> bool {
    let named = marks.graph.tag(alias).node;
    match marks.index.stages.get(stage) {
        _ if marks.stays(stage) => false,
        Some(stage) => stage.node == named,
        // The stage went before; what is left of it still says that it was one.
        None => {
            let is_stage = marks.index.by_node.contains_key(&named);
            !is_stage
                && marks
                    .read(named)
                    .is_some_and(|node| foreign::project(node).is_some())
        }
    }
}

/// These labels of a record; `None` where it has not all of them, or was not read yet.
fn labels<'g, const N: usize>(
    marks: &mut Marks<'_, 'g>,
    record: NameId,
    keys: [&str; N],
) -> Option<[&'g str; N]> {
    let node = marks.graph.tag(record).node;
    let labels = &marks.read(node)?.labels;
    let mut found = [""; N];
    for (place, key) in found.iter_mut().zip(keys) {
        *place = labels.get(key)?;
    }
    Some(found)
}
