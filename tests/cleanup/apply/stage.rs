//! A repository of some images, of which half are to go.

use std::sync::Arc;
use std::time::Duration;

use dockside::cleanup::Error;
use dockside::cleanup::apply::{Options, Outcome, apply};
use dockside::cleanup::plan::{Action, Plan, Step};
use dockside::env::Env;
use dockside::oci::{Digest, Options as Settings, Registries};
use dockside::registry::{Brand, Brands, Settings as Said};
use dockside::report::Report;
use jiff::Timestamp;
use serde_json::json;

use super::between::Between;
use crate::support::client::ask;
use crate::support::registry::{Options as Kind, PROGRAM, PROGRAM_3, Registry};
use crate::support::repository::{Put, Repository};
use crate::support::zot::{self, Zot};
use crate::support::{go_program, installed};

/// A server that is tested.
pub enum Server {
    Distribution(Registry),
    Zot(Zot),
}

impl Server {
    pub fn host(&self) -> &str {
        match self {
            Self::Distribution(registry) => registry.host(),
            Self::Zot(zot) => zot.host(),
        }
    }
}

/// All of them that are installed.
pub fn servers() -> Vec<Server> {
    let mut found = Vec::new();
    if installed(PROGRAM) {
        found.push(Server::Distribution(Registry::open()));
    }
    if go_program(PROGRAM_3).is_some() {
        let registry = Kind::default().version3().start();
        found.push(Server::Distribution(registry));
    }
    if go_program(zot::PROGRAM).is_some() {
        found.push(Server::Zot(Zot::start()));
    }
    found
}

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
    /// A doomed image with a tag.
    pub doomed: Put,
}

impl Stage {
    /// Nine doomed images and a doomed index of two children; an index and an image that stay; and
    /// a tag that goes alone.
    pub fn new(server: &Server, name: &str) -> Self {
        let line = Arc::new(Between::to(server.host()));
        let here = Repository {
            host: server.host(),
            name,
        };
        let (mut steps, mut gone) = (Vec::new(), Vec::new());
        let children = [0, 1].map(|one| here.image(None, &format!("{name} child {one}")));
        let listed = children.each_ref().map(|one| one.on("linux", "amd64"));
        let index = here.index(Some("old-index"), &listed);
        steps.push(step(&index, &["old-index"], 0));
        let mut doomed = Vec::new();
        for one in 0..9 {
            let tag = format!("old{one}");
            let put = here.image(Some(&tag), &format!("{name} {one}"));
            steps.push(step(&put, &[&tag], 1));
            gone.push(tag);
            doomed.push(put);
        }
        steps.extend(children.iter().map(|child| step(child, &[], 1)));
        let stays = here.image(Some("stays"), &format!("{name} stays"));
        here.tag(&stays, "alias");
        let mut untag = step(&stays, &["alias"], 0);
        untag.action = Action::Untag;
        steps.push(untag);
        gone.extend(["old-index", "alias"].map(str::to_owned));
        let part = here.image(None, &format!("{name} part"));
        let whole = here.index(Some("whole"), &[part.on("linux", "arm64")]);
        let host = line.host();
        let kept = json!([
            {"digest": stays.digest, "tags": ["stays"], "rule": "r", "what": ""},
            {"digest": whole.digest, "tags": ["whole"], "rule": "r", "what": ""},
            {"digest": part.digest, "tags": [], "rule": "needed", "what": ""},
        ]);
        let plan = Plan {
            version: 1,
            repository: format!("{host}/{name}").parse().unwrap(),
            brand: "default".to_owned(),
            taken: Timestamp::now(),
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
            name: name.to_owned(),
            plan,
            kept: vec![
                ("stays".to_owned(), stays),
                ("whole".to_owned(), whole),
                (String::new(), part),
            ],
            gone,
            child: children[0].clone(),
            doomed: doomed.pop().unwrap(),
        }
    }

    pub fn here(&self) -> Repository<'_> {
        Repository {
            host: &self.host,
            name: &self.name,
        }
    }

    /// Does the plan; `None` when it was killed by `kill`.
    pub fn run(
        &self,
        options: &Options,
        kill: Option<Arc<tokio::sync::Notify>>,
    ) -> Option<Result<Vec<Outcome>, Error>> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let brand = self.brand().await;
            let killed = async {
                match kill {
                    Some(kill) => kill.notified().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = killed => None,
                done = apply(&*brand, &self.plan, options, &|| false, &()) => Some(done),
            }
        })
    }

    pub async fn brand(&self) -> Box<dyn Brand> {
        let options = Settings {
            docker_config: None,
            insecure: Vec::new(),
            jobs: 4,
            retry_timeout: Duration::ZERO,
        };
        let registries = Registries::new(
            &options,
            &Env::from_iter([("HOME", "/nowhere")]),
            Report::default(),
        );
        let said = Said {
            // What is asked to find the brand out is no request of the plan.
            brand: Some(self.brand_name().to_owned()),
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

    fn brand_name(&self) -> &'static str {
        let shown = ask(&self.host, "GET /v2/", &[], b"");
        match shown.header("access-control-allow-headers") {
            "" => "default",
            _ => "zot",
        }
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

    /// Tags that are there and should not be.
    pub fn left(&self) -> Vec<&str> {
        let gone = self.gone.iter().map(String::as_str);
        gone.filter(|tag| self.here().named(tag).is_some())
            .collect()
    }
}

/// The requests of a cleanup before which something happens: some of them, all of them where
/// `EVERY_REQUEST` is set, which takes many minutes.
pub fn numbers() -> impl Iterator<Item = usize> {
    /// Prime, so that different kinds of requests are met.
    const SOME: usize = 11;
    let all = std::env::var_os("EVERY_REQUEST").is_some();
    (1..).step_by(if all { 1 } else { SOME })
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
        size: None,
        created: None,
    }
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
