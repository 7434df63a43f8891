//! Whole policies: what is wrong with them, and what they come to.

use std::fs;
use std::time::Duration;

use super::fixture::{fault, graph, kept, policy, said};
use super::{Error, Flags, Keep, Policy};
use crate::cleanup::rule::Untagged;
use crate::error::{Exit, Explain as _};

#[test]
fn mistakes_are_found_where_they_are() {
    let table = [
        ("", "1:1: expected one document"),
        ("keep: []\n", "1:1: `version` is missing"),
        ("version: 2\n", "1:10: expected version 1"),
        (
            "version: 1\nkeeps: []\n",
            "2:1: unknown key `keeps`; did you mean `keep`?",
        ),
        (
            "version: 1\nkeep:\n  - lsat: 10\n",
            "3:5: unknown key `lsat`; did you mean `last`?",
        ),
        ("version: 1\nversion: 1\n", "2:1: `version` is there twice"),
        ("version: 1\nkeep:\n", "2:5: expected a list"),
        ("version: 1\nkeep: [{tags: null}]\n", "2:15: expected text"),
        (
            "version: 1\nkeep: [{last: ten}]\n",
            "2:15: expected a whole number",
        ),
        (
            "version: 1\nkeep: [{within: 30}]\n",
            "2:17: `30`: expected a unit: 30d for days, 30h for hours",
        ),
        (
            "version: 1\nkeep: [{last: 1, by: push}]\n",
            "2:22: expected one of created, pushed, pulled, not `push`; did you mean `pushed`?",
        ),
        (
            "version: 1\nkeep: [{tags: 'app:v*'}]\n",
            "2:15: `app:v*` is no pattern: no tag matches it; write a tag, a GLOB or a /REGEX/",
        ),
        ("version: 1\nx: &x [a]\nonly: *x\n", "2:1: unknown key `x`"),
        (
            "version: 1\nonly: *x\n",
            "2:7: while parsing node, found unknown anchor",
        ),
        (
            "version: 1\nonly: &x a\nkeep-list: *x\n",
            "3:12: aliases (`*name`) are not supported here",
        ),
        (
            "version: 1\nkeep: [{name: a, last: 1}, {name: a, last: 2}]\n",
            "2:28: `a` is there twice",
        ),
        (
            "version: 1\n\u{1b}[31m: 1\n",
            r"2:1: unknown key `\u{1b}[31m`",
        ),
    ];
    for (text, expected) in table {
        assert_eq!(fault(text), expected, "{text}");
    }
}

#[test]
fn rules_that_make_no_sense() {
    let table = [
        (
            "{}",
            "the rule says nothing; to keep every tag write `tags: \"*\"`",
        ),
        (
            "{name: a}",
            "the rule says nothing; to keep every tag write `tags: \"*\"`",
        ),
        (
            "{last: 0}",
            "`last` of nothing keeps nothing; leave the rule out",
        ),
        (
            "{semver: 0}",
            "`semver` of nothing keeps nothing; leave the rule out",
        ),
        (
            "{within: 0d}",
            "`within` of nothing keeps nothing; leave the rule out",
        ),
        (
            "{tags: a, except: [a, b]}",
            "`except` takes away all that `tags` means",
        ),
        (
            "{tags: a, except: '*'}",
            "`except` takes away all that `tags` means",
        ),
        (
            "{last: 1, operator: or}",
            "`operator: or` means nothing without a second condition",
        ),
        (
            "{tags: a, by: pushed}",
            "`by` means nothing without `last` or `within`",
        ),
        (
            "{last: 1, of-each: major}",
            "`of-each` means nothing without `semver`",
        ),
        (
            "{last: 1, pre-releases: true}",
            "`pre-releases` means nothing without `semver`",
        ),
    ];
    for (rule, expected) in table {
        let text = format!("version: 1\nkeep: [{rule}]\n");
        assert_eq!(fault(&text), format!("2:8: {expected}"), "{rule}");
    }
}

#[test]
fn a_digest_says_what_a_policy_means() {
    let digest = |text: &str| policy(text).digest();
    let one = digest(
        "keep:\n- {name: r, tags: ['v*', 'r*'], within: 48h}\n- {name: l, last: 1}\nonly: a\n",
    );
    let other = digest(
        "only: [a] # those\nkeep: [{\"name\": \"l\", \"last\": 1}, {within: 2d, tags: [r*, v*], name: r}]",
    );
    assert_eq!(one, other);
    assert_ne!(digest("keep: [{last: 1}]"), digest("keep: [{last: 2}]"));
    assert_eq!(
        digest("keep: [{last: 1}]"),
        digest("keep: [{last: 1}]\nlimits: {max-delete: 9}")
    );
    let git = |keep: &str| digest(&format!("git: {{keep: [{keep}]}}"));
    assert_ne!(
        git("{branches: a}, {branches: b}"),
        git("{branches: b}, {branches: a}")
    );
}

#[test]
fn files_are_meant_from_the_policy() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    fs::write(
        at("dockside.yaml"),
        "version: 1\nkeep-list: keep.txt\nin-use: used.json\n",
    )
    .unwrap();
    let hex = "a".repeat(64);
    fs::write(
        at("keep.txt"),
        format!("# kept\n\n v1 \nmain-*\n/^x/\nsha256:{hex}\n"),
    )
    .unwrap();
    let policy = Policy::load(&at("dockside.yaml")).unwrap();
    assert_eq!(policy.in_use.files, [at("used.json")]);
    let images = format!(
        "[{{tags: [v1, v2, main-1, xx]}}, {{tags: [v3, v4], id: 'sha256:{hex}'}}, {{tags: [v5]}}]"
    );
    assert_eq!(
        said(&policy.rules(Vec::new()), &graph(&images)),
        [
            "v1: keep list: the list names the tag",
            "main-1: keep list: a pattern of the list means the tag",
            "xx: keep list: a pattern of the list means the tag",
            "v3: keep list: the list names the digest",
            "v4: keep list: the list names the digest",
        ]
    );
    fs::write(at("keep.txt"), "v1\n  app:v1\n").unwrap();
    let error = Policy::load(&at("dockside.yaml")).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "{}:2:3: `app:v1` is no pattern: no tag matches it; write a tag, a GLOB or a /REGEX/",
            at("keep.txt").display()
        )
    );
    assert_eq!(error.exit(), Exit::Usage);
    fs::remove_file(at("keep.txt")).unwrap();
    assert!(matches!(
        Policy::load(&at("dockside.yaml")),
        Err(Error::Read(..))
    ));
}

#[test]
fn who_keeps_nothing_is_asked() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("dockside.yaml");
    let list = directory.path().join("empty.txt");
    fs::write(&list, "# nothing\n").unwrap();
    for text in [
        "version: 1\n",
        "version: 1\nkeep: []\nonly: a\n",
        "version: 1\nkeep-list: empty.txt\n",
    ] {
        fs::write(&file, text).unwrap();
        let error = Policy::load(&file).unwrap_err();
        let expected = format!("{}: no rule keeps anything", file.display());
        assert_eq!((error.to_string(), error.exit()), (expected, Exit::Usage));
    }
    let error = Policy::simple(&Flags::default()).unwrap_err();
    assert_eq!(error.to_string(), "nothing says what is kept");
    // Who only speaks of manifests without tags means to keep the tags.
    let flags = Flags {
        untagged: Some(Untagged::Go),
        ..Flags::default()
    };
    let policy = Policy::simple(&flags).unwrap();
    assert_eq!(
        kept(&policy.rules(Vec::new()), &graph("[{tags: [a]}]")),
        ["a"]
    );
}

#[test]
fn flags_are_rules_of_their_own() {
    let flags = Flags {
        last: Some(1),
        tags: vec!["v*".parse().unwrap()],
        within: Some(Duration::from_secs(86_400)),
        semver: Some(1),
        pulled_within: Some(Duration::from_secs(3_600)),
        only: vec!["v*".parse().unwrap()],
        ..Flags::default()
    };
    let mut policy = Policy::simple(&flags).unwrap();
    let names = |policy: &Policy| -> Vec<String> {
        policy.keep.iter().map(|keep| keep.name.clone()).collect()
    };
    let of_flags = [
        "--keep-tag",
        "--keep-semver",
        "--keep-last",
        "--keep-within",
        "--keep-pulled-within",
    ];
    assert_eq!(names(&policy), of_flags);
    policy.keep.clear();
    policy.keep.push(Keep::all("file"));
    policy.add(&flags).unwrap();
    assert_eq!(names(&policy)[..2], ["file", "--keep-tag"]);
    let zero = Flags {
        last: Some(0),
        ..Flags::default()
    };
    assert_eq!(
        Policy::simple(&zero).unwrap_err().to_string(),
        "--keep-last: `last` of nothing keeps nothing; leave the rule out"
    );
}
