//! The engine that moves images, as a library: requests are counted, and none is one too many.

mod archives;
mod counts;
mod failures;
mod hosts;
mod names;
mod platforms;
mod referrers;
mod round_trips;
mod sharing;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use dockside::env::Env;
use dockside::oci::{Options, Registries};
use dockside::report::Report;
use dockside::transfer::{Engine, Error, Image, Moved, Wishes};

use crate::support::layout::{Layout, noise};
use crate::support::registry::{self, PROGRAM, PROGRAM_3, Registry};
use crate::support::{go_program, installed};

/// How many pieces of work are under way.
const JOBS: usize = 16;

/// All registries of the tests that count, as far as they are installed.
fn registries() -> Vec<Registry> {
    let mut found = Vec::new();
    if installed(PROGRAM) {
        found.push(Registry::open());
    }
    if go_program(PROGRAM_3).is_some() {
        found.push(registry::Options::default().version3().start());
    }
    found
}

/// A run of the program in a home of its own, without its command line.
struct Bench {
    wishes: Wishes,
    env: Env,
}

impl Bench {
    /// What is remembered is below `home`.
    fn new(home: &Path) -> Self {
        let wishes = Wishes {
            jobs: JOBS,
            memory: Some(home.join("memory")),
            ..Wishes::default()
        };
        Self {
            wishes,
            env: Env::from_iter([("HOME", home)]),
        }
    }

    /// What becomes of some images in one run.
    fn run(&self, images: Vec<Image>) -> Vec<Result<Moved, Error>> {
        let options = Options {
            docker_config: None,
            insecure: Vec::new(),
            jobs: JOBS,
            retry_timeout: Duration::from_secs(5),
        };
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let registries = Registries::new(&options, &self.env, Report::new(false));
            let engine = Engine::new(registries, self.wishes.clone(), Arc::new(()));
            engine.run(images).await
        })
    }

    /// What was done for each target: `TARGET DIGEST OUTCOME BYTES`, or the error.
    fn done(&self, images: Vec<Image>) -> Vec<String> {
        let shown = |result: Result<Moved, Error>| match result {
            Ok(moved) => format!("{} {} {:?}", moved.target, moved.digest, moved.outcome),
            Err(error) => format!("error: {}", chain(&error)),
        };
        self.run(images).into_iter().map(shown).collect()
    }
}

/// The whole text of an error.
fn chain(error: &dyn std::error::Error) -> String {
    let source = error.source().map(|source| format!(": {}", chain(source)));
    format!("{error}{}", source.unwrap_or_default())
}

/// One image to one target.
fn image(source: &str, target: &str) -> Image {
    Image::new(source.parse().unwrap(), vec![target.parse().unwrap()])
}

/// A layout with an image `v1` of so many layers, each of 20 KB; its argument and digest.
fn layered(directory: &Path, layers: u64) -> (String, String) {
    let contents: Vec<Vec<u8>> = (0..layers).map(|seed| noise(seed, 20_000)).collect();
    let contents: Vec<&[u8]> = contents.iter().map(Vec::as_slice).collect();
    let mut layout = Layout::create(directory);
    let digest = layout.image("v1", &contents);
    (layout.image_argument("v1"), digest)
}

/// How many requests there were of each kind, such as `POST uploads 202`.
fn kinds(requests: &[String]) -> Vec<String> {
    let mut counts = std::collections::BTreeMap::<String, usize>::new();
    for request in requests {
        let (line, status) = request.rsplit_once(' ').unwrap();
        let (method, url) = line.split_once(' ').unwrap();
        let kind = ["uploads", "blobs", "manifests", "referrers", "tags"]
            .into_iter()
            .find(|kind| url.contains(&format!("/{kind}/")))
            .unwrap_or(url);
        *counts
            .entry(format!("{method} {kind} {status}"))
            .or_default() += 1;
    }
    let counts = counts.into_iter();
    counts
        .map(|(kind, count)| format!("{count} {kind}"))
        .collect()
}
