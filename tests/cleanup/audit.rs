//! Images that somebody would have lost.

use dockside::cleanup::apply::{Backup, Options};
use dockside::cleanup::plan::{Action, Plan};
use dockside::cleanup::policy::KeepList;
use dockside::cleanup::{Facts, Graph, Rule, Scope, evaluate};
use dockside::oci::Digest;
use jiff::Timestamp;

use super::apply::between::Instead;
use super::apply::servers::servers;
use super::apply::stage::{Stage, options, words};
use crate::support::answer::Answer;

#[test]
fn the_signature_of_an_image_that_cannot_be_removed_stays() {
    for server in &*servers() {
        let stage = Stage::new(server);
        // Some servers are asked for the tag, others for the manifest.
        let refused = ["old2".to_owned(), stage.doomed.digest.clone()];
        stage.line.before(move |_, request| {
            let removes = matches!(request.method.as_str(), "DELETE" | "PUT");
            match removes && refused.iter().any(|end| request.target.ends_with(end)) {
                true => Instead::Answer(Answer::new(500)),
                false => Instead::Pass,
            }
        });
        let outcomes = stage.run(&options()).unwrap().outcomes;
        let words = words(&outcomes);
        assert!(words[4].starts_with("failed: "), "{words:?}");
        assert!(words[7].starts_with("skipped: "), "{words:?}");
        let doomed = stage.here().named("old2");
        assert_eq!(doomed.as_ref(), Some(&stage.doomed.digest));
        let signature = stage.here().named(stage.gone.last().unwrap());
        assert_eq!(signature.as_ref(), Some(&stage.signature.digest));
        assert_eq!(stage.losses(), [""; 0]);
    }
}

#[test]
fn a_backup_has_what_registries_collect_by_themselves() {
    for server in &*servers() {
        let home = tempfile::tempdir().unwrap();
        let directory = home.path().join("backup");
        let stage = Stage::new(server);
        let options = Options {
            backup: Some(Backup::Directory(directory.clone())),
            ..options()
        };
        stage.run(&options).unwrap();
        let index = std::fs::read_to_string(directory.join("index.json")).unwrap();
        let steps = stage.plan.steps.iter();
        let deleted = steps.filter(|step| step.action == Action::Delete);
        let unsaved = deleted.filter(|step| !index.contains(&step.digest.to_string()));
        assert_eq!(unsaved.count(), 0, "{}", server.host());
    }
}

fn digest(of: &str) -> Digest {
    Digest::of(of.as_bytes())
}

fn now() -> Timestamp {
    "2026-11-23T00:00:00Z".parse().unwrap()
}

/// A repository of manifests with what they list, and tags.
fn graph(manifests: &[(&str, &[&str])], tags: &[(&str, &str)]) -> Graph {
    let mut graph = Graph::new("r.example.com/app".parse().unwrap(), "quay", now());
    for (name, children) in manifests {
        let id = graph.add(&digest(name));
        let facts = Facts {
            media_type: Some("application/vnd.oci.image.manifest.v1+json".into()),
            children: children.iter().map(|child| digest(child)).collect(),
            with_config: true,
            ..Facts::default()
        };
        graph.learn(id, facts);
        graph.node_mut(id).is_asked = true;
    }
    for (tag, of) in tags {
        let id = graph.find(&digest(of)).unwrap();
        graph.name(tag.parse().unwrap(), id, None);
    }
    graph
}

/// The tags that go, by rules.
fn gone(graph: Graph, rules: &[Box<dyn Rule>]) -> Vec<String> {
    let evaluation = evaluate(&graph, rules, &Scope::default(), now());
    assert_eq!(evaluation.wanted, []);
    let plan = Plan::make(graph, evaluation, digest("policy"));
    let tags = plan.steps.iter().flat_map(|step| &step.tags);
    tags.map(ToString::to_string).collect()
}

#[test]
fn an_index_stays_through_which_a_listed_digest_is_there() {
    let all: [(&str, &[&str]); 6] = [
        ("top", &["index"]),
        ("index", &["child", "other"]),
        ("child", &[]),
        ("other", &[]),
        ("named index", &["named"]),
        ("named", &[]),
    ];
    let tags = [("v1", "top"), ("v2", "named index"), ("v2-arm64", "named")];
    let mut list = KeepList::default();
    list.digests.extend([digest("child"), digest("named")]);
    assert_eq!(gone(graph(&all, &tags), &[Box::new(list)]), ["v2"]);
}

#[test]
fn a_digest_tag_of_any_tool_stays_with_its_image() {
    let tag = |of: &str, end: &str| format!("sha256-{}.{end}", digest(of).hex());
    let (kept, doomed) = (tag("kept", "0123456789abcdef.meta"), tag("doomed", "vex"));
    let tags = [
        ("v1", "kept"),
        ("v2", "doomed"),
        (kept.as_str(), "meta"),
        (doomed.as_str(), "vex"),
    ];
    let all: [(&str, &[&str]); 4] = [("kept", &[]), ("doomed", &[]), ("meta", &[]), ("vex", &[])];
    let mut list = KeepList::default();
    list.tags.insert("v1".parse().unwrap());
    assert_eq!(gone(graph(&all, &tags), &[Box::new(list)]), ["v2", &doomed]);
}
