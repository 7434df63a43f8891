use super::{Images, Left, Reference, Says};
use crate::pattern::Pattern;

/// A registry where everything has one digest, which is `@` here.
fn pin(reference: &Reference) -> Option<String> {
    Some(format!("{}@", reference.repository))
}

fn keys(keys: &[&str]) -> Vec<Pattern> {
    keys.iter().map(|key| key.parse().unwrap()).collect()
}

fn rewritten(text: &str, wanted: &[&str]) -> String {
    Images::find(text, &keys(wanted)).unwrap().with(&pin)
}

/// Each pair is a text and what becomes of it; `wanted` are further keys.
fn check(cases: &[(&str, &str)], wanted: &[&str]) {
    for (before, after) in cases {
        assert_eq!(rewritten(before, wanted), *after, "{before}");
    }
}

#[test]
fn every_way_of_writing_a_name() {
    check(
        &[
            ("image: r.io/a:1\n", "image: r.io/a@\n"),
            ("image: r.io/a:1 # why\n", "image: r.io/a@ # why\n"),
            ("image: 'r.io/a:1' # it's\n", "image: 'r.io/a@' # it's\n"),
            (
                "image: \"r.io/a:\\x31\" # \"\n",
                "image: \"r.io/a@\" # \"\n",
            ),
            ("image:   'r.io/a:1'\r\n", "image:   'r.io/a@'\r\n"),
            (
                "é: ü\r\nimage: r.io/a:1\r\nx: y",
                "é: ü\r\nimage: r.io/a@\r\nx: y",
            ),
            ("\u{feff}image: r.io/a:1\n", "\u{feff}image: r.io/a@\n"),
            ("\"image\": \"r.io/a:1\"", "\"image\": \"r.io/a@\""),
            ("image: \"r.io\\/a\\x3a1\"", "image: \"r.io/a@\""),
            (
                "image: >-\n  r.io/a:1\nx: 1\n",
                "image: >-\n  r.io/a@\nx: 1\n",
            ),
            (
                "image: |\n  r.io/a:1\n\nx: 1\n",
                "image: |\n  r.io/a@\n\nx: 1\n",
            ),
            ("image:\n  r.io/a:1\n", "image:\n  r.io/a@\n"),
            ("{image: r.io/a:1, x: [1]}", "{image: r.io/a@, x: [1]}"),
            ("{image: r.io/a:1,x: [1]}", "{image: r.io/a@,x: [1]}"),
            ("- image: !!str r.io/a:1", "- image: !!str r.io/a@"),
            ("image: !!str &a 'r.io/a:1'", "image: !!str &a 'r.io/a@'"),
            ("image: [r.io/a:1]", "image: [r.io/a:1]"),
            ("image: nginx", "image: docker.io/library/nginx@"),
            ("? image\n: r.io/a:1\n", "? image\n: r.io/a@\n"),
            (
                "a: &x {image: r.io/a:1}\nb: *x\n",
                "a: &x {image: r.io/a@}\nb: *x\n",
            ),
        ],
        &[],
    );
}

#[test]
fn json() {
    check(
        &[
            (
                "{\n\t\"image\": \"r.io/a:1\",\n\t\"x\": \"\\ud83d\\ude00 \\\\ud83d\"\n}\n",
                "{\n\t\"image\": \"r.io/a@\",\n\t\"x\": \"\\ud83d\\ude00 \\\\ud83d\"\n}\n",
            ),
            (
                r#"[{"x":"\uD83D\uDE00","spec":{"containers":[{"image":"r.io/a:1"}]}}]"#,
                r#"[{"x":"\uD83D\uDE00","spec":{"containers":[{"image":"r.io/a@"}]}}]"#,
            ),
        ],
        &[],
    );
}

/// What an alias names changes with it; where that is no name of an image, the alias goes.
#[test]
fn anchors() {
    check(
        &[
            (
                "a: {image: &i r.io/a:1}\nb: {image: *i}\nc: *i\n",
                "a: {image: &i r.io/a@}\nb: {image: *i}\nc: *i\n",
            ),
            (
                "x: &i r.io/a:1\na: {image: *i}\nb:\n- image: *i # here\nc: *i\n",
                "x: &i r.io/a:1\na: {image: \"r.io/a@\"}\nb:\n- image: \"r.io/a@\" # here\nc: *i\n",
            ),
            (
                "x: &i [r.io/a:1]\nimage: *i\n",
                "x: &i [r.io/a:1]\nimage: *i\n",
            ),
        ],
        &[],
    );
}

#[test]
fn documents_of_any_number_and_kind() {
    let before = "\
# first
apiVersion: v1
kind: List
items:
- apiVersion: apps/v1
  kind: Deployment
  metadata: {name: image, annotations: {image: r.io/no:1}}
  spec:
    selector: {matchLabels: {image: r.io/no:1}}
    template:
      metadata:
        labels: {image: r.io/no:1}
      spec:
        initContainers:
        - {name: a, image: r.io/a:1}
        containers:
        - name: b
          image: r.io/b:1
          env: [{name: image, value: r.io/no:1}]
        volumes: [{image: {reference: r.io/c:1}}]
---
apiVersion: v1
kind: ConfigMap
data: {image: r.io/no:1}
binaryData: {image: r.io/no:1}
...
---
services:
  web: {image: r.io/d:1, environment: {image: r.io/no:1}}
job:
  image: {name: r.io/e:1, entrypoint: ['']}
";
    let after = before
        .replace("r.io/a:1", "r.io/a@")
        .replace("r.io/b:1", "r.io/b@")
        .replace("r.io/c:1", "r.io/c@")
        .replace("r.io/d:1", "r.io/d@")
        .replace("r.io/e:1", "r.io/e@");
    assert_eq!(rewritten(before, &[]), after);
}

#[test]
fn keys_that_the_user_names() {
    check(
        &[
            (
                "env:\n- name: RELATED_IMAGE_A\n  value: r.io/a:1\n- {name: X, value: r.io/b:1}\n",
                "env:\n- name: RELATED_IMAGE_A\n  value: r.io/a@\n- {name: X, value: r.io/b:1}\n",
            ),
            (
                "services: [r.io/a:1, {name: r.io/b:1, alias: b}]",
                "services: [r.io/a@, {name: r.io/b@, alias: b}]",
            ),
            ("RELATED_IMAGE_B: r.io/a:1", "RELATED_IMAGE_B: r.io/a@"),
            (
                "variables: {RELATED_IMAGE_B: r.io/a:1, image: r.io/b:1}",
                "variables: {RELATED_IMAGE_B: r.io/a@, image: r.io/b:1}",
            ),
        ],
        &["RELATED_IMAGE_*", "services"],
    );
}

#[test]
fn what_is_left() {
    let text = "\
a: {image: {repository: r.io/a, tag: 1}}
b:
  image: r.io/a
  tag: 1
c: {image: r.io/a:1, build: .}
d: {image: ''}
e: {image: ~}
f: {image: }
";
    let found = Images::find(text, &[]).unwrap();
    assert_eq!(found.images, []);
    assert_eq!(
        found.left,
        [(1, Left::Parts), (3, Left::Parts), (5, Left::Built)]
    );
    assert_eq!(found.with(&pin), text);
}

#[test]
fn what_names_say() {
    let hex = "ab".repeat(32);
    let says = |name: &str| {
        let text = format!("x:\n- image: '{name}'\n");
        let found = Images::find(&text, &[]).unwrap();
        assert_eq!((found.images.len(), found.images[0].line), (1, 2));
        match found.images[0].says.clone() {
            Says::Moving(reference) => reference.to_string(),
            other => format!("{other:?}").chars().take(6).collect(),
        }
    };
    assert_eq!(says("r.io/a"), "r.io/a");
    assert_eq!(says(&format!("r.io/a:1@sha256:{hex}")), "Pinned");
    assert_eq!(says(&format!("sha256:{hex}")), "Pinned");
    assert_eq!(says("{{ .Values.image }}"), "Later");
    assert_eq!(says("r.io/a:${TAG}"), "Later");
    assert_eq!(says("r.io/A:1"), "Bad(Ba");
    assert_eq!(says("r.io/a@sha256:12"), "Bad(Ba");
}

#[test]
fn what_is_no_yaml() {
    let error = |text: &str| Images::find(text, &[]).unwrap_err().to_string();
    assert_eq!(
        error("a: b\nimage: {{ .Values.image }}\n{{- end }}\n")
            .split(':')
            .next(),
        Some("line 3, column 3")
    );
    assert_eq!(
        error("a: b\nc: \0"),
        "line 2, column 4: a NUL, which no text has"
    );
    assert_eq!(
        error(&"- ".repeat(200)),
        "line 1, column 257: this is nested too deeply"
    );
    assert!(Images::find("", &[]).unwrap().images.is_empty());
}
