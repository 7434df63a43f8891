//! What else than images is tied to commits, and belongs to living references.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::Hash;

use gix::ObjectId;
use jiff::Timestamp;

use super::error::Error;
use super::rule::{GitRule, Inner, chosen, reached, short, title};
use crate::cleanup::git::Reference;

/// Things, each with the commits that it was made of, in full.
pub type Tied<'c, T> = BTreeMap<T, BTreeSet<&'c str>>;

/// Something that belongs to a living reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Living<T> {
    /// What.
    pub item: T,
    /// The latest of its commits that leads to the reference.
    pub commit: String,
    /// Which reference, for people.
    pub what: String,
}

impl GitRule {
    /// What of each of these groups belongs to living references that are published: as many
    /// commits of a reference as the policy says, counted in each group by itself. It is there once
    /// for each reference. Nobody knows it where the history cannot be read, which
    /// [`Self::failure`] tells then.
    pub fn living<T: Copy + Ord + Hash>(
        &self,
        groups: &[Tied<'_, T>],
        now: Timestamp,
    ) -> Option<Vec<Vec<Living<T>>>> {
        match self.0.published(groups, now) {
            Ok(living) => Some(living),
            Err(error) => {
                // The first failure is told.
                let _ = self.0.failed.set(error);
                None
            }
        }
    }
}

impl Inner {
    fn published<T: Copy + Ord + Hash>(
        &self,
        groups: &[Tied<'_, T>],
        now: Timestamp,
    ) -> Result<Vec<Vec<Living<T>>>, Error> {
        let mut commits = self.history.commits()?;
        let mut images: Vec<HashMap<ObjectId, Vec<T>>> = Vec::with_capacity(groups.len());
        for group in groups {
            let mut by_commit: HashMap<ObjectId, Vec<T>> = HashMap::new();
            for (item, tied) in group {
                for digits in tied {
                    if !commits.is_whole(digits) {
                        continue;
                    }
                    for commit in commits.find(digits)? {
                        by_commit.entry(commit).or_default().push(*item);
                    }
                }
            }
            images.push(by_commit);
        }
        let expected: HashSet<ObjectId> = images.iter().flat_map(HashMap::keys).copied().collect();
        let published = self.history.references.iter();
        let published: Vec<Reference> = published.filter(|it| it.is_published).cloned().collect();
        let selection = self.policies.select(&published, &self.requests, now);
        let mut living: Vec<Vec<Living<T>>> = groups.iter().map(|_| Vec::new()).collect();
        for (reference, limit) in published.iter().zip(&selection.references) {
            let Some(limit) = limit else { continue };
            let reached = reached(reference, &expected, &mut commits)?;
            for (images, living) in images.iter().zip(&mut living) {
                let of_group = reached.iter().filter(|commit| images.contains_key(*commit));
                let of_group: Vec<ObjectId> = of_group.copied().collect();
                for (item, commit) in chosen(&of_group, images, limit, &mut commits, now)? {
                    living.push(Living {
                        item,
                        commit: commit.to_string(),
                        what: format!("{}, commit {}", title(reference), short(commit)),
                    });
                }
            }
        }
        Ok(living)
    }
}
