//! Credentials that are missing, misspelt or cannot be sent.

use serde_json::json;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use super::{Case, Variables, auths, ci_env};
use crate::support::dockside;
use crate::support::job::{GITLAB, text};

#[test]
fn credentials_for_no_registry_and_second_ones_are_named() {
    let home = tempfile::tempdir().unwrap();
    let output = ci_env(
        home.path(),
        &["--no-verify"],
        &[
            ("DOCKSIDE_REGISTRY_A", "registry.example.com"),
            ("DOCKSIDE_REGISTRY_A_USERNAME", "u"),
            ("DOCKSIDE_REGISTRY_A_PASSWORD", "p"),
            ("DOCKSIDE_REGISTRY_B", "https://registry.example.com/"),
            ("DOCKSIDE_REGISTRY_B_USERNAME", "other"),
            ("DOCKSIDE_REGISTRY_B_PASSWORD", "other"),
            ("DOCKSIDE_REGISTRY_TYPO_USERNAME", "u"),
            ("DOCKSIDE_REGISTRY_TYPO_PASSWORD", "hunter2"),
            ("DOCKSIDE_REGISTRY_PASSWORD", "hunter2"),
        ],
    );
    let unused = |name: &str| {
        format!(
            "dockside: note: {name} is not used: no variable DOCKSIDE_REGISTRY_<NAME> of the same \
             name says which registry it is for\n"
        )
    };
    assert_eq!(
        text(&output.stderr),
        [
            unused("DOCKSIDE_REGISTRY_PASSWORD"),
            unused("DOCKSIDE_REGISTRY_TYPO_PASSWORD"),
            unused("DOCKSIDE_REGISTRY_TYPO_USERNAME"),
            "dockside: note: DOCKSIDE_REGISTRY_B is not used: a variable before it names \
             registry.example.com too\n"
                .to_owned(),
        ]
        .concat()
    );
    assert_eq!(
        auths(&output),
        json!({"registry.example.com": {"auth": "dTpw"}})
    );
}

#[test]
fn a_user_without_a_password_is_named() {
    let cases: [Case<'_>; 2] = [
        (
            &[
                "--repo",
                "harbor.example.com/p/r",
                "--repo-harbor-username",
                "u",
                "--repo-container-registry",
                "harbor",
            ],
            &[],
            "harbor.example.com",
            "WERF_REPO_HARBOR_PASSWORD",
        ),
        (
            &["--repo", "owner/image"],
            &[("WERF_REPO_DOCKER_HUB_USERNAME", "u")],
            "docker.io",
            "WERF_REPO_DOCKER_HUB_PASSWORD",
        ),
    ];
    for (arguments, variables, registry, missing) in cases {
        let home = tempfile::tempdir().unwrap();
        let output = ci_env(home.path(), arguments, variables);
        assert_eq!(
            text(&output.stderr),
            format!(
                "dockside: note: no login to {registry} as u: {missing} is not set\n\
                 dockside: note: no login to registry.example.com: neither CI_JOB_TOKEN nor \
                 CI_REGISTRY_PASSWORD is set for it\n"
            )
        );
        assert_eq!(auths(&output), json!({}));
    }
}

#[test]
fn docker_auth_config_has_credentials_too() {
    let config = r#"{"auths":{"a.example":{"auth":"dTpw"}}}"#;
    let variable = [("DOCKER_AUTH_CONFIG", config)];
    for more in [None, Some("--use-docker-auth-config")] {
        let home = tempfile::tempdir().unwrap();
        let arguments: Vec<_> = ["--no-verify", "--login", "a.example"]
            .into_iter()
            .chain(more)
            .collect();
        let output = ci_env(home.path(), &arguments, &variable);
        assert_eq!(auths(&output), json!({"a.example": {"auth": "dTpw"}}));
    }
    let home = tempfile::tempdir().unwrap();
    let output = ci_env(home.path(), &["--login", "b.example"], &variable);
    assert_eq!(output.status.code(), Some(4));
    assert_eq!(
        text(&output.stderr),
        "dockside: error: there are no credentials for the registry b.example\n\
         dockside: hint: set DOCKSIDE_REGISTRY_MAIN=b.example, DOCKSIDE_REGISTRY_MAIN_USERNAME \
         and DOCKSIDE_REGISTRY_MAIN_PASSWORD\n"
    );
}

#[test]
fn a_registry_without_a_token_for_it_is_named() {
    let cases: [(&str, Variables, &str); 3] = [
        (
            "github",
            &[
                ("GITHUB_ACTIONS", "true"),
                ("GITHUB_REPOSITORY", "o/r"),
                ("GITHUB_RUN_ID", "1"),
            ],
            "no login to ghcr.io: GITHUB_TOKEN is not set; map it in the `env` of the step",
        ),
        (
            "gitlab",
            &GITLAB,
            "no login to registry.example.com: neither CI_JOB_TOKEN nor CI_REGISTRY_PASSWORD is \
             set for it",
        ),
        (
            "gitea",
            &[
                ("GITEA_ACTIONS", "true"),
                ("GITHUB_REPOSITORY", "o/r"),
                ("GITHUB_RUN_ID", "1"),
                ("GITHUB_SERVER_URL", "https://git.example.com"),
            ],
            "no login to git.example.com: GITEA_TOKEN is not set; map a secret to it in the `env` \
             of the step",
        ),
    ];
    for (system, variables, note) in cases {
        let home = tempfile::tempdir().unwrap();
        let output = dockside(home.path())
            .args(["ci-env", system])
            .envs(variables.iter().copied())
            .output()
            .unwrap();
        assert!(output.status.success());
        assert_eq!(text(&output.stderr), format!("dockside: note: {note}\n"));
    }
}

#[test]
fn names_and_passwords_that_cannot_be_sent_are_refused() {
    let home = tempfile::tempdir().unwrap();
    let run = |username: &[u8], password: &[u8]| {
        let output = dockside(home.path())
            .args(["ci-env", "--no-verify"])
            .env("DOCKSIDE_REGISTRY_A", "a.example")
            .env("DOCKSIDE_REGISTRY_A_USERNAME", OsStr::from_bytes(username))
            .env("DOCKSIDE_REGISTRY_A_PASSWORD", OsStr::from_bytes(password))
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2));
        text(&output.stderr)
    };
    assert_eq!(
        run(b"a:b", b"p"),
        "dockside: error: DOCKSIDE_REGISTRY_A_USERNAME has a colon, which no login can carry\n"
    );
    assert_eq!(
        run(b"a", b"p\xff"),
        "dockside: error: DOCKSIDE_REGISTRY_A_PASSWORD is not UTF-8\n"
    );
}
