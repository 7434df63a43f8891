//! The examples for Kubernetes: least rights, and commands that do what they are for.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use dockside::cleanup::in_use::resources;
use saphyr::{LoadableYamlNode as _, Yaml};
use serde_json::json;

use crate::runners::repository;
use crate::support::kubernetes::{Cluster, State, kube_config, object};
use crate::support::registry::{PROGRAM, Registry};
use crate::support::repository::Repository;
use crate::support::{dockside, installed};

const FILES: [&str; 3] = ["cleanup.yaml", "in-use.yaml", "shards.yaml"];

fn text(file: &str) -> String {
    fs::read_to_string(repository().join("examples/kubernetes").join(file)).unwrap()
}

/// The value at a path of keys.
fn at<'a>(node: &'a Yaml<'a>, path: &[&str]) -> &'a Yaml<'a> {
    path.iter().fold(node, |node, key| {
        let value = node.as_mapping_get(key);
        value.unwrap_or_else(|| panic!("no {key} of {path:?} in {node:?}"))
    })
}

fn items<'a>(node: &'a Yaml<'a>, path: &[&str]) -> Vec<&'a Yaml<'a>> {
    at(node, path).as_sequence().unwrap().iter().collect()
}

fn words<'a>(node: &'a Yaml<'a>, path: &[&str]) -> Vec<&'a str> {
    let items = items(node, path);
    items.iter().map(|item| item.as_str().unwrap()).collect()
}

fn of_kind<'a>(documents: &'a [Yaml<'a>], kind: &str) -> Option<&'a Yaml<'a>> {
    let mut documents = documents.iter();
    documents.find(|document| at(document, &["kind"]).as_str() == Some(kind))
}

/// The specification of the pods.
fn pod<'a>(documents: &'a [Yaml<'a>]) -> &'a Yaml<'a> {
    match of_kind(documents, "CronJob") {
        Some(job) => at(job, &["spec", "jobTemplate", "spec", "template", "spec"]),
        None => at(
            of_kind(documents, "Job").unwrap(),
            &["spec", "template", "spec"],
        ),
    }
}

/// The arguments of the one container, of the program `dockside`.
fn arguments(file: &str) -> Vec<String> {
    let text = text(file);
    let documents = Yaml::load_from_str(&text).unwrap();
    let containers = items(pod(&documents), &["containers"]);
    assert_eq!(words(containers[0], &["command"]), ["dockside"], "{file}");
    let words = words(containers[0], &["args"]);
    words.into_iter().map(str::to_owned).collect()
}

#[test]
fn clusters_allow_what_is_asked_and_nothing_else() {
    let needed: BTreeSet<(&str, &str)> = resources().collect();
    for file in FILES {
        let text = text(file);
        let documents = Yaml::load_from_str(&text).unwrap();
        let pod = pod(&documents);
        let Some(role) = of_kind(&documents, "ClusterRole") else {
            assert_eq!(
                at(pod, &["automountServiceAccountToken"]).as_bool(),
                Some(false),
                "{file}"
            );
            continue;
        };
        let mut allowed = BTreeSet::new();
        for rule in items(role, &["rules"]) {
            assert_eq!(words(rule, &["verbs"]), ["list"], "{file}");
            for group in words(rule, &["apiGroups"]) {
                let resources = words(rule, &["resources"]);
                allowed.extend(resources.into_iter().map(|resource| (group, resource)));
            }
        }
        assert_eq!(allowed, needed, "{file}");
        let binding = of_kind(&documents, "ClusterRoleBinding").unwrap();
        let subject = items(binding, &["subjects"])[0];
        let account = of_kind(&documents, "ServiceAccount").unwrap();
        let name = at(account, &["metadata", "name"]);
        assert_eq!(at(subject, &["name"]), name, "{file}");
        assert_eq!(at(pod, &["serviceAccountName"]), name, "{file}");
        let role = at(role, &["metadata", "name"]);
        assert_eq!(at(binding, &["roleRef", "name"]), role, "{file}");
    }
}

/// Pod Security Standards, "Restricted", and a root file system that nobody writes to.
#[test]
fn pods_have_no_privileges() {
    for file in FILES {
        let text = text(file);
        let documents = Yaml::load_from_str(&text).unwrap();
        let pod = pod(&documents);
        let is = |node, path: &[&str], value| {
            assert_eq!(at(node, path).as_bool(), Some(value), "{file}: {path:?}");
        };
        is(pod, &["securityContext", "runAsNonRoot"], true);
        let seccomp = at(pod, &["securityContext", "seccompProfile", "type"]);
        assert_eq!(seccomp.as_str(), Some("RuntimeDefault"), "{file}");
        for container in items(pod, &["containers"]) {
            let context = at(container, &["securityContext"]);
            is(context, &["allowPrivilegeEscalation"], false);
            is(context, &["readOnlyRootFilesystem"], true);
            assert_eq!(words(context, &["capabilities", "drop"]), ["ALL"], "{file}");
            for variable in items(container, &["env"]) {
                assert!(variable.as_mapping_get("value").is_some(), "{file}");
            }
        }
        for volume in items(pod, &["volumes"]) {
            if let Some(secret) = volume.as_mapping_get("secret") {
                let mode = at(secret, &["defaultMode"]).as_integer();
                assert_eq!(mode, Some(0o400), "{file}");
            }
        }
    }
}

/// A file's arguments for what is here, with the config map in `home`.
fn here(file: &str, home: &Path, host: &str) -> Vec<String> {
    let directory = home.to_str().unwrap();
    let with = |text: &str| {
        text.replace("/etc/policy/", &format!("{directory}/"))
            .replace("/data/", &format!("{directory}/"))
            .replace("registry.example.com", host)
    };
    let text = text(file);
    let documents = Yaml::load_from_str(&text).unwrap();
    if let Some(map) = of_kind(&documents, "ConfigMap") {
        for (name, content) in at(map, &["data"]).as_mapping().unwrap() {
            let content = with(content.as_str().unwrap());
            fs::write(home.join(name.as_str().unwrap()), content).unwrap();
        }
    }
    arguments(file).iter().map(|word| with(word)).collect()
}

/// A registry whose repositories have a release, an image that the cluster runs, and one that
/// nobody needs; and that cluster.
fn scene(home: &Path) -> Option<(Registry, Cluster)> {
    if !installed(PROGRAM) {
        return None;
    }
    let registry = Registry::open();
    let mut pods = Vec::new();
    for name in ["app", "web", "jobs"] {
        let host = registry.host();
        let repository = Repository { host, name };
        for tag in ["v1", "used", "left"] {
            repository.image(Some(tag), tag);
        }
        pods.push(object(
            "Pod",
            "web",
            name,
            &[&format!("{host}/{name}:used")],
        ));
    }
    let cluster = Cluster::start(State::of(pods));
    let contexts = [("prod", json!({"server": cluster.url()}), json!({}))];
    kube_config(home, &contexts);
    Some((registry, cluster))
}

fn run(home: &Path, arguments: &[String], variables: &[(&str, &str)]) {
    let mut command = dockside(home);
    command.args(arguments).envs(variables.iter().copied());
    let output = command.output().unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}\n{err}");
}

fn tags(home: &Path, registry: &Registry, name: &str) -> String {
    let mut command = dockside(home);
    let output = command.args(["tags", &format!("{}/{name}", registry.host())]);
    String::from_utf8(output.output().unwrap().stdout).unwrap()
}

#[test]
fn the_cron_job_keeps_what_its_cluster_uses() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let Some((registry, _cluster)) = scene(home) else {
        return;
    };
    run(home, &here("cleanup.yaml", home, registry.host()), &[]);
    assert_eq!(tags(home, &registry, "app"), "v1\nused\n");
    assert_eq!(tags(home, &registry, "web"), "v1\nleft\nused\n");
    assert!(home.join("cleanup.html").is_file());
    assert!(home.join("backup/index.json").is_file());
}

#[test]
fn the_indexed_job_cleans_all_with_the_list_of_the_cluster() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let Some((registry, _cluster)) = scene(home) else {
        return;
    };
    run(home, &here("in-use.yaml", home, registry.host()), &[]);
    // The cleaners see no cluster.
    fs::remove_file(home.join(".kube/config")).unwrap();
    let arguments = here("shards.yaml", home, registry.host());
    for index in ["0", "1", "2", "3"] {
        run(home, &arguments, &[("JOB_COMPLETION_INDEX", index)]);
    }
    for name in ["app", "web", "jobs"] {
        assert_eq!(tags(home, &registry, name), "v1\nused\n", "{name}");
    }
}

#[test]
fn the_job_has_as_many_parts_as_its_cleaners_think() {
    let text = text("shards.yaml");
    let documents = Yaml::load_from_str(&text).unwrap();
    let job = of_kind(&documents, "Job").unwrap();
    let count = at(job, &["spec", "completions"]).as_integer().unwrap();
    assert_eq!(
        at(job, &["spec", "completionMode"]).as_str(),
        Some("Indexed")
    );
    let shard = format!("--shard=auto/{count}");
    assert!(arguments("shards.yaml").contains(&shard), "{shard}");
}
