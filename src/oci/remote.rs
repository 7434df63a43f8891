//! One repository of a registry.

use super::content::Content;
use super::descriptor::Descriptor;
use super::digest::Digest;
use super::error::Error;
use super::manifest::Manifest;
use super::reference::{Repository, Tag, Target};

/// A repository, as whoever the docker config says. A clone shares connections and tokens.
///
/// Every method retries what may be repeated, within the budget of one piece of work.
#[derive(Clone)]
pub struct Remote {}

/// What a HEAD says of a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Its digest; when the registry does not say it, it is computed from the manifest.
    pub digest: Digest,
    /// Its media type.
    pub media_type: String,
    /// Its size, in bytes, if that was said.
    pub size: Option<u64>,
}

/// What became of a manifest that was put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stored {
    /// Whether the registry lists it among the referrers of its subject by itself
    /// (`OCI-Subject`). True for a manifest without a subject.
    pub listed: bool,
}

/// How an upload began.
pub enum Started {
    /// It ended too: the repository has the blob.
    Present,
    /// Its content is to be sent.
    Open(Upload),
}

/// An upload that is open at the registry. One that is not going to be used is to be cancelled.
pub struct Upload {}

/// Pages of tags, as they come.
pub struct Tags {}

impl Remote {
    /// Which repository.
    pub fn repository(&self) -> &Repository {
        todo!()
    }

    /// Whether another repository is reached with the same credential at the same registry, so
    /// that one token may be for both.
    pub fn is_beside(&self, _other: &Self) -> bool {
        todo!()
    }

    /// What the registry says about a manifest; `None` when there is none. One request.
    ///
    /// # Errors
    /// As all requests.
    pub async fn head(&self, _target: &Target) -> Result<Option<Head>, Error> {
        todo!()
    }

    /// A manifest, checked against its digest; `None` when there is none. One request.
    ///
    /// # Errors
    /// As all requests; what came is not what the digest (asked for, or of
    /// `Docker-Content-Digest`) says, or is no manifest.
    pub async fn manifest(&self, _target: &Target) -> Result<Option<Manifest>, Error> {
        todo!()
    }

    /// Puts a manifest under a tag or under its digest. One request. Where its subject's
    /// referrers have to be listed by the client, that is the caller's work.
    ///
    /// # Errors
    /// As all requests; the registry says that it stored something else.
    pub async fn put_manifest(
        &self,
        _target: &Target,
        _manifest: &Manifest,
    ) -> Result<Stored, Error> {
        todo!()
    }

    /// Deletes a tag, or a manifest with all its tags; `false` when it was not there.
    ///
    /// # Errors
    /// As all requests; [`Error::Refused`] with status 400 or 405 where the registry cannot.
    pub async fn delete(&self, _target: &Target) -> Result<bool, Error> {
        todo!()
    }

    /// The size of a blob, if the repository has it. One request.
    ///
    /// # Errors
    /// As all requests.
    pub async fn has_blob(&self, _digest: &Digest) -> Result<Option<u64>, Error> {
        todo!()
    }

    /// The content of a blob. Nothing is asked before it is opened; what comes is checked
    /// against digest and size, and when the connection breaks the rest is asked for (`Range`),
    /// within the budget.
    pub fn blob(&self, _blob: &Descriptor) -> impl Content + 'static {
        struct Unwritten;
        impl Content for Unwritten {
            fn open(
                &self,
                _from: u64,
            ) -> futures_util::future::BoxFuture<'_, Result<super::Chunks, super::ReadError>>
            {
                todo!()
            }
        }
        Unwritten
    }

    /// Begins to upload a blob, if it is not there. One request: the mount of `digest` `from`
    /// a repository of this registry, which may be this one itself.
    ///
    /// # Errors
    /// As all requests.
    pub async fn start_upload(
        &self,
        _digest: &Digest,
        _from: &Repository,
    ) -> Result<Started, Error> {
        todo!()
    }

    /// Begins to upload a blob without looking whether it is there. One request.
    ///
    /// # Errors
    /// As all requests.
    pub async fn open_upload(&self) -> Result<Upload, Error> {
        todo!()
    }

    /// Sends a blob's content to an upload and completes it: one streaming PUT first, chunks
    /// where that fails. When the upload breaks, what the registry has of it is asked for, and
    /// the rest sent, or a new one opened; when it may have been completed, that is looked up.
    ///
    /// # Errors
    /// As all requests; the content cannot be read; the registry says that the content is not
    /// that of the digest. The upload is cancelled then.
    pub async fn upload(
        &self,
        _upload: Upload,
        _blob: &Descriptor,
        _content: &dyn Content,
    ) -> Result<(), Error> {
        todo!()
    }

    /// Gives an upload up.
    pub async fn cancel(&self, _upload: Upload) {
        todo!()
    }

    /// The repository's tags: without `n` first, then as `Link` says.
    pub fn tags(&self) -> Tags {
        todo!()
    }

    /// What refers to a manifest of this repository: by the referrers API, else by its fallback
    /// tag. Cosign's tags are not among them.
    ///
    /// # Errors
    /// As all requests.
    pub async fn referrers(&self, _digest: &Digest) -> Result<Vec<Descriptor>, Error> {
        todo!()
    }
}

impl Tags {
    /// The next page; `None` after the last one. A repository that does not exist is an error
    /// on the first page.
    ///
    /// # Errors
    /// As all requests.
    pub async fn page(&mut self) -> Result<Option<Vec<Tag>>, Error> {
        todo!()
    }

    /// All that are left.
    ///
    /// # Errors
    /// As all requests.
    pub async fn all(mut self) -> Result<Vec<Tag>, Error> {
        let mut tags = Vec::new();
        while let Some(page) = self.page().await? {
            tags.extend(page);
        }
        Ok(tags)
    }
}
