//! Removing one tag where only whole manifests can be removed: the tag is moved to a manifest
//! that exists nowhere else, and that one is removed with it.

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::{StreamExt as _, stream};
use serde_json::json;

use super::error::Error;
use crate::oci::media_type::{
    DOCKER_CONFIG, DOCKER_LIST, DOCKER_MANIFEST, OCI_CONFIG, OCI_MANIFEST,
};
use crate::oci::{
    self, BadContent, Chunks, Content, Descriptor, Digest, Manifest, ReadError, Reference, Remote,
    Tag, Target,
};

/// How a brand removes a manifest that has no tag, or only the one that is to go.
pub(super) trait Remover: Sync {
    /// Removes the manifest, and makes sure that no other tag goes with it.
    fn remove<'a>(&'a self, digest: &'a Digest, tag: &'a Tag) -> BoxFuture<'a, Result<(), Error>>;
}

/// The distribution API's way.
impl Remover for Remote {
    fn remove<'a>(&'a self, digest: &'a Digest, _: &'a Tag) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async {
            self.delete(&Target::Digest(digest.clone())).await?;
            Ok(())
        })
    }
}

/// Removes a tag, which names `original`, by moving it to another manifest that `remover`
/// removes. When that fails half-way, the tag names what it named before.
pub(super) async fn untag(
    remote: &Remote,
    tag: &Tag,
    original: Manifest,
    remover: &dyn Remover,
) -> Result<(), Error> {
    let target = Target::Tag(tag.clone());
    let subject = remote.repository().tagged(tag.clone());
    let dummy = Dummy::beside(&original, &subject)?;
    let upload = remote.open_upload().await?;
    let config = Descriptor::new(dummy.config_type, Digest::of(&dummy.config), dummy.size());
    remote.upload(upload, &config, &dummy).await?;

    let step = Step {
        remote,
        subject,
        tag,
        target,
        original,
        dummy: dummy.manifest,
        remover,
    };
    match step.replace_and_remove().await {
        Ok(()) => Ok(()),
        Err(error) => Err(step.put_back(error).await),
    }
}

/// The part of the work during which the tag does not name what it should.
struct Step<'a> {
    remote: &'a Remote,
    subject: Reference,
    tag: &'a Tag,
    target: Target,
    original: Manifest,
    dummy: Manifest,
    remover: &'a dyn Remover,
}

impl Step<'_> {
    async fn replace_and_remove(&self) -> Result<(), Error> {
        self.remote.put_manifest(&self.target, &self.dummy).await?;
        let moved = match self.remote.head(&self.target).await? {
            Some(head) => head.digest != *self.dummy.digest(),
            None => false,
        };
        let removed = self.remover.remove(self.dummy.digest(), self.tag).await;
        removed.map_err(|why| Error::Leftover {
            dummy: self.remote.repository().at(self.dummy.digest().clone()),
            why: Box::new(why),
        })?;
        if moved {
            return Err(Error::Moved {
                subject: self.subject.to_string(),
            });
        }
        let original = Target::Digest(self.original.digest().clone());
        if self.remote.head(&original).await?.is_none() {
            self.remote.put_manifest(&original, &self.original).await?;
            return Err(Error::TookManifest {
                subject: self.subject.to_string(),
                digest: self.original.digest().clone(),
            });
        }
        Ok(())
    }

    /// Puts the original under the tag again if that names the dummy; says why it had to.
    async fn put_back(&self, error: Error) -> Error {
        let restored = async {
            match self.remote.head(&self.target).await? {
                Some(head) if head.digest == *self.dummy.digest() => {
                    let put = self.remote.put_manifest(&self.target, &self.original);
                    put.await.map(|_| ())
                }
                _ => Ok(()),
            }
        };
        match restored.await {
            Ok(()) => error,
            Err(restoring) => Error::Left {
                subject: self.subject.to_string(),
                digest: self.original.digest().clone(),
                restoring: restoring.to_string(),
                source: Box::new(error),
            },
        }
    }
}

/// A manifest without content.
struct Dummy {
    manifest: Manifest,
    config: Bytes,
    config_type: &'static str,
}

impl Dummy {
    /// One that nobody else can have, of the same family as the original: some registries keep
    /// to one.
    fn beside(original: &Manifest, subject: &Reference) -> Result<Self, Error> {
        let docker = matches!(original.media_type(), DOCKER_MANIFEST | DOCKER_LIST);
        let (manifest_type, config_type) = if docker {
            (DOCKER_MANIFEST, DOCKER_CONFIG)
        } else {
            (OCI_MANIFEST, OCI_CONFIG)
        };
        let mut nonce = [0; 16];
        getrandom::fill(&mut nonce).map_err(|_| Error::NoRandomness)?;
        let config = json!({
            "architecture": "unknown",
            "os": "unknown",
            "config": {"Labels": {"dockside.untag": Digest::of(&nonce).hex()}},
            "rootfs": {"type": "layers", "diff_ids": []},
        });
        let config = Bytes::from(config.to_string());
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": manifest_type,
            "config": Descriptor::new(config_type, Digest::of(&config), config.len() as u64),
            "layers": [],
        });
        let bytes = Bytes::from(manifest.to_string());
        let digest = Digest::of(&bytes);
        let manifest = Manifest::parse(bytes, digest, Some(manifest_type)).map_err(|bad| {
            oci::Error::Content {
                subject: subject.to_string(),
                source: BadContent::Manifest(bad),
            }
        })?;
        Ok(Self {
            manifest,
            config,
            config_type,
        })
    }

    fn size(&self) -> u64 {
        self.config.len() as u64
    }
}

/// The content of the dummy's only blob.
impl Content for Dummy {
    fn open(&self, from: u64) -> BoxFuture<'_, Result<Chunks, ReadError>> {
        let from = usize::try_from(from).unwrap_or(usize::MAX);
        let rest = self.config.slice(from.min(self.config.len())..);
        Box::pin(async { Ok(stream::iter([Ok(rest)]).boxed()) })
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::Dummy;
    use crate::oci::media_type::{DOCKER_LIST, OCI_CONFIG, OCI_INDEX, OCI_MANIFEST};
    use crate::oci::{Digest, Manifest, Reference};

    fn index(media_type: &str) -> Manifest {
        let bytes = Bytes::from_static(b"{\"schemaVersion\":2,\"manifests\":[]}");
        let digest = Digest::of(&bytes);
        Manifest::parse(bytes, digest, Some(media_type)).unwrap()
    }

    #[test]
    fn a_dummy_is_of_the_family_and_unique() {
        let subject: Reference = "example.com/a:b".parse().unwrap();
        let one = Dummy::beside(&index(OCI_INDEX), &subject).unwrap();
        let other = Dummy::beside(&index(OCI_INDEX), &subject).unwrap();
        assert_ne!(one.manifest.digest(), other.manifest.digest());
        assert_eq!(one.manifest.media_type(), OCI_MANIFEST);
        let blobs: Vec<_> = one.manifest.blobs().cloned().collect();
        assert_eq!(blobs.len(), 1);
        assert_eq!(blobs[0].digest, Digest::of(&one.config));
        assert_eq!(blobs[0].size, one.size());
        assert_eq!(blobs[0].media_type, OCI_CONFIG);

        let docker = Dummy::beside(&index(DOCKER_LIST), &subject).unwrap();
        assert_eq!(
            docker.manifest.media_type(),
            "application/vnd.docker.distribution.manifest.v2+json"
        );
    }
}
