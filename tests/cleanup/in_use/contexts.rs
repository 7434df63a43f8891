//! Which clusters are asked, and which namespaces.

use std::fs;
use std::net::TcpListener;

use serde_json::json;

use super::{document, export, failure, home};
use crate::support::dockside;
use crate::support::job::text;
use crate::support::kubernetes::{Cluster, State, kube_config, object};

fn cluster(image: &str) -> Cluster {
    Cluster::start(State::of([object("Pod", "n", "p", &[image, "both:1"])]))
}

#[test]
fn all_contexts_or_those_that_are_named() {
    let (one, other) = (cluster("one:1"), cluster("other:1"));
    let place = tempfile::tempdir().unwrap();
    kube_config(
        place.path(),
        &[
            ("b", json!({"server": other.url()}), json!({})),
            ("a", json!({"server": one.url()}), json!({})),
        ],
    );
    let both = json!({
        "version": 1,
        "sources": ["a", "b"],
        "images": {
            "both:1": ["a/n/Pod/p", "b/n/Pod/p"],
            "one:1": ["a/n/Pod/p"],
            "other:1": ["b/n/Pod/p"],
        },
    });
    assert_eq!(document(place.path(), &[]), both);
    let named = json!({
        "version": 1,
        "sources": ["b"],
        "images": {"both:1": ["b/n/Pod/p"], "other:1": ["b/n/Pod/p"]},
    });
    assert_eq!(document(place.path(), &["--context", "b"]), named);
    let unknown = "dockside: error: there is no context `c\\n`\n\
                   dockside: hint: `kubectl config get-contexts` lists them\n";
    assert_eq!(
        export(place.path(), &["--context", "a", "--context", "c\n"]),
        (2, String::new(), unknown.to_owned())
    );
}

#[test]
fn a_context_that_is_dead_stops_all() {
    let alive = cluster("one:1");
    let dead = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let mut state = State::of([object("Pod", "n", "p", &["i:1"])]);
    state.stalls_after = Some(2);
    let hanging = Cluster::start(state);
    let place = tempfile::tempdir().unwrap();
    kube_config(
        place.path(),
        &[
            ("alive", json!({"server": alive.url()}), json!({})),
            (
                "dead",
                json!({"server": format!("http://{dead}")}),
                json!({}),
            ),
            ("hanging", json!({"server": hanging.url()}), json!({})),
            ("nothing", json!({}), json!({})),
        ],
    );
    let err = "dockside: error: it is not known what cluster `dead` runs: listing pods: it cannot \
               be reached: client error (Connect): tcp connect error: Connection refused (os error \
               111); it is not known what cluster `hanging` runs: listing deployments.apps: it does \
               not answer within 1 s; it is not known what cluster `nothing` runs: listing pods: \
               its configuration cannot be used: it has no address\n\
               dockside: hint: name the contexts that count with --context if this cluster is \
               gone\n";
    assert_eq!(
        export(place.path(), &["--cluster-timeout", "1s"]),
        (3, String::new(), err.to_owned())
    );
    assert_eq!(
        document(place.path(), &["--context", "alive"])["sources"],
        json!(["alive"])
    );
}

#[test]
fn namespaces_have_to_exist() {
    let mut state = State::of([
        object("Pod", "web", "p", &["i:1"]),
        object("Pod", "other", "p", &["i:2"]),
        object("Job", "web", "j", &["i:3"]),
    ]);
    state.namespaces = vec!["web".to_owned()];
    let cluster = Cluster::start(state);
    let place = home(&cluster);
    let expected = json!({
        "version": 1,
        "sources": ["prod"],
        "images": {"i:1": ["prod/web/Pod/p"], "i:3": ["prod/web/Job/j"]},
    });
    assert_eq!(document(place.path(), &["--namespace", "web"]), expected);
    let hint = "dockside: hint: name namespaces as `kubectl get namespaces` lists them\n";
    let none = format!("dockside: error: there is no namespace `wbe`\n{hint}");
    assert_eq!(
        export(place.path(), &["-n", "web", "-n", "wbe"]),
        (3, String::new(), none)
    );
    let bad = format!("dockside: error: `../x` is not the name of a namespace\n{hint}");
    assert_eq!(
        export(place.path(), &["-n", "../x"]),
        (2, String::new(), bad)
    );

    // Who may only list in a namespace need not be allowed to see the namespace itself.
    cluster.change(|state| {
        _ = state
            .refused
            .insert("/api/v1/namespaces/web".to_owned(), 403)
    });
    assert_eq!(document(place.path(), &["--namespace", "web"]), expected);
    let list = "/api/v1/namespaces/web/pods";
    cluster.change(|state| _ = state.refused.insert(list.to_owned(), 403));
    let what = format!("listing pods in namespace web: it is not allowed (403): {list} is refused");
    let hint = "grant the verb `list` on `pods` to this user (RBAC)";
    assert_eq!(export(place.path(), &["-n", "web"]), failure(&what, hint));
}

#[test]
fn several_kube_configs() {
    let (one, other) = (cluster("one:1"), cluster("other:1"));
    let place = tempfile::tempdir().unwrap();
    let write = |name: &str, context: &str, cluster: &Cluster| {
        let path = kube_config(
            place.path(),
            &[(context, json!({"server": cluster.url()}), json!({}))],
        );
        fs::rename(path, place.path().join(name)).unwrap();
    };
    write("a", "a", &one);
    write("b", "b", &other);
    write("again", "a", &other);
    let run = |files: &str| {
        let mut command = dockside(place.path());
        command.args(["in-use", "export"]).env("KUBECONFIG", files);
        let output = command.current_dir(place.path()).output().unwrap();
        let sources = serde_json::from_slice(&output.stdout)
            .map(|document: serde_json::Value| document["sources"].clone());
        let error = text(&output.stderr);
        (
            output.status.code().unwrap(),
            sources.unwrap_or_default(),
            error,
        )
    };
    assert_eq!(run("a:b::a"), (0, json!(["a", "b"]), String::new()));
    let hint = "dockside: hint: correct the file, or name another with --kube-config\n";
    let error = |what: &str| {
        let error = format!("dockside: error: cannot use the kube config {what}\n{hint}");
        (3, json!(null), error)
    };
    assert_eq!(
        run("a:again"),
        error("again: it defines the cluster `a` in another way again")
    );
    assert_eq!(
        run("a:gone"),
        error("gone: No such file or directory (os error 2)")
    );
    fs::write(
        place.path().join("bad"),
        "users:\n- token: hunter2\n  name: [",
    )
    .unwrap();
    assert_eq!(
        run("bad"),
        error("bad: it is no kube config in YAML or JSON")
    );
}

#[test]
fn without_any_kube_config() {
    let place = tempfile::tempdir().unwrap();
    let (code, out, err) = export(place.path(), &[]);
    let expected = format!(
        "dockside: error: no kube config: there is no {}, and this is no pod of a cluster\n\
         dockside: hint: name the file with --kube-config or KUBECONFIG, or give a list with \
         --in-use\n",
        place.path().join(".kube/config").display()
    );
    assert_eq!((code, out.as_str(), err), (3, "", expected));
    kube_config(place.path(), &[]);
    let (code, _, err) = export(place.path(), &[]);
    assert_eq!(code, 3);
    assert!(
        err.starts_with("dockside: error: the kube config has no context\n"),
        "{err}"
    );
}
