//! Digests of many images, each asked for once.

use std::collections::{HashMap, HashSet};

use futures_util::{StreamExt as _, stream};

use crate::error::{Exit, Explain, Failure};
use crate::oci::{self, Digest, Reference, Registries, Repository, Target};
use crate::report::Report;

/// What the registries said.
pub(super) struct Digests(HashMap<(Repository, Target), Result<Digest, Error>>);

/// An image without a digest.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("{0} does not exist")]
    Missing(Reference),
    #[error(transparent)]
    Registry(#[from] oci::Error),
}

impl Explain for Error {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Missing(reference) => Some(format!(
                "`dockside tags {}` lists what there is",
                reference.repository
            )),
            Self::Registry(error) => error.hint(),
        }
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Missing(_) => Exit::Failed,
            Self::Registry(error) => error.exit(),
        }
    }

    fn reason(&self) -> Option<&'static str> {
        match self {
            Self::Missing(_) => None,
            Self::Registry(error) => error.reason(),
        }
    }
}

/// Not all of them are known; each failure has been reported already.
#[derive(Debug, thiserror::Error)]
#[error("{failed} images have no digest; nothing was written")]
struct Incomplete {
    failed: usize,
    exit: Exit,
}

impl Explain for Incomplete {
    fn exit(&self) -> Exit {
        self.exit
    }
}

impl Digests {
    /// Asks for all of them, `jobs` at the same time.
    pub(super) async fn ask(
        registries: &Registries,
        references: impl Iterator<Item = &Reference>,
        jobs: usize,
    ) -> Self {
        let mut known = HashSet::new();
        let wanted: Vec<&Reference> = references
            .filter(|reference| known.insert(key(reference)))
            .collect();
        let asked = stream::iter(wanted)
            .map(async |reference| (key(reference), ask(registries, reference).await));
        Self(asked.buffer_unordered(jobs).collect().await)
    }

    /// The digest of one of them, or why there is none.
    pub(super) fn get(&self, reference: &Reference) -> Option<&Result<Digest, Error>> {
        self.0.get(&key(reference))
    }

    /// Takes why some have none, in the order of what was asked for.
    pub(super) fn failures<'r>(
        &mut self,
        references: impl Iterator<Item = &'r Reference>,
    ) -> Vec<Failure> {
        let mut failures = Vec::new();
        for reference in references {
            let key = key(reference);
            if matches!(self.0.get(&key), Some(Err(_)))
                && let Some(Err(error)) = self.0.remove(&key)
            {
                failures.push(error.into());
            }
        }
        failures
    }
}

/// One error for several, which are reported here unless there is only one.
pub(super) fn all(mut failures: Vec<Failure>, report: &Report) -> Result<(), Failure> {
    let Some(last) = failures.pop() else {
        return Ok(());
    };
    if failures.is_empty() {
        return Err(last);
    }
    failures.push(last);
    let mut exits = failures.iter().map(Failure::exit);
    let exit = exits.next().unwrap_or(Exit::Failed);
    let exit = match exits.all(|other| other == exit) {
        true => exit,
        false => Exit::Failed,
    };
    for failure in &failures {
        report.failure(failure);
    }
    let failed = failures.len();
    Err(Incomplete { failed, exit }.into())
}

fn key(reference: &Reference) -> (Repository, Target) {
    (reference.repository.clone(), reference.target())
}

async fn ask(registries: &Registries, reference: &Reference) -> Result<Digest, Error> {
    let remote = registries.at(&reference.repository)?;
    let head = remote.head(&reference.target()).await?;
    let head = head.ok_or_else(|| Error::Missing(reference.clone()))?;
    Ok(head.digest)
}
