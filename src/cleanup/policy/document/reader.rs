//! What a part of a document says, if it is of the type that is wanted.

use std::str::FromStr;
use std::time::Duration;

use super::tree::{Node, Value};
use crate::cleanup::policy::age;
use crate::cleanup::policy::error::{Fault, Problem};
use crate::pattern::Pattern;

/// Words of YAML that are neither text nor numbers (YAML 1.2.2, 10.3.2).
const NOT_TEXT: [&str; 11] = [
    "", "~", "null", "Null", "NULL", "true", "True", "TRUE", "false", "False", "FALSE",
];

impl Node {
    fn expected(&self, what: impl Into<String>) -> Fault {
        match self.value {
            Value::Alias => self.fault(Problem::Alias),
            _ => self.fault(Problem::Expected(what.into())),
        }
    }

    /// Text. Numbers are taken as they are written: `1.10` is a tag.
    pub fn text(&self) -> Result<&str, Fault> {
        match &self.value {
            Value::Scalar(text, is_plain) if !is_plain || !NOT_TEXT.contains(&text.as_str()) => {
                Ok(text)
            }
            _ => Err(self.expected("text")),
        }
    }

    /// A whole number.
    pub fn number<N: FromStr>(&self) -> Result<N, Fault> {
        let number = match &self.value {
            Value::Scalar(text, true) if !text.starts_with('+') => text.parse().ok(),
            _ => None,
        };
        number.ok_or_else(|| self.expected("a whole number"))
    }

    /// `true` or `false`.
    pub fn boolean(&self) -> Result<bool, Fault> {
        match &self.value {
            Value::Scalar(text, true) if text == "true" => Ok(true),
            Value::Scalar(text, true) if text == "false" => Ok(false),
            _ => Err(self.expected("true or false")),
        }
    }

    /// A list.
    pub fn list(&self) -> Result<&[Node], Fault> {
        match &self.value {
            Value::List(items) => Ok(items),
            _ => Err(self.expected("a list")),
        }
    }

    /// A list, or one thing that stands for a list of it.
    pub fn one_or_more(&self) -> Result<&[Node], Fault> {
        match &self.value {
            Value::List(items) if items.is_empty() => Err(self.expected("at least one item")),
            Value::List(items) => Ok(items),
            _ => Ok(std::slice::from_ref(self)),
        }
    }

    /// A length of time such as `30d`.
    pub fn age(&self) -> Result<Duration, Fault> {
        self.value_of(age::parse)
    }

    /// Text in a form.
    pub fn value_of<T, E: ToString>(
        &self,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<T, Fault> {
        let text = self.text()?;
        let bad = |error: E| Problem::Value(text.to_owned(), error.to_string());
        read(text).map_err(|error| self.fault(bad(error)))
    }

    /// Patterns of tags.
    pub fn patterns(&self) -> Result<Vec<Pattern>, Fault> {
        let one = |node: &Node| pattern(node.text()?).map_err(|problem| node.fault(problem));
        self.one_or_more()?.iter().map(one).collect()
    }

    /// Texts.
    pub fn texts(&self) -> Result<Vec<String>, Fault> {
        let one = |node: &Node| node.text().map(str::to_owned);
        self.one_or_more()?.iter().map(one).collect()
    }

    /// One of some words.
    pub fn word<T: Copy>(&self, known: &[(&str, T)]) -> Result<T, Fault> {
        let found = self.text()?;
        if let Some((_, value)) = known.iter().find(|(word, _)| *word == found) {
            return Ok(*value);
        }
        let words: Vec<&str> = known.iter().map(|(word, _)| *word).collect();
        Err(self.fault(Problem::UnknownWord {
            found: found.to_owned(),
            known: words.join(", "),
            suggestion: suggestion(found, words.iter().copied()),
        }))
    }
}

/// A pattern that tags can match.
pub fn pattern(text: &str) -> Result<Pattern, Problem> {
    let bad = |why: String| Problem::Pattern(text.to_owned(), why);
    let pattern: Pattern = text.parse().map_err(|error| {
        // The regex crate draws its errors over several lines; the last says what it is.
        let error = format!("{error}");
        bad(error.lines().last().unwrap_or_default().trim().to_owned())
    })?;
    match pattern {
        Pattern::Glob(_) if text.is_empty() || text.contains(['/', ':', '@', ' ']) => Err(bad(
            "no tag matches it; write a tag, a GLOB or a /REGEX/".to_owned(),
        )),
        pattern => Ok(pattern),
    }
}

/// The known word that is most like one that is not, if any is.
pub fn suggestion<'k>(found: &str, known: impl Iterator<Item = &'k str>) -> Option<String> {
    let found = found.to_lowercase().replace('_', "-");
    let rated = known.map(|word| (strsim::damerau_levenshtein(&found, word), word));
    let (distance, word) = rated.min()?;
    // Every third letter may be wrong: more is another word.
    (distance <= word.len().div_ceil(3)).then(|| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{pattern, suggestion};

    #[test]
    fn what_is_meant() {
        let of = |found| suggestion(found, ["last", "within", "pulled-within"].into_iter());
        assert_eq!(of("lsat").as_deref(), Some("last"));
        assert_eq!(of("pulled_within").as_deref(), Some("pulled-within"));
        assert_eq!(of("Within").as_deref(), Some("within"));
        assert_eq!(of("colour"), None);
        assert_eq!(of(&"l".repeat(1000)), None);
    }

    #[test]
    fn patterns_that_no_tag_matches() {
        let why = |text| pattern(text).unwrap_err().to_string();
        for bad in ["", "app:v1", "registry/app:*", "app@sha256", "a b"] {
            assert_eq!(
                why(bad),
                format!(
                    "`{bad}` is no pattern: no tag matches it; write a tag, a GLOB or a /REGEX/"
                )
            );
        }
        assert_eq!(why("/(/"), "`/(/` is no pattern: error: unclosed group");
        assert!(pattern("/^v:/").is_ok());
    }
}
