//! The first look at a repository: its tags, and whatever else is listed.

use std::collections::HashSet;
use std::sync::atomic::Ordering;

use futures_util::{StreamExt as _, stream};

use super::Inventory;
use super::reader::survived;
use super::said::may_list;
use crate::cleanup::{Content, Error, Gap, Graph, Id, Kind, Node, Stage};
use crate::error::Failure;
use crate::oci::{self, Tag, Target};
use crate::registry::{self, Listed, Refusal, Why, may_be_dummy};

/// After how many tags that cannot be looked at no other is tried: nothing can be deleted any
/// longer, and each may take minutes of retries.
const MAX_FAILURES: usize = 10;

/// What a list says beside what is in the graph.
#[derive(Default)]
pub(super) struct Known {
    /// What is in the list.
    listed: HashSet<Id>,
    /// What is no index, though its media type is not said.
    images: HashSet<Id>,
    /// Whether what is not in the list is not in the repository.
    is_whole: bool,
}

impl Inventory<'_> {
    /// Tags and manifests, by the brand's list where there is one.
    pub(super) async fn tags(&self, graph: &mut Graph) -> Result<Known, Error> {
        let mut known = Known::default();
        match self.brand.listing(self.jobs).await {
            Ok(Some(listing)) => {
                let is_late = self.brand.lists_late();
                graph.has_untagged = listing.has_untagged;
                known.is_whole = listing.has_untagged && !is_late;
                let count = listing.entries.len() as u64;
                self.progress.found(Stage::List, count);
                self.progress.over(Stage::List, count);
                let listed: HashSet<Tag> = listing
                    .entries
                    .into_iter()
                    .flat_map(|entry| known.take(graph, entry))
                    .collect();
                if is_late {
                    self.heads(graph, Some(&listed)).await?;
                }
            }
            Ok(None) => self.heads(graph, None).await?,
            Err(error) if is_absent(&error) => {
                self.is_absent.store(true, Ordering::Relaxed);
                known.is_whole = true;
            }
            // Who may pull need not be allowed to list.
            Err(
                error @ registry::Error::Refused(Refusal {
                    why: Why::NotAllowed { .. },
                    ..
                }),
            ) => {
                let why = Failure::from(error).message();
                gap(graph, "what the registry's own list says", why, false);
                self.heads(graph, None).await?;
            }
            Err(error) => gap(graph, "the list of the repository", survived(error)?, true),
        }
        Ok(known)
    }

    /// All tags that are not known, and a HEAD for each. One that is removed meanwhile is left out.
    async fn heads(&self, graph: &mut Graph, known: Option<&HashSet<Tag>>) -> Result<(), Error> {
        let mut tags = match self.reader.remote.tags().all().await {
            Ok(tags) => tags,
            Err(oci::Error::NotFound { .. }) => {
                // Where a list was read, it has nothing but tags that came late.
                self.is_absent.fetch_or(known.is_none(), Ordering::Relaxed);
                return Ok(());
            }
            Err(error) => {
                gap(graph, "the list of tags", survived(error)?, true);
                return Ok(());
            }
        };
        tags.retain(|tag| known.is_none_or(|known| !known.contains(tag)));
        let over = self.told(Stage::List, tags.len());
        let heads = stream::iter(tags).map(async |tag| {
            let head = self.reader.remote.head(&Target::Tag(tag.clone())).await;
            (tag, head)
        });
        let mut heads = heads.buffered(self.jobs);
        let mut failures = 0;
        while let Some((tag, head)) = heads.next().await {
            over();
            match head {
                Ok(None) => {}
                Ok(Some(head)) => {
                    let id = graph.add(&head.digest);
                    let node = graph.node_mut(id);
                    node.media_type = Some(head.media_type.into());
                    node.length = head.size.and_then(|size| size.try_into().ok());
                    graph.name(tag, id, None);
                }
                Err(error) => {
                    let what = format!("what the tag {tag} names");
                    gap(graph, &what, survived(error)?, true);
                    failures += 1;
                }
            }
            if failures == MAX_FAILURES {
                let why = format!("{failures} others could not be looked at");
                gap(graph, "what the other tags name", why, true);
                break;
            }
        }
        Ok(())
    }

    /// Reads all indexes and dummies, and looks for what signatures and lists of referrers are about.
    pub(super) async fn indexes(&self, graph: &mut Graph, known: &Known) -> Result<(), Error> {
        let shown = |graph: &Graph, id: Id| {
            let node = graph.node(id);
            node.content == Content::Named
                && may_list(node.media_type.as_deref())
                && !known.images.contains(&id)
        };
        let subjects: Vec<Id> = subjects(graph);
        let about: HashSet<Id> = subjects.iter().copied().collect();
        let tagged: HashSet<Id> = graph.names().map(|(_, name)| name.node).collect();
        let is_shown = |id: &Id| tagged.contains(id) || known.listed.contains(id);
        // What tags name comes first: indexes say of what types the others are.
        for round in [&tagged, &known.listed] {
            let all = graph.nodes().map(|(id, _)| id);
            let indexes = all.filter(|id| round.contains(id) && shown(graph, *id));
            let indexes = indexes.collect();
            self.descend(graph, indexes, Some(known)).await?;
        }
        self.read(graph, &suspects(graph, &tagged)).await?;
        // What an index lists is taken to be there until it is read.
        let children = graph
            .nodes()
            .flat_map(|(_, node)| node.children.iter().copied());
        let children: HashSet<Id> = children.filter(|id| about.contains(id)).collect();
        let unknown = subjects.into_iter().filter(|id| {
            graph.node(*id).content == Content::Named && !is_shown(id) && !children.contains(id)
        });
        let unknown: Vec<Id> = unknown.collect();
        if known.is_whole {
            for id in unknown {
                graph.node_mut(id).content = Content::Missing;
            }
            return Ok(());
        }
        let found = self.find(graph, &unknown).await?;
        self.descend(graph, found, Some(known)).await
    }

    /// A HEAD for each of these manifests. Gives those of them that may be indexes.
    async fn find(&self, graph: &mut Graph, ids: &[Id]) -> Result<Vec<Id>, Error> {
        let asks: Vec<_> = ids
            .iter()
            .map(|id| (*id, graph.node(*id).digest.clone()))
            .collect();
        let over = self.told(Stage::Read, asks.len());
        let heads = stream::iter(asks).map(async |(id, digest)| {
            let head = self.reader.remote.head(&Target::Digest(digest)).await;
            (id, head)
        });
        let mut heads = heads.buffered(self.jobs);
        let mut indexes = Vec::new();
        while let Some((id, head)) = heads.next().await {
            over();
            match head {
                Ok(None) => graph.node_mut(id).content = Content::Missing,
                Ok(Some(head)) => {
                    if may_list(Some(&head.media_type)) {
                        indexes.push(id);
                    }
                    let node = graph.node_mut(id);
                    node.media_type = Some(head.media_type.into());
                    node.length = head.size.and_then(|size| size.try_into().ok());
                }
                Err(error) => {
                    let what = graph.node(id).digest.to_string();
                    gap(graph, &what, survived(error)?, true);
                    graph.node_mut(id).content = Content::Unreadable;
                }
            }
        }
        Ok(indexes)
    }
}

impl Known {
    /// Takes note of what a brand says of a manifest; gives its tags. A manifest may come several
    /// times, with different tags: of its times the latest ones count.
    fn take(&mut self, graph: &mut Graph, entry: Listed) -> Vec<Tag> {
        let id = graph.add(&entry.digest);
        self.listed.insert(id);
        if entry.is_index == Some(false) {
            self.images.insert(id);
        }
        let node = graph.node_mut(id);
        let text = |text: Option<String>| text.map(String::into_boxed_str);
        node.media_type = text(entry.media_type).or(node.media_type.take());
        node.artifact_type = text(entry.artifact_type).or(node.artifact_type.take());
        node.size = node.size.max(entry.size);
        node.pushed = node.pushed.max(entry.pushed);
        node.created = node.created.or(entry.created);
        node.pulled = node.pulled.max(entry.pulled);
        node.is_protected |= entry.protected == Some(true);
        for tag in &entry.tags {
            graph.name(tag.clone(), id, entry.pushed);
        }
        entry.tags
    }

    /// Whether a manifest that something names is certainly not in the repository. An index may
    /// have been pushed since, and what it lists would not be known.
    pub(super) fn lacks(&self, graph: &Graph, id: Id) -> bool {
        let media_type = graph.node(id).media_type.as_deref();
        self.is_whole && !self.listed.contains(&id) && !may_list(media_type)
    }

    /// Whether a manifest is known to be no index.
    pub(super) fn is_image(&self, id: Id) -> bool {
        self.images.contains(&id)
    }
}

/// What tags name and may be a dummy by its length: a removal that was cut off has left them.
fn suspects(graph: &Graph, tagged: &HashSet<Id>) -> Vec<Id> {
    let may_be =
        |node: &Node| node.content == Content::Named && node.length.is_some_and(may_be_dummy);
    let suspects = graph.nodes().filter(|(_, node)| may_be(node));
    let suspects = suspects.map(|(id, _)| id);
    suspects.filter(|id| tagged.contains(id)).collect()
}

/// What signatures and lists of referrers are about, each once.
fn subjects(graph: &Graph) -> Vec<Id> {
    let mut seen = HashSet::new();
    let about = graph.names().filter_map(|(_, name)| match name.kind {
        Kind::Referrers(id) | Kind::Cosign(id) => Some(id),
        Kind::Image | Kind::Cut | Kind::Leftover => None,
    });
    about.filter(|id| seen.insert(*id)).collect()
}

/// Takes note of something that could not be read.
pub(super) fn gap(graph: &mut Graph, what: &str, why: String, is_fatal: bool) {
    graph.gaps.push(Gap {
        what: what.to_owned(),
        why,
        is_fatal,
    });
}

/// Whether there is no such repository.
fn is_absent(error: &registry::Error) -> bool {
    match error {
        registry::Error::Oci(oci::Error::NotFound { .. }) => true,
        registry::Error::Refused(refusal) => refusal.why == Why::NotFound,
        _ => false,
    }
}
