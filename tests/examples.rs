//! The examples and templates: complete, and in their systems' own syntax.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use saphyr::{LoadableYamlNode, Yaml};

use crate::runners::{files, repository};
use crate::support::{dockside, installed};

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
    let mut systems: BTreeSet<String> = dockside::ci::SYSTEMS
        .iter()
        .map(|system| system.name().to_owned())
        .collect();
    // No CI system: it runs cleanups.
    systems.insert("kubernetes".to_owned());
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

/// A right more is one that dockside does not need; without one of them nothing can be deleted.
#[test]
fn the_rights_in_kubernetes_are_those_that_are_needed() {
    let file = repository().join("examples/kubernetes/rbac.yaml");
    let text = fs::read_to_string(file).unwrap();
    let documents = Yaml::load_from_str(&text).unwrap();
    let mut granted = BTreeSet::new();
    for document in documents
        .iter()
        .filter(|one| one["kind"].as_str() == Some("ClusterRole"))
    {
        for rule in document["rules"].as_sequence().unwrap() {
            assert_eq!(strings(&rule["verbs"]), ["list"]);
            for group in strings(&rule["apiGroups"]) {
                for resource in strings(&rule["resources"]) {
                    assert!(granted.insert((group.to_owned(), resource.to_owned())));
                }
            }
        }
    }
    let needed = dockside::cleanup::in_use::resources();
    let needed = needed.map(|(group, resource)| (group.to_owned(), resource.to_owned()));
    assert_eq!(granted, needed.collect());
}

/// Options in examples are those that there are, and mean the number of pods that there is.
#[test]
fn the_jobs_in_kubernetes_run_commands_that_there_are() {
    for name in ["cronjob.yaml", "sharded-job.yaml"] {
        let file = repository().join("examples/kubernetes").join(name);
        let text = fs::read_to_string(file).unwrap();
        let documents = Yaml::load_from_str(&text).unwrap();
        let job = match documents[0]["spec"].as_mapping_get("jobTemplate") {
            Some(template) => &template["spec"],
            None => &documents[0]["spec"],
        };
        let pod = &job["template"]["spec"];
        let container = &pod["containers"][0];
        assert!(container.as_mapping_get("env").is_none(), "{name}");
        let mut words = strings(&container["args"]);
        if let Some(count) = job.as_mapping_get("completions") {
            let shard = format!("--shard=auto/{}", count.as_integer().unwrap());
            assert!(words.contains(&shard.as_str()), "{name}");
        }
        // The help of the program knows all of its options.
        words.push("--help");
        let home = tempfile::tempdir().unwrap();
        let output = dockside(home.path()).args(&words).output().unwrap();
        assert!(output.status.success(), "{name}: {output:?}");
        let help = String::from_utf8(output.stdout).unwrap();
        for word in words.iter().filter_map(|word| word.strip_prefix("--")) {
            let option = format!("--{}", word.split('=').next().unwrap());
            assert!(help.contains(&option), "{name}: {option}");
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
