//! Keeps what is in use.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;

use super::InUse;
use super::name::{Name, prefix, repository, translated};
use crate::cleanup::links::indexes_of;
use crate::cleanup::{BlobId, Claims, Graph, Id, Root, Rule};
use crate::oci::Digest;
use crate::text::printable;

/// The name of the rule in reasons.
pub const RULE: &str = "in-use";

/// How much of an image's name is shown, in characters. Kubernetes limits them not at all.
const MAX_SHOWN: usize = 300;

/// Keeps the tags and the manifests that something uses.
///
/// A tag is kept when its repository, under any of its names, is used with that tag. A digest is
/// kept wherever it is, whatever the repository is called there: a pull-through cache has other
/// names, and a digest is never another image. Indexes that list such a manifest are kept, too:
/// nodes may report the manifest of their own platform for an image that was pulled by its index.
/// A digest that is no manifest's may be a config's: old container runtimes report that.
#[derive(Debug, Default)]
pub struct InUseRule {
    /// By repository and tag: why.
    tags: HashMap<String, HashMap<String, String>>,
    /// Why.
    digests: BTreeMap<Digest, String>,
}

impl InUseRule {
    /// `same_as` are pairs of a name or the beginning of a name in the clusters, and what that
    /// means. What is used counts under its own name, too.
    pub fn new(in_use: &InUse, same_as: &[(String, String)]) -> Self {
        let same_as: Vec<(String, String)> = same_as
            .iter()
            .map(|(from, to)| (prefix(from), prefix(to)))
            .collect();
        let mut rule = Self::default();
        for (image, users) in &in_use.images {
            let name = Name::read(image);
            let why = why(image, users);
            if let Some(digest) = name.digest {
                rule.digests.entry(digest).or_insert_with(|| why.clone());
            }
            let (Some(repository), Some(tag)) = (name.repository, name.tag) else {
                continue;
            };
            let others = same_as.iter();
            let others = others.filter_map(|(from, to)| translated(&repository, from, to));
            for repository in others.chain([repository.clone()]) {
                let tags = rule.tags.entry(repository).or_default();
                tags.entry(tag.clone()).or_insert_with(|| why.clone());
            }
        }
        rule
    }

    /// The manifests of the digests, and those whose config has such a digest.
    fn used<'s>(&'s self, graph: &Graph) -> BTreeMap<Id, &'s str> {
        let mut used = BTreeMap::new();
        let mut configs: HashMap<BlobId, &str> = HashMap::new();
        for (digest, why) in &self.digests {
            if let Some(id) = graph.find(digest) {
                used.insert(id, why.as_str());
            }
            if let Some(blob) = graph.find_blob(digest) {
                configs.insert(blob, why);
            }
        }
        if !configs.is_empty() {
            for (id, node) in graph.nodes() {
                if let Some(why) = node.blobs.iter().find_map(|blob| configs.get(blob)) {
                    used.entry(id).or_insert(why);
                }
            }
        }
        used
    }
}

impl Rule for InUseRule {
    fn judge(&self, graph: &Graph, _: Timestamp, claims: &mut Claims) {
        let name = repository(&graph.repository.to_string());
        if let Some(tags) = self.tags.get(&name) {
            for (id, name) in graph.names() {
                if let Some(why) = tags.get(name.tag.as_str()) {
                    let reason = claims.reason(RULE, why);
                    claims.keep(Root::Name(id), reason);
                }
            }
        }
        let used = self.used(graph);
        for (id, why) in &used {
            let reason = claims.reason(RULE, *why);
            claims.keep(Root::Node(*id), reason);
        }
        for (index, child) in indexes_of(graph, used.keys().copied().collect()) {
            let child = &graph.node(child).digest;
            let what = format!("it lists {child}, which is in use");
            let reason = claims.reason(RULE, what);
            claims.keep(Root::Node(index), reason);
        }
    }

    fn name(&self) -> &str {
        RULE
    }

    fn against(&self, _: &Graph, _: Timestamp, _: Root) -> Option<String> {
        Some("nothing that was asked uses it".to_owned())
    }
}

fn why(image: &str, users: &[String]) -> String {
    let shown: String = image.chars().take(MAX_SHOWN).collect();
    let mut why = printable(shown);
    if let Some(first) = users.first() {
        why.push_str(&format!(", used by {}", printable(first)));
    }
    if users.len() > 1 {
        why.push_str(" and others");
    }
    why
}

#[cfg(test)]
mod tests;
