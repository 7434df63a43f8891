use jiff::Timestamp;

use super::{Action, Plan, complete, judge, script};
use crate::cleanup::policy::Limits;
use crate::cleanup::{
    Claims, Content, Facts, Gap, Graph, Id, Root, Rule, Scope, Untagged, evaluate,
};
use crate::error::{Exit, Explain as _};
use crate::oci::Digest;
use crate::oci::media_type::{OCI_INDEX, OCI_MANIFEST};

fn now() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

fn digest(name: &str) -> Digest {
    Digest::of(name.as_bytes())
}

fn graph() -> Graph {
    let repository = "registry.example.com/app".parse().unwrap();
    Graph::new(repository, "default", now())
}

/// A manifest that was read, and what names it.
fn put(graph: &mut Graph, name: &str, tags: &[&str], children: &[&str]) -> Id {
    let id = graph.add(&digest(name));
    for tag in tags {
        graph.name(tag.parse().unwrap(), id, None);
    }
    let media_type = if children.is_empty() {
        OCI_MANIFEST
    } else {
        OCI_INDEX
    };
    let facts = Facts {
        media_type: Some(media_type.into()),
        children: children.iter().map(|child| digest(child)).collect(),
        is_dummy: name == "dummy",
        with_config: true,
        ..Facts::default()
    };
    graph.learn(id, facts);
    graph.node_mut(id).is_asked = true;
    id
}

/// Keeps tags that begin with `keep`.
struct Keep;

impl Rule for Keep {
    fn judge(&self, graph: &Graph, _: Timestamp, claims: &mut Claims) {
        let reason = claims.reason("keep", "its name");
        for (id, name) in graph.images() {
            if name.tag.as_str().starts_with("keep") {
                claims.keep(Root::Name(id), reason);
            }
        }
    }
}

fn plan(graph: Graph, untagged: Untagged) -> Plan {
    let scope = Scope {
        untagged,
        ..Scope::default()
    };
    let evaluation = evaluate(&graph, &[Box::new(Keep)], &scope, now());
    Plan::make(graph, evaluation, digest("policy"))
}

/// What goes (with `*` for leftovers), and what stays, each with the reason.
fn told(plan: &Plan) -> Vec<String> {
    let names = ["a", "b", "index", "outer", "child", "sibling", "dummy"];
    let mut lines = Vec::new();
    for step in &plan.steps {
        let mark = if step.leftover { "*" } else { "" };
        let tags: Vec<&str> = step.tags.iter().map(|tag| tag.as_str()).collect();
        let (action, tags) = (step.action, tags.join(" "));
        lines.push(format!(
            "{action:?}{mark} {} [{tags}]: {}",
            step.digest, step.reason
        ));
    }
    for kept in &plan.kept {
        lines.push(format!("{} {}: {}", kept.digest, kept.rule, kept.what));
    }
    for line in &mut lines {
        for name in names {
            *line = line.replace(&digest(name).to_string(), name);
        }
    }
    lines
}

fn refusal(plan: &Plan) -> Option<String> {
    let refusal = judge(plan, &Limits::default()).err()?;
    assert_eq!(refusal.exit(), Exit::Refused);
    Some(refusal.to_string())
}

#[test]
fn an_index_with_an_unreadable_child_stays() {
    let mut graph = graph();
    put(&mut graph, "outer", &["old"], &["index", "sibling"]);
    put(&mut graph, "index", &[], &["child"]);
    put(&mut graph, "sibling", &[], &[]);
    let child = put(&mut graph, "child", &[], &[]);
    graph.node_mut(child).content = Content::Unreadable;
    let mut kept = told(&plan(graph.clone(), Untagged::Go));
    kept.sort_unstable();
    assert_eq!(
        kept,
        [
            "child needed: belongs to index",
            "index unknown: it lists child, which could not be read",
            "outer unknown: it lists index, which has to stay",
            "sibling needed: belongs to old",
        ]
    );
    // With a tag of its own it does not need them.
    graph.name("v1".parse().unwrap(), child, None);
    assert_eq!(
        told(&plan(graph, Untagged::Go)),
        [
            "Delete outer [old]: no rule keeps it",
            "Delete index []: belongs to old, which goes",
            "Delete sibling []: belongs to old, which goes",
            "child unknown: it could not be read",
        ]
    );
}

#[test]
fn what_a_removal_left_over_goes_and_counts_for_nothing() {
    let mut graph = graph();
    put(&mut graph, "a", &["keep-a"], &[]);
    // The name was given before it was known what it names, or after that.
    let cosign = format!("sha256-{}.sig", digest("a").hex());
    let dummy = put(&mut graph, "dummy", &["keep-b", &cosign], &[]);
    graph.name("old".parse().unwrap(), dummy, None);
    let plan = plan(graph, Untagged::Stay);
    assert_eq!(
        told(&plan),
        [
            format!("Delete* dummy [keep-b old {cosign}]: left over by a removal that was cut off"),
            "a keep: its name".to_owned(),
        ]
    );
    assert_eq!(refusal(&plan), None);
}

#[test]
fn a_repository_of_leftovers_alone_is_emptied() {
    let mut graph = graph();
    put(&mut graph, "dummy", &["a", "b"], &[]);
    let plan = plan(graph, Untagged::Stay);
    assert_eq!(plan.steps.len(), 1);
    assert_eq!(refusal(&plan), None);
}

#[test]
fn guards_count_what_has_no_tag() {
    let mut graph = graph();
    put(&mut graph, "index", &[], &["child", "sibling"]);
    put(&mut graph, "child", &[], &[]);
    put(&mut graph, "sibling", &[], &[]);
    put(&mut graph, "a", &[], &[]);
    let all = plan(graph.clone(), Untagged::Go);
    assert_eq!(all.steps.len(), 4);
    assert_eq!(
        refusal(&all).unwrap(),
        "2 of 2 images of registry.example.com/app would go, which is more than 50 %"
    );
    let limits = Limits {
        percent: None,
        ..Limits::default()
    };
    assert_eq!(
        judge(&all, &limits).unwrap_err().to_string(),
        "all 2 images of registry.example.com/app would go, and no image would be left"
    );
    let count = Limits {
        percent: None,
        count: Some(1),
        allow_empty: true,
    };
    assert_eq!(
        judge(&all, &count).unwrap_err().to_string(),
        "2 images of registry.example.com/app would go, which is more than 1"
    );
    let allowed = Limits {
        allow_empty: true,
        ..limits
    };
    assert_eq!(judge(&all, &allowed), Ok(()));
    // Half of it may go: two of four.
    put(&mut graph, "b", &["keep-b"], &[]);
    put(&mut graph, "outer", &["keep-c"], &["dummy"]);
    assert_eq!(refusal(&plan(graph, Untagged::Go)), None);
}

#[test]
fn an_unreadable_index_is_said_aloud() {
    let mut graph = graph();
    put(&mut graph, "a", &["a", "keep-a"], &[]);
    let index = put(&mut graph, "index", &["i"], &["b"]);
    assert_eq!(complete(&graph), Ok(()));
    graph.node_mut(index).content = Content::Unreadable;
    graph.gaps.push(Gap {
        what: digest("index").to_string(),
        why: "403".to_owned(),
        is_fatal: false,
    });
    let refusal = complete(&graph).unwrap_err();
    assert_eq!(refusal.exit(), Exit::Refused);
    assert_eq!(
        refusal.to_string(),
        format!(
            "registry.example.com/app is not known well enough: {}: it may list any image: 403",
            digest("index")
        )
    );
    assert_eq!(plan(graph, Untagged::Go).steps, []);
}

#[test]
fn a_script_has_commands_of_a_hundred_references() {
    let mut graph = graph();
    put(&mut graph, "a", &["keep-a", "old-a"], &[]);
    for number in 0..250 {
        let tag = format!("t{number}");
        put(&mut graph, &tag, &[&tag], &[]);
    }
    let plan = plan(graph, Untagged::Stay);
    let mut text = Vec::new();
    script(&plan, &mut text).unwrap();
    let text = String::from_utf8(text).unwrap();
    let commands: Vec<&str> = text.split("dockside ").skip(1).collect();
    let mut counts = Vec::new();
    let mut found = Vec::new();
    for command in commands {
        let lines = command.lines().skip(1);
        let references = lines.take_while(|line| line.starts_with("  "));
        let references: Vec<&str> = references.collect();
        counts.push((command.split(' ').next().unwrap(), references.len()));
        found.extend(references.into_iter().map(|one| {
            let one = one.trim_end_matches(" \\").trim();
            one.trim_matches('\'').to_owned()
        }));
    }
    let expected = [
        ("untag", 1),
        ("delete", 100),
        ("delete", 100),
        ("delete", 50),
    ];
    assert_eq!(counts, expected);
    let steps = plan.steps.iter().map(|step| match step.action {
        Action::Untag => plan.repository.tagged(step.tags[0].clone()).to_string(),
        Action::Delete => plan.repository.at(step.digest.clone()).to_string(),
    });
    assert_eq!(found, steps.collect::<Vec<_>>());
}
