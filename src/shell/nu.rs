//! nushell.

use std::path::Path;

use bstr::BString;
use serde_json::{Map, Value};

use super::{Assignment, Dialect, Form, Name, Script, Unsupported};

/// nushell, which can load variables at run time but no code: the text is a JSON object for
/// `dockside ... | from json | load-env`, with `null` for a variable that is to go.
pub struct Nu;

/// The variable that names the file of secrets, for `open $env.DOCKSIDE_SECRETS_FILE | load-env`.
const SECRETS_FILE: &str = "DOCKSIDE_SECRETS_FILE";

impl Dialect for Nu {
    fn name(&self) -> &'static str {
        "nu"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["nushell"]
    }

    fn extension(&self) -> &'static str {
        "json"
    }

    fn script(&self, script: &Script<'_>, _: Form) -> Result<Vec<u8>, Unsupported> {
        if script.remove_on_exit.is_some() {
            return Err(Unsupported::no_exit_hook("nu"));
        }
        let mut assignments = script.assignments.to_vec();
        if let (Some(secrets), Some(name)) = (script.secrets, Name::new(SECRETS_FILE)) {
            assignments.push(Assignment {
                name,
                value: Some(BString::from(secrets.as_os_str().as_encoded_bytes())),
                secret: false,
            });
        }
        self.secrets(&assignments)
    }

    fn source(&self, _: &Path, _: Form) -> Result<Vec<u8>, Unsupported> {
        Err(Unsupported {
            dialect: "nu",
            what: "a file to source".into(),
            why: "it cannot run code that is made at run time",
            instead: Some("load it by `open FILE | load-env`"),
        })
    }

    fn secrets(&self, assignments: &[Assignment]) -> Result<Vec<u8>, Unsupported> {
        let mut object = Map::new();
        for assignment in assignments {
            let value = assignment.utf8("nu")?.map_or(Value::Null, Value::from);
            object.insert(assignment.name.as_str().to_owned(), value);
        }
        Ok(format!("{}\n", Value::Object(object)).into_bytes())
    }

    /// A text that is not an object, so that `load-env` fails and the script stops. nushell
    /// ends with the status 1 then, whatever `status` is.
    fn failure(&self, status: u8, _: Form) -> Vec<u8> {
        format!("\"dockside failed with status {status}\"\n").into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use bstr::ByteSlice;

    use super::super::tests::{set, unset};
    use super::*;

    #[test]
    fn the_whole_text() {
        let script = Script {
            assignments: &[set("A", "it's\n\"$x\""), unset("B")],
            secrets: Some(Path::new("/s")),
            remove_on_exit: None,
        };
        assert_eq!(
            Nu.script(&script, Form::Evaluated).unwrap().as_bstr(),
            r#"{"A":"it's\n\"$x\"","B":null,"DOCKSIDE_SECRETS_FILE":"/s"}
"#
        );
        assert_eq!(
            Nu.failure(4, Form::Evaluated).as_bstr(),
            "\"dockside failed with status 4\"\n"
        );
        assert_eq!(
            Nu.source(Path::new("/s"), Form::Sourced)
                .unwrap_err()
                .to_string(),
            "nu cannot carry a file to source: it cannot run code that is made at run time"
        );
    }
}
