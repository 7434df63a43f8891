//! Looks at a repository with as few requests as its brand allows, and closer where that is asked
//! for.

mod cache;
mod closer;
mod pack;
mod reader;
mod recorded;
mod said;
mod survey;

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use self::cache::Cache;
use self::reader::Reader;
pub use self::recorded::BadRecord;
use self::said::Lead;
use super::error::Error;
use super::evaluate::{Evaluation, Verdict, evaluate};
use super::graph::{Content, Graph, Id};
use super::progress::{Progress, Stage};
use super::rule::{Fact, Rule, Scope};
use crate::oci::Digest;
use crate::registry::Brand;

/// Who looks at a repository.
pub struct Inventory<'b> {
    brand: &'b dyn Brand,
    /// The brand's name, if it was said.
    name: &'b str,
    jobs: usize,
    reader: Reader<'b>,
    /// Where there is more to know of manifests that were read.
    leads: Mutex<HashMap<Digest, Lead>>,
    /// Who is told how far it is.
    progress: &'b dyn Progress,
    /// How many requests the bytes that are freed may cost.
    weighing: usize,
    /// Whether the registry said that there is no such repository.
    is_absent: AtomicBool,
}

impl<'b> Inventory<'b> {
    /// `jobs` requests are under way at the same time at most. `cache` is a directory, which need
    /// not exist, for manifests and configs, which never change, from run to run.
    pub fn new(brand: &'b dyn Brand, jobs: usize, cache: Option<PathBuf>) -> Self {
        Self {
            brand,
            name: "",
            jobs: jobs.max(1),
            reader: Reader {
                remote: brand.remote(),
                cache: cache.as_deref().map(Cache::below),
            },
            leads: Mutex::default(),
            progress: &(),
            weighing: 0,
            is_absent: AtomicBool::new(false),
        }
    }

    /// The same that writes the brand's name into what it finds.
    pub fn named(mut self, brand: &'b str) -> Self {
        self.name = brand;
        self
    }

    /// The same that tells how far it is.
    pub fn telling(mut self, progress: &'b dyn Progress) -> Self {
        self.progress = progress;
        self
    }

    /// The same that also reads what stays, so that the bytes that are freed are known, where that
    /// is not more than so many manifests.
    pub fn weighing(mut self, requests: usize) -> Self {
        self.weighing = requests;
        self
    }

    /// Why the cache cannot be used, if it cannot, for people.
    pub fn cache_failure(&self) -> Option<&str> {
        self.reader.cache.as_ref()?.failure()
    }

    /// Whether the registry has said that there is no such repository. One that hides what may not
    /// be seen ([`Brand::hides`]) says so of that, too.
    pub fn is_absent(&self) -> bool {
        self.is_absent.load(Ordering::Relaxed)
    }

    /// All tags with the manifests that they name, and whatever else the brand lists of the
    /// repository. Indexes have been read, to any depth. What could not be read is a
    /// [`Gap`](super::Gap), not an error. A repository that does not exist has nothing in it.
    ///
    /// # Errors
    /// Nothing can be read: not authorised, or something that only the user can say is missing.
    pub async fn survey(&self) -> Result<Graph, Error> {
        let repository = self.reader.remote.repository().clone();
        let mut graph = Graph::new(repository, self.name, Timestamp::now());
        let known = self.tags(&mut graph).await?;
        self.indexes(&mut graph, &known).await?;
        Ok(graph)
    }

    /// Finds out these facts, from the cache where it has them. What cannot be read becomes
    /// [`Unreadable`](super::Content::Unreadable) or [`Missing`](super::Content::Missing).
    ///
    /// # Errors
    /// The work cannot go on at all (not authorised any longer).
    pub async fn look(&self, graph: &mut Graph, wanted: &[(Id, Fact)]) -> Result<(), Error> {
        self.facts(graph, wanted).await
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
        let mut scope = scope.clone();
        let mut asked = HashSet::new();
        loop {
            let evaluation = evaluate(&graph, rules, &scope, now);
            let wanted = evaluation.wanted.iter().copied();
            let wanted: Vec<(Id, Fact)> = wanted.filter(|one| asked.insert(*one)).collect();
            // What was asked for in vain keeps what it is about.
            if wanted.is_empty() {
                if !scope.exact_bytes && self.weighs(&graph, &evaluation) {
                    scope.exact_bytes = true;
                    continue;
                }
                return Ok((graph, evaluation));
            }
            self.look(&mut graph, &wanted).await?;
        }
    }

    /// Whether what stays is worth being read for its bytes.
    fn weighs(&self, graph: &Graph, evaluation: &Evaluation) -> bool {
        let goes = evaluation.nodes.contains(&Verdict::Goes);
        let unread = graph
            .nodes()
            .filter(|(_, node)| node.content == Content::Named);
        goes && unread.count() <= self.weighing
    }

    /// What several things come to, each told of when it is over.
    fn told(&self, stage: Stage, items: usize) -> impl Fn() {
        self.progress.found(stage, items as u64);
        move || self.progress.over(stage, 1)
    }

    fn leads(&self) -> MutexGuard<'_, HashMap<Digest, Lead>> {
        self.leads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
