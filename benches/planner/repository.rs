//! A repository of any size.

use std::collections::BTreeMap;
use std::time::Duration;

use dockside::cleanup::{Facts, Graph};
use dockside::oci::Digest;
use dockside::oci::media_type::{OCI_INDEX, OCI_MANIFEST};
use jiff::Timestamp;

/// When it is cleaned up.
pub fn now() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

fn digest(kind: &str, number: usize) -> Digest {
    Digest::of(format!("{kind} {number}").as_bytes())
}

/// So many tags; those of lower numbers are newer.
pub fn graph(tags: usize) -> Graph {
    let repository = "registry.example.com/app".parse().unwrap();
    let mut graph = Graph::new(repository, "default", now());
    let manifests = tags / 5;
    let indexes = manifests / 10;
    for number in 0..manifests {
        let id = graph.add(&digest("manifest", number));
        let is_index = number < indexes;
        let first = indexes + number * 4;
        let children = (first..first + 4).filter(|child| is_index && *child < manifests);
        let blob = |blob: usize| match blob {
            0 | 1 => (digest("shared", number / 10 * 2 + blob), 30_000_000),
            _ => (digest("blob", number * 5 + blob), 1_000_000),
        };
        let media_type = if is_index { OCI_INDEX } else { OCI_MANIFEST };
        let minutes = u32::try_from(number).unwrap();
        let facts = Facts {
            media_type: Some(media_type.into()),
            length: Some(1000),
            created: now().checked_sub(Duration::from_secs(60) * minutes).ok(),
            labels: BTreeMap::from([(
                "org.opencontainers.image.revision".into(),
                digest("commit", number).hex().get(..40).unwrap().into(),
            )]),
            children: children.map(|child| digest("manifest", child)).collect(),
            blobs: (0..if is_index { 0 } else { 5 }).map(blob).collect(),
            with_config: true,
            ..Facts::default()
        };
        graph.learn(id, facts);
        graph.node_mut(id).is_asked = true;
    }
    for number in 0..tags {
        let id = graph.add(&digest("manifest", number % manifests));
        let tag = format!("branch-{}-{number:08x}", number % 97);
        graph.name(tag.parse().unwrap(), id, None);
    }
    graph
}
