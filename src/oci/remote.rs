//! One repository of a registry.

use std::sync::Arc;
use std::time::Duration;

use super::login::{Home, Login};
use super::open_uploads::OpenUploads;
use super::reference::{Repository, Target};
use super::rights::{Right, Rights};
use crate::auth::Found;
use crate::http::Client;

/// A repository, as whoever the docker config says. A clone shares connections and tokens.
///
/// Every method retries what may be repeated, within the budget of one piece of work.
///
/// Each request asks for the rights that it needs. Tokens are got for sets of rights; so that one
/// is enough, a caller who is going to write says so at the beginning ([`Self::writing`],
/// [`Self::deleting`], [`Self::mounting_from`]), and all requests ask for all of it.
#[derive(Clone)]
pub struct Remote {
    repository: Repository,
    login: Arc<Login>,
    rights: Rights,
    pub(super) largest_chunk: Option<u64>,
}

impl Remote {
    pub(super) fn new(repository: Repository, login: Arc<Login>) -> Self {
        Self {
            repository,
            login,
            rights: Rights::default(),
            largest_chunk: None,
        }
    }

    /// Which repository.
    pub fn repository(&self) -> &Repository {
        &self.repository
    }

    /// Whether another repository is reached with the same credential at the same registry, so
    /// that one token may be for both.
    pub fn is_beside(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.login, &other.login)
    }

    /// The same for somebody who is going to write here.
    pub fn writing(mut self) -> Self {
        self.rights = self.rights.with(Right::Push);
        self
    }

    /// The same for somebody who is going to delete here.
    pub fn deleting(mut self) -> Self {
        self.rights = self.rights.with(Right::Delete);
        self
    }

    /// The same at a registry whose token service has no word for deleting (Quay,
    /// `endpoints/v2/v2auth.py`): who may push may delete.
    pub fn deleting_by_pushing(mut self) -> Self {
        self.rights = self.rights.deleting_by_pushing();
        self
    }

    /// The same for somebody who is going to mount blobs of another repository of the registry.
    pub fn mounting_from(mut self, other: &Repository) -> Self {
        if other.registry() == self.repository.registry() {
            self.rights = self.rights.with_source(other.path());
        }
        self
    }

    /// The same for a registry, or a proxy before it, that takes no more than `bytes` in one
    /// request: larger blobs are uploaded in chunks of that size.
    pub fn chunked(mut self, bytes: u64) -> Self {
        self.largest_chunk = Some(bytes.max(1));
        self
    }

    /// Who one is there by the docker config, and where that was found.
    pub fn found(&self) -> &Found {
        self.login.found()
    }

    /// The client of the registry, for its API's root; what other hosts are needed are reached
    /// [`Client::toward`] from it.
    pub fn client(&self) -> &Client {
        &self.login.home.client
    }

    /// How long retries of one piece of work may go on.
    pub fn retry_timeout(&self) -> Duration {
        self.login.home.retry_timeout
    }

    pub(super) fn home(&self) -> &Home {
        &self.login.home
    }

    pub(super) fn login(&self) -> &Login {
        &self.login
    }

    pub(super) fn uploads(&self) -> &Arc<OpenUploads> {
        &self.login.home.uploads
    }

    /// What a request needs that does this, and all that is going to be done.
    pub(super) fn right(&self, right: Right) -> Rights {
        self.rights.clone().with(right)
    }

    /// A manifest, as people write it.
    pub(super) fn named(&self, target: &Target) -> String {
        match target {
            Target::Tag(tag) => format!("{}:{tag}", self.repository),
            Target::Digest(digest) => format!("{}@{digest}", self.repository),
        }
    }

    /// A blob, for people.
    pub(super) fn named_blob(&self, digest: &super::digest::Digest) -> String {
        format!("{}: blob {digest}", self.repository)
    }
}
