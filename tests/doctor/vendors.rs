//! Faults of logins and rights, in the words of each vendor.

use serde_json::json;

use super::office::{HUB, OPEN, Office, READER, WRITER, at, of};
use super::{Machine, assert_diagnoses};
use crate::brands::proof::stand::Stand;
use crate::support::answer::Answer;
use crate::support::brands::gitlab;
use crate::support::vendor::Network;

const GITLAB: &str = "registry.gitlab.com";

/// A job of GitLab, of another project than `acme/app`.
const JOB: &[(&str, &str)] = &[
    ("GITLAB_CI", "true"),
    ("CI_PROJECT_PATH", "Acme/Other"),
    ("CI_JOB_TOKEN", "glcbt-64_x"),
];

/// A job of GitHub.
const ACTIONS: &[(&str, &str)] = &[
    ("GITHUB_ACTIONS", "true"),
    ("GITHUB_REPOSITORY", "acme/app"),
    ("GITHUB_TOKEN", "ghs_job"),
];

#[test]
fn faults() {
    assert_diagnoses(
        "vendors",
        &[
            ("Docker Hub: a password in place of a token", || {
                at(
                    &OPEN.open(HUB),
                    HUB,
                    ("user", "correct horse"),
                    &["acme/app"],
                )
            }),
            ("Docker Hub: a token that was removed", || {
                at(
                    &OPEN.open(HUB),
                    HUB,
                    ("user", "dckr_pat_gone"),
                    &["docker.io"],
                )
            }),
            ("Docker Hub: a read-only token", || {
                of(
                    Office {
                        user: ("user", "dckr_pat_x"),
                        ..READER
                    },
                    HUB,
                    &[],
                    &["acme/app"],
                )
            }),
            ("Docker Hub: no pulls are left", || {
                of(Office { left: 0, ..OPEN }, HUB, &[], &["acme/app"])
            }),
            (
                "GitLab: the job token of another project, for a job that pushes",
                || {
                    let office = Office {
                        user: ("gitlab-ci-token", "glcbt-64_x"),
                        ..READER
                    };
                    of(
                        office,
                        GITLAB,
                        JOB,
                        &["registry.gitlab.com/acme/app", "--for", "push"],
                    )
                },
            ),
            ("GitLab: the job token of another project", || {
                let office = Office {
                    user: ("gitlab-ci-token", "glcbt-64_x"),
                    grants: &[],
                    ..OPEN
                };
                of(office, GITLAB, JOB, &["registry.gitlab.com/acme/app"])
            }),
            ("GitLab: the token of an earlier job", || {
                let network = OPEN.open(GITLAB);
                let machine = Machine::new()
                    .login(GITLAB, "gitlab-ci-token", "glcbt-64_x")
                    .also(network.environment())
                    .with(JOB);
                machine.doctor(&["registry.gitlab.com/acme/app"])
            }),
            ("GitLab: a deploy token does not delete", || {
                let office = Office {
                    user: ("gitlab+deploy-token-1", "gldt-x"),
                    ..WRITER
                };
                of(
                    office,
                    GITLAB,
                    &[],
                    &["registry.gitlab.com/acme/app", "--for", "delete"],
                )
            }),
            ("GitHub: no packages: write", || {
                let office = Office {
                    user: ("octocat", "ghs_job"),
                    strict: true,
                    ..READER
                };
                of(
                    office,
                    "ghcr.io",
                    ACTIONS,
                    &["ghcr.io/acme/app", "--for", "push"],
                )
            }),
            (
                "GitHub: the package is not linked to the repository",
                || {
                    let office = Office {
                        user: ("octocat", "ghs_job"),
                        grants: &[],
                        strict: true,
                        ..OPEN
                    };
                    of(office, "ghcr.io", ACTIONS, &["ghcr.io/acme/app"])
                },
            ),
            ("GitHub: a fine-grained token", || {
                let network = OPEN.open("ghcr.io");
                at(
                    &network,
                    "ghcr.io",
                    ("octocat", "github_pat_x"),
                    &["ghcr.io/acme/app"],
                )
            }),
            ("GitHub: nobody has logged in", || {
                let network = OPEN.open("ghcr.io");
                let machine = Machine::new().also(network.environment()).with(ACTIONS);
                machine.doctor(&["ghcr.io/acme/app"])
            }),
            ("GitHub: no id-token: write", || {
                let host = "123456789012.dkr.ecr.eu-central-1.amazonaws.com";
                let network = Network::start();
                network.answer(host, |_| {
                    Answer::new(401).header("WWW-Authenticate", "Basic realm=\"x\"")
                });
                let machine = Machine::new().also(network.environment()).with(ACTIONS);
                machine.doctor(&[&format!("{host}/app")])
            }),
            ("Amazon: a policy lacks an action", || {
                let host = "123456789012.dkr.ecr.eu-central-1.amazonaws.com";
                let network = Network::start();
                network.answer(host, |request| {
                    let said = "User: arn:aws:sts::123456789012:assumed-role/ci/job is not \
                                authorized to perform: ecr:ListImages";
                    match (request.basic(), request.path.as_str()) {
                        (None, _) => Answer::new(401)
                            .header("WWW-Authenticate", "Basic realm=\"https://x/\""),
                        (Some(_), "/v2/") => Answer::new(200),
                        _ => Answer::new(403)
                            .json(&json!({"errors": [{"code": "DENIED", "message": said}]})),
                    }
                });
                at(&network, host, ("AWS", "secret"), &[&format!("{host}/app")])
            }),
            ("Amazon: no such repository", || {
                let stand = Stand::of("ecr");
                let name = stand.name.replace("/app", "/none");
                let (code, said, _) = stand.run(&["doctor", "--quiet", &name]);
                format!("{said}exit {code}\n")
            }),
            ("Harbor: a member who may only read", || {
                let host = "harbor.example.com";
                let job = [
                    ("WERF_REPO", "harbor.example.com/acme/app"),
                    ("WERF_REPO_CONTAINER_REGISTRY", "harbor"),
                ];
                of(
                    READER,
                    host,
                    &job,
                    &["harbor.example.com/acme/app", "--for", "push"],
                )
            }),
            ("Quay: a robot that may only read", || {
                of(
                    READER,
                    "quay.io",
                    &[],
                    &["quay.io/acme/app", "--for", "push"],
                )
            }),
            ("Azure: an identity without a role", || {
                of(
                    READER,
                    "acme.azurecr.io",
                    &[],
                    &["acme.azurecr.io/acme/app", "--for", "push"],
                )
            }),
            ("Google: an identity without a role", || {
                let job = [("NO_GCE_CHECK", "true")];
                of(
                    READER,
                    "europe-docker.pkg.dev",
                    &job,
                    &["europe-docker.pkg.dev/acme/app", "--for", "push"],
                )
            }),
            ("Gitea: a job token that may not push", || {
                let host = "git.example.com";
                let job = [
                    ("GITEA_TOKEN", "gitea-job"),
                    ("WERF_REPO", "git.example.com/acme/app"),
                    ("WERF_REPO_CONTAINER_REGISTRY", "gitea"),
                ];
                let office = Office {
                    user: ("octocat", "gitea-job"),
                    ..READER
                };
                of(
                    office,
                    host,
                    &job,
                    &["git.example.com/acme/app", "--for", "push"],
                )
            }),
        ],
    );
}

/// Asking for a token to push would make a record of the repository.
#[test]
fn nothing_is_made_at_gitlab() {
    let stand = Stand::of("gitlab");
    let name = format!("registry.gitlab.com/{}/none", gitlab::PROJECT);
    let (code, said, _) = stand.run(&["doctor", "--quiet", &name]);
    assert_eq!(
        (code, said),
        (
            0,
            format!(
                "{name}\n  warning  repository     the repository does not exist, or may not be \
                 seen\n                   cause  nothing was pushed there yet, or this login may not \
                 see it\n                    cure  check the name; the first push makes the repository \
                 at most registries\n"
            )
        )
    );
    let asked = stand.seen();
    assert!(!asked.iter().any(|one| one.contains("push")), "{asked:?}");
}
