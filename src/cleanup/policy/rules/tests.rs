//! Policies and repositories, and what of these is kept.

use crate::cleanup::graph::Content;
use crate::cleanup::policy::fixture::{graph, kept, now, policy, said};
use crate::cleanup::rule::{Root, Rule};

const RELEASES: &str = "
- {tags: [v1.0.0], pushed: 2026-01-01, created: 2025-01-01}
- {tags: [v1.9.0, v1], pushed: 2026-05-01, created: 2025-01-01}
- {tags: [v1.10.0], pushed: 2026-04-01, created: 2025-01-01}
- {tags: [v2.0.0-rc.1], pushed: 2026-06-10, created: 2025-01-01}
- {tags: [v2.0.0, latest, v2], pushed: 2026-06-20, created: 2025-01-01}
- {tags: [main], pushed: 2026-06-29, created: 2025-01-01}
";

fn keeps(rule: &str) -> Vec<String> {
    kept(
        &policy(&format!("keep: [{{{rule}}}]")).rules(Vec::new()),
        &graph(RELEASES),
    )
}

#[test]
fn one_rule() {
    let table: &[(&str, &[&str])] = &[
        (
            "tags: 'v*'",
            &[
                "v1",
                "v1.0.0",
                "v1.10.0",
                "v1.9.0",
                "v2",
                "v2.0.0",
                "v2.0.0-rc.1",
            ],
        ),
        ("tags: [main, '/rc/']", &["main", "v2.0.0-rc.1"]),
        ("except: 'v*'", &["latest", "main"]),
        // Tags of one image count once.
        ("last: 2", &["latest", "main", "v2", "v2.0.0"]),
        (
            "tags: 'v*', except: '*-rc*', last: 2",
            &["v1", "v1.9.0", "v2", "v2.0.0"],
        ),
        (
            "within: 30d",
            &["latest", "main", "v2", "v2.0.0", "v2.0.0-rc.1"],
        ),
        ("tags: 'v*', within: 30d, last: 1", &["v2", "v2.0.0"]),
        (
            "tags: 'v*', within: 30d, last: 3, operator: or",
            &["v1", "v1.9.0", "v2", "v2.0.0", "v2.0.0-rc.1"],
        ),
        ("semver: 2", &["v1.10.0", "v2.0.0"]),
        ("semver: 1, pre-releases: true", &["v2.0.0", "v2.0.0-rc.1"]),
        ("semver: 1, of-each: major", &["v1.10.0", "v2.0.0"]),
        (
            "semver: 1, of-each: minor",
            &["v1.0.0", "v1.10.0", "v1.9.0", "v2.0.0"],
        ),
        ("semver: 3, within: 60d", &["v1.9.0", "v2.0.0"]),
        // As old as the last one that is kept: which is the newer is not known.
        (
            "last: 1, by: created, tags: 'v2*'",
            &["v2", "v2.0.0", "v2.0.0-rc.1"],
        ),
        ("within: 30d, by: created", &[]),
    ];
    for (rule, expected) in table {
        assert_eq!(keeps(rule), *expected, "{rule}");
    }
}

#[test]
fn reasons() {
    let images = graph(RELEASES);
    let said_of = |rule: &str| {
        said(
            &policy(&format!("keep: [{{{rule}}}]")).rules(Vec::new()),
            &images,
        )
    };
    assert_eq!(
        said_of("name: n, last: 1"),
        ["main: n: the newest by the time of push"]
    );
    assert_eq!(
        said_of("semver: 1, last: 2, operator: or, tags: [v2.0.0]"),
        ["v2.0.0: keep 1: the highest version or one of the 2 newest by the time of push"]
    );
    assert_eq!(
        said_of("within: 48h, by: pushed"),
        ["main: keep 1: pushed within 2d"]
    );
}

#[test]
fn times_that_nobody_can_believe() {
    let images = graph(
        "
- {tags: [epoch], created: 1970-01-01}
- {tags: [zip], created: 1980-01-01}
- {tags: [tomorrow], created: 2026-06-30T12:00:00Z}
- {tags: [later], created: 2027-01-01}
- {tags: [old], created: 2026-01-01}
- {tags: [undated]}
",
    );
    let unknown = "keep 1: the time of creation is not known";
    assert_eq!(
        said(&policy("keep: [{within: 1d}]").rules(Vec::new()), &images),
        [
            format!("epoch: {unknown}"),
            format!("zip: {unknown}"),
            "tomorrow: keep 1: created within 1d".to_owned(),
            format!("later: {unknown}"),
            format!("undated: {unknown}"),
        ]
    );
    // They do not count among the newest either.
    assert_eq!(
        kept(&policy("keep: [{last: 1}]").rules(Vec::new()), &images),
        ["epoch", "later", "tomorrow", "undated", "zip"]
    );
}

#[test]
fn only_what_has_to_be_dated_is_asked_for() {
    let mut images = graph("- {tags: [v1]}\n- {tags: [v2]}\n- {tags: [main]}\n- {tags: [gone]}");
    let ids: Vec<_> = images.nodes().map(|(id, _)| id).collect();
    for id in &ids[..3] {
        images.node_mut(*id).content = Content::Named;
    }
    images.node_mut(ids[3]).content = Content::Missing;
    let of = |rule: &str| {
        said(
            &policy(&format!("keep: [{{{rule}}}]")).rules(Vec::new()),
            &images,
        )
    };
    assert_eq!(of("tags: 'v*'").len(), 2);
    assert_eq!(
        of("tags: 'v*', last: 1"),
        ["v1: wants Created", "v2: wants Created"]
    );
    assert_eq!(of("tags: main, within: 1d"), ["main: wants Created"]);
    assert_eq!(
        of("tags: gone, last: 1"),
        ["gone: keep 1: the time of creation is not known"]
    );
    // No version: whatever its date is, the rule does not keep it.
    assert_eq!(of("tags: main, within: 1d, semver: 1"), [""; 0]);
    assert_eq!(of("within: 1d, by: pushed").len(), 4);
}

#[test]
fn pulls() {
    let counted = graph(
        "
- {tags: [used], pushed: 2025-01-01, pulled: 2026-06-29}
- {tags: [forgotten], pushed: 2025-01-01, pulled: 2026-01-01}
- {tags: [new], pushed: 2026-06-29}
- {tags: [never], pushed: 2025-01-01}
- {tags: [index], pushed: 2025-01-01, pulled: 2025-01-02, children: [arm]}
- {id: arm, pulled: 2026-06-28}
",
    );
    let rules = policy("keep: [{pulled-within: 30d}]").rules(Vec::new());
    assert_eq!(kept(&rules, &counted), ["index", "new", "used"]);
    let rules = policy("keep: [{last: 1, by: pulled}]").rules(Vec::new());
    assert_eq!(kept(&rules, &counted), ["new", "used"]);
    // A registry that counts none.
    let rules = policy("keep: [{pulled-within: 30d}]").rules(Vec::new());
    assert_eq!(
        said(&rules, &graph("- {tags: [old], pushed: 2025-01-01}")),
        ["old: keep 1: the registry does not say when images of this repository were pulled"]
    );
}

#[test]
fn why_not() {
    let images = graph(RELEASES);
    let of = |rule: &str, tag: &str| {
        let policy = policy(&format!("keep: [{{{rule}}}]"));
        let (id, _) = images
            .images()
            .find(|(_, name)| name.tag.as_str() == tag)
            .unwrap();
        policy.keep[0].against(&images, now(), Root::Name(id))
    };
    let table = [
        ("tags: 'v*'", "main", "it does not mean a tag of this name"),
        (
            "last: 2",
            "v1.0.0",
            "pushed 2026-01-01, not one of the 2 newest by the time of push",
        ),
        ("within: 30d", "v1", "pushed 2026-05-01, more than 30d ago"),
        ("semver: 1", "main", "the tag is no version such as 1.2.3"),
        ("semver: 1", "v2.0.0-rc.1", "a pre-release"),
        ("semver: 1", "v1.9.0", "not the highest version"),
        (
            "semver: 1, within: 30d",
            "v1.9.0",
            "not the highest version; pushed 2026-05-01, more than 30d ago",
        ),
    ];
    for (rule, tag, expected) in table {
        assert_eq!(of(rule, tag).as_deref(), Some(expected), "{rule} {tag}");
    }
}
