//! The file `$GITHUB_ENV` of GitHub, Gitea and Forgejo, read when the step ends.

use super::format::emptied;
use super::{Assignment, Destination, Format, Input, PathRoute, Rendered, Unsupported};

const NAME: &str = "github-env";

/// A heredoc for each variable, and a mask for each secret.
pub struct GithubEnv;

impl Format for GithubEnv {
    fn name(&self) -> &'static str {
        NAME
    }

    fn destination(&self) -> Destination {
        Destination::FileNamedBy("GITHUB_ENV")
    }

    fn path_route(&self) -> PathRoute {
        PathRoute::FileNamedBy("GITHUB_PATH")
    }

    fn render(&self, input: &Input<'_>) -> Result<Rendered, Unsupported> {
        let mut rendered = Rendered {
            notes: emptied(input.assignments),
            ..Rendered::default()
        };
        for assignment in input.assignments {
            if reserved(assignment.name.as_str()) {
                let why = "the runner refuses to change it";
                return Err(Unsupported::value(NAME, assignment, why));
            }
            let value = assignment.utf8(NAME)?.unwrap_or_default();
            if assignment.secret {
                rendered.commands.extend(masks(value).into_bytes());
            }
            let delimiter = delimiter(assignment, value)?;
            rendered
                .text
                .extend(heredoc(assignment.name.as_str(), value, &delimiter).into_bytes());
        }
        Ok(rendered)
    }
}

/// The runner fails the step over `NODE_OPTIONS`, and keeps its own variables as they are.
fn reserved(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    name == "NODE_OPTIONS" || name.starts_with("GITHUB_") || name.starts_with("RUNNER_")
}

/// The line end before the delimiter is not part of the value; the one after it keeps the next
/// writer's text apart.
fn heredoc(name: &str, value: &str, delimiter: &str) -> String {
    format!("{name}<<{delimiter}\n{value}\n{delimiter}\n")
}

/// 128 random bits, drawn again in the case that the value holds them: a value that could know
/// the delimiter could end early and set further variables.
fn delimiter(assignment: &Assignment, value: &str) -> Result<String, Unsupported> {
    loop {
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|_| {
            Unsupported::value(NAME, assignment, "the system gave no random numbers")
        })?;
        let delimiter = format!("dockside_{:032x}", u128::from_be_bytes(random));
        if !value.contains(&delimiter) {
            return Ok(delimiter);
        }
    }
}

/// Lines of a secret that are shorter, such as a brace, would black out the log if masked.
const SHORTEST_MASKED_LINE: usize = 4;

/// The runner also masks each line of a value of several, so those are masked line by line.
fn masks(secret: &str) -> String {
    let lines: Vec<&str> = secret.lines().map(str::trim).collect();
    match lines.as_slice() {
        [] => String::new(),
        [_] => mask(secret.trim_end_matches(['\r', '\n'])),
        lines => lines
            .iter()
            .filter(|line| line.chars().count() >= SHORTEST_MASKED_LINE)
            .map(|line| mask(line))
            .collect(),
    }
}

fn mask(text: &str) -> String {
    if text.trim().is_empty() {
        return String::new();
    }
    let data = text
        .replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A");
    format!("::add-mask::{data}\n")
}

#[cfg(test)]
mod tests {
    use bstr::ByteSlice;

    use super::super::tests::{refused, rendered, secret, set, unset};
    use super::*;

    #[test]
    fn each_variable_is_a_heredoc_with_a_delimiter_of_its_own() {
        let hostile = "x\nEOF\nPATH=/evil\nGITHUB_ENV<<EOF";
        let out = rendered(
            &GithubEnv,
            &[set("A", hostile), set("B", "b\n"), unset("C")],
        );
        let text = out.text.to_str().unwrap();
        let mut delimiters: Vec<&str> = text
            .lines()
            .filter_map(|line| {
                line.split_once("<<dockside_")
                    .map(|(_, delimiter)| delimiter)
            })
            .collect();
        let plain = delimiters
            .iter()
            .enumerate()
            .fold(text.to_owned(), |text, (i, delimiter)| {
                assert_eq!(delimiter.len(), 32);
                text.replace(&format!("dockside_{delimiter}"), &format!("D{i}"))
            });
        assert_eq!(
            plain,
            format!("A<<D0\n{hostile}\nD0\nB<<D1\nb\n\nD1\nC<<D2\n\nD2\n")
        );
        delimiters.sort_unstable();
        delimiters.dedup();
        assert_eq!(delimiters.len(), 3);
        assert!(out.commands.is_empty());
        assert_eq!(out.notes, ["C is set to nothing instead of removed"]);
    }

    #[test]
    fn secrets_are_masked_before_anything_else() {
        let masks = |value| rendered(&GithubEnv, &[secret("T", value)]).commands;
        assert_eq!(masks("a%b"), b"::add-mask::a%25b\n");
        assert_eq!(masks("a\rb"), b"::add-mask::a%0Db\n");
        assert_eq!(masks("token\n"), b"::add-mask::token\n");
        assert_eq!(masks("abc"), b"::add-mask::abc\n");
        assert_eq!(masks("{\n  \"key\"\r\n\n}\n"), b"::add-mask::\"key\"\n");
        assert_eq!(masks(""), b"");
    }

    #[test]
    fn the_runners_own_variables_and_bytes_are_refused() {
        for name in [
            "NODE_OPTIONS",
            "node_options",
            "GITHUB_ENV",
            "RUNNER_TEMP",
            "github_x",
        ] {
            assert_eq!(
                refused(&GithubEnv, set(name, "x")),
                format!("github-env cannot carry {name}: the runner refuses to change it")
            );
        }
        assert_eq!(
            refused(&GithubEnv, set("A", b"\xff")),
            "github-env cannot carry A: its value is not UTF-8"
        );
    }
}
