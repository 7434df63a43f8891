//! What has changed in a repository since a plan was made for it.

use std::collections::{HashMap, HashSet};

use futures_util::{StreamExt as _, stream};

use crate::cleanup::graph::referring;
use crate::cleanup::plan::{Action, Plan, Step};
use crate::error::Failure;
use crate::oci::{self, Digest, Manifest, Tag, Target};
use crate::registry::{self, Brand, is_dummy};

/// What is known of a repository while a plan is done there.
pub(super) struct Drift<'a> {
    brand: &'a dyn Brand,
    jobs: usize,
    /// What each tag named when the plan was made, or when it was looked at last.
    known: HashMap<Tag, Digest>,
    /// All manifests that the plan speaks of.
    planned: HashSet<Digest>,
    /// Tags that this run has removed.
    removed: HashSet<Tag>,
    /// What tags were found to name that are being removed by a run that was killed, or by
    /// somebody else.
    dummies: HashSet<Digest>,
    /// Whether the last look had nothing but names to go by.
    by_names: bool,
    /// What something needs that came or stayed; why, for people.
    needed: HashMap<Digest, String>,
    /// Why it is not known what else is needed.
    blind: Option<String>,
    /// How many requests the last look took, and how many tags it found.
    cost: (usize, usize),
}

impl<'a> Drift<'a> {
    pub(super) fn new(brand: &'a dyn Brand, plan: &Plan, jobs: usize) -> Self {
        let steps = plan.steps.iter().map(|step| (&step.tags, &step.digest));
        let kept = plan.kept.iter().map(|kept| (&kept.tags, &kept.digest));
        let (mut known, mut planned) = (HashMap::new(), HashSet::new());
        for (tags, digest) in steps.chain(kept) {
            let tags = tags.iter().map(|tag| (tag.clone(), digest.clone()));
            known.extend(tags);
            planned.insert(digest.clone());
        }
        Self {
            brand,
            jobs: jobs.max(1),
            known,
            planned,
            removed: HashSet::new(),
            dummies: HashSet::new(),
            by_names: false,
            needed: HashMap::new(),
            blind: None,
            cost: (0, 0),
        }
    }

    /// How many steps go with one look: it costs about one request for each of them at most, and a
    /// list of all tags for each 64th of these.
    pub(super) fn batch(&self, least: usize) -> usize {
        let (requests, tags) = self.cost;
        least.max(requests).max(tags / 64)
    }

    /// Reads the tags again. Of those in `later` it need not be known yet what they name. What is
    /// new, or names something else, keeps all that it needs.
    ///
    /// # Errors
    /// The tags cannot be read.
    pub(super) async fn look(&mut self, later: &HashSet<&Tag>) -> Result<(), registry::Error> {
        let (found, mut roots) = match self.brand.listing(self.jobs).await {
            Ok(Some(listing)) => {
                let (mut named, mut untagged) = (Vec::new(), Vec::new());
                for entry in listing.entries {
                    if entry.tags.is_empty() && !self.planned.contains(&entry.digest) {
                        untagged.push(entry.digest.clone());
                    }
                    named.extend(
                        entry
                            .tags
                            .into_iter()
                            .map(|tag| (tag, entry.digest.clone())),
                    );
                }
                self.cost = (named.len() / 100, named.len());
                self.by_names = false;
                (self.confirm(named).await?, untagged)
            }
            Ok(None) => {
                self.by_names = true;
                (self.heads(later).await?, Vec::new())
            }
            Err(registry::Error::Oci(oci::Error::NotFound { .. })) => (HashMap::new(), Vec::new()),
            Err(error) => return Err(error),
        };
        roots.retain(|digest| self.planned.insert(digest.clone()));
        for digest in roots {
            self.keep(&digest, &format!("{digest} came after the plan was made"))
                .await;
        }
        let missing = |tag: &&Tag| !found.contains_key(*tag) && !later.contains(*tag);
        let missing: Vec<Tag> = self.known.keys().filter(missing).cloned().collect();
        for tag in missing {
            self.known.remove(&tag);
        }
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
    pub(super) async fn glance(&mut self) -> Result<(), registry::Error> {
        // A name that cannot be read needs no second look.
        let mut seen = HashSet::new();
        while self.by_names {
            let names = match self.brand.remote().tags().all().await {
                Err(oci::Error::NotFound { .. }) => Vec::new(),
                names => names?,
            };
            let is_new = |tag: &Tag| !self.known.contains_key(tag) && !seen.contains(tag);
            let new: Vec<Tag> = names.into_iter().filter(is_new).collect();
            if new.is_empty() {
                return Ok(());
            }
            for tag in new {
                if let Some(digest) = self.head(&tag).await? {
                    self.changed(tag.clone(), digest).await;
                }
                seen.insert(tag);
            }
        }
        Ok(())
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

    /// What the brand's list says, where that is not what is known: by the distribution API, which
    /// is never older.
    async fn confirm(
        &self,
        named: Vec<(Tag, Digest)>,
    ) -> Result<HashMap<Tag, Option<Digest>>, registry::Error> {
        let looks = stream::iter(named).map(|(tag, digest)| async move {
            if self.known.get(&tag) == Some(&digest) {
                return Ok((tag, Some(digest)));
            }
            let now = self.head(&tag).await?;
            Ok((tag, now))
        });
        let looks = looks.buffer_unordered(self.jobs);
        let looks: Vec<Result<_, registry::Error>> = looks.collect().await;
        looks.into_iter().collect()
    }

    /// The list of names, and what each names, apart from those in `later` that are known.
    async fn heads(
        &mut self,
        later: &HashSet<&Tag>,
    ) -> Result<HashMap<Tag, Option<Digest>>, registry::Error> {
        let names = match self.brand.remote().tags().all().await {
            Err(oci::Error::NotFound { .. }) => Vec::new(),
            names => names?,
        };
        let this = &*self;
        let looks = names.iter().map(|tag| async move {
            if later.contains(tag) && this.known.contains_key(tag) {
                return Ok((tag.clone(), None));
            }
            Ok((tag.clone(), this.head(tag).await?))
        });
        let looks = stream::iter(looks).buffer_unordered(self.jobs);
        let looks: Vec<Result<_, registry::Error>> = looks.collect().await;
        let found: HashMap<Tag, Option<Digest>> = looks.into_iter().collect::<Result<_, _>>()?;
        let heads = names.iter().filter(|tag| !later.contains(tag)).count();
        self.cost = (heads, names.len());
        Ok(found)
    }

    async fn head(&self, tag: &Tag) -> Result<Option<Digest>, registry::Error> {
        let head = self.brand.remote().head(&Target::Tag(tag.clone())).await?;
        Ok(head.map(|head| head.digest))
    }

    /// Keeps a manifest with all that it lists, to any depth, and the subjects of all that.
    pub(super) async fn keep(&mut self, digest: &Digest, why: &str) {
        let mut next = vec![digest.clone()];
        while !next.is_empty() {
            next.retain(|digest| !self.needed.contains_key(digest));
            for digest in &next {
                self.needed.insert(digest.clone(), why.to_owned());
            }
            let remote = self.brand.remote();
            let reads = next.drain(..).map(|digest| async move {
                let manifest = remote.manifest(&Target::Digest(digest.clone())).await;
                (digest, manifest)
            });
            let reads = stream::iter(reads).buffer_unordered(self.jobs);
            let reads: Vec<_> = reads.collect().await;
            for (digest, read) in reads {
                match read {
                    // What tags are moved to so that they go needs nothing, and nobody it.
                    Ok(Some(manifest)) if is_dummy(&manifest.annotations) => {
                        self.needed.remove(&digest);
                        self.dummies.insert(digest);
                    }
                    Ok(Some(manifest)) => next.extend(needs(&manifest)),
                    Ok(None) => {}
                    Err(error) => {
                        let why = Failure::from(error).message();
                        self.blind
                            .get_or_insert_with(|| format!("{digest} could not be read: {why}"));
                    }
                }
            }
        }
    }

    /// Keeps what belongs to a manifest that stays although it was to go: what it lists, what
    /// refers to it, and cosign's tags for it.
    pub(super) async fn keep_whole(&mut self, digest: &Digest, plan: &Plan, why: &str) {
        self.keep(digest, why).await;
        match self.brand.remote().referrers(digest).await {
            Ok(referrers) => {
                for one in referrers {
                    self.keep(&one.digest, why).await;
                }
            }
            Err(error) => {
                let why = Failure::from(error).message();
                self.blind.get_or_insert_with(|| {
                    format!("what refers to {digest} could not be listed: {why}")
                });
            }
        }
        let own = |tag: &Tag| referring(tag).is_some_and(|(subject, _)| subject == *digest);
        let cosign = plan.steps.iter().filter(|step| step.tags.iter().any(own));
        for step in cosign {
            self.keep(&step.digest, why).await;
        }
    }

    /// Keeps what says something about the tags of a step that stays although it was to go.
    pub(super) async fn keep_followers(&mut self, step: &Step, plan: &Plan, why: &str) {
        let about = |other: &&Step| {
            other
                .after
                .as_ref()
                .is_some_and(|tag| step.tags.contains(tag))
        };
        for follower in plan.steps.iter().filter(about) {
            self.keep(&follower.digest, why).await;
        }
    }

    /// Why a step is left out, if it is.
    pub(super) fn objection(&self, step: &Step) -> Option<String> {
        for tag in &step.tags {
            match self.known.get(tag) {
                Some(now) if *now != step.digest && !self.dummies.contains(now) => {
                    return Some(format!("the tag {tag} now names {now}"));
                }
                _ => {}
            }
        }
        if step.action == Action::Untag {
            return None;
        }
        let needed = self.needed.get(&step.digest);
        needed.or(self.blind.as_ref()).cloned()
    }

    /// Why a manifest has to stay, if it has to.
    pub(super) fn need(&self, digest: &Digest) -> Option<&String> {
        self.needed.get(digest)
    }

    /// Keeps again what a manifest needs that has come back.
    pub(super) async fn keep_again(&mut self, digest: &Digest, why: &str) {
        self.needed.remove(digest);
        self.keep(digest, why).await;
    }

    /// The dummies that tags were found to name since this was asked last. Their tags are gone
    /// with them.
    pub(super) fn take_dummies(&mut self) -> Vec<Digest> {
        let dummies = &self.dummies;
        self.known.retain(|_, digest| !dummies.contains(digest));
        self.dummies.drain().collect()
    }

    /// What a tag names right now, before it is removed.
    pub(super) async fn now(&self, tag: &Tag) -> Result<Option<Digest>, registry::Error> {
        self.head(tag).await
    }

    /// What a tag was last seen to name.
    pub(super) fn seen(&self, tag: &Tag) -> Option<&Digest> {
        self.known.get(tag)
    }

    /// Tags were removed by this run: whoever has them from now on is new.
    pub(super) fn forget<'t>(&mut self, tags: impl IntoIterator<Item = &'t Tag>) {
        for tag in tags {
            self.known.remove(tag);
            self.removed.insert(tag.clone());
        }
    }

    /// Whether this run has removed a tag.
    pub(super) fn has_removed(&self, tag: &Tag) -> bool {
        self.removed.contains(tag)
    }
}

/// What a manifest cannot do without.
fn needs(manifest: &Manifest) -> impl Iterator<Item = Digest> {
    let children = manifest.children().iter().chain(&manifest.subject);
    children.map(|one| one.digest.clone())
}
