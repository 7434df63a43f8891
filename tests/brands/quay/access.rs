//! Who one is, and what brand it is.

use std::process::Stdio;

use super::{Stage, log_in};
use crate::brands::run;
use crate::support::brands::quay::{OAUTH, PASSWORD, Quay, ROBOT};
use crate::support::dockside;
use crate::support::job::text;
use crate::support::vendor::{Local, shared};

#[test]
fn login_of_robots_and_oauth_tokens() {
    for (user, secret) in [(ROBOT, PASSWORD), ("$oauthtoken", OAUTH)] {
        let stage = Stage::new();
        let mut command = dockside(stage.home.path());
        let words = ["login", "quay.io", "-u", user, "--password-stdin"];
        let command = command.envs(stage.network.environment()).args(words);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), secret.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        stage.push("one", &["v1"]);
        let (code, output, said) = stage.run(&["tags", "quay.io/acme/app"]);
        assert_eq!((code, output.as_str(), said.as_str()), (0, "v1\n", ""));
    }
}

#[test]
fn push_and_pull() {
    let stage = Stage::robot();
    let digest = stage.push("one", &["v1"]);
    let layout = format!("oci:{}", stage.home.path().join("layout").display());
    let (code, output, said) = stage.run(&["pull", "quay.io/acme/app:v1", &layout]);
    let expected = format!("{layout}:v1 {digest} written\n");
    assert_eq!((code, output), (0, expected), "{said}");
    let from = format!("{layout}:v1");
    let (code, output, said) = stage.run(&["push", &from, "quay.io/acme/other:v2"]);
    let expected = format!("quay.io/acme/other:v2 {digest} written\n");
    assert_eq!((code, output), (0, expected), "{said}");
    let pushed = stage.quay().store.digest("acme/other", "v2");
    assert_eq!(pushed, Some(digest));
}

#[test]
fn detected_by_its_token_service() {
    let quay = shared(Quay::new(""));
    let server = Local::start(&quay);
    let host = server.host();
    let home = tempfile::tempdir().unwrap();
    let name = format!("{host}/acme/app");
    let (code, output, said) = run(home.path(), &[], &["detect", "--repo", &name]);
    assert_eq!((code, said.as_str()), (0, ""));
    let why = format!("its token service is http://{host}/v2/auth, and the service {host}");
    assert!(output.contains("quay") && output.contains(&why), "{output}");
}

/// A registry that calls itself a Quay is not sent the token of the environment; the login for it
/// is enough.
#[test]
fn untag_at_a_server_of_ones_own() {
    let quay = shared(Quay::new(""));
    let server = Local::start(&quay);
    let host = server.host();
    let home = tempfile::tempdir().unwrap();
    log_in(&home, &host, ROBOT, PASSWORD);
    let digest = quay
        .lock()
        .unwrap()
        .store
        .push_image("acme/app", Some("v1"), "one");
    quay.lock().unwrap().store.tag("acme/app", &digest, "v2");
    quay.lock().unwrap().private.insert("acme/app".to_owned());
    let name = format!("{host}/acme/app:v1");
    let environment = [("WERF_REPO_QUAY_TOKEN".to_owned(), OAUTH.to_owned())];
    for words in [
        vec!["untag", &name],
        vec!["tags", "--long", &name[..name.len() - 3]],
    ] {
        let (code, _, said) = run(home.path(), &environment, &words);
        assert_eq!((code, said.as_str()), (0, ""));
    }
    let tags = quay.lock().unwrap().store.tags("acme/app");
    assert_eq!(tags, ["v2"]);
    let sent = server.requests();
    let secret = |name: &str| name.contains(OAUTH);
    let mut headers = sent.iter().flat_map(|seen| seen.headers.iter());
    assert!(!headers.any(|(_, value)| secret(value)));

    // Who names the brand, or the repository, has said that it may have it.
    quay.lock().unwrap().private.clear();
    let variables = [
        ("WERF_REPO_QUAY_TOKEN", OAUTH),
        ("WERF_REPO_CONTAINER_REGISTRY", "quay"),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let repository = format!("{host}/acme/app");
    let words = ["repository", "delete", &repository, "--with-images"];
    let (code, output, said) = run(home.path(), &variables, &words);
    assert_eq!((code, said.as_str()), (0, ""));
    assert_eq!(output, format!("deleted {repository}\n"));
}
