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
