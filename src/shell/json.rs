//! JSON, for programs.

use serde_json::{Map, Value, json};

use super::{Format, Input, Rendered, Unsupported};

/// `variables`, an object of names and values with `null` for what is to be removed, and
/// `secrets`, the names whose values were left out.
pub struct Json;

impl Format for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn render(&self, input: &Input<'_>) -> Result<Rendered, Unsupported> {
        let mut variables = Map::new();
        let mut secrets = Vec::new();
        for assignment in input.assignments {
            let name = assignment.name.as_str().to_owned();
            if assignment.secret && !input.show_secrets {
                secrets.push(name);
            } else {
                let value = assignment.utf8("json")?.map_or(Value::Null, Value::from);
                variables.insert(name, value);
            }
        }
        let text = json!({ "variables": variables, "secrets": secrets });
        Ok(Rendered {
            text: format!("{text:#}\n").into_bytes(),
            ..Rendered::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use bstr::ByteSlice;

    use super::super::tests::{refused, rendered, secret, set, unset};
    use super::*;

    #[test]
    fn secrets_are_named_or_shown() {
        let assignments = [set("A", "a\n\"b"), unset("B"), secret("T", "t")];
        assert_eq!(
            rendered(&Json, &assignments).text.as_bstr(),
            r#"{
  "variables": {
    "A": "a\n\"b",
    "B": null
  },
  "secrets": [
    "T"
  ]
}
"#
        );
        let input = Input {
            assignments: &assignments,
            secrets: None,
            show_secrets: true,
        };
        assert_eq!(
            Json.render(&input).unwrap().text.as_bstr(),
            r#"{
  "variables": {
    "A": "a\n\"b",
    "B": null,
    "T": "t"
  },
  "secrets": []
}
"#
        );
        assert_eq!(
            refused(&Json, set("A", b"\xff")),
            "json cannot carry A: its value is not UTF-8"
        );
    }
}
