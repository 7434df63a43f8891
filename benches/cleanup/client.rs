//! Dockside as a client of the server.

use std::time::Duration;

use dockside::env::Env;
use dockside::oci::{Options, Registries};
use dockside::registry::Default;
use dockside::report::Report;
use tokio::runtime::{Builder, Runtime};

/// What speaks to the repository `app` there.
pub fn open(host: &str, jobs: usize) -> (Runtime, Default) {
    let options = Options {
        docker_config: None,
        insecure: Vec::new(),
        jobs,
        retry_timeout: Duration::from_secs(10),
    };
    let env = Env::from_iter([("HOME", "/nonexistent")]);
    let registries = Registries::new(&options, &env, Report::default());
    let repository = format!("{host}/app").parse().unwrap();
    let brand = Default::new(registries.at(&repository).unwrap());
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    (runtime.unwrap(), brand)
}
