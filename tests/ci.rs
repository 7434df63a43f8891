//! Which system is found, and that no environment, however odd, stops it.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::process::Command;

use dockside::ci::{self, SYSTEMS, describe};
use dockside::env::Env;

use crate::support;

/// A job's variables, the system that is found, and the marker.
type Case = (
    &'static [(&'static str, &'static str)],
    Option<(&'static str, &'static str)>,
);

const GITHUB: (&str, &str) = ("GITHUB_ACTIONS", "true");
const GITEA: (&str, &str) = ("GITEA_ACTIONS", "true");
const JENKINS: (&str, &str) = ("JENKINS_URL", "https://jenkins.example.com/");

const CASES: &[Case] = &[
    (&[], None),
    (
        &[("CI", "true"), ("BUILD_ID", "1"), ("BUILD_NUMBER", "1")],
        None,
    ),
    // Each of these sets the markers of those before it.
    (&[GITHUB], Some(("github", "GITHUB_ACTIONS=true"))),
    (&[GITHUB, GITEA], Some(("gitea", "GITEA_ACTIONS=true"))),
    (
        &[GITHUB, GITEA, ("FORGEJO_ACTIONS", "true")],
        Some(("forgejo", "FORGEJO_ACTIONS=true")),
    ),
    (
        &[GITHUB, ("ACT", "true"), ("CI", "true")],
        Some(("github", "GITHUB_ACTIONS=true ACT=true")),
    ),
    (&[("ACT", "true")], None),
    (
        &[("DRONE", "true"), ("CI", "drone")],
        Some(("drone", "DRONE=true")),
    ),
    (
        &[("DRONE", "true"), ("HARNESS_BUILD_ID", "7")],
        Some(("harness", "HARNESS_BUILD_ID")),
    ),
    (
        &[
            ("CI", "woodpecker"),
            ("CI_COMMIT_SHA", "x"),
            ("CI_PIPELINE_URL", "x"),
        ],
        Some(("woodpecker", "CI=woodpecker")),
    ),
    (
        &[("CI", "true"), ("CI_SYSTEM_NAME", "woodpecker")],
        Some(("woodpecker", "CI_SYSTEM_NAME=woodpecker")),
    ),
    // Names like GitLab's prove nothing, and gitlab-ci-local says that it is not GitLab.
    (&[("CI_COMMIT_SHA", "x"), ("CI_JOB_ID", "1")], None),
    (&[("GITLAB_CI", "false"), ("CI_JOB_ID", "1")], None),
    (&[("GITLAB_CI", "true")], Some(("gitlab", "GITLAB_CI=true"))),
    (
        &[JENKINS, ("BUILD_ID", "1")],
        Some(("jenkins", "JENKINS_URL and BUILD_ID")),
    ),
    (&[JENKINS], None),
    // Jenkins without a root URL.
    (
        &[("BUILD_ID", "1"), ("BUILD_TAG", "jenkins-app-1")],
        Some(("jenkins", "BUILD_TAG=jenkins-...")),
    ),
    (&[("BUILD_TAG", "v1")], None),
    // A Jenkins agent inside another system's job, and the other way round.
    (
        &[JENKINS, ("BUILD_ID", "1"), ("BUILDKITE", "true")],
        Some(("buildkite", "BUILDKITE=true")),
    ),
    (
        &[JENKINS, ("BUILD_ID", "1"), ("TEAMCITY_VERSION", "2024.07")],
        Some(("teamcity", "TEAMCITY_VERSION")),
    ),
    // gitlab-ci-local and act inside a job on GitHub.
    (
        &[GITHUB, ("GITLAB_CI", "false")],
        Some(("github", "GITHUB_ACTIONS=true")),
    ),
    (&[("TF_BUILD", "True")], Some(("azure", "TF_BUILD=True"))),
    (
        &[("BITBUCKET_BUILD_NUMBER", "1")],
        Some(("bitbucket", "BITBUCKET_BUILD_NUMBER")),
    ),
    (&[("CIRCLECI", "true")], Some(("circleci", "CIRCLECI=true"))),
    (&[("TRAVIS", "true")], Some(("travis", "TRAVIS=true"))),
    (
        &[("CODEBUILD_BUILD_ID", "a:b")],
        Some(("codebuild", "CODEBUILD_BUILD_ID")),
    ),
    (
        &[("BUILDER_OUTPUT", "/builder/outputs"), ("BUILD_ID", "1")],
        Some(("cloudbuild", "BUILDER_OUTPUT")),
    ),
    (
        &[("SEMAPHORE", "true")],
        Some(("semaphore", "SEMAPHORE=true")),
    ),
    (&[("APPVEYOR", "True")], Some(("appveyor", "APPVEYOR=True"))),
    (&[("APPVEYOR", "true")], Some(("appveyor", "APPVEYOR=true"))),
    (
        &[("bamboo_planKey", "A-B")],
        Some(("bamboo", "bamboo_planKey")),
    ),
    (
        &[("bamboo_agentId", "1")],
        Some(("bamboo", "bamboo_agentId")),
    ),
    (
        &[("GO_PIPELINE_LABEL", "1")],
        Some(("gocd", "GO_PIPELINE_LABEL")),
    ),
    (
        &[("GO_PIPELINE_NAME", "a")],
        Some(("gocd", "GO_PIPELINE_NAME")),
    ),
    (&[("CIRRUS_CI", "true")], Some(("cirrus", "CIRRUS_CI=true"))),
    (&[("CF_BUILD_ID", "1")], Some(("codefresh", "CF_BUILD_ID"))),
    // These are found only by name.
    (&[("ARGO_WORKFLOW_NAME", "a"), ("ARGO_POD_NAME", "b")], None),
    (
        &[
            ("ATC_EXTERNAL_URL", "https://ci.example.com"),
            ("BUILD_ID", "1"),
        ],
        None,
    ),
    // Other values of a marker are no marker, and an empty one is none.
    (
        &[
            ("GITHUB_ACTIONS", "false"),
            ("DRONE", "false"),
            ("TF_BUILD", ""),
        ],
        None,
    ),
    (
        &[("TRAVIS", "false"), ("CIRCLECI", ""), ("CF_BUILD_ID", "")],
        None,
    ),
];

#[test]
fn the_system_that_runs_the_job_is_found() {
    for (variables, expected) in CASES {
        let found = ci::detect(&variables.iter().copied().collect());
        let found = found
            .as_ref()
            .map(|(system, marker)| (system.name(), marker.as_str()));
        assert_eq!(found, *expected, "{variables:?}");
    }
    let found: BTreeSet<_> = CASES
        .iter()
        .filter_map(|(_, expected)| Some(expected.as_ref()?.0))
        .collect();
    let named_only = BTreeSet::from(["argo", "concourse", "tekton"]);
    let all: BTreeSet<_> = SYSTEMS.iter().map(|system| system.name()).collect();
    assert_eq!(&found | &named_only, all, "every system has a case");
}

#[test]
fn every_system_has_its_own_name_and_is_found_by_it() {
    let names: BTreeSet<_> = SYSTEMS.iter().map(|system| system.name()).collect();
    assert_eq!(names.len(), SYSTEMS.len());
    for system in SYSTEMS {
        let found = ci::named(system.name()).expect("listed");
        assert_eq!(found.title(), system.title());
        for process in system.job_processes() {
            assert!(
                process.len() <= 15,
                "{process}: the kernel cuts names at 15 bytes"
            );
        }
    }
    assert!(ci::named("GitLab").is_none());
    assert!(ci::named("").is_none());
}

#[test]
fn a_job_named_explicitly_needs_no_marker() {
    let system = ci::named("gitlab").unwrap();
    let env = Env::from_iter([("GITLAB_CI", "false"), ("CI_COMMIT_TAG", "v1")]);
    assert_eq!(system.marker(&env), None);
    assert_eq!(system.job(&env).tag, Some("v1".into()));
}

/// The names of all variables that `src/ci` reads, and more: every word of a literal there, and
/// every word that may be a field of a structure that is read from the environment.
fn variables() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for file in sources() {
        let source = std::fs::read_to_string(file).unwrap();
        let code = source.split("#[cfg(test)]").next().unwrap();
        let literals = code.split('"').skip(1).step_by(2).flat_map(words);
        let literals = literals.filter(|word| word.contains('_') || *word != word.to_lowercase());
        names.extend(literals.map(str::to_owned));
        let fields = words(code).filter(|word| word.contains('_'));
        names.extend(fields.map(str::to_uppercase));
    }
    for read in ["HARBOR_HOST", "ghprbPullId", "GO_STAGE_NAME", "BUILD_TAG"] {
        assert!(names.contains(read), "{read} is not found in the sources");
    }
    names
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty())
}

fn sources() -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut directories = vec![PathBuf::from(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/src/ci"
    ))];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            let list = if path.is_dir() {
                &mut directories
            } else {
                &mut files
            };
            list.push(path);
        }
    }
    files
}

fn all_systems_take(value: impl Fn(&str) -> OsString) {
    let env: Env = variables()
        .into_iter()
        .map(|name| (name.clone(), value(&name)))
        .collect();
    for system in SYSTEMS {
        let job = system.job(&env);
        system.marker(&env);
        describe::text(&job);
        let shown = describe::json(&job).to_string();
        assert!(!shown.contains("s3cret"), "{}", system.name());
        assert!(!shown.contains("\"\""), "{}: {shown}", system.name());
    }
    ci::detect(&env);
}

#[test]
fn values_that_are_not_utf8_are_taken() {
    all_systems_take(|_| OsString::from_vec(b"\xff\xfe/\x80".to_vec()));
    all_systems_take(|_| OsString::from_vec(b"https://u:p@h\xff/\xfe.git".to_vec()));
    all_systems_take(|_| OsString::from_vec(b"refs/heads/\xff".to_vec()));
}

#[test]
fn values_that_say_nothing_are_absent() {
    all_systems_take(|_| OsString::new());
    let empty: Env = variables().into_iter().map(|name| (name, "")).collect();
    let fallback = dockside::ci::named("github").unwrap().job(&Env::default());
    for system in SYSTEMS {
        let expected = if system.name() == "github" {
            fallback.clone()
        } else {
            ci::Job::default()
        };
        assert_eq!(system.job(&empty), expected, "{}", system.name());
        assert_eq!(system.marker(&empty), None, "{}", system.name());
    }
    all_systems_take(|_| "false".into());
    let no: Env = variables()
        .into_iter()
        .map(|name| (name, "false"))
        .collect();
    for system in SYSTEMS {
        let job = system.job(&no);
        assert_eq!((job.change, job.sha), (None, None), "{}", system.name());
    }
}

#[test]
fn values_of_any_size_and_shape_are_taken() {
    for pattern in [
        "x",
        "/",
        "@",
        ":",
        ":@",
        "@:",
        "://",
        "https://",
        "https://u:p@",
        "refs/heads/",
        "refs/tags/",
        "refs/pull/",
        "origin/",
        "pr/",
        "branch/",
        "tag/",
        "\\",
        "${",
        "é",
        "\n",
    ] {
        all_systems_take(|_| pattern.into());
    }
    all_systems_take(|_| "https://h/".repeat(10_000).into());
    all_systems_take(|_| "9".repeat(100_000).into());
}

#[test]
fn no_address_shows_a_password() {
    for address in [
        "https://user:s3cret@host.example/group/app.git",
        "https://s3cret@host.example/group/app.git",
        "ssh://user:s3cret@host.example/group/app.git",
        "user:s3cret@host.example/group/app.git",
    ] {
        all_systems_take(|name| {
            let is_address = ["URL", "URI", "URL_1", "LINK", "ORIGIN", "KITE_REPO", "Url"]
                .iter()
                .any(|end| name.ends_with(end));
            if is_address {
                address.into()
            } else {
                "1".into()
            }
        });
    }
}

/// `cargo fmt` does not see the modules that a macro declares.
#[test]
fn the_systems_are_formatted() {
    if !support::installed("rustfmt") {
        return;
    }
    let status = Command::new("rustfmt")
        .args(["--check", "--edition", "2024"])
        .args(sources())
        .status()
        .unwrap();
    assert!(
        status.success(),
        "run rustfmt --edition 2024 on the files of src/ci"
    );
}
