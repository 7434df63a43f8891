//! `in-use export`: what clusters run.

mod access;
mod contexts;
mod large;

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::dockside;
use crate::support::job::text;
use crate::support::kubernetes::{Cluster, LISTS, State, kube_config, object};

/// Exit code, standard output and standard error.
fn export(home: &Path, options: &[&str]) -> (i32, String, String) {
    let mut command = dockside(home);
    command.args(["in-use", "export"]).args(options);
    let output = command.output().unwrap();
    (
        output.status.code().unwrap(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

/// The document without the time, which is believable.
fn document(home: &Path, options: &[&str]) -> Value {
    let (code, out, err) = export(home, options);
    assert_eq!((code, err.as_str()), (0, ""));
    let mut document: Value = serde_json::from_str(&out).unwrap();
    let taken: jiff::Timestamp = document["taken"].as_str().unwrap().parse().unwrap();
    assert!(taken <= jiff::Timestamp::now());
    document.as_object_mut().unwrap().remove("taken");
    document
}

/// A home with a kube config of one context, `prod`, whom the server does not ask for a name.
fn home(cluster: &Cluster) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    kube_config(
        home.path(),
        &[("prod", json!({"server": cluster.url()}), json!({}))],
    );
    home
}

/// Where the words stand in an error of the cluster `prod`.
fn failure(what: &str, hint: &str) -> (i32, String, String) {
    let mut err = format!("dockside: error: it is not known what cluster `prod` runs: {what}\n");
    if !hint.is_empty() {
        err.push_str(&format!("dockside: hint: {hint}\n"));
    }
    (3, String::new(), err)
}

#[test]
fn all_kinds_of_objects() {
    let digest = format!("sha256:{}", "ab".repeat(32));
    let mut pod = object("Pod", "web", "front", &["r.example.com/app:1"]);
    pod["status"] = json!({
        "phase": "Failed",
        "containerStatuses": [{
            "image": "r.example.com/app:1",
            "imageID": format!("docker-pullable://r.example.com/app@{digest}"),
        }],
        "initContainerStatuses": [{"image": "init:status", "imageID": ""}],
        "ephemeralContainerStatuses": [{"image": digest, "imageID": digest}],
    });
    pod["spec"]["initContainers"] = json!([{"image": "init:1"}]);
    pod["spec"]["ephemeralContainers"] = json!([{"image": "debug:1"}]);
    pod["spec"]["volumes"] = json!([{"name": "a"}, {"image": {"reference": "volume:1"}}]);
    let mut other = object("ControllerRevision", "web", "alien", &[]);
    other["data"] = json!({"spec": {"replicas": 3}});
    let kinds = [
        "ReplicationController",
        "Deployment",
        "ReplicaSet",
        "StatefulSet",
        "DaemonSet",
        "ControllerRevision",
        "Job",
        "CronJob",
    ];
    let objects = kinds.map(|kind| {
        let image = format!("{}:1", kind.to_lowercase());
        object(kind, "web", "it", &[&image, "shared:1"])
    });
    let cluster = Cluster::start(State::of(objects.into_iter().chain([pod, other])));
    let place = home(&cluster);
    let mut shared: Vec<String> = kinds.map(|kind| format!("prod/web/{kind}/it")).into();
    shared.sort();
    let expected = json!({
        "version": 1,
        "sources": ["prod"],
        "images": {
            "controllerrevision:1": ["prod/web/ControllerRevision/it"],
            "cronjob:1": ["prod/web/CronJob/it"],
            "daemonset:1": ["prod/web/DaemonSet/it"],
            "debug:1": ["prod/web/Pod/front"],
            "deployment:1": ["prod/web/Deployment/it"],
            (format!("docker-pullable://r.example.com/app@{digest}")): ["prod/web/Pod/front"],
            "init:1": ["prod/web/Pod/front"],
            "init:status": ["prod/web/Pod/front"],
            "job:1": ["prod/web/Job/it"],
            "r.example.com/app:1": ["prod/web/Pod/front"],
            "replicaset:1": ["prod/web/ReplicaSet/it"],
            "replicationcontroller:1": ["prod/web/ReplicationController/it"],
            (digest): ["prod/web/Pod/front"],
            "shared:1": shared,
            "statefulset:1": ["prod/web/StatefulSet/it"],
            "volume:1": ["prod/web/Pod/front"],
        },
    });
    assert_eq!(document(place.path(), &[]), expected);
    let lists = LISTS.map(|list| format!("GET {list}"));
    assert_eq!(cluster.seen(), lists);
}

#[test]
fn pages_of_any_size() {
    let pods: Vec<Value> = (0..23)
        .map(|n| object("Pod", "n", &format!("p{n:02}"), &[&format!("i:{n:02}")]))
        .collect();
    let images: BTreeMap<String, [String; 1]> = (0..23)
        .map(|n| (format!("i:{n:02}"), [format!("prod/n/Pod/p{n:02}")]))
        .collect();
    for (page, requests) in [(1, 23), (7, 4), (22, 2), (23, 1), (500, 1)] {
        let mut state = State::of(pods.clone());
        state.page = Some(page);
        let cluster = Cluster::start(state);
        let place = home(&cluster);
        let expected = json!({"version": 1, "sources": ["prod"], "images": images});
        assert_eq!(document(place.path(), &[]), expected, "{page}");
        assert_eq!(cluster.seen().len(), requests + LISTS.len() - 1, "{page}");
    }
}

#[test]
fn a_continuation_that_expires_begins_the_list_anew() {
    let pods = || (0..4).map(|n| object("Pod", "n", &format!("p{n}"), &["i:1"]));
    for (expiring, is_read) in [(3, true), (4, false)] {
        let mut state = State::of(pods());
        (state.page, state.expiring) = (Some(2), expiring);
        let cluster = Cluster::start(state);
        let place = home(&cluster);
        if is_read {
            let users = [
                "prod/n/Pod/p0",
                "prod/n/Pod/p1",
                "prod/n/Pod/p2",
                "prod/n/Pod/p3",
            ];
            let expected = json!({"version": 1, "sources": ["prod"], "images": {"i:1": users}});
            assert_eq!(document(place.path(), &[]), expected);
        } else {
            let expected = failure("listing pods: its list does not come to an end", "");
            assert_eq!(export(place.path(), &[]), expected);
        }
    }
}

#[test]
fn each_refusal_names_the_right_that_is_missing() {
    for list in LISTS {
        let mut state = State::of([object("Pod", "n", "p", &["i:1"])]);
        state.refused.insert(list.to_owned(), 403);
        let cluster = Cluster::start(state);
        let place = home(&cluster);
        let (group, resource) = list.rsplit_once('/').unwrap();
        let resource = match group.split('/').nth(2).unwrap() {
            "v1" => resource.to_owned(),
            group => format!("{resource}.{group}"),
        };
        let expected = failure(
            &format!("listing {resource}: it is not allowed (403): {list} is refused"),
            &format!("grant the verb `list` on `{resource}` to this user (RBAC)"),
        );
        assert_eq!(export(place.path(), &[]), expected);
    }
}

#[test]
fn any_other_refusal_ends_it() {
    for code in [400, 404, 500] {
        let mut state = State::default();
        state.refused.insert(LISTS[3].to_owned(), code);
        let cluster = Cluster::start(state);
        let place = home(&cluster);
        let what = format!(
            "listing replicasets.apps: it refuses with {code}: {} is refused",
            LISTS[3]
        );
        assert_eq!(export(place.path(), &[]), failure(&what, ""));
    }
}

#[test]
fn old_clusters_have_other_cron_jobs() {
    let list = "/apis/batch/v1beta1/cronjobs".to_owned();
    let mut state = State::default();
    state.refused.insert(LISTS[8].to_owned(), 404);
    let job = object("CronJob", "n", "old", &["i:1"]);
    state.objects.insert(list.clone(), vec![job]);
    let cluster = Cluster::start(state);
    let place = home(&cluster);
    let images = json!({"i:1": ["prod/n/CronJob/old"]});
    let expected = json!({"version": 1, "sources": ["prod"], "images": images});
    assert_eq!(document(place.path(), &[]), expected);

    cluster.change(|state| _ = state.refused.insert(list.clone(), 404));
    let what = format!("listing cronjobs.batch: it refuses with 404: {list} is refused");
    assert_eq!(export(place.path(), &[]), failure(&what, ""));
}

#[test]
fn an_answer_that_is_none_ends_it() {
    let mut revision = object("ControllerRevision", "n", "r", &[]);
    revision["data"] = json!({"spec": {"template": {"spec": {"containers": 7}}}});
    let cluster = Cluster::start(State::of([revision]));
    let place = home(&cluster);
    let (code, out, err) = export(place.path(), &[]);
    assert_eq!((code, out.as_str()), (3, ""));
    assert!(
        err.contains("controllerrevisions.apps: its answer cannot be read: "),
        "{err}"
    );

    let nameless = json!({"metadata": {}, "kind": "Pod"});
    let cluster = Cluster::start(State::of([nameless]));
    let place = home(&cluster);
    let (code, out, err) = export(place.path(), &[]);
    assert_eq!((code, out.as_str()), (3, ""));
    assert!(
        err.contains("pods: its answer cannot be read: missing field `name`"),
        "{err}"
    );
}

#[test]
fn hostile_names_of_images_are_written_as_they_are() {
    let long = "x".repeat(100_000);
    let images = [
        "\u{1b}[31m\n\"$(id)",
        "::error::x",
        "a/../b@@:",
        "\u{202e}",
        &long,
    ];
    let cluster = Cluster::start(State::of([object("Pod", "n", "p", &images)]));
    let place = home(&cluster);
    let users: BTreeMap<&str, [&str; 1]> = images
        .iter()
        .map(|image| (*image, ["prod/n/Pod/p"]))
        .collect();
    let expected = json!({"version": 1, "sources": ["prod"], "images": users});
    assert_eq!(document(place.path(), &[]), expected);
}

#[test]
fn the_list_replaces_a_file_only_when_it_is_complete() {
    let cluster = Cluster::start(State::of([object("Pod", "n", "p", &["i:1"])]));
    let place = home(&cluster);
    let file = place.path().join("list.json");
    let option = file.to_str().unwrap();
    let done = (0, String::new(), String::new());
    assert_eq!(export(place.path(), &["-o", option]), done);
    let written = std::fs::read_to_string(&file).unwrap();
    let list: Value = serde_json::from_str(&written).unwrap();
    assert_eq!(list["images"], json!({"i:1": ["prod/n/Pod/p"]}));

    cluster.change(|state| _ = state.refused.insert(LISTS[8].to_owned(), 500));
    assert_eq!(export(place.path(), &["-o", option]).0, 3);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), written);
    let names = place.path().read_dir().unwrap();
    let mut names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, [".kube", "list.json"]);
}
