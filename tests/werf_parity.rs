//! The variables that `werf ci-env` sets, their values, conditions and policy
//! (werf v2, `cmd/werf/ci_env/ci_env.go`), for a table of environments.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::support::dockside;

type Variables = BTreeMap<String, String>;

/// Names and values.
type Table<'a> = &'a [(&'a str, &'a str)];

/// What werf does not set: the same directory for other programs.
const BEYOND_WERF: [&str; 2] = ["REGISTRY_AUTH_FILE", "HELM_REGISTRY_CONFIG"];

/// What every job's log settings are unless they are set already.
const LOG: [(&str, &str); 4] = [
    ("WERF_ENABLE_PROCESS_EXTERMINATOR", "1"),
    ("WERF_LOG_COLOR_MODE", "on"),
    ("WERF_LOG_PROJECT_DIR", "1"),
    ("WERF_LOG_TERMINAL_WIDTH", "130"),
];

const GITLAB: [(&str, &str); 12] = [
    ("GITLAB_CI", "true"),
    ("CI_SERVER_URL", "https://gitlab.example.com"),
    ("CI_SERVER_VERSION", "17.5.1"),
    ("CI_PROJECT_ID", "7"),
    ("CI_PROJECT_URL", "https://gitlab.example.com/group/project"),
    ("CI_JOB_ID", "4711"),
    ("CI_COMMIT_SHA", "0123456789abcdef0123456789abcdef01234567"),
    (
        "CI_PIPELINE_URL",
        "https://gitlab.example.com/group/project/-/pipelines/9",
    ),
    (
        "CI_JOB_URL",
        "https://gitlab.example.com/group/project/-/jobs/4711",
    ),
    ("CI_REGISTRY", "registry.example.com"),
    ("CI_REGISTRY_IMAGE", "registry.example.com/group/project"),
    ("CI_JOB_TOKEN", "job-token"),
];

const GITLAB_SETS: [(&str, &str); 6] = [
    ("WERF_REPO", "registry.example.com/group/project"),
    ("WERF_REPO_CONTAINER_REGISTRY", "gitlab"),
    (
        "WERF_ADD_ANNOTATION_PROJECT_GIT",
        "project.werf.io/git=https://gitlab.example.com/group/project",
    ),
    (
        "WERF_ADD_ANNOTATION_CI_COMMIT",
        "ci.werf.io/commit=0123456789abcdef0123456789abcdef01234567",
    ),
    (
        "WERF_ADD_ANNOTATION_GITLAB_CI_PIPELINE_URL",
        "gitlab.ci.werf.io/pipeline-url=https://gitlab.example.com/group/project/-/pipelines/9",
    ),
    (
        "WERF_ADD_ANNOTATION_GITLAB_CI_JOB_URL",
        "gitlab.ci.werf.io/job-url=https://gitlab.example.com/group/project/-/jobs/4711",
    ),
];

const GITHUB: [(&str, &str); 9] = [
    ("GITHUB_ACTIONS", "true"),
    ("GITHUB_SERVER_URL", "https://github.com"),
    ("GITHUB_REPOSITORY", "Owner/Project"),
    ("GITHUB_ACTOR", "octocat"),
    ("GITHUB_TOKEN", "ghs_token"),
    ("GITHUB_SHA", "0123456789abcdef0123456789abcdef01234567"),
    ("GITHUB_REF_TYPE", "branch"),
    ("GITHUB_REF_NAME", "main"),
    ("GITHUB_RUN_ID", "99"),
];

const GITHUB_SETS: [(&str, &str); 4] = [
    (
        "WERF_ADD_ANNOTATION_PROJECT_GIT",
        "project.werf.io/git=https://github.com/Owner/Project",
    ),
    (
        "WERF_ADD_ANNOTATION_CI_COMMIT",
        "ci.werf.io/commit=0123456789abcdef0123456789abcdef01234567",
    ),
    (
        "WERF_ADD_ANNOTATION_GITHUB_ACTIONS_RUN_URL",
        "github.ci.werf.io/workflow-run-url=https://github.com/Owner/Project/actions/runs/99",
    ),
    ("WERF_REPO_GITHUB_TOKEN", "ghs_token"),
];

/// Runs `ci-env` without a login and returns what it sets, after checking that the docker
/// variables all name the job's directory.
fn sets(system: &str, base: Table<'_>, more: Table<'_>, project: &Path) -> Variables {
    let home = tempfile::tempdir().unwrap();
    let output = dockside(home.path())
        .args(["ci-env", system, "--login-to-registry=false"])
        .args(["--format", "json", "--show-secrets"])
        .envs(base.iter().copied())
        .envs(more.iter().copied())
        .current_dir(project)
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut variables: Variables = json["variables"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| (name.clone(), value.as_str().unwrap_or("(unset)").to_owned()))
        .collect();
    let docker_config = variables.remove("DOCKER_CONFIG").unwrap();
    assert!(Path::new(&docker_config).starts_with(home.path()));
    assert_eq!(
        variables.remove("WERF_DOCKER_CONFIG").unwrap(),
        docker_config
    );
    for name in BEYOND_WERF {
        let file = variables.remove(name).unwrap();
        assert_eq!(file, format!("{docker_config}/config.json"), "{name}");
    }
    variables
}

/// Merges tables: later ones win, and an empty value takes a name out.
fn expect(tables: &[Table<'_>]) -> Variables {
    let mut variables = Variables::new();
    for (name, value) in tables.iter().copied().flatten() {
        variables.insert((*name).to_owned(), (*value).to_owned());
    }
    variables.retain(|_, value| !value.is_empty());
    variables
}

#[test]
fn gitlab() {
    let here = tempfile::tempdir().unwrap();
    let cases: &[(Table<'_>, Table<'_>)] = &[
        (&[], &[]),
        (
            &[
                ("CI_COMMIT_TAG", "v1.2.3"),
                ("CI_ENVIRONMENT_SLUG", "production"),
            ],
            &[
                ("WERF_ADD_ANNOTATION_CI_GIT_TAG", "ci.werf.io/tag=v1.2.3"),
                ("WERF_ENV", "production"),
            ],
        ),
        (
            &[("TRDL_USE_WERF_GROUP_CHANNEL", "2 stable")],
            &[(
                "WERF_ADD_ANNOTATION_WERF_RELEASE_CHANNEL",
                "werf.io/release-channel=2 stable",
            )],
        ),
        // What has a value is kept; the registry of CI is still the repository's.
        (
            &[
                ("WERF_REPO", "registry.example.com/other"),
                ("WERF_ENV", "mine"),
                ("CI_ENVIRONMENT_SLUG", "production"),
                ("WERF_LOG_COLOR_MODE", "off"),
            ],
            &[("WERF_REPO", ""), ("WERF_LOG_COLOR_MODE", "")],
        ),
        // Another registry, also one whose name begins alike.
        (
            &[("WERF_REPO", "registry.example.com.evil/x")],
            &[("WERF_REPO", ""), ("WERF_REPO_CONTAINER_REGISTRY", "")],
        ),
        // The project has no registry.
        (
            &[("CI_REGISTRY_IMAGE", "")],
            &[("WERF_REPO", ""), ("WERF_REPO_CONTAINER_REGISTRY", "")],
        ),
        // Colour broke in these GitLab versions.
        (
            &[("CI_SERVER_VERSION", "12.1.5-ee")],
            &[("WERF_LOG_COLOR_MODE", "off")],
        ),
        (&[("CI_SERVER_VERSION", "12.2.0")], &[]),
        (&[("CI_SERVER_VERSION", "12.1.3")], &[]),
        // A value left by an earlier job is not this job's.
        (
            &[("WERF_ADD_ANNOTATION_CI_GIT_TAG", "ci.werf.io/tag=stale")],
            &[("WERF_ADD_ANNOTATION_CI_GIT_TAG", "(unset)")],
        ),
    ];
    for (more, differ) in cases {
        assert_eq!(
            sets("gitlab", &GITLAB, more, here.path()),
            expect(&[&GITLAB_SETS, &LOG, differ]),
            "{more:?}"
        );
    }
}

#[test]
fn github() {
    let bare = tempfile::tempdir().unwrap();
    let werf = tempfile::tempdir().unwrap();
    std::fs::write(
        werf.path().join("werf.yaml"),
        "{{- $x := 1 }}\nconfigVersion: 1\nproject: shop\n---\nimage: app\n",
    )
    .unwrap();
    let repo = ("WERF_REPO", "ghcr.io/owner/project/shop");
    let cases: &[(&Path, Table<'_>, Table<'_>)] = &[
        (bare.path(), &[], &[]),
        (werf.path(), &[], &[repo]),
        (
            werf.path(),
            &[("GITHUB_REF_TYPE", "tag"), ("GITHUB_REF_NAME", "v1")],
            &[
                repo,
                ("WERF_ADD_ANNOTATION_CI_GIT_TAG", "ci.werf.io/tag=v1"),
            ],
        ),
        (
            werf.path(),
            &[
                ("WERF_REPO", "ghcr.io/x/y"),
                ("WERF_REPO_GITHUB_TOKEN", "mine"),
            ],
            &[("WERF_REPO_GITHUB_TOKEN", "")],
        ),
        (
            bare.path(),
            &[("GITHUB_TOKEN", "")],
            &[("WERF_REPO_GITHUB_TOKEN", "")],
        ),
    ];
    for (project, more, differ) in cases {
        assert_eq!(
            sets("github", &GITHUB, more, project),
            expect(&[&GITHUB_SETS, &LOG, differ]),
            "{more:?}"
        );
    }
}
