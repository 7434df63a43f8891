//! The client of the distribution API, against a scripted registry and against real ones.

mod blobs;
mod content;
mod cut;
mod faults;
mod login;
mod manifests;
mod real;
mod referrers;
mod tags;
mod uploads;

use std::future::Future;
use std::path::Path;
use std::time::Duration;

use dockside::env::Env;
use dockside::error::Failure;
use dockside::oci::{Digest, Manifest, Options, Registries, Remote, Target};
use dockside::report::Report;

/// How long retries go on: long enough for a busy machine, since no test waits for it to pass.
const PATIENCE: Duration = Duration::from_secs(60);

/// Registries as they are spoken to with the docker config in `home`.
pub fn registries(home: &Path) -> Registries {
    with_env(home, &[])
}

/// The same with more variables.
pub fn with_env(home: &Path, variables: &[(&str, &str)]) -> Registries {
    let options = Options {
        docker_config: Some(home.to_owned()),
        insecure: Vec::new(),
        jobs: 24,
        retry_timeout: PATIENCE,
    };
    let env = Env::from_iter(variables.iter().copied());
    Registries::new(&options, &env, Report::default())
}

/// A repository without any login.
pub fn open(host: &str, path: &str) -> Remote {
    let home = tempfile::tempdir().unwrap();
    at(&registries(home.path()), host, path)
}

/// A repository.
pub fn at(registries: &Registries, host: &str, path: &str) -> Remote {
    let repository = format!("{host}/{path}").parse().unwrap();
    registries.at(&repository).unwrap()
}

/// Runs a piece of work to its end, which is not far.
pub fn run<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async { tokio::time::timeout(2 * PATIENCE, work).await.unwrap() })
}

/// A tag.
pub fn tag(text: &str) -> Target {
    Target::Tag(text.parse().unwrap())
}

/// A digest.
pub fn digest(text: &str) -> Target {
    Target::Digest(text.parse().unwrap())
}

/// A manifest without anything in it but these annotations, as JSON.
pub fn manifest(annotations: &str) -> Manifest {
    let text = format!(
        r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[],"annotations":{annotations}}}"#
    );
    let digest = Digest::of(text.as_bytes());
    Manifest::parse(text.into(), digest, None).unwrap()
}

/// What an error says, and its hint.
pub fn told(error: impl dockside::error::Explain + Send + Sync + 'static) -> (String, String) {
    let failure = Failure::from(error);
    (failure.message(), failure.hint().unwrap_or_default())
}
