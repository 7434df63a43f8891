//! Removing one tag, by what the version of the registry can do. Never by the digest, which takes
//! all tags of the image.

use std::sync::atomic::{AtomicBool, Ordering};

use reqwest::Method;

use super::refusals::explained;
use super::rest::Rest;
use crate::oci::{self, Extension, Remote, Tag, Target};
use crate::registry::default::Default as Base;
use crate::registry::error::Error;

/// What the registry was found not to know.
#[derive(Default)]
pub(super) struct Ways {
    /// `DELETE /v2/NAME/manifests/TAG`, which came with 3.81.
    lacks_manifests: AtomicBool,
    /// `DELETE /v2/NAME/tags/reference/TAG`, of the versions before; 4.0 has it no more.
    lacks_reference: AtomicBool,
}

impl Ways {
    /// Removes this tag and nothing else; `false` when it was not there.
    pub(super) async fn untag(
        &self,
        base: &Base,
        rest: Rest<'_>,
        tag: &Tag,
    ) -> Result<bool, Error> {
        let remote = base.remote();
        let target = Target::Tag(tag.clone());
        if !self.lacks_manifests.load(Ordering::Relaxed) {
            match remote.delete(&target).await {
                Err(oci::Error::Refused {
                    status: 400 | 404 | 405,
                    ..
                }) => self.lacks_manifests.store(true, Ordering::Relaxed),
                done => return done.map_err(|error| explained(error.into())),
            }
        }
        if !self.lacks_reference.load(Ordering::Relaxed) {
            match by_reference(remote, tag).await.map_err(explained)? {
                Some(removed) => return Ok(removed),
                None => self.lacks_reference.store(true, Ordering::Relaxed),
            }
        }
        if rest.is_open() {
            return rest.untag(tag).await;
        }
        // What is left is another registry than GitLab's own, where GitLab does the same.
        base.untag(tag).await.map_err(explained)
    }
}

/// The way of the older versions; `None` where the registry does not know it.
async fn by_reference(remote: &Remote, tag: &Tag) -> Result<Option<bool>, Error> {
    let path = remote.repository().path();
    let ask = Extension {
        method: Method::DELETE,
        url: remote.url(&format!("/v2/{path}/tags/reference/{tag}")),
        actions: &["pull", "delete"],
        body: None,
    };
    let answer = remote.extension(&ask).await?;
    match answer.status {
        200..=204 => Ok(Some(true)),
        // No such tag, or no such endpoint.
        404 => match remote.head(&Target::Tag(tag.clone())).await? {
            None => Ok(Some(false)),
            Some(_) => Ok(None),
        },
        400 | 405 => Ok(None),
        _ => Err(answer.refused().into()),
    }
}
