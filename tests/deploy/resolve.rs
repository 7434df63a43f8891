//! Digests of the images that the command line names.

use serde_json::{Value, json};

use super::{auth, config, run};
use crate::support::installed;
use crate::support::registry::{Options, PROGRAM, Registry};
use crate::support::repository::Repository;
use crate::support::token_server::TokenServer;

#[test]
fn one_request_an_image() {
    if !installed(PROGRAM) {
        return;
    }
    let registry = Registry::open();
    let host = registry.host();
    let app = Repository { host, name: "app" };
    let (one, two) = (
        app.image(Some("v1"), "one"),
        app.image(Some("latest"), "two"),
    );
    let home = tempfile::tempdir().unwrap();
    let name = format!("{host}/app");
    let (v1, latest) = (format!("{name}:v1"), format!("{name}:latest"));
    registry.new_requests(0);
    let found = run(home.path(), &["resolve", &v1, &name, &v1, &latest]);
    let (one, two) = (one.digest.to_string(), two.digest.to_string());
    let expected = format!("{name}@{one}\n{name}@{two}\n{name}@{one}\n{name}@{two}\n");
    assert_eq!(found, (0, expected, String::new()));
    let mut requests = registry.new_requests(2);
    requests.sort();
    let expected = ["latest", "v1"].map(|tag| format!("HEAD /v2/app/manifests/{tag} 200"));
    assert_eq!(requests, expected);

    let found = run(home.path(), &["resolve", &v1, "--keep-tag"]);
    assert_eq!(found, (0, format!("{v1}@{one}\n"), String::new()));
    let (code, out, _) = run(home.path(), &["resolve", &v1, "--output=json"]);
    let expected = json!({"results": [
        {"source": v1, "target": format!("{name}@{one}"), "digest": one, "outcome": "resolved"},
    ]});
    assert_eq!(
        (code, serde_json::from_str::<Value>(&out).unwrap()),
        (0, expected)
    );
}

#[test]
fn what_does_not_exist() {
    if !installed(PROGRAM) {
        return;
    }
    let registry = Registry::open();
    let host = registry.host();
    let app = Repository { host, name: "app" };
    app.image(Some("v1"), "one");
    let home = tempfile::tempdir().unwrap();
    let name = |tag: &str| format!("{host}/app:{tag}");
    let words = ["resolve", &name("a"), &name("v1"), &name("b")];
    let found = run(home.path(), &words);
    let one = |tag: &str| {
        format!(
            "dockside: error: {} does not exist\n\
             dockside: hint: `dockside tags {host}/app` lists what there is\n",
            name(tag)
        )
    };
    let end = "dockside: error: 2 images have no digest; nothing was written\n";
    let expected = format!("{}{}{end}", one("a"), one("b"));
    assert_eq!(found, (1, String::new(), expected));
    let found = run(home.path(), &["resolve", &name("a")]);
    assert_eq!(found, (1, String::new(), one("a")));
}

#[test]
fn the_login_of_the_config_is_used() {
    if !installed(PROGRAM) {
        return;
    }
    let service = TokenServer::start("robot", "secret");
    let registry = Options::default().token(&service).start();
    let host = registry.host();
    let home = tempfile::tempdir().unwrap();
    let image = format!("{host}/app:v1");
    let (code, out, said) = run(home.path(), &["resolve", &image]);
    assert_eq!((code, out.as_str()), (4, ""), "{said}");
    config(
        home.path(),
        &json!({"auths": {host: {"auth": auth("robot", "secret")}}}),
    );
    let (code, _, said) = run(home.path(), &["resolve", &image]);
    assert_eq!(code, 1);
    assert!(said.contains("does not exist"), "{said}");
}
