//! The examples and templates: complete, and in their systems' own syntax.

#[cfg(feature = "kubernetes")]
mod kubernetes;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use saphyr::{LoadableYamlNode, Yaml};

use crate::runners::{files, repository};
use crate::support::installed;

/// Files with a published schema, and the schema's name in `check-jsonschema`.
const SCHEMAS: [(&str, &str); 19] = [
    ("action.yml", "github-actions"),
    ("examples/azure/azure-pipelines.yml", "azure-pipelines"),
    ("examples/bamboo/bamboo-specs/bamboo.yml", "bamboo-spec"),
    (
        "examples/bitbucket/bitbucket-pipelines.yml",
        "bitbucket-pipelines",
    ),
    ("examples/buildkite/.buildkite/pipeline.yml", "buildkite"),
    ("examples/circleci/.circleci/config.yml", "circle-ci"),
    ("examples/cloudbuild/cloudbuild.yaml", "cloudbuild"),
    ("examples/drone/.drone.yml", "drone-ci"),
    (
        "examples/forgejo/.forgejo/workflows/release.yml",
        "github-workflows",
    ),
    (
        "examples/gitea/.gitea/workflows/release.yml",
        "github-workflows",
    ),
    (
        "examples/github/.github/workflows/cleanup.yml",
        "github-workflows",
    ),
    (
        "examples/github/.github/workflows/identity.yml",
        "github-workflows",
    ),
    (
        "examples/github/.github/workflows/push.yml",
        "github-workflows",
    ),
    (
        "examples/github/.github/workflows/release.yml",
        "github-workflows",
    ),
    ("examples/gitlab/.gitlab-ci.yml", "gitlab-ci"),
    ("examples/gitlab/cleanup.gitlab-ci.yml", "gitlab-ci"),
    ("examples/gitlab/identity.gitlab-ci.yml", "gitlab-ci"),
    ("examples/travis/.travis.yml", "travis"),
    ("examples/woodpecker/.woodpecker.yaml", "woodpecker-ci"),
];

#[test]
fn every_system_has_an_example() {
    let examples: BTreeSet<String> = fs::read_dir(repository().join("examples"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let systems = dockside::ci::SYSTEMS.iter().map(|system| system.name());
    // What is no CI system runs cleanups all the same.
    let systems: BTreeSet<String> = systems.chain(["kubernetes"]).map(str::to_owned).collect();
    assert_eq!(examples, systems);
}

#[test]
fn every_example_logs_in_and_cleans_up() {
    for system in dockside::ci::SYSTEMS {
        let name = system.name();
        let text: String = files(&repository().join("examples").join(name))
            .iter()
            .map(|file| fs::read_to_string(file).unwrap())
            .collect();
        assert!(text.contains(&format!("dockside ci-env {name}")), "{name}");
        let cleans = ["dockside logout --job", "--cleanup-on-exit"]
            .iter()
            .any(|means| text.contains(means));
        assert!(cleans, "{name}");
    }
}

#[test]
fn all_yaml_can_be_read() {
    let mut read = 0;
    for file in yaml_files() {
        let text = fs::read_to_string(&file).unwrap();
        match Yaml::load_from_str(&text) {
            Ok(documents) => assert!(!documents.is_empty(), "{} is empty", file.display()),
            Err(error) => panic!("{}: {error}", file.display()),
        }
        read += 1;
    }
    assert!(read >= SCHEMAS.len(), "only {read} files were found");
}

#[test]
fn examples_follow_the_published_schemas() {
    if !installed("check-jsonschema") {
        return;
    }
    for (file, schema) in SCHEMAS {
        let output = Command::new("check-jsonschema")
            // The default reader of patterns refuses one in Azure's schema.
            .args(["--regex-variant", "nonunicode"])
            .args(["--builtin-schema", &format!("vendor.{schema}")])
            .arg(repository().join(file))
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{file}:\n{text}");
    }
}

#[test]
fn no_expression_is_put_into_a_script() {
    for file in yaml_files() {
        let text = fs::read_to_string(&file).unwrap();
        for document in Yaml::load_from_str(&text).unwrap() {
            assert_scripts_are_constant(&file, &document);
        }
    }
}

/// Jenkins' `withEnv` replaces `$NAME` in values, so that a branch could name a secret.
#[test]
fn the_jenkins_step_hands_dollar_signs_on() {
    let file = repository().join("templates/jenkins/vars/withDockside.groovy");
    let text = fs::read_to_string(file).unwrap();
    let (_, assignments) = text.split_once("List<String> assignments").unwrap();
    assert!(
        assignments.contains(r"+ (value ?: '').toString().replace('$', '$$')"),
        "{assignments}"
    );
    for part in text.split("withEnv(").skip(1) {
        assert!(part.starts_with("assignments("), "{part}");
    }
}

/// Fails when a script (of GitHub's `run`, GitLab's `script`, or the like) holds an expression
/// that the CI system replaces before a shell reads the script.
fn assert_scripts_are_constant(file: &Path, node: &Yaml<'_>) {
    const SCRIPTS: [&str; 9] = [
        "run",
        "bash",
        "script",
        "before_script",
        "after_script",
        "commands",
        "command",
        "source",
        "args",
    ];
    const EXPRESSIONS: [&str; 5] = ["${{", "$[[", "$(params", "{{", "<+"];
    if let Some(mapping) = node.as_mapping() {
        for (key, value) in mapping {
            if key.as_str().is_some_and(|key| SCRIPTS.contains(&key)) {
                for expression in EXPRESSIONS {
                    let found = strings(value).iter().any(|text| text.contains(expression));
                    assert!(!found, "{}: {expression} in {value:?}", file.display());
                }
            }
            assert_scripts_are_constant(file, value);
        }
    }
    for item in node.as_sequence().into_iter().flatten() {
        assert_scripts_are_constant(file, item);
    }
}

/// The node itself and its items, as far as they are text.
fn strings<'a>(node: &'a Yaml<'_>) -> Vec<&'a str> {
    let items = node.as_sequence().into_iter().flatten();
    items
        .chain([node])
        .filter_map(|item| item.as_str())
        .collect()
}

fn yaml_files() -> Vec<PathBuf> {
    let mut found = vec![repository().join("action.yml")];
    for directory in ["examples", "templates"] {
        found.extend(files(&repository().join(directory)));
    }
    found.retain(|file| {
        let extension = file.extension().unwrap_or_default();
        extension == "yml" || extension == "yaml"
    });
    found
}
