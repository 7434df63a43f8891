//! The project and its images, as far as a `werf.yaml` says them without its templates being
//! executed.

use super::super::document::{Node, Section, Value, parse};
use super::super::error::{Fault, Problem};
use crate::cleanup::werf::Images;

/// How an action of a template begins.
const ACTION: &str = "{{";

/// The name of the project; why it is not known, where a template makes it.
pub(super) fn name(meta: &Section<'_>) -> Result<Option<String>, Fault> {
    let Some(node) = meta.get("project") else {
        return Ok(None);
    };
    let text = node.text()?;
    match text.contains(ACTION) {
        true => Err(node.fault(Problem::Template)),
        false => Ok(Some(text.to_owned())),
    }
}

/// The images of all documents: each is named by its key `image`, and one without a value has none.
pub(super) fn images(text: &str) -> Images {
    let mut images = Images::default();
    let mut lines = text.lines().enumerate().peekable();
    while let Some((number, line)) = lines.next() {
        if hides_others(line) {
            images.hidden.get_or_insert(at(number, line));
        }
        if !line.starts_with("image:") {
            continue;
        }
        let mut key = line.to_owned();
        while let Some((_, next)) = lines.next_if(|(_, next)| next.starts_with([' ', '-', '\t'])) {
            if next.starts_with("---") {
                break;
            }
            key.push('\n');
            key.push_str(next);
        }
        match if key.contains(ACTION) {
            None
        } else {
            names(&key)
        } {
            Some(names) => images.names.extend(names),
            None => {
                images.hidden.get_or_insert(at(number, line));
            }
        }
    }
    images
}

/// Whether a line is an action that may make documents: one that is not inside of anything, and
/// neither a comment nor an assignment.
fn hides_others(line: &str) -> bool {
    let Some(action) = line.strip_prefix(ACTION) else {
        return false;
    };
    let action = action.trim_start_matches('-').trim_start();
    !action.starts_with("/*") && !action.starts_with('$')
}

/// What the key says: a name, several, or none.
fn names(key: &str) -> Option<Vec<String>> {
    let document = parse(key).ok()?;
    let node = Section::open(&document).ok()?.get("image")?;
    let name = |node: &Node| match &node.value {
        Value::Scalar(text, true) if matches!(text.as_str(), "" | "~" | "null") => {
            Some(String::new())
        }
        Value::Scalar(text, _) => Some(text.clone()),
        _ => None,
    };
    match &node.value {
        Value::List(names) => names.iter().map(name).collect(),
        _ => Some(vec![name(node)?]),
    }
}

fn at(line: usize, text: &str) -> Fault {
    let before = text.split(ACTION).next().unwrap_or_default();
    Fault {
        line: line + 1,
        column: before.chars().count() + 1,
        problem: Problem::Template,
    }
}

#[cfg(test)]
mod tests {
    use super::images;

    fn found(text: &str) -> (Vec<String>, Option<(usize, usize)>) {
        let images = images(text);
        let hidden = images.hidden.map(|fault| (fault.line, fault.column));
        (images.names, hidden)
    }

    #[test]
    fn images_are_named_by_their_documents() {
        let text = r#"project: p
configVersion: 1
---
image: app # the first
from: alpine
shell:
  install:
  - image: no
---
image: "web/front"
dockerfile: Dockerfile
---
image: [a, 'b']
---
image:
- c
- d
from: alpine
---
image: ~
---
image:
---
artifact: build
{{- /* a comment */ -}}
{{ $tag := "1" }}
---
image: last
"#;
        let names = ["app", "web/front", "a", "b", "c", "d", "", "", "last"];
        assert_eq!(found(text), (names.map(str::to_owned).into(), None));
    }

    #[test]
    fn templates_hide_images() {
        for (text, names, place) in [
            ("image: {{ $name }}\n---\nimage: b\n", vec!["b"], (1, 8)),
            ("image: a-{{ .x }}\n", vec![], (1, 10)),
            (
                "image: a\n---\n{{- range $i := .all }}\n",
                vec!["a"],
                (3, 1),
            ),
            ("{{ include \"images\" . }}\n", vec![], (1, 1)),
            ("image:\n- {{ $name }}\n", vec![], (1, 7)),
            ("image: {a: b}\n", vec![], (1, 14)),
        ] {
            let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
            assert_eq!(found(text), (names, Some(place)), "{text}");
        }
    }
}
