//! Sonatype Nexus Repository 3: its REST API, which is at the address of its pages
//! (sonatype-nexus-community/nexus-repo-api-client, `spec/openapi.yaml`).
//!
//! What `--repo-api` says may name the repository too, as its URL in Nexus does:
//! `https://NEXUS/repository/NAME`. Nothing else tells which repository is behind a port that
//! a proxy has changed.

mod address;
mod changes;
mod components;
mod listing;
mod server;
mod tasks;

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use futures_util::future::BoxFuture;
use reqwest::header::HeaderMap;
use tokio::sync::OnceCell;

use self::server::{Home, Server};
use super::brand::{Brand, Created, Family, Listing, Sweep, Tagged};
use super::default::Default;
use super::error::Error;
use super::place::Place;
use super::shown::Shown;
use crate::oci::{Digest, Tag};

/// Nexus.
pub struct Nexus;

impl Family for Nexus {
    fn name(&self) -> &'static str {
        "nexus"
    }

    fn title(&self) -> &'static str {
        "Sonatype Nexus"
    }

    fn is_host(&self, _registry: &str) -> bool {
        false
    }

    fn is_shown(&self, _registry: &str, shown: &Shown) -> Option<String> {
        let server = shown.header("server")?;
        server
            .starts_with("Nexus/")
            .then(|| format!("its header Server is {server}"))
    }

    fn open(&self, place: Place) -> Result<Box<dyn Brand>, Error> {
        Ok(Box::new(Image {
            base: place.base(),
            place,
            server: OnceCell::new(),
            home: OnceCell::new(),
            tagged: Mutex::default(),
        }))
    }

    fn decides_deletes(&self) -> Option<&'static str> {
        Some("the privileges of Nexus decide it")
    }

    fn version<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        let server = headers.get("server")?.to_str().ok()?;
        server.strip_prefix("Nexus/")?.split(' ').next()
    }
}

/// An image of a repository of Nexus.
struct Image {
    base: Default,
    place: Place,
    /// The REST API; `None` where it was not found.
    server: OnceCell<Option<Server>>,
    home: OnceCell<Home>,
    /// What the tags named when that was last asked for.
    tagged: Mutex<Option<Vec<Tagged>>>,
}

impl Image {
    fn subject(&self) -> String {
        self.base.remote().repository().to_string()
    }

    /// The tags with this digest, by the registry: Nexus's search lags behind what is pushed.
    async fn tags_of(&self, digest: &Digest) -> Result<Vec<Tag>, Error> {
        let known = {
            let known = self.tagged.lock().unwrap_or_else(PoisonError::into_inner);
            known.as_ref().map(|known| of(known, digest))
        };
        match known {
            Some(tags) => Ok(tags),
            None => Ok(of(&self.base.heads(JOBS).await?, digest)),
        }
    }
}

impl Image {
    /// Adds what has been pushed under new names since the tags were asked for: a manifest that
    /// goes without one of its tags leaves a name of nothing.
    async fn look_for_new_tags(&self) -> Result<(), Error> {
        let names = self.base.remote().tags().all().await?;
        let names: Vec<Tag> = {
            let known = self.tagged.lock().unwrap_or_else(PoisonError::into_inner);
            let known = known.as_deref().unwrap_or_default();
            let known: HashSet<&Tag> = known.iter().map(|one| &one.tag).collect();
            let new = names.into_iter().filter(|name| !known.contains(name));
            new.collect()
        };
        let new = self.base.heads_of(names, JOBS).await?;
        let mut known = self.tagged.lock().unwrap_or_else(PoisonError::into_inner);
        known.get_or_insert_default().extend(new);
        Ok(())
    }
}

/// How many requests are under way where nobody said how many.
const JOBS: usize = 8;

fn of(tagged: &[Tagged], digest: &Digest) -> Vec<Tag> {
    let found = tagged.iter().filter(|one| one.digest == *digest);
    found.map(|one| one.tag.clone()).collect()
}

impl Brand for Image {
    fn base(&self) -> &Default {
        &self.base
    }

    /// Since 3.89 tags stay when their manifest is deleted by digest.
    fn sweep(&self) -> Sweep {
        Sweep::TagsThenManifests
    }

    /// Nexus Repository, "Cleanup Policies": deletion is soft.
    fn after_deleting(&self) -> &'static str {
        "Space is freed when the tasks `Docker - Delete unused manifests and images` and then `Admin - \
         Compact blob store` have run."
    }

    fn listing(&self, jobs: usize) -> BoxFuture<'_, Result<Option<Listing>, Error>> {
        Box::pin(self.list(jobs))
    }

    fn tagged(&self, jobs: usize) -> BoxFuture<'_, Result<Vec<Tagged>, Error>> {
        Box::pin(async move {
            let tagged = self.base.heads(jobs).await?;
            let mut known = self.tagged.lock().unwrap_or_else(PoisonError::into_inner);
            *known = Some(tagged.clone());
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
        Box::pin(async move {
            let is_there = self.base.has(tag).await?;
            if is_there {
                self.hosted().await?;
            }
            Ok(is_there)
        })
    }

    fn foresee_delete<'a>(&'a self, _: &'a Digest) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async { self.hosted().await.map(|_| ()) })
    }

    fn tags_now<'a>(
        &'a self,
        digest: &'a Digest,
    ) -> BoxFuture<'a, Result<Option<Vec<Tag>>, Error>> {
        Box::pin(async move {
            self.look_for_new_tags().await?;
            self.tags_of(digest).await.map(Some)
        })
    }

    fn foresee_remove(&self) -> BoxFuture<'_, Result<bool, Error>> {
        Box::pin(async {
            self.hosted().await?;
            self.base.exists().await
        })
    }

    fn collect_garbage(&self) -> BoxFuture<'_, Result<Option<String>, Error>> {
        Box::pin(async { self.run_tasks().await.map(Some) })
    }

    fn create(&self) -> BoxFuture<'_, Result<Created, Error>> {
        Box::pin(self.create_repository())
    }

    fn remove(&self) -> BoxFuture<'_, Result<bool, Error>> {
        Box::pin(self.remove_all())
    }
}
