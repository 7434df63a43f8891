//! Names of repositories and brands that cannot be.

use std::fs;

use serde_json::Value;

use super::{Case, ci_env};
use crate::support::dockside;
use crate::support::job::text;

#[test]
fn what_cannot_be_a_repository_or_a_brand_is_no_reason_for_no_login() {
    let repository_hint = "write it without a scheme, such as registry.example.com/group/project";
    let brand_hint = "use one of ecr, acr, dockerhub, gcr, github, gitlab, harbor, \
                      artifactory, quay, nexus, gitea, zot, default";
    let registry_hint = "write host or host:port, such as registry.example.com:5000";
    let cases: [Case<'_>; 5] = [
        (
            &["--repo", "https://harbor.example.com/p/r"],
            &[],
            "`https://harbor.example.com/p/r` is not the name of a repository",
            repository_hint,
        ),
        (
            &["--login-to-registry=false"],
            &[("WERF_REPO", "https://u:hunter2@harbor.example.com/p")],
            "`***@harbor.example.com/p` is not the name of a repository",
            repository_hint,
        ),
        (
            &["--repo-container-registry", "nonesuch"],
            &[],
            "unknown brand of registry `nonesuch`",
            brand_hint,
        ),
        (
            &[],
            &[("WERF_REPO_IMPLEMENTATION", "nonesuch")],
            "unknown brand of registry `nonesuch`",
            brand_hint,
        ),
        (
            &[],
            &[
                ("DOCKSIDE_REGISTRY_A", "https://u:hunter2@a.example"),
                ("DOCKSIDE_REGISTRY_A_USERNAME", "u"),
                ("DOCKSIDE_REGISTRY_A_PASSWORD", "hunter2"),
            ],
            "`***@a.example` is not the address of a registry",
            registry_hint,
        ),
    ];
    for (arguments, variables, message, hint) in cases {
        let home = tempfile::tempdir().unwrap();
        let output = ci_env(home.path(), arguments, variables);
        assert_eq!(
            text(&output.stderr),
            format!("dockside: error: {message}\ndockside: hint: {hint}\n")
        );
        assert_eq!(output.status.code(), Some(2));
        assert_eq!(text(&output.stdout), "");
    }
    // Scripts write `--repo "$REPO"`.
    let home = tempfile::tempdir().unwrap();
    let empty = ["--repo", "", "--repo-container-registry", ""];
    let output = ci_env(home.path(), &empty, &[("WERF_LOGIN_TO_REGISTRY", "0")]);
    assert_eq!(text(&output.stderr), "");
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        json["variables"]["WERF_REPO"],
        "registry.example.com/group/project"
    );
}

#[test]
fn a_name_that_a_template_makes_is_no_silent_loss_of_the_repository() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("werf.yaml"), "project: {{ env \"X\" }}\n").unwrap();
    let output = dockside(home.path())
        .args(["ci-env", "github", "--login-to-registry=false"])
        .envs([
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_REPOSITORY", "o/r"),
            ("GITHUB_RUN_ID", "1"),
        ])
        .current_dir(home.path())
        .output()
        .unwrap();
    assert_eq!(
        text(&output.stderr),
        "dockside: note: WERF_REPO is not set: a template makes the project's name in werf.yaml, \
         and only werf renders it; give --repo or set WERF_REPO\n"
    );
}
