//! A repository of some images, of which half are to go.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use dockside::cleanup::Error;
use dockside::cleanup::apply::{Applied, Options, Outcome, Watch, apply};
use dockside::cleanup::plan::{Action, Plan, Step};
use dockside::env::Env;
use dockside::http::Limits;
use dockside::oci::{Digest, Options as Settings, Registries, Tag};
use dockside::registry::{Brand, Brands, Settings as Said};
use dockside::report::Report;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::between::Between;
use super::servers::Server;
use crate::support::client::ask;
use crate::support::repository::{Put, Repository};

/// How many steps the plan of a [`Stage`] has.
pub const STEPS: usize = 8;

/// A repository with a plan for it.
pub struct Stage {
    pub line: Arc<Between>,
    pub host: String,
    pub name: String,
    pub plan: Plan,
    pub kept: Vec<(String, Put)>,
    pub gone: Vec<String>,
    /// An image without a tag that a doomed index lists.
    pub child: Put,
    /// A doomed image with a tag, and a signature.
    pub doomed: Put,
    pub signature: Put,
    brand: &'static str,
    /// How long each request may take, if that is not what it is for users.
    pub patience: OnceLock<Duration>,
}

/// So many stages were made.
static MADE: AtomicUsize = AtomicUsize::new(0);

impl Stage {
    /// A doomed index of two children, three doomed images with six tags together, and a signature
    /// of one of them; an index and an image that stay; and a tag that goes alone.
    pub fn new(server: &Server) -> Self {
        let name = format!("app{}", MADE.fetch_add(1, Ordering::Relaxed));
        let line = Arc::new(Between::to(server.host()));
        let here = Repository {
            host: server.host(),
            name: &name,
        };
        here.empty();
        let children = ["one", "other"].map(|one| here.bare(None, one));
        let listed = children.each_ref().map(|one| one.on("linux", "amd64"));
        let index = here.index(Some("old-index"), &listed);
        let old0 = here.bare(Some("old0"), "old0");
        let old1 = here.bare(Some("old1"), "old1");
        for tag in ["a", "b", "c"] {
            here.tag(&old1, tag);
        }
        let doomed = here.bare(Some("old2"), "old2");
        let signature = format!("{}.sig", doomed.digest.replace(':', "-"));
        let signed = here.bare(Some(&signature), "signature");
        let stays = here.bare(Some("stays"), "stays");
        here.tag(&stays, "alias");
        let part = here.bare(None, "part");
        let whole = here.index(Some("whole"), &[part.on("linux", "arm64")]);

        let mut untag = step(&stays, &["alias"], 0);
        untag.action = Action::Untag;
        let steps = vec![
            step(&index, &["old-index"], 0),
            step(&old0, &["old0"], 0),
            untag,
            step(&old1, &["a", "b", "c", "old1"], 1),
            step(&doomed, &["old2"], 1),
            step(&children[0], &[], 1),
            step(&children[1], &[], 1),
            step(&signed, &[&signature], 2),
        ];
        let gone = steps.iter().flat_map(|step| &step.tags);
        let gone = gone.map(Tag::to_string).collect();
        let kept = json!([
            {"digest": stays.digest, "tags": ["stays"], "rule": "r", "what": ""},
            {"digest": whole.digest, "tags": ["whole"], "rule": "r", "what": ""},
            {"digest": part.digest, "tags": [], "rule": "needed", "what": ""},
        ]);
        let plan = Plan {
            version: 1,
            repository: format!("{}/{name}", line.host()).parse().unwrap(),
            brand: server.brand().to_owned(),
            taken: Timestamp::now(),
            git: None,
            policy: Digest::of(b"policy"),
            steps,
            kept: serde_json::from_value(kept).unwrap(),
            freed: None,
            freed_at_most: None,
            size: None,
            gaps: Vec::new(),
        };
        Self {
            line,
            host: server.host().to_owned(),
            name,
            plan,
            kept: vec![
                ("stays".to_owned(), stays),
                ("whole".to_owned(), whole),
                (String::new(), part),
            ],
            gone,
            child: children[0].clone(),
            doomed,
            signature: signed,
            brand: server.brand(),
            patience: OnceLock::new(),
        }
    }

    pub fn here(&self) -> Repository<'_> {
        Repository {
            host: &self.host,
            name: &self.name,
        }
    }

    /// Does the plan. Nothing is tried again.
    pub fn run(&self, options: &Options) -> Result<Applied, Error> {
        self.run_with(options, Duration::ZERO, &())
    }

    /// Does the plan, tries again for so long, and lets somebody watch.
    pub fn run_with(
        &self,
        options: &Options,
        retry_timeout: Duration,
        watch: &dyn Watch,
    ) -> Result<Applied, Error> {
        block_on(async {
            let brand = self.brand_with(retry_timeout).await;
            apply(&*brand, &self.plan, options, &|| false, watch).await
        })
    }

    pub async fn brand(&self) -> Box<dyn Brand> {
        self.brand_with(Duration::ZERO).await
    }

    async fn brand_with(&self, retry_timeout: Duration) -> Box<dyn Brand> {
        let options = Settings {
            docker_config: None,
            insecure: Vec::new(),
            jobs: 4,
            retry_timeout,
        };
        let mut limits = Limits::default();
        if let Some(patience) = self.patience.get() {
            limits.request = *patience;
        }
        let env = Env::from_iter([("HOME", "/nowhere")]);
        let registries = Registries::limited(&options, &env, Report::default(), limits);
        let said = Said {
            // What is asked to find the brand out is no request of the plan.
            brand: Some(self.brand.to_owned()),
            brand_is_option: true,
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
        brands.at(&self.plan.repository).await.unwrap()
    }

    pub fn is_there(&self, put: &Put) -> bool {
        self.here().named(&put.digest).is_some()
    }

    /// What of that which stays is not as it was.
    pub fn losses(&self) -> Vec<String> {
        let mut lost = Vec::new();
        for (tag, put) in &self.kept {
            let names: &[&str] = if tag.is_empty() {
                &[&put.digest]
            } else {
                &[tag, &put.digest]
            };
            for name in names {
                if self.here().named(name).as_deref() != Some(&put.digest) {
                    lost.push(format!("{name} is {:?}", self.here().named(name)));
                }
            }
        }
        lost
    }

    /// Tags that are listed and should not be.
    pub fn left(&self) -> Vec<String> {
        let line = format!("GET /v2/{}/tags/list", self.name);
        let list: Value = serde_json::from_slice(&ask(&self.host, &line, &[], b"").body).unwrap();
        let tags = list["tags"].as_array().into_iter().flatten();
        let tags = tags.map(|tag| tag.as_str().unwrap().to_owned());
        tags.filter(|tag| self.gone.contains(tag)).collect()
    }

    /// What is not as the outcomes say.
    pub fn lies(&self, outcomes: &[Outcome]) -> Vec<String> {
        let mut lies = Vec::new();
        for (step, outcome) in self.plan.steps.iter().zip(outcomes) {
            let (here, digest) = (self.here(), step.digest.to_string());
            let is_there = || here.named(&digest).is_some();
            let mut tags = step.tags.iter();
            let is_named = |tag: &Tag| here.named(tag.as_str()).as_ref() == Some(&digest);
            let is_true = match outcome {
                // zot collects by itself what has no tag.
                Outcome::Done if step.action == Action::Delete && self.brand != "zot" => {
                    !is_there()
                }
                Outcome::Done | Outcome::Gone => !tags.any(is_named),
                Outcome::NotBegun => is_there() && tags.all(is_named),
                // So it does with what somebody else has taken the last tag from.
                Outcome::Skipped(_) => self.brand == "zot" || is_there(),
                Outcome::Failed(_) => true,
            };
            if !is_true {
                lies.push(format!("{digest} {:?}: {outcome:?}", step.tags));
            }
        }
        lies
    }
}

fn step(put: &Put, tags: &[&str], rank: u32) -> Step {
    Step {
        after: None,
        action: Action::Delete,
        digest: put.digest.parse().unwrap(),
        tags: tags.iter().map(|tag| tag.parse().unwrap()).collect(),
        media_type: None,
        rank,
        reason: "old".to_owned(),
        leftover: false,
        size: None,
        created: None,
    }
}

/// Runs something to its end.
pub fn block_on<T>(work: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().unwrap().block_on(work)
}

pub fn options() -> Options {
    Options {
        jobs: 4,
        ..Options::default()
    }
}

/// The outcomes in words.
pub fn words(outcomes: &[Outcome]) -> Vec<String> {
    let word = |outcome: &Outcome| match outcome {
        Outcome::Done => "done".to_owned(),
        Outcome::Gone => "gone".to_owned(),
        Outcome::Skipped(why) => format!("skipped: {why}"),
        Outcome::Failed(failure) => format!("failed: {}", failure.message()),
        Outcome::NotBegun => "not begun".to_owned(),
    };
    outcomes.iter().map(word).collect()
}
