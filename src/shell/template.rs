//! Emitted text: sections of a file in `templates/shell/`, with slots that only a name, a
//! status or a quoted value can fill.

use std::path::Path;

use super::{Assignment, Name, Script, Unsupported};
use crate::text::printable;

/// How a language writes any bytes but NUL as one word, or why it cannot write these.
pub(super) type Quote = fn(&[u8]) -> Result<Vec<u8>, &'static str>;

/// What fills a slot. There is no way to fill one with text that is not quoted.
#[derive(Clone, Copy)]
pub(super) enum Slot<'a> {
    Name(&'a Name),
    Status(u8),
    Value(&'a [u8]),
}

/// The template file of one language.
pub(super) struct Template {
    /// The language, for errors.
    pub dialect: &'static str,
    /// The file's text.
    pub text: &'static str,
    /// How values are written.
    pub quote: Quote,
    /// What to use where a value cannot be written.
    pub instead: Option<&'static str>,
}

impl Template {
    /// The section with its slots filled, or why a value cannot be written.
    pub fn render(
        &self,
        section: &str,
        slots: &[(&str, Slot<'_>)],
    ) -> Result<Vec<u8>, &'static str> {
        let mut out = Vec::new();
        let mut rest = self.section(section);
        while let Some((before, (slot, after))) = next_slot(rest) {
            out.extend(before.bytes());
            match slots.iter().find(|(name, _)| *name == slot) {
                Some((_, Slot::Name(name))) => out.extend(name.as_str().bytes()),
                Some((_, Slot::Status(status))) => out.extend(status.to_string().bytes()),
                Some((_, Slot::Value(value))) if value.contains(&0) => {
                    return Err("an environment variable cannot hold a NUL byte");
                }
                Some((_, Slot::Value(value))) => out.extend((self.quote)(value)?),
                None => debug_assert!(false, "{}: no slot {slot}", self.dialect),
            }
            rest = after;
        }
        out.extend(rest.bytes());
        Ok(out)
    }

    /// A section whose only slot is `status`.
    pub fn status(&self, section: &str, status: u8) -> Vec<u8> {
        self.render(section, &[("status", Slot::Status(status))])
            .unwrap_or_default()
    }

    /// The sections `export` and `unset` for each assignment.
    pub fn assignments(&self, assignments: &[Assignment]) -> Result<Vec<u8>, Unsupported> {
        let mut out = Vec::new();
        for Assignment { name, value, .. } in assignments {
            let name_slot = ("name", Slot::Name(name));
            let text = match value {
                Some(value) => self.render("export", &[name_slot, ("value", Slot::Value(value))]),
                None => self.render("unset", &[name_slot]),
            };
            out.extend(text.map_err(|why| self.unsupported(name.as_str(), why))?);
        }
        Ok(out)
    }

    /// The section `secrets_begin`, the assignments, and the section `secrets_end`.
    pub fn secrets(&self, assignments: &[Assignment]) -> Result<Vec<u8>, Unsupported> {
        let begin = self.section("secrets_begin").as_bytes();
        let end = self.section("secrets_end").as_bytes();
        Ok([begin, &self.assignments(assignments)?, end].concat())
    }

    /// A section whose only slot, named `slot`, is a path.
    pub fn path(&self, section: &str, slot: &str, path: &Path) -> Result<Vec<u8>, Unsupported> {
        let bytes = path.as_os_str().as_encoded_bytes();
        self.render(section, &[(slot, Slot::Value(bytes))])
            .map_err(|why| self.unsupported(&printable(bytes), why))
    }

    /// The assignments of a script, then the section `source` for its secrets, then the section
    /// `on_exit` for the directory to remove.
    pub fn script(&self, script: &Script<'_>) -> Result<Vec<u8>, Unsupported> {
        let mut out = self.assignments(script.assignments)?;
        if let Some(secrets) = script.secrets {
            out.extend(self.path("source", "path", secrets)?);
        }
        if let Some(directory) = script.remove_on_exit {
            out.extend(self.path("on_exit", "directory", directory)?);
        }
        Ok(out)
    }

    /// The error for a value that cannot be written.
    pub fn unsupported(&self, what: &str, why: &'static str) -> Unsupported {
        Unsupported {
            dialect: self.dialect,
            what: what.to_owned(),
            why,
            instead: self.instead,
        }
    }

    /// A section's text. Languages without a way to trace have no sections about secrets.
    fn section(&self, name: &str) -> &'static str {
        let begin = format!("\n@@ {name}\n");
        let found = self.text.split_once(&begin).map(|(_, rest)| {
            let end = rest.find("\n@@ ").map_or(rest.len(), |end| end + 1);
            rest.get(..end).unwrap_or_default()
        });
        debug_assert!(
            found.is_some() || name.starts_with("secrets_"),
            "{}: no section {name}",
            self.dialect
        );
        found.unwrap_or_default()
    }
}

/// What stands before the next slot, the slot's name, and what follows.
fn next_slot(text: &str) -> Option<(&str, (&str, &str))> {
    let (before, after) = text.split_once("{{")?;
    Some((before, after.split_once("}}")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: Template = Template {
        dialect: "test",
        text: "For readers: {{ignored}}\n@@ export\nlet {{name}} = {{value}}\n@@ other\n{{status}}!\n",
        quote: |value| Ok([b"<", value, b">"].concat()),
        instead: Some("another"),
    };

    #[test]
    fn slots_are_filled_and_values_quoted_once() {
        let name = Name::new("K").unwrap();
        let text = TEMPLATE.render(
            "export",
            &[
                ("name", Slot::Name(&name)),
                ("value", Slot::Value(b"{{name}}\xff")),
            ],
        );
        assert_eq!(text.unwrap(), b"let K = <{{name}}\xff>\n");
        assert_eq!(TEMPLATE.status("other", 7), b"7!\n");
    }

    #[test]
    fn a_nul_byte_is_refused() {
        let assignment = Assignment {
            name: Name::new("K").unwrap(),
            value: Some("a\0b".into()),
            secret: false,
        };
        let error = TEMPLATE.assignments(&[assignment]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "test cannot carry K: an environment variable cannot hold a NUL byte"
        );
        assert_eq!(error.instead, Some("another"));
    }

    #[test]
    #[should_panic(expected = "test: no slot value")]
    fn a_slot_that_nothing_fills_fails_a_test() {
        let name = Name::new("K").unwrap();
        let _ = TEMPLATE.render("export", &[("name", Slot::Name(&name))]);
    }

    #[test]
    #[should_panic(expected = "test: no section nowhere")]
    fn an_unknown_section_fails_a_test() {
        let _ = TEMPLATE.render("nowhere", &[]);
    }
}
