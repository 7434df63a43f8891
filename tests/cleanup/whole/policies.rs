//! What git and clusters say, all of it in one policy; and what stops everything.

use std::path::Path;

use serde_json::json;

use super::{Stand, ended};
use crate::cleanup::git::repository::Place;
use crate::support::kubernetes::{Cluster, State, kube_config, object};

const POLICY: &str = "\
version: 1
git:
  templates: ['{branch-slug}', '{tag}']
  others: drop
  keep:
  - tags: '/v.*/'
  - branches: main
kubernetes: true
";

/// A clone beside a registry: images of a branch, of one that is gone, of a tag, and one that
/// runs.
fn scene(options: &[&str]) -> (Stand, Place) {
    let stand = Stand::of(&["main", "feature", "v1.0", "running", "stray"]);
    let (place, origin) = Place::new();
    origin.commit("one", 3);
    origin.annotate("v1.0", "HEAD", 3);
    origin.commit("two", 2);
    let clone = place.clone("clone", options);
    std::fs::write(clone.path.join("dockside.yaml"), POLICY).unwrap();
    (stand, place)
}

fn cluster(stand: &Stand) -> Cluster {
    let image = format!("{}:running", stand.name("app"));
    let cluster = Cluster::start(State::of([object("Pod", "web", "front", &[&image])]));
    let context = json!({"server": cluster.url()});
    kube_config(stand.home.path(), &[("prod", context, json!({}))]);
    cluster
}

fn cleanup(stand: &Stand, clone: &Path, more: &[&str]) -> (i32, String, String) {
    let (name, policy) = (stand.name("app"), clone.join("dockside.yaml"));
    let words = ["cleanup", &name, "--policy", policy.to_str().unwrap()];
    let more = [&["--max-delete", "100%"], more].concat();
    ended(&mut stand.command(&[&words[..], &more].concat()))
}

#[test]
fn what_lives_in_git_and_what_runs_stays() {
    let (stand, place) = scene(&[]);
    let cluster = cluster(&stand);
    let clone = place.root.path().join("clone");
    let (code, output, said) = cleanup(&stand, &clone, &[]);
    assert_eq!((code, said.as_str()), (0, ""), "{output}");
    assert_eq!(stand.tags("app"), ["main", "running", "v1.0"], "{output}");
    drop(cluster);
}

#[test]
fn a_cluster_that_does_not_answer_stops_everything() {
    let (stand, place) = scene(&[]);
    let address = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let context = json!({"server": format!("http://{address}")});
    kube_config(stand.home.path(), &[("dead", context, json!({}))]);
    let clone = place.root.path().join("clone");
    let more = ["--cleanup-report-path", "r.json", "--html", "r.html"];
    let (code, output, said) = cleanup(&stand, &clone, &more);
    assert_eq!((code, output.as_str()), (3, ""), "{said}");
    assert!(said.contains("what cluster `dead` runs"), "{said}");
    is_refused(&stand, "what cluster `dead` runs");
}

#[test]
fn a_shallow_clone_stops_everything() {
    let (stand, place) = scene(&["--depth", "1"]);
    let _cluster = cluster(&stand);
    let clone = place.root.path().join("clone");
    let more = ["--cleanup-report-path", "r.json", "--html", "r.html"];
    let (code, output, said) = cleanup(&stand, &clone, &more);
    assert_eq!((code, output.as_str()), (3, ""), "{said}");
    assert!(said.contains("shallow"), "{said}");
    is_refused(&stand, "shallow");
}

/// That nothing was asked of the registry, and that the reports say why.
fn is_refused(stand: &Stand, why: &str) {
    assert_eq!(stand.local.seen(), Vec::<String>::new());
    let report = stand.document("r.json");
    assert_eq!(report["repo"], stand.name("app").as_str());
    let refusal = &report["repositories"][0]["refusal"]["error"];
    assert!(refusal.as_str().unwrap().contains(why), "{refusal}");
    assert!(stand.read("r.html").contains(why));
}
