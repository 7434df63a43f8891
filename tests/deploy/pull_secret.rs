//! The secret that is printed.

use std::process::Command;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::{auth, config, docker_config, run};
use crate::support::layout::Layout;
use crate::support::registry::{Options, PROGRAM};
use crate::support::script::install;
use crate::support::{dockside, installed, isolate};

/// A token of that life, from now on, in seconds.
fn jwt(life: i64) -> String {
    let end = jiff::Timestamp::now().as_second() + life;
    let claims = BASE64_URL_SAFE_NO_PAD.encode(json!({"exp": end}).to_string());
    format!("e30.{claims}.c2ln")
}

fn login(user: &str, password: &str) -> Value {
    json!({"auth": auth(user, password)})
}

#[test]
fn all_logins_in_every_form() {
    let home = tempfile::tempdir().unwrap();
    let logins = json!({"auths": {
        "r.io": login("u", "p"),
        "https://old.io/v1/": {"username": "o", "password": "q", "email": "e@f"},
        "r.io/team": login("t", "p"),
        "docker.io": login("h", "p"),
        "https://index.docker.io/v1/access-token": login("no", "no"),
        "my.azurecr.io": {"auth": auth("00000000", ""), "identitytoken": "refresh"},
        "empty.io": {},
    }});
    config(home.path(), &logins);
    let (code, out, said) = run(home.path(), &["pull-secret", "a.b", "--output", "json"]);
    assert_eq!((code, said.as_str()), (0, ""));
    let secret: Value = serde_json::from_str(&out).unwrap();
    let expected = json!({"auths": {
        "https://index.docker.io/v1/": login("h", "p"),
        "my.azurecr.io": login("00000000-0000-0000-0000-000000000000", "refresh"),
        "old.io": login("o", "q"),
        "r.io": login("u", "p"),
        "r.io/team": login("t", "p"),
    }});
    assert_eq!(docker_config(&secret), expected);
    assert_eq!(
        (&secret["metadata"], &secret["type"], &secret["kind"]),
        (
            &json!({"name": "a.b"}),
            &json!("kubernetes.io/dockerconfigjson"),
            &json!("Secret")
        )
    );
    let (_, yaml, _) = run(
        home.path(),
        &["pull-secret", "a.b", "-n", "web", "--registry", "r.io"],
    );
    let (head, data) = yaml.rsplit_once(' ').unwrap();
    assert_eq!(
        head,
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: \"a.b\"\n  namespace: \"web\"\ntype: \
         kubernetes.io/dockerconfigjson\ndata:\n  .dockerconfigjson:"
    );
    let secret = json!({"data": {".dockerconfigjson": data.trim_end()}});
    let expected = json!({"auths": {"r.io": login("u", "p"), "r.io/team": login("t", "p")}});
    assert_eq!(docker_config(&secret), expected);
}

#[test]
fn a_helper_and_a_token_that_ends() {
    let home = tempfile::tempdir().unwrap();
    let token = jwt(3600);
    let answer = json!({"ServerURL": "x", "Username": "u", "Secret": token});
    install(
        &home.path().join("docker-credential-x"),
        &format!("cat >/dev/null; echo '{answer}'"),
    );
    let helped =
        json!({"auths": {"b.io": login("gitlab-ci-token", "p")}, "credHelpers": {"a.io": "x"}});
    config(home.path(), &helped);
    let path = format!(
        "{}:{}",
        home.path().display(),
        std::env::var("PATH").unwrap()
    );
    let mut command = dockside(home.path());
    command
        .args(["pull-secret", "a", "--output=json"])
        .env("PATH", path);
    let output = command.output().unwrap();
    let secret: Value = serde_json::from_slice(&output.stdout).unwrap();
    let expires = secret["metadata"]["annotations"]["dev.dockside/expires-at"].as_str();
    let expires = expires.unwrap();
    let left = expires.parse::<jiff::Timestamp>().unwrap() - jiff::Timestamp::now();
    assert!((3000..=3600).contains(&left.get_seconds()), "{expires}");
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        format!(
            "dockside: note: the login to a.io ends at {expires}\n\
             dockside: note: the login to b.io is the token of a job and ends with it: nodes that \
             pull later need a deploy token\n"
        )
    );
    let logins = docker_config(&secret);
    assert_eq!(logins["auths"]["a.io"], login("u", &token));
}

/// Whatever is wrong, nothing is printed, and no secret is told.
#[test]
fn what_a_cluster_cannot_use() {
    let ended = jwt(-60);
    let cases = [
        (
            json!({"auths": {"a.io": {"identitytoken": "hunter2"}}}),
            &["--registry", "a.io"][..],
            1,
            "the login to a.io is an identity token (",
        ),
        (
            json!({"auths": {"a.io": {"registrytoken": "hunter2"}}}),
            &[],
            1,
            "the login to a.io is a bearer token (",
        ),
        (
            json!({"auths": {"a.io": login("u", &ended)}}),
            &[],
            4,
            "the login to a.io ended at ",
        ),
        (
            json!({"auths": {"b.io": login("u", "hunter2"), "c.io/x": login("u", "p")}}),
            &["--registry", "a.io"],
            4,
            "there is no login to a.io; there are logins for b.io, c.io/x\n",
        ),
        (
            json!({}),
            &[],
            4,
            "there is no login in the docker config\n",
        ),
        (
            json!({"credHelpers": {"a.io": "nowhere"}}),
            &[],
            1,
            "cannot get the login to a.io: ",
        ),
        (json!({"auths": 1}), &[], 1, ""),
        (
            json!({}),
            &["-n", "A"],
            2,
            "`A` is not the name of a namespace\n",
        ),
        (json!({}), &["--registry", "u:hunter2@a.io"], 2, ""),
    ];
    for (logins, words, code, expected) in cases {
        let home = tempfile::tempdir().unwrap();
        config(home.path(), &logins);
        let words = [&["pull-secret", "a"], words].concat();
        let (found, out, said) = run(home.path(), &words);
        assert_eq!((found, out.as_str()), (code, ""), "{said}");
        if !expected.is_empty() {
            let expected = format!("dockside: error: {expected}");
            assert!(said.starts_with(&expected), "{said}");
        }
        assert!(
            !said.contains("hunter2") && !said.contains(&ended),
            "{said}"
        );
    }
}

/// What is printed lets skopeo pull from a registry that asks everybody for a password.
#[test]
fn it_lets_in() {
    if !installed(PROGRAM) || !installed("htpasswd") || !installed("skopeo") {
        return;
    }
    let registry = Options::default().htpasswd("robot", "s3cr#t: $x").start();
    let host = registry.host();
    let home = tempfile::tempdir().unwrap();
    config(
        home.path(),
        &json!({"auths": {host: login("robot", "s3cr#t: $x"), "other.io": login("a", "b")}}),
    );
    let mut layout = Layout::create(home.path().join("layout"));
    layout.image("v1", &[b"one"]);
    let (image, target) = (layout.image_argument("v1"), format!("{host}/app:v1"));
    let (code, _, said) = run(home.path(), &["push", &image, &target]);
    assert_eq!(code, 0, "{said}");
    let words = ["pull-secret", "a", "--output=json", "--registry", host];
    let (_, out, _) = run(home.path(), &words);
    let found = docker_config(&serde_json::from_str(&out).unwrap());
    assert_eq!(found["auths"].as_object().unwrap().len(), 1);
    let file = home.path().join("auth.json");
    for (config, lets_in) in [(found, true), (json!({"auths": {}}), false)] {
        std::fs::write(&file, config.to_string()).unwrap();
        let mut skopeo = Command::new("skopeo");
        isolate(&mut skopeo, &home.path().join("nobody"));
        skopeo.args(["inspect", "--raw", "--tls-verify=false", "--authfile"]);
        let output = skopeo.arg(&file).arg(format!("docker://{target}")).output();
        assert_eq!(output.unwrap().status.success(), lets_in);
    }
}
