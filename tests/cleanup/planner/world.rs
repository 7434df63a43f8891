//! Repositories of any shape, as the registry has them.

use std::collections::{BTreeMap, BTreeSet};

use dockside::cleanup::plan::{Action, Plan};
use dockside::oci::{Algorithm, Digest, Hasher};
use proptest::collection::vec;
use proptest::prelude::*;

/// A repository.
#[derive(Debug, Clone)]
pub struct World {
    pub manifests: Vec<Manifest>,
    pub tags: BTreeMap<String, usize>,
}

/// A manifest. It refers only to those before it, as digests make it.
#[derive(Debug, Clone)]
pub struct Manifest {
    pub children: Vec<usize>,
    pub subject: Option<usize>,
    pub blobs: BTreeSet<usize>,
    pub is_there: bool,
    pub is_readable: bool,
    pub is_protected: bool,
    /// Whether the brand's list shows it, also without a tag.
    pub is_listed: bool,
    /// How many days ago it was pushed, if the registry says that.
    pub age: Option<u32>,
}

/// The digest of a manifest; some have long ones.
pub fn digest(at: usize) -> Digest {
    let algorithm = match at % 5 {
        3 => Algorithm::Sha512,
        _ => Algorithm::Sha256,
    };
    let mut hasher = Hasher::new(algorithm);
    hasher.update(format!("manifest {at}").as_bytes());
    hasher.finish()
}

/// Whether a tag is made of a digest that was cut short: of what is not known, so it stays.
pub fn is_cut(tag: &str) -> bool {
    tag.starts_with("sha512-")
}

/// Whether a tag names an image.
pub fn is_ordinary(tag: &str) -> bool {
    !tag.starts_with("sha")
}

/// The bytes of a blob.
pub fn size(blob: usize) -> u64 {
    1 << (blob + 10)
}

/// The bytes of any manifest.
pub const LENGTH: u64 = 3;

impl World {
    /// The tags that live and die with a manifest.
    pub fn dependents(&self, at: usize) -> impl Iterator<Item = &String> {
        let stem = format!("sha256-{}", digest(at).hex());
        self.tags.keys().filter(move |tag| tag.starts_with(&stem))
    }

    /// Whether the first look at the repository shows a manifest.
    pub fn is_seen(&self, at: usize) -> bool {
        self.manifests[at].is_listed || self.tags.values().any(|named| *named == at)
    }

    /// What a manifest needs, and what lives and dies with it.
    pub fn below(&self, at: usize) -> Vec<usize> {
        let referrers =
            (0..self.manifests.len()).filter(|r| self.manifests[*r].subject == Some(at));
        let mut below = match self.manifests[at].is_there {
            true => self.manifests[at].children.clone(),
            false => Vec::new(),
        };
        below.extend(referrers.filter(|r| self.manifests[*r].is_there));
        below.extend(self.dependents(at).map(|tag| self.tags[tag]));
        below
    }

    /// Does what a plan says, as a registry does it.
    pub fn execute(&mut self, plan: &Plan) {
        for step in &plan.steps {
            let count = self.manifests.len();
            let at = (0..count).find(|at| digest(*at) == step.digest).unwrap();
            assert!(self.manifests[at].is_there, "there is nothing to remove");
            match step.action {
                Action::Untag => {
                    assert_eq!(self.tags.remove(step.tags[0].as_str()), Some(at));
                }
                Action::Delete => {
                    let before = self.tags.keys().cloned();
                    let mut gone: Vec<String> = before.collect();
                    self.tags.retain(|_, named| *named != at);
                    gone.retain(|tag| !self.tags.contains_key(tag));
                    let planned: Vec<&str> = step.tags.iter().map(|tag| tag.as_str()).collect();
                    assert_eq!(gone, planned, "the siblings are planned, too");
                    self.manifests[at].is_there = false;
                }
            }
        }
    }

    /// The bytes of these manifests, as far as they are there.
    pub fn bytes(&self, known: &BTreeSet<usize>) -> u64 {
        let there = known.iter().filter(|at| self.manifests[**at].is_there);
        let there: Vec<&Manifest> = there.map(|at| &self.manifests[*at]).collect();
        let blobs: BTreeSet<usize> = there.iter().flat_map(|one| one.blobs.clone()).collect();
        there.len() as u64 * LENGTH + blobs.into_iter().map(size).sum::<u64>()
    }
}

/// A choice among what stands before.
type Pick = u32;

fn manifest() -> impl Strategy<Value = (Vec<Pick>, Option<Pick>, Vec<usize>, u32, Option<u32>)> {
    (
        prop_oneof![3 => Just(Vec::new()), 2 => vec(any::<Pick>(), 1..4)],
        proptest::option::weighted(0.3, any::<Pick>()),
        vec(0..6_usize, 0..4),
        any::<u32>(),
        proptest::option::weighted(0.7, 0..40_u32),
    )
}

/// Any repository.
pub fn worlds() -> impl Strategy<Value = World> {
    of(true)
}

/// One that has all that something names, and where all can be read.
pub fn readable() -> impl Strategy<Value = World> {
    of(false)
}

fn of(has_faults: bool) -> impl Strategy<Value = World> {
    let tag = (0..5_u8, any::<Pick>(), any::<Pick>());
    (vec(manifest(), 1..12), vec(tag, 0..12)).prop_map(move |(manifests, tags)| {
        let one_in = |bits: u32, shift: u32, of: u32| (bits >> shift) & 15 >= 16 - of;
        let made = manifests.into_iter().enumerate();
        let manifests: Vec<Manifest> = made
            .map(|(at, (children, subject, blobs, bits, age))| {
                let before = |pick: Pick| (at > 0).then(|| pick as usize % at.max(1));
                Manifest {
                    children: children.into_iter().filter_map(before).collect(),
                    subject: subject.and_then(before),
                    blobs: blobs.into_iter().collect(),
                    is_there: !(has_faults && one_in(bits, 0, 2)),
                    is_readable: !(has_faults && one_in(bits, 4, 1)),
                    is_protected: one_in(bits, 8, 1),
                    is_listed: one_in(bits, 12, 8),
                    age,
                }
            })
            .collect();
        let count = manifests.len();
        let tags = tags
            .into_iter()
            .enumerate()
            .map(|(number, (kind, of, to))| {
                let (of, to) = (of as usize % count, to as usize % count);
                let digest = digest(of);
                let stem: String = digest.to_string().replace(':', "-");
                let stem: String = stem.chars().take("sha256-".len() + 64).collect();
                let is_long = digest.algorithm() == Algorithm::Sha512;
                let tag = match kind {
                    0..=2 => format!("{}{number}", ["a", "b", "c"][usize::from(kind)]),
                    3 if !is_long => format!("{stem}.sig"),
                    _ => stem,
                };
                (tag, to)
            });
        let mut world = World {
            tags: tags.collect(),
            manifests,
        };
        // What refers to something, and is not seen until somebody asks for it, is no index.
        // Nor is it known to be protected.
        for at in (0..count)
            .filter(|at| !world.is_seen(*at))
            .collect::<Vec<_>>()
        {
            let manifest = &mut world.manifests[at];
            manifest.is_protected = false;
            if manifest.subject.is_some() {
                manifest.children.clear();
            }
        }
        world
    })
}
