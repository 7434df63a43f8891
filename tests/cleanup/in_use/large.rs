//! Large clusters take little memory.

use std::fs;
use std::process::Command;

use dockside::cleanup::in_use::{Limits, Settings, find};
use dockside::env::Env;
use serde_json::json;

use super::{document, home};
use crate::support::kubernetes::{Cluster, LISTS, State, object};

/// Names the kube config for the process that is measured.
const CONFIG: &str = "DOCKSIDE_TEST_KUBE_CONFIG";

/// How much more than a small cluster a large one may take, in KiB: less than one of its pages.
const GROWTH: u64 = 6 * 1024;

/// 10,000 pods, and the first pages have 10 MB each.
fn large() -> Cluster {
    let pods = (0..10_000).map(|n| {
        let image = format!("i:{}", n % 100);
        let mut pod = object("Pod", "n", &format!("pod-{n:05}"), &[&image]);
        let padding = if n < 1_500 { 20_000 } else { 100 };
        pod["metadata"]["annotations"]["padding"] = "x".repeat(padding).into();
        pod
    });
    Cluster::start(State::of(pods))
}

#[test]
fn ten_are_named_and_the_others_are_counted() {
    let cluster = large();
    let place = home(&cluster);
    let document = document(place.path(), &[]);
    let images = document["images"].as_object().unwrap();
    assert_eq!(images.len(), 100);
    let users = (0..10).map(|n| format!("prod/n/Pod/pod-{:05}", n * 100));
    let users: Vec<String> = users.chain(["and 90 more".to_owned()]).collect();
    assert_eq!(images["i:0"], json!(users));
    assert_eq!(cluster.seen().len(), 20 + LISTS.len() - 1);
}

/// Asks the cluster in a process of its own, and then says how much memory that took at most.
#[tokio::test]
async fn ask_and_measure() {
    let Some(config) = std::env::var_os(CONFIG) else {
        return;
    };
    let settings = Settings {
        clusters: true,
        kube_config: Some(config.into()),
        ..Settings::default()
    };
    let before = peak();
    let found = find(&settings, &Env::default(), &Limits::default()).await;
    assert!(found.unwrap().unwrap().images.contains_key("i:0"));
    eprintln!("{}", peak() - before);
}

/// The most memory that this process has had so far, in KiB.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let mut lines = status.lines();
    let peak = lines.find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    peak.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
fn memory_does_not_grow_with_the_cluster() {
    let measure = |cluster: &Cluster| {
        let place = home(cluster);
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--nocapture"])
            .arg("cleanup::in_use::large::ask_and_measure")
            .env(CONFIG, place.path().join(".kube/config"))
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        let text = String::from_utf8(output.stderr).unwrap();
        text.trim().parse::<u64>().unwrap()
    };
    let small = measure(&Cluster::start(State::of([object(
        "Pod",
        "n",
        "p",
        &["i:0"],
    )])));
    let large = measure(&large());
    assert!(large < small + GROWTH, "{small} and {large} KiB");
}
