//! Making the repositories that are not there.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

use super::run::Run;
use super::sink::Repo;
use crate::oci::{self, Repository};
use crate::registry::{self, Brands};
use crate::transfer::error::Error;

/// Who makes repositories, each once.
pub(super) struct Creation {
    brands: Brands,
    made: Mutex<HashMap<Repository, Arc<OnceCell<bool>>>>,
}

impl Creation {
    /// None was made yet.
    pub(super) fn new(brands: Brands) -> Self {
        Self {
            brands,
            made: Mutex::default(),
        }
    }

    /// Makes a repository if its brand wants that; whether it did, perhaps for somebody else.
    /// Where the brand is not known by now, the registry is one whose repositories come by a
    /// push.
    async fn make(&self, repository: &Repository) -> Result<bool, registry::Error> {
        let cell = {
            let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(made.entry(repository.clone()).or_default())
        };
        let make = async || {
            if self.brands.known(repository.registry())?.is_none() {
                return Ok(false);
            }
            let brand = self.brands.at(repository).await?;
            if brand.needs_creating() {
                brand.create().await?;
            }
            Ok(brand.needs_creating())
        };
        cell.get_or_try_init(make).await.copied()
    }
}

impl Run {
    /// Writes to a repository, which is made if that is what is missing. `write` is done again
    /// then.
    pub(super) async fn create_if_missing<T, F: Future<Output = Result<T, Error>>>(
        &self,
        repo: &Repo,
        write: impl Fn() -> F,
    ) -> Result<T, Error> {
        let missing = match (write().await, &self.creation) {
            (Err(error @ Error::Registry(oci::Error::NotFound { .. })), Some(creation)) => {
                (error, creation)
            }
            (done, _) => return done,
        };
        let (error, creation) = missing;
        let repository = repo.remote.repository();
        match creation.make(repository).await {
            Ok(true) => write().await,
            Ok(false) => Err(error),
            Err(source) => Err(Error::NoRepository {
                repository: repository.clone(),
                source,
            }),
        }
    }
}
