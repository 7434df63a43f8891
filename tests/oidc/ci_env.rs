//! `ci-env` with an identity: what is made, for whom, and who is never asked.

use std::fs;

use serde_json::json;

use super::job::{Job, id_token, jwt, now};
use super::quay::{IMAGE, Quay, ROBOT};
use crate::support::job::text;
use crate::support::vendor::{Answer, Network, Request, Tokens, Users, Vendor, shared};

/// A job of GitHub Actions that may have ID tokens.
const GITHUB: [(&str, &str); 6] = [
    ("GITHUB_ACTIONS", "true"),
    ("GITHUB_RUN_ID", "1"),
    (
        "ACTIONS_ID_TOKEN_REQUEST_URL",
        "https://ci.example/token?x=1",
    ),
    ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "request-token-of-the-job"),
    ("DOCKERHUB_OIDC_CONNECTIONID", "0a1b-connection"),
    ("DOCKERHUB_USERNAME", "acme"),
];

/// What identity.docker.com has given.
const MADE: &str = "docker-oidc-access-token";

/// GitHub's ID tokens, Docker's identity service, Docker Hub's tokens and registry.
struct World {
    tokens: Tokens,
    refuses: bool,
}

impl Vendor for World {
    fn answer(&mut self, request: &Request) -> Answer {
        match (request.host.as_str(), request.path.as_str()) {
            ("ci.example", "/token") => {
                if request.bearer().as_deref() != Some("request-token-of-the-job") {
                    return Answer::new(401);
                }
                let audience = request.parameter("audience").unwrap_or_default();
                Answer::new(200).json(&json!({"value": token(audience)}))
            }
            ("identity.docker.com", "/oauth/token") => {
                let expected = [
                    (
                        "grant_type",
                        "urn:ietf:params:oauth:grant-type:token-exchange",
                    ),
                    (
                        "subject_token_type",
                        "urn:ietf:params:oauth:token-type:id_token",
                    ),
                    ("subject_token", &token("https://identity.docker.com")),
                    ("connection_id", "0a1b-connection"),
                    ("expires_in", "3600"),
                ];
                let expected: Vec<(String, String)> = expected
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .into();
                assert_eq!(request.forms(), expected);
                if self.refuses {
                    // It repeats what it must not.
                    let message = format!("no rule for {}", token("https://identity.docker.com"));
                    return Answer::new(403).json(&json!({"error_description": message}));
                }
                Answer::new(200).json(&json!({"access_token": MADE, "expires_in": 3600}))
            }
            ("auth.docker.io", "/token") => {
                self.tokens.answer(request, &Users::new(&[("acme", MADE)]))
            }
            ("registry-1.docker.io", "/v2/") => match self.tokens.check(request, "", "") {
                Err(refused) => refused,
                Ok(()) => Answer::new(200).json(&json!({})),
            },
            _ => Answer::new(404),
        }
    }
}

/// GitHub's ID token for an audience.
fn token(audience: &str) -> String {
    jwt(&json!({
        "iss": "https://token.actions.githubusercontent.com",
        "sub": "repo:acme@1/app@2:ref:refs/heads/main",
        "aud": audience,
    }))
}

fn world(refuses: bool) -> (Network, Job) {
    let world = shared(World {
        tokens: Tokens::new("registry.docker.io").at("https://auth.docker.io/token"),
        refuses,
    });
    let network = Network::start();
    for host in [
        "ci.example",
        "identity.docker.com",
        "auth.docker.io",
        "registry-1.docker.io",
    ] {
        network.host(host, &world);
    }
    let mut job = Job::new(&[]).with(network.environment());
    job.variables
        .retain(|(name, _)| !name.starts_with("CI_") && !name.starts_with("GITLAB"));
    let github = GITHUB.map(|(name, value)| (name.to_owned(), value.to_owned()));
    job.variables.extend(github);
    (network, job)
}

/// The requests of a login to Docker Hub that is made from GitHub's ID token.
const LOGIN: [&str; 4] = [
    "GET ci.example/token?x=1&audience=https%3A%2F%2Fidentity.docker.com 200",
    "POST identity.docker.com/oauth/token 200",
    "GET registry-1.docker.io/v2/ 401",
    "GET auth.docker.io/token?service=registry.docker.io&account=acme&client_id=dockside\
     &offline_token=true 200",
];

#[test]
fn login_to_docker_hub_by_githubs_id_token() {
    for (arguments, variables) in [
        (&["--repo", "acme/app"][..], &[][..]),
        (&["--login", "docker.io"], &[]),
        (&["--oidc"], &[("WERF_REPO", "index.docker.io/acme/app")]),
        (&[], &[("DOCKSIDE_REGISTRY_HUB", "docker.io")]),
    ] {
        let (network, mut job) = world(false);
        job.variables.extend(
            variables
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        );
        let mut all = vec!["ci-env", "--log-verbose", "--shell", "sh"];
        all.extend(arguments);
        let output = job.run(&all);
        assert!(output.status.success(), "{}", text(&output.stderr));
        assert_eq!(network.seen(), LOGIN, "{arguments:?}");
        // Nothing else is told who one is, and nothing of it is shown.
        for seen in network.requests() {
            let all = format!("{:?} {}", seen.headers, text(&seen.body));
            let (_, rest) = all.split_once("eyJhbGci").unzip();
            let may = ["identity.docker.com", "ci.example"].contains(&seen.host.as_str());
            assert!(rest.is_none() || may, "{seen}");
        }
        let shown = text(&output.stdout) + &text(&output.stderr);
        for secret in [MADE, "eyJhbGci", "request-token-of-the-job"] {
            assert!(!shown.contains(secret), "{shown}");
        }
        assert!(
            shown.contains(
                "logged in to docker.io as acme with the token from the OIDC connection \
                 0a1b-connection by the job's ID token"
            ),
            "{shown}"
        );
        assert_eq!(
            job.config(),
            json!({"credHelpers": {
                "https://index.docker.io/v1/": "dockside",
                "docker.io": "dockside",
            }})
        );
        assert!(job.is_only_in_record("docker.io", MADE));
    }
}

#[test]
fn a_login_that_cannot_be_made_is_an_error_and_nothing_is_tried_instead() {
    let (network, job) = world(true);
    let output = job.run(&["ci-env", "--repo", "acme/app"]);
    assert_eq!(output.status.code(), Some(4));
    assert_eq!(
        text(&output.stderr),
        "dockside: error: Docker's identity service refused (status 403): no rule for ***\n\
         dockside: hint: its trust rule must fit the job's ID token: iss \
         https://token.actions.githubusercontent.com, sub repo:acme@1/app@2:ref:refs/heads/main, \
         aud https://identity.docker.com\n"
    );
    assert_eq!(
        network.seen(),
        [LOGIN[0], "POST identity.docker.com/oauth/token 403"]
    );
}

#[test]
fn nobody_is_asked_without_the_users_wish() {
    for arguments in [
        // No registry is named, or one that takes no identity.
        &[][..],
        &["--repo", "registry.example.com/app"],
        // It is switched off.
        &["--repo", "acme/app", "--oidc=false"],
        &["--repo", "acme/app", "--login-to-registry=false"],
    ] {
        let (network, job) = world(false);
        let mut all = vec!["ci-env"];
        all.extend(arguments);
        let output = job.run(&all);
        assert!(output.status.success(), "{}", text(&output.stderr));
        assert_eq!(network.seen(), [""; 0], "{arguments:?}");
    }
    // What the environment lacks is no wish.
    for missing in [
        "DOCKERHUB_OIDC_CONNECTIONID",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
        "ACTIONS_ID_TOKEN_REQUEST_URL",
    ] {
        let (network, job) = world(false);
        let mut command = job.command(&["ci-env", "--repo", "acme/app"]);
        let output = command.env_remove(missing).output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        assert_eq!(network.seen(), [""; 0], "{missing}");
    }
}

#[test]
fn what_is_wished_for_but_missing_is_said() {
    let cases = [
        (
            "DOCKERHUB_OIDC_CONNECTIONID",
            "there is no identity to log in to docker.io with: DOCKERHUB_OIDC_CONNECTIONID is not \
             set",
        ),
        (
            "DOCKERHUB_USERNAME",
            "there is no identity to log in to docker.io with: none of \
             WERF_REPO_DOCKER_HUB_USERNAME, DOCKERHUB_USERNAME is set",
        ),
        (
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
            "there is no identity to log in to docker.io with: this job of github has no ID token \
             for the audience https://identity.docker.com (the job needs `permissions: id-token: \
             write`)",
        ),
    ];
    for (missing, expected) in cases {
        let (network, job) = world(false);
        let mut command = job.command(&["ci-env", "--oidc", "--repo", "acme/app"]);
        let output = command.env_remove(missing).output().unwrap();
        assert_eq!(output.status.code(), Some(4));
        let stderr = text(&output.stderr);
        let first = stderr.lines().next().unwrap();
        assert_eq!(first, format!("dockside: error: {expected}"));
        assert_eq!(network.seen(), [""; 0]);
    }
    let (network, job) = world(false);
    let output = job.run(&["ci-env", "--oidc", "--login", "ghcr.io"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        text(&output.stderr),
        "dockside: error: logins to ghcr.io are not made from an identity\n\
         dockside: hint: they are for Docker Hub, Amazon ECR, Azure Container Registry, Google, \
         Artifactory (JF_URL) and Quay (DOCKSIDE_QUAY_ROBOT)\n"
    );
    assert_eq!(network.seen(), [""; 0]);
}

#[test]
fn credentials_that_were_given_go_first_unless_identities_are_asked_for() {
    let (server, quay, job) = Quay::start();
    let host = server.host();
    // What the registry lets in at this moment.
    job.ci_env(&["--login", &host]);
    let password = quay.lock().unwrap().made[0].clone();
    server.forget();

    let mut other = Job::new(&[
        ("DOCKSIDE_REGISTRY_QUAY", &host),
        ("DOCKSIDE_REGISTRY_QUAY_USERNAME", ROBOT),
        ("DOCKSIDE_REGISTRY_QUAY_PASSWORD", &password),
    ]);
    other.variables.extend(job.variables.clone());
    other.ci_env(&["--repo", &format!("{host}/{IMAGE}")]);
    assert_eq!(quay.lock().unwrap().made.len(), 1);
    assert!(other.config()["auths"].get(&host).is_some());

    other.ci_env(&["--oidc", "--repo", &format!("{host}/{IMAGE}")]);
    assert_eq!(quay.lock().unwrap().made.len(), 2);
    assert_eq!(
        other.config(),
        json!({"credHelpers": {host.clone(): "dockside"}})
    );

    // A stored login too.
    let (server, quay, job) = Quay::start();
    let host = server.host();
    let docker = job.home.path().join(".docker");
    fs::create_dir(&docker).unwrap();
    let config = json!({"auths": {host.clone(): {"username": "u", "password": "p"}}});
    fs::write(docker.join("config.json"), config.to_string()).unwrap();
    job.ci_env(&["--repo", &format!("{host}/{IMAGE}")]);
    assert_eq!(quay.lock().unwrap().made.len(), 0);
    assert_eq!(server.seen(), [""; 0]);
}

#[test]
fn secrets_of_brands_are_taken_as_options_and_handed_on() {
    let job = Job::new(&[("WERF_REPO", "harbor.example.com/p/app")]);
    let arguments = [
        "ci-env",
        "--format",
        "json",
        "--show-secrets",
        "--login-to-registry=false",
        "--repo-harbor-username",
        "admin",
        "--repo-harbor-password",
        "hunter2",
    ];
    let output = job.run(&arguments);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let set: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let set = &set["variables"];
    assert_eq!(set["WERF_REPO_HARBOR_USERNAME"], "admin");
    assert_eq!(set["WERF_REPO_HARBOR_PASSWORD"], "hunter2");
    assert_eq!(
        text(&output.stderr).lines().next().unwrap(),
        "dockside: note: --repo-harbor-password is visible to every user of the host: set \
         WERF_REPO_HARBOR_PASSWORD instead"
    );
    // GitLab's integration has other names for them.
    let job = Job::new(&[
        ("WERF_REPO", "harbor.example.com/p/app"),
        ("HARBOR_HOST", "harbor.example.com"),
        ("HARBOR_USERNAME", "robot$ci"),
        ("HARBOR_PASSWORD", "hunter3"),
        ("WERF_LOGIN_TO_REGISTRY", "0"),
    ]);
    let set = job.ci_env(&["--show-secrets"]);
    assert_eq!(set["WERF_REPO_HARBOR_USERNAME"], "robot$ci");
    assert_eq!(set["WERF_REPO_HARBOR_PASSWORD"], "hunter3");
}

#[test]
fn an_id_token_that_has_ended_is_not_sent() {
    let (server, _quay, mut job) = Quay::start();
    let ended = jwt(&json!({"aud": "quay", "exp": now() - 1}));
    let token = job
        .variables
        .iter_mut()
        .find(|(name, _)| name == "DOCKSIDE_ID_TOKEN");
    token.unwrap().1 = ended;
    let output = job.run(&["ci-env", "--oidc", "--login", &server.host()]);
    assert_eq!(output.status.code(), Some(4));
    let stderr = text(&output.stderr);
    assert!(
        stderr.contains("the token in DOCKSIDE_ID_TOKEN has expired; "),
        "{stderr}"
    );
    assert_eq!(server.seen(), [""; 0]);
    assert_ne!(id_token("quay"), "");
}

/// A name is no proof: whoever has that host shall not be sent the user's password unasked.
#[test]
fn a_host_named_harbor_is_not_sent_harbors_password() {
    let job = Job::new(&[
        ("WERF_REPO", "harbor.example.com/p/app"),
        ("WERF_REPO_HARBOR_USERNAME", "admin"),
        ("WERF_REPO_HARBOR_PASSWORD", "hunter2"),
    ]);
    let output = job.run(&["ci-env", "gitlab", "--format", "json"]);
    assert!(output.status.success(), "{output:?}");
    assert!(
        text(&output.stderr).contains(
            "dockside: note: no login to harbor.example.com as its Harbor user: nothing says \
             that it is a Harbor; give --repo-container-registry harbor\n"
        ),
        "{output:?}"
    );
    assert!(job.config()["auths"].get("harbor.example.com").is_none());
}
