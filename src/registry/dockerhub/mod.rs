//! Docker Hub: its registry, and its API at hub.docker.com.
//!
//! The registry deletes by digest only, and only what has no tag (docs.docker.com, "Supported
//! registry API for Docker Hub"). Tags are removed by the API; that request is in no published
//! description, and is the one that the web pages and Docker's hub-tool send.

mod advice;
mod hub;
mod identity;
mod registry;
mod rules;
mod tags;

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use futures_util::future::BoxFuture;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use tokio::sync::OnceCell;

use self::hub::Hub;
use self::identity::Identity;
use self::rules::Rules;
use super::access::{Advice, Case, Trouble};
use super::brand::{Brand, Created, Family, Listed, Listing, Sweep, Tagged};
use super::default::Default;
use super::error::Error;
use super::place::Place;
use super::refusal::{Refusal, Why};
use super::shown::Shown;
use crate::address::is_docker_hub;
use crate::oci::{Digest, Tag, Target};
use crate::report::Report;

/// As its maker writes it.
const TITLE: &str = "Docker Hub";

/// How many requests are under way to list tags for a deletion.
const JOBS: usize = 8;

/// What to do about the limit that has no time.
const ABUSE: &str = "Docker Hub takes this for abuse (thousands of requests a minute from one \
                     address): wait some minutes, then go on with fewer --jobs";

/// Docker Hub.
pub struct DockerHub;

impl Family for DockerHub {
    fn name(&self) -> &'static str {
        "dockerhub"
    }

    fn title(&self) -> &'static str {
        TITLE
    }

    fn is_host(&self, registry: &str) -> bool {
        is_docker_hub(registry)
    }

    fn is_shown(&self, _registry: &str, _shown: &Shown) -> Option<String> {
        None
    }

    fn open(&self, place: Place) -> Result<Box<dyn Brand>, Error> {
        if !is_docker_hub(place.registry()) {
            return Err(Error::Missing {
                subject: place.remote.repository().to_string(),
                what: "this is not at Docker Hub, whose API knows its own repositories only"
                    .to_owned(),
                advice: "name another brand with --repo-container-registry, or none".to_owned(),
            });
        }
        Ok(Box::new(Repository {
            hub: Hub::of(&place)?,
            base: place.base(),
            report: place.settings.context.report,
            listed: Mutex::default(),
            deletes: OnceCell::new(),
            rules: OnceCell::new(),
        }))
    }

    fn advise(&self, case: &Case<'_>, trouble: Trouble) -> Option<Advice> {
        advice::advise(case, trouble)
    }

    fn decides_deletes(&self) -> Option<&'static str> {
        Some("Docker Hub's API decides it, by the scope of the access token")
    }
}

/// A repository of Docker Hub.
struct Repository {
    base: Default,
    hub: Hub,
    report: Report,
    /// Which tags the manifests had when they were listed last.
    listed: Mutex<Option<HashMap<Digest, Vec<Tag>>>>,
    /// That the registry deletes.
    deletes: OnceCell<()>,
    /// The rules that keep tags.
    rules: OnceCell<Rules>,
}

impl Repository {
    /// What the API lists; `None` when it does not know the login that the registry knows, or
    /// its pages do not fit together.
    async fn list(&self, jobs: usize) -> Result<Option<Listing>, Error> {
        let repository = self.base.remote().repository();
        let entries = match tags::list(&self.hub, jobs).await {
            Ok(Some(entries)) => entries,
            Ok(None) => {
                self.report.note(format!(
                    "{repository}: {TITLE}'s list of tags changes while it is read, so the \
                     registry is asked for each tag"
                ));
                return Ok(None);
            }
            Err(Error::Refused(refusal)) if self.is_for_registry_only(&refusal) => {
                self.report.note(format!(
                    "{refusal}: the registry is asked for each tag instead; {}",
                    self.hub.identity.doubt()
                ));
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let listed = stream::iter(entries).map(|entry| self.resolve(entry));
        let entries: Vec<Option<Listed>> = listed.buffered(jobs).try_collect().await?;
        Ok(Some(Listing {
            entries: entries.into_iter().flatten().collect(),
            has_untagged: false,
        }))
    }

    /// Whether a login is refused that was not made for the API: those got by OIDC are for the
    /// registry, and so are passwords where single sign-on is enforced.
    fn is_for_registry_only(&self, refusal: &Refusal) -> bool {
        let for_registry =
            matches!(&self.hub.identity, Identity::Account(account) if !account.for_api);
        for_registry && refusal.why == Why::NotAuthenticated
    }

    /// A tag as it is listed; what it names is asked for where the API does not say.
    async fn resolve(&self, entry: tags::Entry) -> Result<Option<Listed>, Error> {
        let tag: Tag = entry.name.parse().map_err(|_| Error::Answer {
            subject: self.base.remote().repository().to_string(),
            service: TITLE.to_owned(),
            line: 1,
        })?;
        let digest = match entry.digest() {
            Some(digest) => Some(digest),
            None => self.digest_of(&tag).await?,
        };
        Ok(digest.map(|digest| entry.listed(tag, digest)))
    }

    /// What a tag names, by the registry.
    async fn digest_of(&self, tag: &Tag) -> Result<Option<Digest>, Error> {
        let head = self.base.remote().head(&Target::Tag(tag.clone())).await;
        Ok(head.map_err(registry::told)?.map(|head| head.digest))
    }

    /// The tags that a manifest had when they were listed.
    async fn tags_of(&self, digest: &Digest) -> Result<Vec<Tag>, Error> {
        if let Some(tags) = self.recall(digest) {
            return Ok(tags);
        }
        let tagged = self.tagged(JOBS).await?;
        self.keep(tagged.iter().map(|one| (&one.digest, &one.tag)));
        Ok(self.recall(digest).unwrap_or_default())
    }

    fn recall(&self, digest: &Digest) -> Option<Vec<Tag>> {
        let listed = self.listed.lock().unwrap_or_else(PoisonError::into_inner);
        let listed = listed.as_ref()?;
        Some(listed.get(digest).cloned().unwrap_or_default())
    }

    fn keep<'a>(&self, tags: impl Iterator<Item = (&'a Digest, &'a Tag)>) {
        let mut known: HashMap<Digest, Vec<Tag>> = HashMap::new();
        for (digest, tag) in tags {
            known.entry(digest.clone()).or_default().push(tag.clone());
        }
        *self.listed.lock().unwrap_or_else(PoisonError::into_inner) = Some(known);
    }

    /// Removes one tag; `false` when it was not there.
    async fn remove_tag(&self, tag: &Tag) -> Result<bool, Error> {
        if self.hub.remove_tag(tag).await? {
            return Ok(true);
        }
        // The API says the same of what it does not show.
        match self.digest_of(tag).await? {
            None => Ok(false),
            Some(_) => Err(Error::Refused(Refusal {
                subject: self
                    .base
                    .remote()
                    .repository()
                    .tagged(tag.clone())
                    .to_string(),
                service: TITLE.to_owned(),
                status: 404,
                why: Why::NotAllowed {
                    needs: Some(self.hub.identity.needs().to_owned()),
                },
                said: None,
                advice: None,
            })),
        }
    }

    /// Whether a tag is there that no rule keeps.
    async fn foresee_tag(&self, tag: &Tag) -> Result<bool, Error> {
        self.hub.identity.require()?;
        if self.digest_of(tag).await?.is_none() {
            return Ok(false);
        }
        let rules = self.rules.get_or_try_init(|| self.hub.rules()).await;
        match rules {
            Ok(rules) if rules.keep(tag) => Err(registry::protected(
                self.base.remote().repository().tagged(tag.clone()),
            )),
            // Who may not read them may remove the tag all the same.
            _ => Ok(true),
        }
    }

    /// The tags of a manifest, when all that can be known before anything changes lets it be
    /// removed.
    async fn removable(&self, digest: &Digest) -> Result<Vec<Tag>, Error> {
        self.hub.identity.require()?;
        let tags = self.tags_of(digest).await?;
        self.deletes
            .get_or_try_init(|| registry::check_deletes(self.base.remote()))
            .await?;
        let rules = self.rules.get_or_try_init(|| self.hub.rules()).await?;
        match tags.iter().find(|tag| rules.keep(tag)) {
            Some(tag) => Err(registry::protected(
                self.base.remote().repository().tagged(tag.clone()),
            )),
            None => Ok(tags),
        }
    }

    /// Removes a manifest with the tags that it has.
    async fn remove_manifest(&self, digest: &Digest) -> Result<bool, Error> {
        let tags = self.removable(digest).await?;
        let mut removed = Vec::new();
        let done = self.remove_all(digest, &tags, &mut removed).await;
        if done.is_err() && !removed.is_empty() {
            let manifest = self.base.remote().repository().at(digest.clone());
            let names: Vec<&str> = removed.iter().map(|tag| tag.as_str()).collect();
            self.report.note(format!(
                "{manifest} stays, without these of its tags: {}",
                names.join(", ")
            ));
        }
        done
    }

    /// Removes a manifest's tags, then itself.
    async fn remove_all<'a>(
        &self,
        digest: &Digest,
        tags: &'a [Tag],
        removed: &mut Vec<&'a Tag>,
    ) -> Result<bool, Error> {
        for tag in tags {
            // It may have been moved since it was listed.
            if self.digest_of(tag).await?.as_ref() == Some(digest) && self.remove_tag(tag).await? {
                removed.push(tag);
            }
        }
        Ok(registry::delete(self.base.remote(), digest).await? || !removed.is_empty())
    }
}

impl Brand for Repository {
    fn base(&self) -> &Default {
        &self.base
    }

    /// A private repository is answered as one that is not there.
    fn hides(&self) -> bool {
        true
    }

    /// A manifest that has tags is refused (Docker Hub API, "Delete a manifest": 403).
    fn sweep(&self) -> Sweep {
        Sweep::TagsThenManifests
    }

    fn listing(&self, jobs: usize) -> BoxFuture<'_, Result<Option<Listing>, Error>> {
        Box::pin(self.list(jobs))
    }

    /// Docker Hub, "Usage and limits": a pull is a GET of a manifest.
    fn counts_reads(&self) -> bool {
        true
    }

    fn lists_late(&self) -> bool {
        true
    }

    /// The API's list, with what the registry lists besides: what is not known to have a tag may
    /// be deleted.
    fn tagged(&self, jobs: usize) -> BoxFuture<'_, Result<Vec<Tagged>, Error>> {
        Box::pin(async move {
            let tagged = match self.list(jobs).await? {
                Some(listing) => self.base.complete_by_names(listing, jobs).await,
                None => self.base.heads(jobs).await,
            };
            let tagged = tagged.map_err(registry::limited)?;
            self.keep(tagged.iter().map(|one| (&one.digest, &one.tag)));
            Ok(tagged)
        })
    }

    fn untag<'a>(&'a self, tag: &'a Tag) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(self.remove_tag(tag))
    }

    fn delete<'a>(&'a self, digest: &'a Digest) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(self.remove_manifest(digest))
    }

    fn foresee_untag<'a>(&'a self, tag: &'a Tag) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(self.foresee_tag(tag))
    }

    fn foresee_delete<'a>(&'a self, digest: &'a Digest) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move { self.removable(digest).await.map(|_| ()) })
    }

    fn create(&self) -> BoxFuture<'_, Result<Created, Error>> {
        Box::pin(async {
            let created = self.hub.create().await?;
            if created == Created::Made {
                let repository = self.base.remote().repository();
                self.report
                    .note(format!("{repository} is private; its settings change that"));
            }
            Ok(created)
        })
    }

    fn foresee_remove(&self) -> BoxFuture<'_, Result<bool, Error>> {
        Box::pin(self.hub.foresee_remove())
    }

    fn remove(&self) -> BoxFuture<'_, Result<bool, Error>> {
        Box::pin(self.hub.remove())
    }
}
