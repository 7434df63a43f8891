//! Removing one tag where only whole manifests can be removed: the tag is moved to a manifest
//! that exists nowhere else, and that one is removed with it.

use std::collections::BTreeMap;

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
    let docker = matches!(original.media_type(), DOCKER_MANIFEST | DOCKER_LIST);
    let dummy = Dummy::new(docker, &subject)?;
    dummy.upload(remote).await?;

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

/// The annotation that a dummy is known by.
const MARK: &str = "dev.dockside.dummy";

/// Whether a manifest with these annotations is a dummy: something that tags were moved to so that
/// they can be removed with it. All its tags were to go when it was made.
pub fn is_dummy(annotations: &BTreeMap<String, String>) -> bool {
    annotations.contains_key(MARK)
}

/// The bytes of a dummy, of OCI's family of media types and of docker's: nothing in them varies but
/// a digest.
const LENGTHS: [u32; 2] = [314, 330];

/// Whether a manifest of so many bytes can be a dummy, and is worth being read.
pub fn may_be_dummy(length: u32) -> bool {
    LENGTHS.contains(&length)
}

/// A manifest without content, which tags are moved to.
pub struct Dummy {
    manifest: Manifest,
    config: Bytes,
    config_type: &'static str,
}

impl Dummy {
    /// One that nobody else can have, of docker's family of media types or of OCI's: some
    /// registries keep to one. `subject` is what errors are about.
    ///
    /// # Errors
    /// The system gives no random numbers.
    pub fn new(docker: bool, subject: &Reference) -> Result<Self, Error> {
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
            "annotations": {MARK: "its tags are being removed"},
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

    /// The manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Uploads what the manifest refers to, so that it can be put.
    ///
    /// # Errors
    /// A request fails.
    pub async fn upload(&self, remote: &Remote) -> Result<(), Error> {
        let upload = remote.open_upload().await?;
        let config = Descriptor::new(self.config_type, Digest::of(&self.config), self.size());
        remote.upload(upload, &config, self).await?;
        Ok(())
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
    use std::collections::BTreeMap;

    use super::{Dummy, LENGTHS, is_dummy};
    use crate::oci::media_type::{OCI_CONFIG, OCI_MANIFEST};
    use crate::oci::{Digest, Reference};

    #[test]
    fn a_dummy_is_of_the_family_and_unique_and_is_known() {
        let subject: Reference = "example.com/a:b".parse().unwrap();
        let one = Dummy::new(false, &subject).unwrap();
        let other = Dummy::new(false, &subject).unwrap();
        assert_ne!(one.manifest.digest(), other.manifest.digest());
        assert_eq!(one.manifest.media_type(), OCI_MANIFEST);
        let blobs: Vec<_> = one.manifest.blobs().cloned().collect();
        assert_eq!(blobs.len(), 1);
        assert_eq!(blobs[0].digest, Digest::of(&one.config));
        assert_eq!(blobs[0].size, one.size());
        assert_eq!(blobs[0].media_type, OCI_CONFIG);
        assert!(is_dummy(&one.manifest.annotations));
        assert!(!is_dummy(&BTreeMap::new()));

        let docker = Dummy::new(true, &subject).unwrap();
        assert_eq!(
            docker.manifest.media_type(),
            "application/vnd.docker.distribution.manifest.v2+json"
        );
        assert!(is_dummy(&docker.manifest.annotations));
        let lengths = [one, docker].map(|dummy| dummy.manifest.bytes().len());
        assert_eq!(lengths, LENGTHS.map(|length| length as usize));
    }
}
