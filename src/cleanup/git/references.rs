//! Branches and tags, and when each was last changed.

use std::collections::{BTreeMap, BTreeSet};

use bstr::{BString, ByteSlice as _};
use gix::ObjectId;
use gix::objs::Kind;

use super::commits::unreadable;
use super::error::Error;
use super::template::Named;
use crate::text::printable;

/// A branch or a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// Which of both.
    pub kind: Named,
    /// Its name, without `refs/heads/`, `refs/remotes/origin/` and `refs/tags/`; what is not UTF-8
    /// is replaced.
    pub name: String,
    /// The commit that it names.
    pub commit: ObjectId,
    /// When the commit of a branch was committed, or the tag was made: an annotated tag's own date,
    /// else that of its commit; in seconds of Unix.
    pub date: i64,
    /// Whether origin has it, as far as that was asked or fetched; everything is published where
    /// there is no origin.
    pub is_published: bool,
}

/// Names and what they name, be it commits or tags.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Heads {
    pub(super) branches: BTreeMap<BString, ObjectId>,
    pub(super) tags: BTreeMap<BString, ObjectId>,
}

/// What a clone has.
#[derive(Debug, Default)]
pub(super) struct Local {
    /// Its own branches, and all tags.
    pub(super) own: Heads,
    /// Branches of origin, as they were when they were fetched.
    pub(super) tracked: BTreeMap<BString, ObjectId>,
}

impl Local {
    /// Reads the references of a clone.
    pub(super) fn of(repository: &gix::Repository) -> Result<Self, Error> {
        Ok(Self {
            own: Heads {
                branches: listed(repository, "refs/heads/")?,
                tags: listed(repository, "refs/tags/")?,
            },
            tracked: listed(repository, "refs/remotes/origin/")?,
        })
    }

    /// All that lives: branches of origin, as it says itself if it was asked; branches that only
    /// the clone has; and all tags, of both.
    pub(super) fn living(self, origin: Option<Heads>) -> BTreeSet<(Named, BString, ObjectId)> {
        let asked = origin.unwrap_or(Heads {
            branches: self.tracked,
            tags: BTreeMap::new(),
        });
        let mut branches = self.own.branches;
        branches.extend(asked.branches);
        let branches = branches.into_iter();
        let tags = self.own.tags.into_iter().chain(asked.tags);
        let branches = branches.map(|(name, id)| (Named::Branch, name, id));
        branches
            .chain(tags.map(|(name, id)| (Named::Tag, name, id)))
            .collect()
    }
}

fn listed(
    repository: &gix::Repository,
    prefix: &'static str,
) -> Result<BTreeMap<BString, ObjectId>, Error> {
    let failed = |error: gix::Error| broken(prefix.as_bytes(), &error);
    let platform = repository.references().map_err(failed)?;
    let mut found = BTreeMap::new();
    for reference in platform.prefixed(prefix).map_err(failed)? {
        let mut reference = reference.map_err(failed)?;
        let full = reference.name().as_bstr().to_owned();
        let name = full.strip_prefix(prefix.as_bytes()).unwrap_or(&full);
        let is_symbolic = reference.try_id().is_none();
        if is_symbolic && name == b"HEAD" {
            continue;
        }
        let failed = |error: gix::Error| broken(&full, &error);
        let target = reference.follow_to_object().map_err(failed)?;
        found.insert(name.into(), target.detach());
    }
    Ok(found)
}

/// Reads what `git ls-remote` writes: an identifier, a tab, a name.
pub(super) fn parse(listed: &[u8]) -> Result<Heads, Error> {
    let mut heads = Heads::default();
    for line in listed.lines() {
        let bad = || broken(line, &"the list of origin has another form");
        let (id, name) = line.split_once_str("\t").ok_or_else(bad)?;
        let id = ObjectId::from_hex(id).map_err(|_| bad())?;
        if name.ends_with(b"^{}") {
            continue;
        }
        if let Some(branch) = name.strip_prefix(b"refs/heads/") {
            heads.branches.insert(branch.into(), id);
        } else if let Some(tag) = name.strip_prefix(b"refs/tags/") {
            heads.tags.insert(tag.into(), id);
        }
    }
    Ok(heads)
}

/// The reference with its commit and date; `None` if it leads to no commit.
pub(super) fn peeled(
    repository: &gix::Repository,
    (kind, name, target): (Named, BString, ObjectId),
) -> Result<Option<Reference>, Error> {
    let mut id = target;
    let mut date = None;
    loop {
        let failed = |error: gix::Error| broken(&name, &error);
        let object = repository.find_object(id).map_err(failed)?;
        match object.kind {
            Kind::Commit => {
                let commit = object.try_into_commit().map_err(failed)?;
                let decoded = commit.decode();
                decoded.map_err(|error| unreadable(id, &error))?;
                let committed = || commit.time().map_or(0, |time| time.seconds);
                return Ok(Some(Reference {
                    kind,
                    name: name.to_str_lossy().into_owned(),
                    commit: id,
                    date: date.unwrap_or_else(committed),
                    is_published: true,
                }));
            }
            Kind::Tag => {
                let tag = object.try_into_tag().map_err(failed)?;
                let tagger = tag.tagger().map_err(failed)?;
                let time = tagger.and_then(|tagger| tagger.time().ok());
                date = date.or(time.map(|time| time.seconds));
                id = tag.target_id().map_err(failed)?.detach();
            }
            Kind::Tree | Kind::Blob => return Ok(None),
        }
    }
}

fn broken(name: &[u8], why: &dyn std::fmt::Display) -> Error {
    Error::Reference {
        name: printable(name),
        why: why.to_string(),
    }
}
