//! What there is to say of a tag and of a manifest.

use serde_json::json;

use super::explain;
use crate::cleanup::evaluate::evaluate;
use crate::cleanup::policy::fixture::{graph, now, policy};
use crate::oci::Target;

const IMAGES: &str = "
- {tags: [v1, stable], pushed: 2026-01-01}
- {tags: [v2], pushed: 2026-02-01, children: [arm]}
- {id: arm, tags: [v2-arm], pushed: 2026-01-01}
- {tags: [old], pushed: 2026-01-01}
";

const POLICY: &str = "
keep:
- {name: newest, tags: 'v?', last: 1}
- {name: named, tags: stable}
- {name: v, tags: v2}
";

fn explained(target: &str) -> super::Explanation {
    let (graph, policy) = (graph(IMAGES), policy(POLICY));
    let rules = policy.rules(Vec::new());
    let evaluation = evaluate(&graph, &rules, &policy.scope, now());
    let target = match target.parse() {
        Ok(digest) => Target::Digest(digest),
        Err(_) => Target::Tag(target.parse().unwrap()),
    };
    explain(&graph, &rules, &evaluation, now(), &target).unwrap()
}

fn digest(id: &str) -> String {
    crate::oci::Digest::of(id.as_bytes()).to_string()
}

#[test]
fn every_rule_is_heard() {
    assert_eq!(
        serde_json::to_value(explained("v2")).unwrap(),
        json!({
            "target": "v2",
            "digest": digest("v2"),
            "tags": ["v2"],
            "verdict": "kept",
            "manifest": "kept",
            "kept_by": [
                {"rule": "newest", "what": "the newest by the time of push"},
                {"rule": "v", "what": "the tag is meant by name"},
            ],
            "needed_by": [],
            "not_kept_by": [
                {"rule": "named", "what": "it does not mean a tag of this name"},
            ],
        })
    );
}

#[test]
fn what_goes() {
    let old = digest("old");
    assert_eq!(
        explained("old").to_string(),
        format!(
            "\
old goes: nothing keeps it
  manifest {old} goes: nothing keeps it
  tags: old
  not kept by newest: it does not mean a tag of this name
  not kept by named: it does not mean a tag of this name
  not kept by v: it does not mean a tag of this name
"
        )
    );
}

#[test]
fn what_others_need() {
    let (arm, index) = (digest("arm"), digest("v2"));
    assert_eq!(
        explained(&arm).to_string(),
        format!(
            "\
{arm} stays: what is kept needs it
  tags: v2-arm
  needed by: {index} (v2)
  not kept by newest: it does not mean a tag of this name
  not kept by named: it does not mean a tag of this name
  not kept by v: it does not mean a tag of this name
"
        )
    );
    // The tag goes, what it names does not.
    let tag = explained("v1");
    assert_eq!((tag.verdict, tag.manifest), ("goes", Some("kept")));
    assert_eq!(
        tag.not_kept_by[0].what,
        "pushed 2026-01-01, not the newest by the time of push"
    );
}
