//! The tags of a repository, read again.

use std::collections::{HashMap, HashSet};

use futures_util::{StreamExt as _, stream};

use super::Drift;
use crate::cleanup::graph::referring;
use crate::oci::{self, Digest, Tag, Target};
use crate::registry::{self, Listing};

/// The digest that each tag names, if it is known and there is one.
type Found = HashMap<Tag, Option<Digest>>;

impl Drift<'_> {
    /// Reads the tags again. Of those in `later` it need not be known yet what they name. What is
    /// new, or names something else, keeps all that it needs.
    ///
    /// # Errors
    /// The tags cannot be read.
    pub(in crate::cleanup::apply) async fn look(
        &mut self,
        later: &HashSet<&Tag>,
    ) -> Result<(), registry::Error> {
        let listing = match self.brand.listing(self.jobs).await {
            Err(registry::Error::Oci(oci::Error::NotFound { .. })) => Some(Listing::default()),
            listing => listing?,
        };
        let untagged = self.untagged(listing.as_ref());
        // A list that may be older than a push would say that nothing has changed.
        self.by_names = listing.is_none() || self.brand.lists_late();
        let found = match listing {
            Some(listing) if !self.by_names => self.confirm(listing).await?,
            _ => self.heads(later).await?,
        };
        for digest in untagged {
            self.keep(&digest, &format!("{digest} came after the plan was made"))
                .await;
        }
        let names = |tag: &Tag| found.get(tag).is_some_and(Option::is_some);
        let stays = |tag: &Tag| names(tag) || later.contains(tag);
        self.known.retain(|tag, _| stays(tag));
        for (tag, digest) in found {
            if let Some(digest) = digest
                && self.known.get(&tag) != Some(&digest)
            {
                self.changed(tag, digest).await;
            }
        }
        Ok(())
    }

    /// Reads the names alone again, right before a removal, where that is one request: what has a
    /// name that nothing had at the last look is kept with all that it needs.
    ///
    /// # Errors
    /// The tags cannot be read.
    pub(in crate::cleanup::apply) async fn glance(&mut self) -> Result<(), registry::Error> {
        // A name that cannot be read needs no second look.
        let mut seen = HashSet::new();
        while self.by_names {
            let is_new = |tag: &Tag| !self.known.contains_key(tag) && !seen.contains(tag);
            let new: Vec<Tag> = self.names().await?.into_iter().filter(is_new).collect();
            if new.is_empty() {
                return Ok(());
            }
            for tag in new {
                if let Some(digest) = self.now(&tag).await? {
                    self.changed(tag.clone(), digest).await;
                }
                seen.insert(tag);
            }
        }
        Ok(())
    }

    /// What a tag names right now.
    pub(in crate::cleanup::apply) async fn now(
        &self,
        tag: &Tag,
    ) -> Result<Option<Digest>, registry::Error> {
        let head = self.brand.remote().head(&Target::Tag(tag.clone())).await?;
        Ok(head.map(|head| head.digest))
    }

    /// A tag names something else than the plan says.
    async fn changed(&mut self, tag: Tag, digest: Digest) {
        let why = format!("the tag {tag} was written after the plan was made");
        if let Some((subject, _)) = referring(&tag) {
            self.keep(&subject, &why).await;
        }
        self.keep(&digest, &why).await;
        self.known.insert(tag, digest);
    }

    /// Manifests without tags that the plan does not know.
    fn untagged(&mut self, listing: Option<&Listing>) -> Vec<Digest> {
        let entries = listing.map_or(&[][..], |listing| &listing.entries);
        let entries = entries.iter().filter(|entry| entry.tags.is_empty());
        let new = entries.filter(|entry| self.planned.insert(entry.digest.clone()));
        new.map(|entry| entry.digest.clone()).collect()
    }

    /// What the brand's list says, where that is not what is known: by the distribution API, which
    /// is never older.
    async fn confirm(&mut self, listing: Listing) -> Result<Found, registry::Error> {
        let entries = listing.entries.into_iter();
        let named: Vec<(Tag, Digest)> = entries
            .flat_map(|entry| {
                let digest = entry.digest;
                entry.tags.into_iter().map(move |tag| (tag, digest.clone()))
            })
            .collect();
        self.cost = (named.len() / 100, named.len());
        let this = &*self;
        let looks = stream::iter(named).map(|(tag, digest)| async move {
            if this.known.get(&tag) == Some(&digest) {
                return Ok((tag, Some(digest)));
            }
            let now = this.now(&tag).await?;
            Ok((tag, now))
        });
        let looks = looks.buffer_unordered(this.jobs);
        let looks: Vec<Result<_, registry::Error>> = looks.collect().await;
        looks.into_iter().collect()
    }

    /// The list of names, and what each names, apart from those in `later` that are known.
    async fn heads(&mut self, later: &HashSet<&Tag>) -> Result<Found, registry::Error> {
        let names = self.names().await?;
        let this = &*self;
        let is_later = |tag: &Tag| later.contains(tag) && this.known.contains_key(tag);
        let looks = names.iter().map(|tag| async move {
            if is_later(tag) {
                return Ok((tag.clone(), None));
            }
            Ok((tag.clone(), this.now(tag).await?))
        });
        let looks = stream::iter(looks).buffer_unordered(this.jobs);
        let looks: Vec<Result<_, registry::Error>> = looks.collect().await;
        let found: Found = looks.into_iter().collect::<Result<_, _>>()?;
        let looked_at = || found.iter().filter(|(tag, _)| !is_later(tag));
        let dangling = looked_at().filter(|(_, digest)| digest.is_none());
        let dangling: HashSet<Tag> = dangling.map(|(tag, _)| tag.clone()).collect();
        self.cost = (looked_at().count(), names.len());
        self.broken.get_or_insert_with(|| dangling.clone());
        self.dangling = dangling;
        Ok(found)
    }

    async fn names(&self) -> Result<Vec<Tag>, registry::Error> {
        match self.brand.remote().tags().all().await {
            Err(oci::Error::NotFound { .. }) => Ok(Vec::new()),
            names => Ok(names?),
        }
    }
}
