//! A repository in few words.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::super::document::{Node, Section};
use super::super::error::{Fault, Problem};
use super::reading::time;
use crate::cleanup::graph::{Content, Facts, Graph, Id};
use crate::oci::{Digest, Reference, Tag};

/// An item of `images`.
const IMAGE: &[&str] = &[
    "id", "tags", "created", "pushed", "pulled", "labels", "children", "subject",
];

/// The repository that the images are of: no registry is asked.
const REPOSITORY: &str = "registry.example.com/case";

/// All that is said of the images is known. A child is there though nothing more is said of it; a
/// subject is not.
pub(in crate::cleanup::policy) fn graph(
    node: &Node,
    now: Option<Timestamp>,
) -> Result<Graph, Fault> {
    let repository = REPOSITORY.parse::<Reference>();
    let repository = repository
        .map_err(|_| node.fault(Problem::OneDocument))?
        .repository;
    let mut graph = Graph::new(repository, "default", now.unwrap_or_default());
    graph.has_untagged = true;
    for (place, item) in node.one_or_more()?.iter().enumerate() {
        image(&mut graph, item, place)?;
    }
    let named = graph
        .nodes()
        .filter(|(_, node)| node.content == Content::Named);
    let named: Vec<Id> = named.map(|(id, _)| id).collect();
    for id in named {
        graph.node_mut(id).content = Content::Missing;
    }
    Ok(graph)
}

fn image(graph: &mut Graph, node: &Node, place: usize) -> Result<(), Fault> {
    let section = Section::of(node, IMAGE)?;
    let tags = section.read("tags", tags)?.unwrap_or_default();
    let id = section.read("id", Node::text)?.map(str::to_owned);
    let first = || tags.first().map(Tag::to_string);
    let id = id
        .or_else(first)
        .unwrap_or_else(|| format!("image {}", place + 1));
    let (pushed, pulled) = (section.read("pushed", time)?, section.read("pulled", time)?);
    let mut labels = BTreeMap::new();
    if let Some(given) = section.read("labels", Section::open)? {
        for (key, value) in given.entries() {
            labels.insert(key.text()?.into(), value.text()?.into());
        }
    }
    let children = section.read("children", Node::texts)?.unwrap_or_default();
    for child in &children {
        let child = graph.add(&digest(child));
        if graph.node(child).content == Content::Named {
            graph.learn(child, known());
            graph.node_mut(child).is_asked = true;
        }
    }
    let subject = section.read("subject", Node::text)?;
    let node = graph.add(&digest(&id));
    graph.learn(
        node,
        Facts {
            created: section.read("created", time)?,
            labels,
            children: children.iter().map(|child| digest(child)).collect(),
            subject: subject.map(digest),
            ..known()
        },
    );
    let known = graph.node_mut(node);
    (known.pushed, known.pulled, known.is_asked) = (pushed, pulled, true);
    for tag in tags {
        graph.name(tag, node, pushed);
    }
    Ok(())
}

/// Of a manifest of which there is nothing more to know.
fn known() -> Facts {
    Facts {
        with_config: true,
        ..Facts::default()
    }
}

fn tags(node: &Node) -> Result<Vec<Tag>, Fault> {
    let tag = |node: &Node| node.value_of(str::parse);
    node.one_or_more()?.iter().map(tag).collect()
}

/// Images are known by an `id`, or their first tag.
fn digest(id: &str) -> Digest {
    id.parse().unwrap_or_else(|_| Digest::of(id.as_bytes()))
}
