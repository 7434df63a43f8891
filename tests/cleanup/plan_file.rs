//! A plan as people see it: in its order, as a script, as a file, and before its guards.

use dockside::cleanup::plan::{self, Plan};
use dockside::cleanup::policy::Limits;
use dockside::cleanup::{Facts, Graph, Scope, Untagged, evaluate};
use dockside::error::Explain;
use dockside::oci::Digest;
use jiff::Timestamp;

fn at(day: &str) -> Timestamp {
    format!("{day}T00:00:00Z").parse().unwrap()
}

fn digest(of: &str) -> Digest {
    Digest::of(of.as_bytes())
}

/// An image for two platforms, signed in all ways, that lost its rule; one that is kept by none
/// but the scope; and an old manifest without a tag.
fn graph() -> Graph {
    let repository = "registry.example.com/app".parse().unwrap();
    let mut graph = Graph::new(repository, "default", at("2026-11-23"));
    let mut read = |name: &str, children: &[&str], subject: Option<&str>| {
        let id = graph.add(&digest(name));
        let facts = Facts {
            length: Some(10),
            children: children.iter().map(|child| digest(child)).collect(),
            subject: subject.map(digest),
            blobs: vec![(digest("base"), 1000), (digest(&format!("{name}'s")), 100)],
            with_config: true,
            ..Facts::default()
        };
        graph.learn(id, facts);
        graph.node_mut(id).is_asked = true;
        graph.node_mut(id).pushed = Some(at("2026-01-02"));
    };
    read("index", &["amd64", "arm64"], None);
    read("amd64", &[], None);
    read("arm64", &[], None);
    read("signature", &[], Some("index"));
    read("list", &["signature"], None);
    read("cosign", &[], None);
    read("other", &[], None);
    read("old", &[], None);
    let hex = digest("index").hex().to_owned();
    for (tag, of) in [
        ("v1", "index"),
        ("v1-arm64", "arm64"),
        (&format!("sha256-{hex}"), "list"),
        (&format!("sha256-{hex}.sig"), "cosign"),
        ("keep", "other"),
        ("vanity", "other"),
    ] {
        let id = graph.find(&digest(of)).unwrap();
        graph.name(tag.parse().unwrap(), id, None);
    }
    graph
}

fn made() -> Plan {
    let scope = Scope {
        only: vec!["v*".parse().unwrap()],
        untagged: Untagged::OlderThan(std::time::Duration::from_secs(86_400)),
        exact_bytes: false,
    };
    let graph = graph();
    let evaluation = evaluate(&graph, &[], &scope, at("2026-11-23"));
    assert_eq!(evaluation.wanted, []);
    Plan::make(graph, evaluation, digest("policy"))
}

#[test]
fn subjects_then_lists_then_the_rest() {
    let plan = made();
    let steps = plan.steps.iter();
    let mut steps: Vec<String> = steps
        .map(|step| {
            let names = [
                "index",
                "amd64",
                "arm64",
                "signature",
                "list",
                "cosign",
                "other",
                "old",
            ];
            let name = names.into_iter().find(|name| digest(name) == step.digest);
            let tags = step.tags.len();
            let (rank, action) = (step.rank, step.action);
            format!(
                "{rank} {action:?} {} ({tags}): {}",
                name.unwrap(),
                step.reason
            )
        })
        .collect();
    steps.sort();
    assert_eq!(
        steps,
        [
            "0 Delete index (1): no rule keeps it",
            "0 Delete old (0): untagged, pushed 2026-01-02",
            "0 Untag other (1): no rule keeps it",
            "1 Delete amd64 (0): belongs to v1, which goes",
            "1 Delete arm64 (1): no rule keeps it",
            "1 Delete cosign (1): belongs to v1, which goes",
            "1 Delete list (1): belongs to v1, which goes",
            "2 Delete signature (0): belongs to v1, which goes",
        ]
    );
    assert_eq!(
        (plan.freed, plan.size),
        (Some(7 * 110), Some(8 * 110 + 1000))
    );
    let kept = plan.kept.iter();
    let kept: Vec<String> = kept
        .map(|kept| format!("{} {}: {}", kept.tags[0], kept.rule, kept.what))
        .collect();
    assert_eq!(kept, ["keep left: the policy is not about it"]);
}

#[test]
fn a_script_holds_commands_alone() {
    let mut plan = made();
    plan.steps
        .retain(|step| step.digest == digest("other") || step.digest == digest("old"));
    for step in &mut plan.steps {
        step.reason = "so\nrm -rf /; $(id) ##vso[x]".to_owned();
    }
    plan.gaps.push("a\nb".to_owned());
    let mut script = Vec::new();
    plan::script(&plan, &mut script).unwrap();
    let (other, old) = (digest("other"), digest("old"));
    let commands = [
        format!(
            "\n# {other} vanity: so\\nrm -rf /; $(id) \\x23#vso[x]\ndockside untag \\\n  \
             'registry.example.com/app:vanity'\n"
        ),
        format!(
            "\n# {old}: so\\nrm -rf /; $(id) \\x23#vso[x]\ndockside delete --with-siblings \\\n  \
             'registry.example.com/app@{old}'\n"
        ),
    ];
    let head = "#!/bin/sh\n# What is to be removed from registry.example.com/app, as it was at \
                2026-11-23T00:00:00Z.\n# Not read, and kept therefore: a\\nb\nset -eu\n";
    let script = String::from_utf8(script).unwrap();
    assert_eq!(script, format!("{head}{}", commands.concat()));
}

#[test]
fn a_signature_store_keeps_what_it_holds_for_others() {
    let repository = "registry.example.com/signatures".parse().unwrap();
    let mut graph = Graph::new(repository, "default", at("2026-11-23"));
    let id = graph.add(&digest("cosign"));
    graph.learn(id, Facts::default());
    graph.node_mut(id).pushed = Some(at("2020-01-01"));
    let absent = graph.add(&digest("image elsewhere"));
    graph.node_mut(absent).content = dockside::cleanup::Content::Missing;
    let tag = format!("sha256-{}.sig", digest("image elsewhere").hex());
    graph.name(tag.parse().unwrap(), id, None);
    let scope = Scope {
        untagged: Untagged::OlderThan(std::time::Duration::from_secs(1)),
        ..Scope::default()
    };
    let evaluation = evaluate(&graph, &[], &scope, at("2026-11-23"));
    assert_eq!(Plan::make(graph, evaluation, digest("")).steps, []);
}

#[test]
fn refusals_name_the_flag_that_allows_it() {
    let plan = made();
    let refused = |limits: Limits| {
        let refusal = plan::judge(&plan, &limits).unwrap_err();
        assert_eq!(refusal.exit() as u8, 3);
        format!("{refusal}: {}", refusal.hint().unwrap())
    };
    assert_eq!(
        refused(Limits::default()),
        "3 of 4 tags of registry.example.com/app would go, which is more than 50 %: look at the \
         plan with --dry-run; --max-delete 75% allows it"
    );
    let limits = Limits {
        percent: Some(75),
        count: Some(2),
        allow_empty: false,
    };
    assert_eq!(
        refused(limits),
        "3 tags of registry.example.com/app would go, which is more than 2: look at the plan \
         with --dry-run; --max-delete 3 allows it"
    );
    assert!(
        plan::judge(
            &plan,
            &Limits {
                count: Some(3),
                ..limits
            }
        )
        .is_ok()
    );
}

#[test]
fn a_file_that_contradicts_itself_is_refused() {
    let text = |plan: &Plan| {
        let mut text = Vec::new();
        plan::write(std::slice::from_ref(plan), &mut text).unwrap();
        plan::read(&text).map_err(|error| error.to_string())
    };
    let plan = made();
    assert_eq!(text(&plan).unwrap(), std::slice::from_ref(&plan));
    let mut twice = plan.clone();
    let first = twice.steps[0].clone();
    twice.steps.insert(0, first);
    assert!(text(&twice).unwrap_err().contains("twice"));
    let mut newer = plan.clone();
    newer.version = 2;
    assert_eq!(
        text(&newer).unwrap_err(),
        "this plan has the form 2, and 1 is the one that is understood"
    );
    let newer = br#"{"plans": [{"version": 7, "more": {}}]}"#;
    assert!(
        plan::read(newer)
            .unwrap_err()
            .to_string()
            .contains("form 7")
    );
    for broken in [
        "",
        "[]",
        "{\"plans\": [{}]}",
        "{\"plans\": [], \"more\": 1}",
    ] {
        assert!(plan::read(broken.as_bytes()).is_err(), "{broken}");
    }
}
