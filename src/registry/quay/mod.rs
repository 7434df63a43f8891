//! Quay: quay.io, and Quay and Project Quay wherever they run (`endpoints/v2`, `endpoints/api` of
//! quay/quay).
//!
//! Tags and manifests are deleted by the distribution API, with tokens that allow pushing. The
//! REST API beside it takes OAuth tokens only; robots and users have the distribution API for all
//! but repositories themselves.

mod advice;
mod cosign;
mod rest;
mod tags;

use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::BoxFuture;

use self::cosign::Kept;
use self::rest::Rest;
use super::access::{Advice, Case, Trouble};
use super::brand::{Brand, Created, Family, Listing, Sweep, Tagged, Takes};
use super::default::Default;
use super::error::Error;
use super::locks::Locks;
use super::place::Place;
use super::refusal::{Refusal, Why};
use super::shown::Shown;
use crate::oci::{self, Digest, Remote, Tag, Target};
use crate::report::Report;

/// As its maker writes it.
const TITLE: &str = "Quay";

/// Where tokens are, at every Quay.
const REALM: &str = "/v2/auth";

/// Quay.
pub struct Quay;

impl Family for Quay {
    fn name(&self) -> &'static str {
        "quay"
    }

    fn title(&self) -> &'static str {
        TITLE
    }

    fn is_host(&self, registry: &str) -> bool {
        registry == "quay.io"
    }

    /// Its token service is at its own address, and its service is its own name.
    fn is_shown(&self, _registry: &str, shown: &Shown) -> Option<String> {
        let realm = shown.realm()?;
        let host = match (realm.host_str()?, realm.port()) {
            (host, Some(port)) => format!("{host}:{port}"),
            (host, None) => host.to_owned(),
        };
        let is_quay = realm.path() == REALM && shown.service.as_deref() == Some(&host);
        is_quay.then(|| format!("its token service is {realm}, and the service {host}"))
    }

    fn open(&self, place: Place) -> Result<Box<dyn Brand>, Error> {
        let rest = Rest::of(&place)?;
        let remote = place.remote.deleting_by_pushing();
        Ok(Box::new(Repository {
            rest,
            locks: Locks::default(),
            base: Default::new(remote),
            report: place.settings.context.report,
            has_told: AtomicBool::new(false),
            has_told_of_cosign: AtomicBool::new(false),
        }))
    }

    fn advise(&self, case: &Case<'_>, trouble: Trouble) -> Option<Advice> {
        advice::advise(case, trouble)
    }
}

/// A repository of Quay.
struct Repository {
    base: Default,
    rest: Rest,
    locks: Locks,
    report: Report,
    /// Whether it was said what becomes of manifests without tags.
    has_told: AtomicBool,
    /// Whether it was said that what cosign keeps goes too, where many tags go.
    has_told_of_cosign: AtomicBool,
}

/// Whether a tag goes by itself, or as one of thousands: then what is the same for all is said
/// once.
#[derive(Clone, Copy, PartialEq)]
enum Of {
    One,
    Many,
}

impl Repository {
    /// Somebody who is going to delete, so that one token is enough.
    fn deleter(&self) -> Remote {
        self.base.remote().clone().deleting()
    }

    /// All tags, each as it is now. Both lists are asked for names: that of the distribution API
    /// comes from a cache, and of the other one pages move while it is read.
    async fn all(&self, jobs: usize) -> Result<Vec<Tagged>, Error> {
        let mut names = self.base.remote().tags().all().await?;
        if let Some(listing) = tags::list(&self.rest).await? {
            names.extend(listing.entries.into_iter().flat_map(|entry| entry.tags));
        }
        names.sort_unstable_by(|a, b| a.as_str().cmp(b.as_str()));
        names.dedup();
        self.base.heads_of(names, jobs).await
    }

    async fn remove_tag(&self, tag: &Tag, of: Of) -> Result<bool, Error> {
        let (remote, target) = (self.deleter(), Target::Tag(tag.clone()));
        let Some(head) = remote.head(&target).await? else {
            return Ok(false);
        };
        self.remove(&target, &head.digest, of).await
    }

    /// Removes a tag, or all tags, of a manifest, and looks after what else went.
    async fn remove(&self, target: &Target, digest: &Digest, of: Of) -> Result<bool, Error> {
        let remote = self.deleter();
        let kept = Kept::of(&remote, digest).await?;
        let removed = remote.delete(target).await.map_err(told)?;
        if !removed {
            return Ok(false);
        }
        match self.look_after(target, digest, kept, of).await {
            Err(lost @ Error::Lost { .. }) => Err(lost),
            // What was done is done.
            Err(error) => {
                let manifest = remote.repository().at(digest.clone());
                self.report.note(format!(
                    "{manifest}: what else went cannot be found out: {error}"
                ));
                Ok(true)
            }
            Ok(()) => Ok(true),
        }
    }

    /// Says what else went; puts back what cosign keeps of a manifest that is there still, in an
    /// index.
    async fn look_after(
        &self,
        target: &Target,
        digest: &Digest,
        kept: Kept,
        of: Of,
    ) -> Result<(), Error> {
        let remote = self.deleter();
        let head = remote.head(&Target::Digest(digest.clone())).await?;
        if let (Target::Tag(tag), None) = (target, &head) {
            self.tell_of_the_last(tag, digest);
        }
        let lost = kept.lost(&remote).await?;
        if lost.is_empty() {
            return Ok(());
        }
        let what = format!(
            "Quay removed what cosign keeps of {} with its last tag",
            remote.repository().at(digest.clone())
        );
        let names = lost.names();
        if head.is_some() {
            lost.put_back(&remote).await?;
            self.report.note(format!(
                "{what}, though an index lists that; it was put back: {names}"
            ));
        } else if of == Of::One {
            self.report.note(format!("{what}: {names}"));
        } else if !self.has_told_of_cosign.swap(true, Ordering::Relaxed) {
            let what = "Quay removes what cosign keeps of a manifest with the last tag of that";
            self.report.note(what);
        }
        Ok(())
    }

    /// Says once what becomes of what has no tag.
    fn tell_of_the_last(&self, tag: &Tag, digest: &Digest) {
        if !self.has_told.swap(true, Ordering::Relaxed) {
            let tag = self.base.remote().repository().tagged(tag.clone());
            self.report.note(format!(
                "{tag} was the last tag of {digest}: Quay shows no manifest without a tag, can \
                 restore it for a while (two weeks unless configured otherwise), then removes it"
            ));
        }
    }
}

/// The same error, with what is known of Quay's.
fn told(error: oci::Error) -> Error {
    match error {
        // TAG_IMMUTABLE.
        oci::Error::Refused {
            subject,
            status: 409,
            said,
            ..
        } => Error::Refused(Refusal {
            subject,
            service: TITLE.to_owned(),
            status: 409,
            why: Why::Protected,
            said,
            advice: Some(rest::IMMUTABLE.to_owned()),
        }),
        oci::Error::Refused {
            subject,
            status: 405,
            ..
        } => Error::Unsupported {
            subject,
            what: "change anything at present",
            instead: "it is in read-only mode: try again when its maintenance is over",
        },
        other => Error::Oci(other),
    }
}

impl Brand for Repository {
    fn base(&self) -> &Default {
        &self.base
    }

    /// Its garbage collector takes what no tag leads to (`data/model/gc.py`).
    fn sweep(&self) -> Sweep {
        Sweep::Tags
    }

    /// The time machine (`TAG_EXPIRATION_OPTIONS`; 2 weeks unless set otherwise).
    fn after_deleting(&self) -> &'static str {
        "Quay frees the space by itself when its time machine lets the tags go, after 2 weeks unless \
         the organisation says otherwise."
    }

    fn listing(&self, _jobs: usize) -> BoxFuture<'_, Result<Option<Listing>, Error>> {
        Box::pin(tags::list(&self.rest))
    }

    /// Pages move while it is read.
    fn lists_late(&self) -> bool {
        true
    }

    fn tagged(&self, jobs: usize) -> BoxFuture<'_, Result<Vec<Tagged>, Error>> {
        Box::pin(self.all(jobs))
    }

    fn untag<'a>(&'a self, tag: &'a Tag) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(self.remove_tag(tag, Of::One))
    }

    fn drop_tag<'a>(&'a self, tag: &'a Tag) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(self.remove_tag(tag, Of::Many))
    }

    fn delete<'a>(&'a self, digest: &'a Digest) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(async move {
            let target = Target::Digest(digest.clone());
            self.remove(&target, digest, Of::One).await
        })
    }

    fn foresee_untag<'a>(&'a self, tag: &'a Tag) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(async move {
            let is_there = self.base.has(tag).await?;
            if is_there {
                self.locks.allow_tag(self, TITLE, tag).await?;
            }
            Ok(is_there)
        })
    }

    fn foresee_delete<'a>(&'a self, digest: &'a Digest) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(self.locks.allow_manifest(self, TITLE, digest))
    }

    /// With the last tag that is not one of cosign's.
    fn takes(&self) -> Takes {
        Takes::CosignTags
    }

    fn restore<'a>(
        &'a self,
        digest: &'a Digest,
        tags: &'a [Tag],
    ) -> BoxFuture<'a, Result<bool, Error>> {
        Box::pin(async move {
            let mut restored = false;
            for tag in tags {
                restored |= self.rest.restore(tag, digest).await?;
            }
            Ok(restored)
        })
    }

    fn create(&self) -> BoxFuture<'_, Result<Created, Error>> {
        Box::pin(async {
            let created = self.rest.create().await?;
            if created == Created::Made {
                let repository = self.base.remote().repository();
                self.report
                    .note(format!("{repository} is private; its settings change that"));
            }
            Ok(created)
        })
    }

    fn foresee_remove(&self) -> BoxFuture<'_, Result<bool, Error>> {
        Box::pin(async {
            self.rest.require_admin()?;
            self.base.exists().await
        })
    }

    fn remove(&self) -> BoxFuture<'_, Result<bool, Error>> {
        Box::pin(self.rest.remove())
    }
}

#[cfg(test)]
mod tests {
    use super::{Family as _, Quay, Shown};

    #[test]
    fn a_quay_shows_itself_by_its_token_service() {
        let shown = |realm: &str, service: &str| {
            let shown = Shown {
                realm: Some(realm.to_owned()),
                service: Some(service.to_owned()),
                ..Shown::default()
            };
            Quay.is_shown("quay.example.com", &shown)
        };
        assert_eq!(
            shown("https://quay.example.com/v2/auth", "quay.example.com").as_deref(),
            Some(
                "its token service is https://quay.example.com/v2/auth, and the service \
                 quay.example.com"
            )
        );
        assert!(shown("http://q.example.com:8080/v2/auth", "q.example.com:8080").is_some());
        for (realm, service) in [
            ("https://quay.example.com/v2/auth", "registry"),
            ("https://quay.example.com/v2/token", "quay.example.com"),
            ("/v2/auth", "quay.example.com"),
        ] {
            assert_eq!(shown(realm, service), None, "{realm} {service}");
        }
        assert!(Quay.is_host("quay.io") && !Quay.is_host("quay.io.example.com"));
    }
}
