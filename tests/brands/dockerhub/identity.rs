//! Who one is: at the registry, and at the API.

use std::process::Stdio;

use super::Stage;
use crate::support::brands::dockerhub::{
    ADMIN, OIDC, ORGANISATION, PASSWORD, SHARED, SSO_USER, USER,
};
use crate::support::dockside;
use crate::support::job::text;

const LIST: [&str; 2] = ["tags", "--long"];
const UNTAG: [&str; 2] = ["untag", "acme/app:v1"];

/// A user, or an organisation, by its token.
#[test]
fn login_with_access_tokens() {
    for (user, secret) in [(USER, ADMIN), (ORGANISATION, SHARED)] {
        let stage = Stage::new();
        let mut command = dockside(stage.home.path());
        let words = ["login", "docker.io", "-u", user, "--password-stdin"];
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
        stage.hub().private.insert("acme/app".to_owned());
        let (code, _, said) = stage.run(&[LIST[0], LIST[1], "acme/app"]);
        assert_eq!((code, said.as_str()), (0, ""));
    }
}

#[test]
fn push_and_pull() {
    let stage = Stage::admin();
    // The description knows the types of Docker alone; the registry takes those of OCI too.
    stage.network.except(|request| request.method == "PUT");
    let digest = stage.push("one", &["v1"]);
    let layout = format!("oci:{}", stage.home.path().join("layout").display());
    let (code, output, said) = stage.run(&["pull", "acme/app:v1", &layout]);
    let expected = format!("{layout}:v1 {digest} written\n");
    assert_eq!((code, output), (0, expected), "{said}");
    let from = format!("{layout}:v1");
    let (code, output, said) = stage.run(&["push", &from, "acme/other:v2"]);
    assert_eq!(code, 0, "{said}");
    assert_eq!(
        output,
        format!("docker.io/acme/other:v2 {digest} written\n")
    );
    let pushed = stage.hub().store.digest("acme/other", "v2");
    assert_eq!(pushed, Some(digest));
}

/// What the environment has for the API goes before the docker config.
#[test]
fn untag_as_whoever_the_environment_names() {
    let name = ("WERF_REPO_DOCKER_HUB_USERNAME", USER);
    let password = ("WERF_REPO_DOCKER_HUB_PASSWORD", ADMIN);
    let token = ("WERF_REPO_DOCKER_HUB_TOKEN", ADMIN);
    for variables in [[name, password], [name, token]] {
        let stage = Stage::new().login(ORGANISATION, SHARED);
        stage.push("one", &["v1"]);
        let (code, _, said) = stage.run_with(&variables, &UNTAG);
        assert_eq!((code, said.as_str()), (0, ""));
    }
}

/// A token of an organisation needs no name beside the repository's.
#[test]
fn list_with_the_token_of_an_organisation() {
    let stage = Stage::new();
    stage.push("one", &["v1"]);
    stage.hub().private.insert("acme/app".to_owned());
    let variables = [("WERF_REPO_DOCKER_HUB_TOKEN", SHARED)];
    let (code, _, said) = stage.run_with(&variables, &[LIST[0], LIST[1], "acme/app"]);
    assert_eq!((code, said.as_str()), (0, ""));
}

#[test]
fn untag_with_a_token_whose_user_is_not_known() {
    let stage = Stage::new();
    let variables = [("WERF_REPO_DOCKER_HUB_TOKEN", ADMIN)];
    let (code, _, said) = stage.run_with(&variables, &UNTAG);
    let expected = "dockside: error: docker.io/acme/app: the user of the personal access token \
         for Docker Hub's API is not known\n\
         dockside: hint: set WERF_REPO_DOCKER_HUB_USERNAME to the user's name\n";
    assert_eq!((code, said.as_str()), (2, expected));
}

/// Tokens of the API end after ten minutes; work goes on.
#[test]
fn untag_renews_tokens() {
    let stage = Stage::admin();
    let tags = ["a", "b", "c", "d", "e"];
    stage.push("one", &tags);
    stage.hub().uses = 2;
    let names = tags.map(|tag| format!("acme/app:{tag}"));
    let mut words = vec!["untag", "--jobs", "1"];
    words.extend(names.iter().map(String::as_str));
    let (code, _, said) = stage.run(&words);
    assert_eq!((code, said.as_str()), (0, ""));
    assert_eq!(stage.tags(), [""; 0]);
    let logins = stage.network.seen();
    let logins = logins.iter().filter(|line| line.contains("auth/token"));
    assert_eq!(logins.count(), 3);
}

/// A token that is given as it is cannot be renewed.
#[test]
fn untag_with_a_token_that_has_ended() {
    let stage = Stage::new();
    let variables = [("WERF_REPO_DOCKER_HUB_TOKEN", "eyJold")];
    let (code, _, said) = stage.run_with(&variables, &UNTAG);
    let expected = "dockside: error: docker.io/acme/app:v1: Docker Hub does not know who asks \
         (status 401): token is expired\n\
         dockside: hint: WERF_REPO_DOCKER_HUB_TOKEN is no access token (dckr_pat_...), so it was \
         sent as it is: such tokens end after 10 minutes; set WERF_REPO_DOCKER_HUB_USERNAME and \
         WERF_REPO_DOCKER_HUB_PASSWORD instead\n";
    assert_eq!((code, said.as_str()), (4, expected));
    assert_eq!(
        stage.network.seen(),
        ["DELETE hub.docker.com/v2/repositories/acme/app/tags/v1/ 401"]
    );
}

/// What the API does not take may be good for the registry.
#[test]
fn list_with_a_login_for_the_registry_alone() {
    let password = "the password is wrong, or the organisation enforces single sign-on: use a \
                    personal access token in its place";
    let oidc = "tokens that are got by OIDC are for the registry only: for its API set \
                WERF_REPO_DOCKER_HUB_USERNAME and WERF_REPO_DOCKER_HUB_PASSWORD, a user and a \
                personal access token";
    for (user, secret, hint) in [(SSO_USER, PASSWORD, password), ("oidc", OIDC, oidc)] {
        let stage = Stage::new().login(user, secret);
        let digest = stage.push("one", &["v1"]);
        let (code, output, said) = stage.run(&[LIST[0], LIST[1], "acme/app"]);
        let refused = format!(
            "user {user:?}: Docker Hub does not know who asks (status 401): Incorrect \
             authentication credentials: ***"
        );
        let note = format!(
            "dockside: note: {refused}: the registry is asked for each tag instead; {hint}\n"
        );
        assert_eq!((code, said), (0, note));
        assert!(output.contains(&digest), "{output}");

        let (code, _, said) = stage.run(&UNTAG);
        let expected = format!("dockside: error: {refused}\ndockside: hint: {hint}\n");
        assert_eq!((code, said), (4, expected));
        assert_eq!(stage.tags(), ["v1"]);
    }
}

/// Nobody but Docker Hub is sent its secrets, whatever a registry calls itself.
#[test]
fn no_other_host_is_sent_anything() {
    let stage = Stage::new();
    let hub = stage.hub.clone();
    stage.network.host("mirror.example.com", &hub);
    stage.push("one", &["v1"]);
    let config = stage.home.path().join(".docker/config.json");
    std::fs::create_dir_all(config.parent().unwrap()).unwrap();
    let login = r#"{"auths":{"mirror.example.com":{"auth":"YW5uOmRja3JfcGF0X2FkbWlu"}}}"#;
    std::fs::write(config, login).unwrap();
    let variables = [("WERF_REPO_CONTAINER_REGISTRY", "dockerhub")];
    let words = ["untag", "mirror.example.com/acme/app:v1"];
    let (code, _, said) = stage.run_with(&variables, &words);
    assert_eq!(code, 2, "{said}");
    assert_eq!(stage.network.seen(), [""; 0]);
}
