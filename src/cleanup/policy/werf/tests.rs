//! The examples of werf's documentation, and what goes beyond them.

use super::{is_one, policy};
use crate::cleanup::git::{Keep, References};
use crate::cleanup::policy::fixture::{graph, kept};

const HEAD: &str = "project: p\nconfigVersion: 1\n";

/// A line for each policy, as they are understood.
fn shown(cleanup: &str) -> Vec<String> {
    let policy = policy(&format!("{HEAD}{cleanup}")).unwrap();
    let keep = policy.git.map(|git| git.keep).unwrap_or_default();
    keep.iter().map(line).collect()
}

fn line(keep: &Keep) -> String {
    let references = match &keep.references {
        References::Tags(names) => format!("tags {names}"),
        References::Branches(names) => format!("branches {names}"),
        References::ChangeRequests => "change requests".to_owned(),
    };
    let limit = |limit: crate::cleanup::git::Limit| {
        let hours = limit.within.map(|time| time.as_secs() / 3_600);
        format!("{:?} {hours:?} {:?}", limit.last, limit.operator)
    };
    format!(
        "{references} | {} | {}",
        limit(keep.limit),
        limit(keep.images)
    )
}

fn fault(cleanup: &str) -> String {
    policy(&format!("{HEAD}{cleanup}")).unwrap_err().to_string()
}

const USUAL: [&str; 3] = [
    "tags ^.*$ | Some(10) None And | Some(1) None And",
    "branches ^.*$ | Some(10) Some(168) And | Some(2) Some(168) And",
    "branches ^(main|master|staging|production)$ | None None And | Some(10) None And",
];

#[test]
fn what_counts_without_policies() {
    assert_eq!(shown(""), USUAL);
    assert_eq!(shown("cleanup: {}\n"), USUAL);
    assert_eq!(shown("cleanup: {keepPolicies: []}\n"), USUAL);
    let policy = policy(HEAD).unwrap();
    assert!(policy.in_use.clusters);
    let images = "
- {tags: [fresh], created: 2026-06-29T22:30:00Z, pushed: 2026-01-01}
- {tags: [old], created: 2026-06-29T21:00:00Z, pushed: 2026-06-30}
";
    assert_eq!(kept(&policy.rules(Vec::new()), &graph(images)), ["fresh"]);
}

#[test]
fn the_documented_defaults_are_the_defaults() {
    let documented = r"cleanup:
  keepPolicies:
  - references:
      tag: /.*/
      limit:
        last: 10
  - references:
      branch: /.*/
      limit:
        last: 10
        in: 168h
        operator: And
    imagesPerReference:
      last: 2
      in: 168h
      operator: And
  - references:
      branch: /^(main|master|staging|production)$/
    imagesPerReference:
      last: 10
";
    assert_eq!(shown(documented)[..2], USUAL[..2]);
    assert_eq!(
        shown(documented)[2],
        "branches ^^(main|master|staging|production)$$ | None None And | Some(10) None And"
    );
}

#[test]
fn the_documented_examples() {
    let features = r"cleanup:
  keepPolicies:
  - references:
      branch: /^features\/.*/
      limit: {last: 10, in: 168h, operator: And}
";
    assert_eq!(
        shown(features),
        [r"branches ^^features\/.*$ | Some(10) Some(168) And | Some(1) None And"]
    );
    let names = |cleanup: &str, all: &[&'static str]| -> Vec<&'static str> {
        let policy = policy(&format!("{HEAD}{cleanup}")).unwrap();
        let keep = policy.git.unwrap().keep.remove(0);
        let (References::Tags(names) | References::Branches(names)) = keep.references else {
            panic!()
        };
        all.iter()
            .copied()
            .filter(|one| names.is_match(one))
            .collect()
    };
    assert_eq!(
        names(
            features,
            &["features/a", "features/", "my/features/a", "main"]
        ),
        ["features/a", "features/"]
    );
    let tag =
        |tag: &str| format!("cleanup: {{keepPolicies: [{{references: {{tag: '{tag}'}}}}]}}\n");
    assert_eq!(
        names(&tag("v1.1.1"), &["v1.1.1", "v1.1.10", "v1x1x1"]),
        ["v1.1.1"]
    );
    assert_eq!(names(&tag("/^v.*$/"), &["v1", "rev", "v"]), ["v1", "v"]);
    let priority = "cleanup:
  keepPolicies:
  - references: {branch: /.*/}
    imagesPerReference: {last: 1}
  - references: {branch: master}
    imagesPerReference: {last: 5}
";
    assert_eq!(
        shown(priority),
        [
            "branches ^.*$ | None None And | Some(1) None And",
            "branches ^master$ | None None And | Some(5) None And",
        ]
    );
}

#[test]
fn limits() {
    let images = |limit: &str| {
        let policy = format!("{{references: {{tag: a}}, imagesPerReference: {{{limit}}}}}");
        let line = shown(&format!("cleanup: {{keepPolicies: [{policy}]}}\n")).remove(0);
        line.rsplit(" | ").next().unwrap().to_owned()
    };
    assert_eq!(images("last: -1"), "None None And");
    assert_eq!(images("last: 0"), "Some(0) None And");
    // The one image that is kept if nothing is said, also then.
    assert_eq!(images("in: 1h30m"), "Some(1) Some(1) And");
    assert_eq!(
        images("last: 3, in: 24h, operator: Or"),
        "Some(3) Some(24) Or"
    );
}

#[test]
fn switches() {
    let off = policy(&format!("{HEAD}cleanup: {{disable: true}}\n")).unwrap();
    assert!(off.git.is_none() && !off.in_use.clusters);
    assert_eq!(kept(&off.rules(Vec::new()), &graph("- {tags: [a]}")), ["a"]);
    let text = "cleanup:
  disableKubernetesBasedPolicy: true
  disableGitHistoryBasedPolicy: true
  disableBuiltWithinLastNHoursPolicy: true
  keepImagesBuiltWithinLastNHours: 5
";
    let none = policy(&format!("{HEAD}{text}")).unwrap();
    assert!(none.git.is_none() && !none.in_use.clusters && none.keep.is_empty());
}

#[test]
fn mistakes() {
    let table = [
        (
            "cleanup: {keepPolicy: []}\n",
            "3:11: unknown key `keepPolicy`; did you mean `keepPolicies`?",
        ),
        (
            "cleanup:\n  keepPolicies:\n  - references: {}\n",
            "5:17: expected exactly one of `tag` and `branch`",
        ),
        (
            "cleanup:\n  keepPolicies:\n  - references: {tag: /(/}\n",
            "5:23: `/(/` is no pattern: error: unclosed group",
        ),
        (
            "cleanup:\n  keepPolicies:\n  - references: {tag: a, limit: {in: 7d}}\n",
            "5:38: `7d`: expected a unit of h, m, s, ms, us or ns; days are 24h",
        ),
        (
            "cleanup:\n  keepPolicies:\n  - references: {tag: a, limit: {operator: or}}\n",
            "5:44: expected one of And, Or, not `or`; did you mean `Or`?",
        ),
        (
            "cleanup:\n  keepImagesBuiltWithinLastNHours: {{ .hours }}\n",
            "4:36: a template (`{{ }}`) decides what is kept here, and templates are not executed",
        ),
        (
            "cleanup:\n  # {{ if .x }}\n  disable: false\n",
            "4:5: a template (`{{ }}`) decides what is kept here, and templates are not executed",
        ),
        (
            "{{ include \"all\" . }}\ncleanup: {}\n",
            "4:1: a template (`{{ }}`) decides what is kept here, and templates are not executed",
        ),
    ];
    for (cleanup, expected) in table {
        assert_eq!(fault(cleanup), expected, "{cleanup}");
    }
}

#[test]
fn other_documents_may_be_templates() {
    let text = "---
{{- define \"x\" }}
---
project: {{ .project }}
configVersion: 1
cleanup:
  disableKubernetesBasedPolicy: true
deploy:
  namespace: {{ .Values.namespace }}
---
image: backend
{{- if .Env }}
dockerfile: {{ .file }}
{{- end }}
";
    let policy = policy(text).unwrap();
    assert!(!policy.in_use.clusters);
    assert!(is_one("any.yaml".as_ref(), text) && is_one("a/werf.yaml".as_ref(), ""));
    assert!(!is_one("dockside.yaml".as_ref(), "version: 1\n"));
}
