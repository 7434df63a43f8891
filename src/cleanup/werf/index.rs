//! The tags of a repository, by what they say.

use std::collections::{BTreeMap, HashMap};

use super::tag::Tag;
use crate::cleanup::graph::{Graph, Id, NameId};

/// werf's tags of a repository.
#[derive(Default)]
pub(super) struct Index<'g> {
    /// Stages by their names, rejected ones too.
    pub(super) stages: BTreeMap<&'g str, Stage>,
    /// The stages that each manifest is.
    pub(super) by_node: HashMap<Id, Vec<&'g str>>,
    /// The markers of stages that turned out to be broken.
    pub(super) rejected: BTreeMap<&'g str, NameId>,
    /// The names of managed images, as tags have them.
    pub(super) managed: Vec<&'g str>,
    /// Which commits stages were made of.
    pub(super) metadata: Vec<Metadata<'g>>,
    /// Records of imports.
    pub(super) imports: Vec<NameId>,
    /// Records of custom tags.
    pub(super) customs: Vec<NameId>,
    /// All tags that are none of werf's, by their texts.
    pub(super) others: HashMap<&'g str, NameId>,
    /// What stays whatever goes.
    pub(super) service: Vec<NameId>,
    /// The tags of managed images.
    pub(super) managed_tags: Vec<NameId>,
}

/// A stage.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stage {
    /// Its tag.
    pub(super) name: NameId,
    /// Its manifest.
    pub(super) node: Id,
    /// When it was stored, in milliseconds of Unix.
    pub(super) stored: Option<i64>,
}

/// That a stage was made of a commit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Metadata<'g> {
    /// The tag that says so.
    pub(super) name: NameId,
    /// The hash of the image's name.
    pub(super) image: u32,
    /// The commit.
    pub(super) commit: &'g str,
    /// The stage, be it there or not.
    pub(super) stage: &'g str,
}

/// Whether werf has filled a repository: there is a stage, or metadata of one.
pub fn is_filled(graph: &Graph) -> bool {
    graph.images().any(|(_, name)| {
        let tag = Tag::read(name.tag.as_str());
        matches!(tag, Some(Tag::Stage { .. } | Tag::Metadata { .. }))
    })
}

impl<'g> Index<'g> {
    /// Reads the tags.
    pub(super) fn of(graph: &'g Graph) -> Self {
        let mut index = Self::default();
        for (id, name) in graph.images() {
            let text = name.tag.as_str();
            match Tag::read(text) {
                Some(Tag::Stage { stored }) => {
                    let stage = Stage {
                        name: id,
                        node: name.node,
                        stored,
                    };
                    index.stages.insert(text, stage);
                    index.by_node.entry(name.node).or_default().push(text);
                }
                Some(Tag::Rejected { stage }) => {
                    index.rejected.insert(stage, id);
                }
                Some(Tag::Managed { name }) => {
                    index.managed.push(name);
                    index.managed_tags.push(id);
                }
                Some(Tag::Metadata {
                    image,
                    commit,
                    stage,
                }) => index.metadata.push(Metadata {
                    name: id,
                    image,
                    commit,
                    stage,
                }),
                Some(Tag::Import { .. }) => index.imports.push(id),
                Some(Tag::Custom) => index.customs.push(id),
                Some(Tag::Service) => index.service.push(id),
                None => {
                    index.others.insert(text, id);
                }
            }
        }
        index
    }

    /// The stages that a manifest is.
    pub(super) fn stages_of(&self, node: Id) -> impl Iterator<Item = &'g str> + '_ {
        self.by_node.get(&node).into_iter().flatten().copied()
    }
}
