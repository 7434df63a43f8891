//! The secret in a cluster.

use std::path::Path;

use serde_json::{Value, json};

use super::{auth, config, docker_config, run};
use crate::support::kubernetes::{Cluster, State, kube_config};

const SECRET: &str = "/api/v1/namespaces/web/secrets/reg";
const ACCOUNT: &str = "/api/v1/namespaces/web/serviceaccounts/default";

/// A cluster with the namespace `web`, which is the one of no context.
fn stage(home: &Path) -> Cluster {
    let mut state = State {
        namespaces: vec!["web".to_owned()],
        ..State::default()
    };
    let account = json!({"kind": "ServiceAccount", "imagePullSecrets": [{"name": "other"}]});
    state.single.insert(ACCOUNT.to_owned(), account);
    let cluster = Cluster::start(state);
    let contexts = [("prod", json!({"server": cluster.url()}), json!({}))];
    kube_config(home, &contexts);
    config(
        home,
        &json!({"auths": {"r.io": {"auth": auth("u", "hunter2")}}}),
    );
    cluster
}

const APPLY: [&str; 7] = [
    "pull-secret",
    "reg",
    "--apply",
    "--namespace=web",
    "--kube-context=prod",
    "--patch-service-account",
    "default",
];

#[test]
fn it_is_applied_as_often_as_one_likes() {
    let home = tempfile::tempdir().unwrap();
    let cluster = stage(home.path());
    for _ in 0..2 {
        let expected = "applied prod/web/Secret/reg\npatched prod/web/ServiceAccount/default\n";
        let found = run(home.path(), &APPLY);
        assert_eq!(found, (0, expected.to_owned(), String::new()));
        let account = cluster.object(ACCOUNT).unwrap();
        let expected = json!([{"name": "reg"}, {"name": "other"}]);
        assert_eq!(account["imagePullSecrets"], expected);
    }
    let secret = cluster.object(SECRET).unwrap();
    assert_eq!(
        secret["metadata"],
        json!({"name": "reg", "namespace": "web"})
    );
    let expected = json!({"auths": {"r.io": {"auth": auth("u", "hunter2")}}});
    assert_eq!(docker_config(&secret), expected);
    let patches = [format!("PATCH {SECRET}"), format!("PATCH {ACCOUNT}")];
    assert_eq!(cluster.seen(), [patches.clone(), patches].concat());
    let words = [&APPLY[..5], &["--output=json"]].concat();
    let (_, out, _) = run(home.path(), &words);
    let expected = json!({"results": [{"target": "prod/web/Secret/reg", "outcome": "applied"}]});
    assert_eq!(serde_json::from_str::<Value>(&out).unwrap(), expected);
}

#[test]
fn fields_of_others_are_taken_over_only_if_asked() {
    let home = tempfile::tempdir().unwrap();
    let cluster = stage(home.path());
    cluster.change(|state| _ = state.managed.insert(SECRET.to_owned(), "helm".to_owned()));
    let expected = "dockside: error: prod/web/Secret/reg is managed by another program: Apply \
                    failed with 1 conflict: conflict with \"helm\" using v1: \
                    .data..dockerconfigjson\ndockside: hint: take its fields over with \
                    --force-conflicts, or choose another name\n";
    let found = run(home.path(), &APPLY);
    assert_eq!(found, (1, String::new(), expected.to_owned()));
    assert_eq!(cluster.object(SECRET), None);
    let words = [&APPLY[..5], &["--force-conflicts"]].concat();
    let found = run(home.path(), &words);
    let expected = "applied prod/web/Secret/reg\n".to_owned();
    assert_eq!(found, (0, expected, String::new()));
}

#[test]
fn what_the_cluster_refuses() {
    let home = tempfile::tempdir().unwrap();
    let cluster = stage(home.path());
    cluster.change(|state| _ = state.refused.insert(SECRET.to_owned(), 403));
    let (code, out, said) = run(home.path(), &APPLY);
    let expected = format!(
        "dockside: error: cannot change prod/web/Secret/reg: it is not allowed (403): {SECRET} is \
         refused\ndockside: hint: grant the verbs `create` and `patch` on `secrets` in this \
         namespace to this user (RBAC)\n"
    );
    assert_eq!((code, out, said), (4, String::new(), expected));
    cluster.change(|state| state.refused.clear());

    let words = [&APPLY[..6], &["nobody"]].concat();
    let (code, out, said) = run(home.path(), &words);
    assert_eq!((code, out.as_str()), (5, "applied prod/web/Secret/reg\n"));
    let expected = "dockside: error: cannot change prod/web/ServiceAccount/nobody: it refuses \
                    with 404: serviceaccounts \"nobody\" not found\n";
    assert!(said.starts_with(expected), "{said}");
    assert!(!said.contains("hunter2") && !said.contains(&auth("u", "hunter2")));

    let (code, out, said) = run(home.path(), &["pull-secret", "reg", "--apply"]);
    let expected = "dockside: error: the kube config has no current context\n\
                    dockside: hint: name a context with --kube-context\n";
    assert_eq!((code, out.as_str(), said.as_str()), (2, "", expected));
}
