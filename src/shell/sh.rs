//! POSIX shells.

use std::path::Path;

use super::template::{Slot, Template};
use super::{Assignment, Dialect, Form, Script, Unsupported};

const TEXT: &str = include_str!("../../templates/shell/sh.sh");

static SOURCED: Template = Template {
    dialect: "sh",
    text: TEXT,
    quote: |value| Ok(single_quoted(value)),
    instead: None,
};

static EVALUATED: Template = Template {
    quote: |text| Ok(octal(text)),
    ..SOURCED
};

/// The longest file name on Linux (`NAME_MAX` in `<limits.h>`), in bytes; macOS has the same.
const NAME_MAX: usize = 255;

/// bash, dash, zsh, ksh93, mksh, busybox and the like.
pub struct Sh;

impl Dialect for Sh {
    fn name(&self) -> &'static str {
        "sh"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &[
            "default", "bash", "rbash", "dash", "zsh", "ksh", "ksh93", "rksh93", "mksh", "busybox",
            "ash", "yash", "posix",
        ]
    }

    fn extension(&self) -> &'static str {
        "sh"
    }

    fn script(&self, script: &Script<'_>, form: Form) -> Result<Vec<u8>, Unsupported> {
        let mut text = SOURCED.script(&Script {
            remove_on_exit: None,
            ..*script
        })?;
        if let Some(directory) = script.remove_on_exit {
            text.extend(remove_on_exit(directory)?);
        }
        Ok(in_form(text, form))
    }

    fn source(&self, file: &Path, form: Form) -> Result<Vec<u8>, Unsupported> {
        Ok(in_form(SOURCED.path("source", "path", file)?, form))
    }

    fn secrets(&self, assignments: &[Assignment]) -> Result<Vec<u8>, Unsupported> {
        SOURCED.secrets(assignments)
    }

    fn failure(&self, status: u8, form: Form) -> Vec<u8> {
        in_form(SOURCED.status("failure", status), form)
    }
}

/// The text that sources `file` as long as it exists.
pub(super) fn source_unless_gone(file: &Path) -> Result<Vec<u8>, Unsupported> {
    let path = |section| SOURCED.path(section, "path", file);
    Ok([path("unless_gone")?, path("source")?].concat())
}

/// The text that removes `directory` when the shell exits.
fn remove_on_exit(directory: &Path) -> Result<Vec<u8>, Unsupported> {
    let cleanup = SOURCED.path("cleanup", "directory", directory)?;
    SOURCED
        .render(
            "on_exit",
            &[
                (
                    "directory",
                    Slot::Value(directory.as_os_str().as_encoded_bytes()),
                ),
                ("cleanup", Slot::Value(cleanup.trim_ascii_end())),
            ],
        )
        .map_err(|why| SOURCED.unsupported("the directory to remove", why))
}

fn in_form(text: Vec<u8>, form: Form) -> Vec<u8> {
    match form {
        Form::Sourced => text,
        Form::Evaluated => EVALUATED
            .render("evaluated", &[("text", Slot::Value(&text))])
            .unwrap_or_default(),
    }
}

/// In single quotes everything is literal but the quote itself. Unquoted, even words that look
/// harmless are not: zsh takes `=ls` for the path of `ls`.
pub(super) fn single_quoted(value: &[u8]) -> Vec<u8> {
    [
        b"'",
        bstr::ByteSlice::replace(value, "'", r"'\''").as_slice(),
        b"'",
    ]
    .concat()
}

/// The text as a single-quoted format for `printf`: letters, and octal escapes for the rest. No
/// letter is special for an IFS without letters and digits, nor for any expansion of path names and braces but one:
/// some shells (bash 5.0) take a word with a backslash for a pattern, which matches a file of
/// that name without the backslashes. A word that is longer than any file name cannot match, so
/// a short text is followed by line ends, which the command substitution drops.
pub(super) fn octal(text: &[u8]) -> Vec<u8> {
    let mut out = vec![b'\''];
    for &byte in text {
        if byte.is_ascii_alphabetic() {
            out.push(byte);
        } else {
            out.extend(format!("\\{byte:03o}").bytes());
        }
    }
    while out.iter().filter(|&&byte| byte != b'\\').count() <= NAME_MAX {
        out.extend(b"\\012");
    }
    out.push(b'\'');
    out
}

#[cfg(test)]
mod tests {
    use bstr::ByteSlice;

    use super::super::tests::{set, unset};
    use super::*;

    #[test]
    fn a_sourced_file_is_readable() {
        let script = Script {
            assignments: &[
                set("A", "it's\n$x"),
                set("B", b"\xff"),
                set("C", ""),
                unset("D"),
            ],
            secrets: Some(Path::new("/tmp/a b/secrets.sh")),
            remove_on_exit: None,
        };
        assert_eq!(
            Sh.script(&script, Form::Sourced).unwrap().as_bstr(),
            b"\\export A='it'\\''s\n$x'\n\\export B='\xff'\n\\export C=''\n\\unset -v D\n\
              case $- in\n  *v*) set +v; \\. '/tmp/a b/secrets.sh'; set -v ;;\n  \
              *) \\. '/tmp/a b/secrets.sh' ;;\nesac\n"
                .as_bstr()
        );
    }

    #[test]
    fn secrets_are_kept_out_of_the_trace() {
        assert_eq!(
            Sh.secrets(&[set("T", "a'b")]).unwrap().as_bstr(),
            "dockside_options=$-\n{ set +x; } 2>/dev/null\n\\export T='a'\\''b'\n\
             case $dockside_options in *x*) unset -v dockside_options; set -x ;; \
             *) unset -v dockside_options ;; esac\n"
        );
    }

    #[test]
    fn a_failure_spares_interactive_shells() {
        assert_eq!(
            Sh.failure(4, Form::Sourced).as_bstr(),
            "case $- in\n  *i*)\n    case ${BASH_VERSION-}${ZSH_VERSION-} in \
             ?*) \\return 4 2>/dev/null ;; esac\n    (exit 4)\n    ;;\n  *) \\exit 4 ;;\nesac\n"
        );
    }

    /// Split at any of those characters, expanded and joined again, the text must stay the same.
    #[test]
    fn evaluated_text_has_nothing_to_expand_or_match() {
        let values: Vec<u8> = (1..=255).collect();
        let long = Script {
            assignments: &[set("K", values)],
            secrets: Some(Path::new("/s")),
            remove_on_exit: Some(Path::new("/d")),
        };
        let short = Script {
            assignments: &[],
            secrets: None,
            remove_on_exit: None,
        };
        for text in [
            Sh.script(&long, Form::Evaluated).unwrap(),
            Sh.script(&short, Form::Evaluated).unwrap(),
            Sh.source(Path::new("/s"), Form::Evaluated).unwrap(),
            Sh.failure(1, Form::Evaluated),
        ] {
            let text = text.to_str().unwrap();
            let word = text
                .strip_prefix("\\eval \"`! \\printf '")
                .and_then(|text| text.strip_suffix("' && \\echo exit 1`\";\n"))
                .unwrap();
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '\\';
            assert!(word.chars().all(plain), "{word}");
            let quote = 1;
            assert!(quote + word.replace('\\', "").len() > NAME_MAX, "{word}");
        }
    }

    #[test]
    fn octal_escapes_have_three_digits() {
        let text = octal(b"a1 /\xff%");
        assert!(
            text.starts_with(br"'a\061\040\057\377\045\012"),
            "{}",
            text.as_bstr()
        );
    }
}
