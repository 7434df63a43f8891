//! A brand's repository, and who cleans it up.

use std::path::Path;
use std::time::Duration;

use dockside::cleanup::apply::{Options, Outcome, apply};
use dockside::cleanup::inventory::Inventory;
use dockside::cleanup::plan::{Plan, complete};
use dockside::cleanup::policy::{Flags, Policy};
use dockside::cleanup::{Graph, Untagged};
use dockside::env::Env;
use dockside::http::Limits;
use dockside::oci::{Options as Settings, Registries};
use dockside::registry::{Brand, Brands, Settings as Said, Takes};
use dockside::report::Report;
use jiff::Timestamp;

use super::deck::{Contents, Deck, KEPT};
use super::line::{Line, Trouble};
use crate::brands::proof::stand::Stand;
use crate::support::vendor::Store;

/// What a cleanup came to.
#[derive(Default)]
pub struct Ran {
    /// What it was going to do, as soon as it knew.
    pub plan: Option<Plan>,
    /// What became of that, unless it was killed.
    pub outcomes: Option<Vec<Outcome>>,
    /// Why it was not begun.
    pub error: Option<String>,
}

/// How long requests and retries take at most.
#[derive(Clone, Copy)]
pub struct Patience {
    pub request: Duration,
    pub retries: Duration,
}

impl Patience {
    /// A busy machine has time, and nothing is tried again.
    pub const ONCE: Self = Self {
        request: Duration::from_secs(60),
        retries: Duration::ZERO,
    };
}

/// A brand with its repository.
pub struct World {
    pub stand: Stand,
    pub deck: Deck,
    pub line: Line,
    /// What there is before a cleanup.
    pub start: Store,
    /// What a cleanup does that nothing disturbs.
    pub plan: Plan,
    /// What is there after it.
    pub end: Contents,
    /// How many requests that takes: to find out what there is, and all together.
    pub requests: (usize, usize),
    /// Whether the registry lists manifests that have no tag.
    pub lists_untagged: bool,
    /// Whether it removes things with what they belong to.
    pub takes: bool,
}

impl World {
    /// Cleans up once, undisturbed.
    pub fn new(stand: Stand) -> Self {
        let mut start = Store::new();
        let deck = Deck::fill(&mut start, stand.path());
        let line = Line::before(&stand);
        let repository = stand.name.parse().unwrap();
        let empty = Graph::new(repository, stand.brand, Timestamp::now());
        let policy = policy();
        let (rules, scope) = (policy.rules(Vec::new()), &policy.scope);
        let evaluation = dockside::cleanup::evaluate(&empty, &rules, scope, Timestamp::now());
        let mut world = Self {
            end: deck.contents(&start, stand.path()),
            plan: Plan::make(empty, evaluation, policy.digest()),
            stand,
            deck,
            line,
            start,
            requests: (0, 0),
            lists_untagged: false,
            takes: false,
        };
        world.refill(&world.start);
        world.line.arm(Trouble::Nothing, 0);
        let ran = world.cleanup(Patience::ONCE, None, None);
        let all = world.line.disarm();
        let outcomes = ran.outcomes.unwrap_or_else(|| panic!("{:?}", ran.error));
        let is_done = |one: &Outcome| matches!(one, Outcome::Done | Outcome::Gone);
        let brand = world.stand.brand;
        assert!(outcomes.iter().all(is_done), "{brand}: {outcomes:#?}");
        world.plan = ran.plan.unwrap();
        world.end = world.contents();
        world.refill(&world.start);
        world.line.arm(Trouble::Nothing, 0);
        (world.lists_untagged, world.takes) = world.survey(&policy);
        world.requests = (world.line.disarm(), all);
        world
    }

    /// Lets the registry have this, and nothing else.
    pub fn refill(&self, store: &Store) {
        self.stand.refill(store);
    }

    /// What the registry has.
    pub fn store(&self) -> Store {
        self.stand.with(|store, _| store.clone())
    }

    pub fn contents(&self) -> Contents {
        self.stand
            .with(|store, path| self.deck.contents(store, path))
    }

    /// Looks at the repository; what it is like.
    pub fn survey(&self, policy: &Policy) -> (bool, bool) {
        let rules = policy.rules(Vec::new());
        block_on(async {
            let brand = self.brand(Patience::ONCE).await.unwrap();
            let inventory = Inventory::new(&*brand, 1, None);
            let now = Timestamp::now();
            let settled = inventory.settle(&rules, &policy.scope, now).await;
            (
                settled.unwrap().0.has_untagged,
                brand.takes() != Takes::Nothing,
            )
        })
    }

    /// Looks at the repository, and removes what is to go. `kill` ends it.
    pub fn cleanup(
        &self,
        patience: Patience,
        journal: Option<&Path>,
        kill: Option<&tokio::sync::Notify>,
    ) -> Ran {
        let policy = policy();
        let rules = policy.rules(Vec::new());
        let mut ran = Ran::default();
        block_on(async {
            let work = async {
                let brand = self.brand(patience).await?;
                let inventory = Inventory::new(&*brand, 1, None);
                let now = Timestamp::now();
                let settled = inventory.settle(&rules, &policy.scope, now).await;
                let (graph, evaluation) = settled.map_err(|error| error.to_string())?;
                complete(&graph).map_err(|refusal| refusal.to_string())?;
                let plan = ran
                    .plan
                    .insert(Plan::make(graph, evaluation, policy.digest()));
                let done = apply(&*brand, plan, &options(journal), &|| false, &()).await;
                done.map_err(|error| error.to_string())
            };
            match until(kill, work).await {
                None => {}
                Some(Ok(applied)) => ran.outcomes = Some(applied.outcomes),
                Some(Err(error)) => ran.error = Some(error),
            }
        });
        ran
    }

    /// Does a plan, or what is left of it.
    pub fn resume(&self, plan: &Plan, journal: Option<&Path>) -> Vec<Outcome> {
        block_on(async {
            let brand = self.brand(Patience::ONCE).await.unwrap();
            let options = options(journal);
            let done = apply(&*brand, plan, &options, &|| false, &()).await;
            let done = done.unwrap_or_else(|error| panic!("{}: {error}", self.stand.brand));
            done.outcomes
        })
    }

    async fn brand(&self, patience: Patience) -> Result<Box<dyn Brand>, String> {
        let options = Settings {
            docker_config: Some(self.stand.home.path().join(".docker")),
            insecure: Vec::new(),
            jobs: 4,
            retry_timeout: patience.retries,
        };
        let limits = Limits {
            request: patience.request,
            ..Limits::default()
        };
        let env = Env::from_iter(self.stand.variables.iter().cloned());
        let registries = Registries::limited(&options, &env, Report::default(), limits);
        let said = Said {
            brand: None,
            brand_is_option: false,
            registry: None,
            api: None,
            docker_hub_username: None,
            docker_hub_password: None,
            docker_hub_token: None,
            github_token: None,
            harbor_username: None,
            harbor_password: None,
            quay_token: None,
            context: registries.context().clone(),
        };
        let brands = Brands::new(registries, said, None);
        let brand = brands.certain_at(&self.plan.repository).await;
        brand.map_err(|error| error.to_string())
    }
}

/// What stays, and that nothing without a tag does by itself.
fn policy() -> Policy {
    let flags = Flags {
        tags: KEPT.iter().map(|tag| tag.parse().unwrap()).collect(),
        untagged: Some(Untagged::Go),
        ..Flags::default()
    };
    Policy::simple(&flags).unwrap()
}

/// One request at a time, so that each has a number.
fn options(journal: Option<&Path>) -> Options {
    Options {
        jobs: 1,
        journal: journal.map(Path::to_owned),
        resume: true,
        ..Options::default()
    }
}

/// Work that may be killed.
async fn until<T>(kill: Option<&tokio::sync::Notify>, work: impl Future<Output = T>) -> Option<T> {
    let Some(kill) = kill else {
        return Some(work.await);
    };
    tokio::select! {
        () = kill.notified() => None,
        done = work => Some(done),
    }
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(work)
}
