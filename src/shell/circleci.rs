//! CircleCI's file `$BASH_ENV`, which every later step sources.

use super::sh::{Sh, source_unless_gone};
use super::{Assignment, Destination, Dialect, Form, Format, Input, Rendered, Script, Unsupported};

/// Shell text; secrets are sourced from their own file, as long as it exists: steps after
/// `dockside logout --job` source `$BASH_ENV` too.
pub struct CircleCi;

impl Format for CircleCi {
    fn name(&self) -> &'static str {
        "circleci"
    }

    fn destination(&self) -> Destination {
        Destination::FileNamedBy("BASH_ENV")
    }

    fn sources_secrets(&self) -> Option<&'static dyn Dialect> {
        Some(&Sh)
    }

    fn render(&self, input: &Input<'_>) -> Result<Rendered, Unsupported> {
        let (secrets, assignments): (Vec<Assignment>, Vec<Assignment>) = input
            .assignments
            .iter()
            .cloned()
            .partition(|one| one.secret);
        if let (Some(secret), None) = (secrets.first(), input.secrets) {
            let why = "there is no file of secrets to source";
            return Err(Unsupported::value("circleci", secret, why));
        }
        let script = Script {
            assignments: &assignments,
            secrets: None,
            remove_on_exit: None,
        };
        let mut text = Sh.script(&script, Form::Sourced)?;
        if let Some(file) = input.secrets {
            text.extend(source_unless_gone(file)?);
        }
        Ok(Rendered {
            text,
            ..Rendered::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use bstr::ByteSlice;

    use super::super::tests::{refused, secret, set, unset};
    use super::*;

    #[test]
    fn the_file_is_shell_text() {
        let input = Input {
            assignments: &[set("A", "it's"), secret("T", "t"), unset("B")],
            secrets: Some(Path::new("/s")),
            show_secrets: false,
        };
        assert_eq!(
            CircleCi.render(&input).unwrap().text.as_bstr(),
            "\\export A='it'\\''s'\n\\unset -v B\n\\[ ! -e '/s' ] ||\ncase $- in\n  \
             *v*) set +v; \\. '/s'; set -v ;;\n  *) \\. '/s' ;;\nesac\n"
        );
        assert_eq!(
            refused(&CircleCi, secret("T", "t")),
            "circleci cannot carry T: there is no file of secrets to source"
        );
    }
}
