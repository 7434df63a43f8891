//! A closer look: manifests, to any depth, configs, and what refers to something.

use std::collections::{BTreeMap, HashMap, HashSet};

use futures_util::{StreamExt as _, stream};

use super::Inventory;
use super::reader::{survived, survived_by_others};
use super::said::{Lead, Said, may_list};
use super::survey::{Known, gap};
use crate::cleanup::{Content, Error, Fact, Graph, Id, Stage};
use crate::oci::Descriptor;

/// How deep indexes of indexes are followed. Nobody is known to make more than two levels; each
/// costs a round of requests.
const MAX_DEPTH: usize = 16;

impl Inventory<'_> {
    /// Reads these manifests, and the indexes among what they list.
    pub(super) async fn descend(
        &self,
        graph: &mut Graph,
        mut ids: Vec<Id>,
        known: Option<&Known>,
    ) -> Result<(), Error> {
        for _ in 0..MAX_DEPTH {
            if ids.is_empty() {
                return Ok(());
            }
            self.read(graph, &ids).await?;
            let below = ids.iter().flat_map(|id| graph.node(*id).children.to_vec());
            let mut seen = HashSet::new();
            let below: Vec<Id> = below.filter(|id| seen.insert(*id)).collect();
            ids.clear();
            for id in below {
                let node = graph.node(id);
                if node.content != Content::Named {
                    continue;
                }
                if known.is_some_and(|known| known.lacks(graph, id)) {
                    graph.node_mut(id).content = Content::Missing;
                } else if may_list(node.media_type.as_deref())
                    && !known.is_some_and(|known| known.is_image(id))
                {
                    ids.push(id);
                }
            }
        }
        if let Some(id) = ids.first() {
            let what = graph.node(*id).digest.to_string();
            let why = format!("it is an index below more than {MAX_DEPTH} others");
            gap(graph, &what, why, true);
        }
        Ok(())
    }

    /// Reads these manifests.
    pub(super) async fn read(&self, graph: &mut Graph, ids: &[Id]) -> Result<(), Error> {
        let asks: Vec<_> = ids
            .iter()
            .map(|id| (*id, graph.node(*id).digest.clone()))
            .collect();
        let over = self.told(Stage::Read, asks.len());
        // Of each manifest only what is asked for is kept, so that no more than `jobs` of them are
        // in memory.
        let answers = stream::iter(asks).map(async |(id, digest)| {
            let said = self.reader.manifest(&digest).await;
            (id, said)
        });
        let mut answers = answers.buffered(self.jobs);
        while let Some((id, said)) = answers.next().await {
            over();
            match said {
                Ok(Some(said)) => self.learn(graph, id, said),
                Ok(None) => graph.node_mut(id).content = Content::Missing,
                Err(error) => {
                    let why = survived_by_others(error)?;
                    let node = graph.node_mut(id);
                    node.content = Content::Unreadable;
                    let what = node.digest.to_string();
                    // What may list anything may list all that seems to belong to nothing.
                    let is_fatal = node.media_type.is_none();
                    gap(graph, &what, why, is_fatal);
                }
            }
        }
        Ok(())
    }

    fn learn(&self, graph: &mut Graph, id: Id, said: Said) {
        graph.learn(id, said.facts);
        for (digest, media_type) in said.types {
            if let Some(child) = graph.find(&digest) {
                let node = graph.node_mut(child);
                node.media_type.get_or_insert_with(|| media_type.into());
            }
        }
        if let Some(lead) = said.lead {
            let digest = graph.node(id).digest.clone();
            self.leads().insert(digest, lead);
        }
    }

    /// Finds out what was asked for.
    pub(super) async fn facts(
        &self,
        graph: &mut Graph,
        wanted: &[(Id, Fact)],
    ) -> Result<(), Error> {
        let is_open = |graph: &Graph, id: Id, fact: Fact| match fact {
            Fact::Manifest | Fact::Config => true,
            Fact::Created => graph.node(id).created.is_none(),
            Fact::Referrers => false,
        };
        let of = |graph: &Graph, content: Content, facts: &[Fact]| {
            let mut seen = HashSet::new();
            let asked = wanted.iter().filter(|(id, fact)| {
                facts.contains(fact)
                    && graph.node(*id).content == content
                    && is_open(graph, *id, *fact)
            });
            let asked = asked.map(|(id, _)| *id);
            asked.filter(|id| seen.insert(*id)).collect::<Vec<Id>>()
        };
        let any = [Fact::Manifest, Fact::Config, Fact::Created];
        self.descend(graph, of(graph, Content::Named, &any), None)
            .await?;
        let configs = of(graph, Content::Read, &[Fact::Config, Fact::Created]);
        self.configs(graph, configs).await?;
        let roots: Vec<Id> = wanted
            .iter()
            .filter(|(id, fact)| *fact == Fact::Referrers && !graph.node(*id).is_asked)
            .map(|(id, _)| *id)
            .collect();
        self.referrers(graph, &roots).await
    }

    /// Reads the configs of these manifests; of an index, that of its first image.
    async fn configs(&self, graph: &mut Graph, ids: Vec<Id>) -> Result<(), Error> {
        let mut images: HashMap<Id, Vec<Id>> = HashMap::new();
        let mut open: Vec<(Id, Id)> = ids.into_iter().map(|id| (id, id)).collect();
        let mut order = Vec::new();
        for _ in 0..=MAX_DEPTH {
            let unread = open.iter().map(|(_, at)| *at);
            let mut seen = HashSet::new();
            let unread =
                unread.filter(|at| graph.node(*at).content == Content::Named && seen.insert(*at));
            let unread = unread.collect();
            self.descend(graph, unread, None).await?;
            let mut deeper = Vec::new();
            for (id, at) in open {
                let lead = self.leads().get(&graph.node(at).digest).cloned();
                let below = match lead {
                    Some(Lead::Image(digest)) => graph.find(&digest),
                    _ => None,
                };
                match below {
                    Some(below) => deeper.push((id, below)),
                    None => images
                        .entry(at)
                        .or_insert_with(|| {
                            order.push(at);
                            Vec::new()
                        })
                        .push(id),
                }
            }
            open = deeper;
        }
        // What is deeper was said to be a gap when it was read.
        for (id, _) in open {
            graph.node_mut(id).content = Content::Unreadable;
        }
        let mut asks: Vec<(Id, Box<Descriptor>)> = Vec::new();
        for image in order {
            let lead = self.leads().get(&graph.node(image).digest).cloned();
            match (graph.node(image).content, lead) {
                (Content::Read, Some(Lead::Config(config))) => asks.push((image, config)),
                _ => share(graph, image, images.get(&image)),
            }
        }
        let over = self.told(Stage::Read, asks.len());
        let answers = stream::iter(asks).map(async |(image, config)| {
            let said = self.reader.config(&config).await;
            (image, config, said)
        });
        let mut answers = answers.buffered(self.jobs);
        while let Some((image, config, said)) = answers.next().await {
            over();
            let why = match said {
                Ok(Some((created, labels))) => {
                    graph.learn_config(image, created, labels);
                    None
                }
                Ok(None) => Some("it is too long".to_owned()),
                Err(error) => Some(survived(error)?),
            };
            if let Some(why) = why {
                let what = format!("{}: config {}", graph.node(image).digest, config.digest);
                gap(graph, &what, why, false);
                graph.node_mut(image).content = Content::Unreadable;
            }
            share(graph, image, images.get(&image));
        }
        Ok(())
    }

    /// Asks for what refers to these manifests, and reads it. Whether the registry can say that is
    /// seen by the first answer.
    async fn referrers(&self, graph: &mut Graph, ids: &[Id]) -> Result<(), Error> {
        let mut unread = Vec::new();
        let (first, others) = ids.split_at(ids.len().min(1));
        for ids in [first, others] {
            unread.extend(self.listed_referrers(graph, ids).await?);
        }
        let mut seen = HashSet::new();
        unread.retain(|id| seen.insert(*id));
        self.descend(graph, unread, None).await
    }

    /// What refers to these manifests, and has not been read.
    async fn listed_referrers(&self, graph: &mut Graph, ids: &[Id]) -> Result<Vec<Id>, Error> {
        let asks: Vec<_> = ids
            .iter()
            .map(|id| (*id, graph.node(*id).digest.clone()))
            .collect();
        let over = self.told(Stage::Read, asks.len());
        let answers = stream::iter(asks).map(async |(id, digest)| {
            let found = self.reader.remote.listed_referrers(&digest).await;
            (id, found)
        });
        let mut answers = answers.buffered(self.jobs);
        let mut unread = Vec::new();
        while let Some((id, found)) = answers.next().await {
            over();
            graph.node_mut(id).is_asked = true;
            match found {
                Ok(found) => {
                    for one in found.unwrap_or_default() {
                        let referrer = graph.add(&one.digest);
                        let node = graph.node_mut(referrer);
                        node.media_type.get_or_insert_with(|| one.media_type.into());
                        if node.content == Content::Named {
                            unread.push(referrer);
                        }
                    }
                }
                Err(error) => {
                    let what = format!("what refers to {}", graph.node(id).digest);
                    gap(graph, &what, survived(error)?, false);
                    // What is not known to refer to it would be left without it.
                    graph.node_mut(id).content = Content::Unreadable;
                }
            }
        }
        Ok(unread)
    }
}

/// Gives what is known of an image to the indexes that it stands for.
fn share(graph: &mut Graph, image: Id, indexes: Option<&Vec<Id>>) {
    let node = graph.node(image);
    let (content, created, labels) = (node.content, node.created, node.labels.clone());
    for id in indexes.into_iter().flatten() {
        match content {
            // What cannot be read may have been a reason to keep it.
            Content::Unreadable => graph.node_mut(*id).content = Content::Unreadable,
            Content::Missing if *id == image => {}
            Content::Missing => graph.learn_config(*id, None, BTreeMap::new()),
            _ if *id == image => graph.node_mut(*id).content = Content::ReadWithConfig,
            _ => graph.learn_config(*id, created, labels.clone()),
        }
    }
}
