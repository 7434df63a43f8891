//! What is known of a repository before anything in it is deleted.

use std::collections::{BTreeMap, HashMap, HashSet};

use futures_util::future::BoxFuture;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use crate::error::{Explain, Failure};
use crate::oci::media_type::may_be_index;
use crate::oci::{self, Digest, Reference, Remote, Repository, Tag};
use crate::registry::{self, Brand, Tagged, is_referrers_tag};

/// How deep indexes of indexes are followed.
const MAX_DEPTH: usize = 4;

/// Tags, indexes, and what is to be deleted.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// All tags.
    pub tagged: Vec<Tagged>,
    /// What is to be deleted.
    pub targets: Vec<Target>,
    /// What was to be deleted and is not there.
    pub gone: Vec<Reference>,
    /// For each index that is tagged or to be deleted: which of the targets it lists, itself or
    /// through other indexes.
    pub indexes: HashMap<Digest, HashSet<Digest>>,
}

/// A manifest to delete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    /// Its digest.
    pub digest: Digest,
    /// Its media type.
    pub media_type: String,
    /// Those of its tags that were named.
    pub named: Vec<Tag>,
    /// All its tags.
    pub tags: Vec<Tag>,
}

impl Target {
    /// How it was named: by these of its tags, else by its digest.
    pub(super) fn asked(&self, repository: &Repository) -> Vec<Reference> {
        if self.named.is_empty() {
            return vec![repository.at(self.digest.clone())];
        }
        let tags = self.named.iter().cloned();
        tags.map(|tag| repository.tagged(tag)).collect()
    }
}

/// Indexes that go too deep to be sure of what belongs to them.
#[derive(Debug, thiserror::Error)]
#[error("{0}: indexes of indexes go deeper than {MAX_DEPTH} levels")]
struct TooDeep(Reference);

impl Explain for TooDeep {}

impl Survey {
    /// Looks at a repository: its list of tags, a HEAD for each tag, and each index once.
    pub(super) async fn of(
        brand: &dyn Brand,
        references: &[Reference],
        jobs: usize,
    ) -> Result<Self, Failure> {
        let tagged = match brand.tagged(jobs).await {
            // So answer some registries when the last tag is gone.
            Err(registry::Error::Oci(oci::Error::NotFound { .. })) => Vec::new(),
            tagged => tagged?,
        };
        let remote = brand.remote();
        let mut survey = Self {
            tagged,
            ..Self::default()
        };
        survey.resolve(remote, references).await?;
        if !survey.targets.is_empty() {
            survey.look_into_indexes(remote, jobs).await?;
        }
        Ok(survey)
    }

    /// Finds out which manifests are meant.
    async fn resolve(&mut self, remote: &Remote, references: &[Reference]) -> Result<(), Failure> {
        let mut targets: BTreeMap<Digest, Target> = BTreeMap::new();
        for reference in references {
            let listed = self.tagged.iter().find(|tagged| match &reference.digest {
                Some(digest) => tagged.digest == *digest,
                None => Some(&tagged.tag) == reference.tag.as_ref(),
            });
            let found = match listed {
                Some(tagged) => Some((tagged.digest.clone(), tagged.media_type.clone())),
                // A digest need not have a tag, and a list may be older than a tag.
                None => {
                    let head = remote.head(&reference.target()).await?;
                    head.map(|head| (head.digest, head.media_type))
                }
            };
            let Some((digest, media_type)) = found else {
                self.gone.push(reference.clone());
                continue;
            };
            let tags = self.tags_of(&digest).cloned().collect();
            let target = targets.entry(digest.clone()).or_insert_with(|| Target {
                tags,
                named: Vec::new(),
                digest,
                media_type,
            });
            if let Some(tag) = &reference.tag {
                target.named.push(tag.clone());
                if reference.digest.is_none() && !target.tags.contains(tag) {
                    target.tags.push(tag.clone());
                }
            }
        }
        self.targets = targets.into_values().collect();
        Ok(())
    }

    async fn look_into_indexes(&mut self, remote: &Remote, jobs: usize) -> Result<(), Failure> {
        let targets: HashSet<&Digest> = self.targets.iter().map(|one| &one.digest).collect();
        let tagged = self.tagged.iter().map(|one| (&one.digest, &one.media_type));
        let wanted = self
            .targets
            .iter()
            .map(|one| (&one.digest, &one.media_type));
        let indexes: HashSet<&Digest> = tagged
            .chain(wanted)
            .filter(|(digest, media_type)| {
                // The only target cannot be a part of itself.
                let alone = targets.len() == 1 && targets.contains(digest);
                may_be_index(media_type) && !alone
            })
            .map(|(digest, _)| digest)
            .collect();
        let looks = stream::iter(indexes).map(async |digest| {
            let mut below = HashSet::new();
            look(remote, digest, MAX_DEPTH, &mut below).await?;
            below.retain(|one| targets.contains(one));
            Ok::<_, Failure>((digest.clone(), below))
        });
        let found: HashMap<_, _> = looks.buffer_unordered(jobs).try_collect().await?;
        self.indexes = found;
        Ok(())
    }

    /// The targets in the order in which they are to be deleted: an index before what it lists.
    /// Those of one rank do not list each other.
    pub(super) fn ranks(&self) -> Vec<Vec<&Target>> {
        let mut ranks: BTreeMap<usize, Vec<&Target>> = BTreeMap::new();
        for target in &self.targets {
            // An index lists at least one more than any index that it lists.
            let below = self.indexes.get(&target.digest).map_or(0, HashSet::len);
            ranks.entry(below).or_default().push(target);
        }
        ranks.into_values().rev().collect()
    }

    /// The tags of a digest.
    pub(super) fn tags_of<'a>(&'a self, digest: &'a Digest) -> impl Iterator<Item = &'a Tag> {
        let tagged = self.tagged.iter().filter(move |one| one.digest == *digest);
        tagged.map(|one| &one.tag)
    }

    /// The tags of lists of referrers (the fallback of the specification) that list a digest.
    pub(super) fn lists_of<'a>(&'a self, digest: &'a Digest) -> impl Iterator<Item = &'a Tag> {
        let lists = self
            .indexes
            .iter()
            .filter(|(_, below)| below.contains(digest));
        let tags = lists.flat_map(|(index, _)| self.tags_of(index));
        tags.filter(|tag| is_referrers_tag(tag))
    }

    /// The tags under which cosign keeps what belongs to a digest.
    pub(super) fn cosign_tags(&self, digest: &Digest) -> impl Iterator<Item = &Tag> {
        let prefix = format!("{}-{}.", digest.algorithm().name(), digest.hex());
        let tags = self.tagged.iter().map(|tagged| &tagged.tag);
        tags.filter(move |tag| tag.as_str().starts_with(&prefix))
    }
}

/// Collects what an index lists, also through other indexes.
fn look<'a>(
    remote: &'a Remote,
    digest: &'a Digest,
    depth: usize,
    below: &'a mut HashSet<Digest>,
) -> BoxFuture<'a, Result<(), Failure>> {
    Box::pin(async move {
        let target = oci::Target::Digest(digest.clone());
        let Some(manifest) = remote.manifest(&target).await? else {
            return Ok(());
        };
        for child in manifest.children() {
            if !below.insert(child.digest.clone()) || !may_be_index(&child.media_type) {
                continue;
            }
            if depth == 0 {
                let index = remote.repository().at(digest.clone());
                return Err(TooDeep(index).into());
            }
            look(remote, &child.digest, depth - 1, below).await?;
        }
        Ok(())
    })
}
