//! What cosign keeps of a manifest, under tags that Quay removes with the last other tag of that
//! manifest (`data/model/oci/tag.py`).

use futures_util::future::try_join_all;

use super::Error;
use crate::oci::{Digest, Manifest, Remote, Tag, Target};

/// What is added to `sha256-DIGEST` to name it.
const ENDS: [&str; 3] = ["sig", "att", "sbom"];

/// What there was of it.
pub(super) struct Kept(Vec<(Tag, Manifest)>);

impl Kept {
    /// What there is.
    ///
    /// # Errors
    /// As all requests.
    pub(super) async fn of(remote: &Remote, digest: &Digest) -> Result<Self, Error> {
        let (algorithm, digits) = (digest.algorithm().name(), digest.hex());
        let looks = ENDS.map(|end| async move {
            let Ok(tag) = format!("{algorithm}-{digits}.{end}").parse::<Tag>() else {
                return Ok(None);
            };
            let found = remote.manifest(&Target::Tag(tag.clone())).await?;
            Ok::<_, Error>(found.map(|manifest| (tag, manifest)))
        });
        Ok(Self(
            try_join_all(looks).await?.into_iter().flatten().collect(),
        ))
    }

    /// What of it is not there any more.
    ///
    /// # Errors
    /// As all requests.
    pub(super) async fn lost(self, remote: &Remote) -> Result<Self, Error> {
        let looks = self.0.into_iter().map(async |(tag, manifest)| {
            let head = remote.head(&Target::Tag(tag.clone())).await?;
            Ok::<_, Error>(head.is_none().then_some((tag, manifest)))
        });
        Ok(Self(
            try_join_all(looks).await?.into_iter().flatten().collect(),
        ))
    }

    /// Puts all of it back.
    ///
    /// # Errors
    /// [`Error::Lost`]: something cannot be put back.
    pub(super) async fn put_back(&self, remote: &Remote) -> Result<(), Error> {
        for (tag, manifest) in &self.0 {
            let target = Target::Tag(tag.clone());
            let put = remote.put_manifest(&target, manifest).await;
            put.map_err(|source| Error::Lost {
                manifest: remote.repository().tagged(tag.clone()),
                source,
            })?;
        }
        Ok(())
    }

    /// Whether there is nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The tags, for people.
    pub(super) fn names(&self) -> String {
        let names: Vec<&str> = self.0.iter().map(|(tag, _)| tag.as_str()).collect();
        names.join(", ")
    }
}
