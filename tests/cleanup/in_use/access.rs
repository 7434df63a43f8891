//! How clusters are reached, and who one is there.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use dockside::cleanup::in_use::{Limits, Settings, find};
use dockside::env::Env;
use serde_json::{Value, json};

use super::{document, export, failure};
use crate::support::certificates::Authority;
use crate::support::dockside;
use crate::support::kubernetes::{Cluster, State, kube_config, object};

const HINT: &str = "log in to the cluster anew, or name the contexts that count with --context";

fn state(tokens: &[&str]) -> State {
    let mut state = State::of([object("Pod", "n", "p", &["i:1"])]);
    state.tokens = tokens.iter().map(|token| (*token).to_owned()).collect();
    state
}

fn expected() -> Value {
    json!({"version": 1, "sources": ["prod"], "images": {"i:1": ["prod/n/Pod/p"]}})
}

fn script(place: &Path, text: &str) -> PathBuf {
    let path = place.join("plugin");
    fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

#[test]
fn tokens() {
    let cluster = Cluster::start(state(&["good"]));
    let place = tempfile::tempdir().unwrap();
    let server = || json!({"server": cluster.url()});
    fs::create_dir(place.path().join(".kube")).unwrap();
    fs::write(place.path().join(".kube/token"), "good\n").unwrap();
    for user in [json!({"token": "good"}), json!({"tokenFile": "token"})] {
        kube_config(place.path(), &[("prod", server(), user)]);
        assert_eq!(document(place.path(), &[]), expected());
    }
    let refused = failure(
        "listing pods: it does not accept the credentials (401)",
        HINT,
    );
    for user in [json!({}), json!({"token": "hunter2"})] {
        kube_config(place.path(), &[("prod", server(), user)]);
        assert_eq!(export(place.path(), &[]), refused);
    }
    kube_config(
        place.path(),
        &[("prod", server(), json!({"tokenFile": "gone"}))],
    );
    let gone = place.path().join(".kube/gone");
    let what = format!(
        "listing pods: its configuration cannot be used: {}: No such file or directory (os error 2)",
        gone.display()
    );
    assert_eq!(export(place.path(), &[]), failure(&what, ""));
}

#[test]
fn a_plugin_gives_the_token() {
    let cluster = Cluster::start(state(&["first", "second"]));
    let place = tempfile::tempdir().unwrap();
    // The second call gives another token.
    let plugin = script(
        place.path(),
        r#"test -n "$KUBERNETES_EXEC_INFO" || exit 9
name=second; mkdir "$DIRECTORY" 2>/dev/null && name=first
printf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"%s"}}' $name"#,
    );
    let calls = place.path().join("called");
    let user = json!({"exec": {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": plugin,
        "env": [{"name": "DIRECTORY", "value": calls}],
        "interactiveMode": "IfAvailable",
    }});
    kube_config(
        place.path(),
        &[("prod", json!({"server": cluster.url()}), user)],
    );
    assert_eq!(document(place.path(), &[]), expected());
    let tokens = |cluster: &Cluster| {
        let requests = cluster.requests();
        let mut tokens: Vec<String> = requests
            .iter()
            .map(|request| request.header("authorization").unwrap().to_owned())
            .collect();
        tokens.dedup();
        tokens
    };
    assert_eq!(tokens(&cluster), ["Bearer first"]);
    assert_eq!(document(place.path(), &[]), expected());
    assert_eq!(tokens(&cluster), ["Bearer first", "Bearer second"]);
}

#[test]
fn a_plugin_that_fails() {
    let cluster = Cluster::start(state(&["good"]));
    let place = tempfile::tempdir().unwrap();
    for (text, what) in [
        (
            "echo hunter2; echo 'log in first' >&2; exit 3",
            "exit status: 3: log in first".to_owned(),
        ),
        (
            "echo '{hunter2'",
            "what it prints cannot be read".to_owned(),
        ),
        (
            "echo '{\"kind\":\"ExecCredential\"}'",
            "exec-plugin response did not contain a status".to_owned(),
        ),
        ("exec sleep 3", "it does not end within 1 s".to_owned()),
    ] {
        let plugin = script(place.path(), text);
        let user = json!({"exec": {"command": plugin}});
        kube_config(
            place.path(),
            &[("prod", json!({"server": cluster.url()}), user)],
        );
        let what = format!("listing pods: its credential plugin failed: {what}");
        assert_eq!(
            export(place.path(), &["--cluster-timeout", "1s"]),
            failure(&what, HINT)
        );
    }
    let user = json!({"exec": {"command": "/no/such/plugin"}});
    kube_config(
        place.path(),
        &[("prod", json!({"server": cluster.url()}), user)],
    );
    let what = "listing pods: its credential plugin failed: it cannot be started: No such file or \
                directory (os error 2)";
    assert_eq!(export(place.path(), &[]), failure(what, HINT));
}

#[test]
fn certificates_of_both_sides() {
    let (servers, clients) = (Authority::new(), Authority::named("clients"));
    let tls = servers.issue(&["127.0.0.1"]).server(Some(&clients));
    let cluster = Cluster::over(Some(tls), state(&[]));
    let place = tempfile::tempdir().unwrap();
    let identity = clients.issue(&["user"]);
    let data = |pem: &str| BASE64_STANDARD.encode(pem);
    let server = json!({
        "server": cluster.url(),
        "certificate-authority-data": data(servers.pem()),
    });
    let user = json!({
        "client-certificate-data": data(&identity.certificate),
        "client-key-data": data(&identity.key),
    });
    kube_config(place.path(), &[("prod", server.clone(), user.clone())]);
    assert_eq!(document(place.path(), &[]), expected());

    kube_config(place.path(), &[("prod", server, json!({}))]);
    let (code, out, err) = export(place.path(), &[]);
    assert_eq!((code, out.as_str()), (3, ""));
    // The server's alert is lost where the connection is closed while the request is being sent.
    assert!(err.contains("prod"), "{err}");

    let stranger = json!({
        "server": cluster.url(),
        "certificate-authority-data": data(clients.pem()),
    });
    kube_config(place.path(), &[("prod", stranger, user)]);
    let (code, out, err) = export(place.path(), &[]);
    assert_eq!((code, out.as_str()), (3, ""));
    assert!(err.contains("invalid peer certificate: "), "{err}");
    assert_eq!(cluster.seen().len(), 9);
}

#[test]
fn a_plugin_gives_a_certificate() {
    let (servers, clients) = (Authority::new(), Authority::named("clients"));
    let tls = servers.issue(&["127.0.0.1"]).server(Some(&clients));
    let cluster = Cluster::over(Some(tls), state(&[]));
    let place = tempfile::tempdir().unwrap();
    let identity = clients.issue(&["user"]);
    let answer = json!({
        "apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "status": {
            "clientCertificateData": identity.certificate,
            "clientKeyData": identity.key,
        },
    });
    let file = place.path().join("answer.json");
    std::fs::write(&file, answer.to_string()).unwrap();
    let plugin = script(place.path(), &format!("cat '{}'", file.display()));
    let server = json!({
        "server": cluster.url(),
        "certificate-authority-data": BASE64_STANDARD.encode(servers.pem()),
    });
    let user = json!({"exec": {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": plugin,
        "interactiveMode": "Never",
    }});
    kube_config(place.path(), &[("prod", server, user)]);
    assert_eq!(document(place.path(), &[]), expected());
}

#[test]
fn the_proxy_of_the_environment() {
    let cluster = Cluster::start(state(&[]));
    let place = tempfile::tempdir().unwrap();
    let server = json!({"server": "http://cluster.invalid:8001"});
    kube_config(place.path(), &[("prod", server, json!({}))]);
    let run = |exceptions: &str| {
        let mut command = dockside(place.path());
        command.args(["in-use", "export"]);
        command.env(
            "HTTP_PROXY",
            format!("http://user:hunter2@{}", cluster.host()),
        );
        let output = command.env("NO_PROXY", exceptions).output().unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    // The emulator is no proxy, but is asked to be one.
    let (code, err) = run("a,");
    assert_eq!(code, Some(3));
    assert!(
        err.contains("it cannot be reached: ") && !err.contains("hunter2"),
        "{err}"
    );
    assert_eq!(cluster.seen(), ["CONNECT cluster.invalid:8001"]);
    let (code, _) = run("cluster.invalid,");
    assert_eq!(code, Some(3));
    assert_eq!(cluster.seen().len(), 1);
}

/// Where a pod has its files is no business of the command line, so this asks the library.
#[tokio::test]
async fn in_a_cluster() {
    let servers = Authority::new();
    let tls = servers.issue(&["127.0.0.1"]).server(None);
    let cluster = Cluster::over(Some(tls), state(&["old", "new"]));
    let place = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(place.path().join(name), text).unwrap();
    write("ca.crt", servers.pem());
    write("token", "old");
    let host = cluster.host();
    let (host, port) = host.split_once(':').unwrap();
    let env: Env = [
        ("HOME", place.path().to_str().unwrap()),
        ("KUBERNETES_SERVICE_HOST", host),
        ("KUBERNETES_SERVICE_PORT", port),
    ]
    .into_iter()
    .collect();
    let settings = Settings {
        clusters: true,
        ..Settings::default()
    };
    let limits = Limits {
        service_account: place.path().to_owned(),
        ..Limits::default()
    };
    let found = find(&settings, &env, &limits).await.unwrap().unwrap();
    assert_eq!(found.sources, ["in-cluster"]);
    assert_eq!(found.images["i:1"], ["in-cluster/n/Pod/p"]);
    write("token", "none");
    let error = find(&settings, &env, &limits).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "it is not known what cluster `in-cluster` runs: listing pods: it does not accept the \
         credentials (401)"
    );
}

/// A pod's token is replaced while it is in use.
#[test]
fn a_token_file_that_is_rotated() {
    let mut state = state(&["old"]);
    let place = tempfile::tempdir().unwrap();
    fs::create_dir(place.path().join(".kube")).unwrap();
    let file = place.path().join(".kube/token");
    fs::write(&file, "old").unwrap();
    state.rotated_after = Some((4, file, "new".to_owned()));
    let cluster = Cluster::start(state);
    let user = json!({"tokenFile": "token"});
    kube_config(
        place.path(),
        &[("prod", json!({"server": cluster.url()}), user)],
    );
    assert_eq!(document(place.path(), &[]), expected());
    assert_eq!(cluster.seen().len(), 10);
}
