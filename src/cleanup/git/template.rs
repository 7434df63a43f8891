//! How tags of images are made from what git has, read backwards.

use crate::text::printable;

/// The fewest digits that abbreviate a commit: fewer are digits of something else.
const SHORTEST_SHA: usize = 7;

/// The digits of a whole SHA-1.
const WHOLE_SHA: usize = 40;

/// The longest number of a change request: more digits are a date or an identifier.
const LONGEST_NUMBER: usize = 12;

/// The tag that tools write and read where none is given. It names a branch or tag only if there
/// is one that is called so.
const UNNAMED: &str = "latest";

/// How a tag is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Name(Named),
    /// So many digits of a commit.
    Sha(usize),
    Number,
}

/// What a name in a tag is the name of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Named {
    /// A branch.
    Branch,
    /// A tag of git.
    Tag,
}

/// One way to read a tag.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading<'t> {
    /// Names of references, as they may be written in tags.
    pub names: Vec<(Named, &'t str)>,
    /// Digits of a commit.
    pub sha: Option<&'t str>,
    /// The number of a change request.
    pub number: Option<u64>,
}

/// A text that is no template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadTemplate {
    /// An opening brace without a closing one.
    #[error("there is a `{{` without `}}`")]
    Open,
    /// A name that stands for nothing.
    #[error("there is no `{{{}}}`", printable(.0))]
    Unknown(String),
    /// A number of digits that does not do.
    #[error("`{{sha:N}}` takes 7 to 40 digits")]
    Digits,
    /// Names that nothing separates.
    #[error("there must be something between two names")]
    Adjacent,
    /// Nothing of git.
    #[error("it has nothing of git in it")]
    Plain,
}

impl Template {
    /// Reads `{tag}`, `{branch}`, `{branch-slug}`, `{sha}`, `{sha:8}` and `{number}`, with any text
    /// around them.
    ///
    /// # Errors
    /// The text is no template.
    pub fn parse(text: &str) -> Result<Self, BadTemplate> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            let (name, after) = after.split_once('}').ok_or(BadTemplate::Open)?;
            let part = match name {
                "tag" => Part::Name(Named::Tag),
                "branch" | "branch-slug" => Part::Name(Named::Branch),
                "sha" => Part::Sha(WHOLE_SHA),
                "number" => Part::Number,
                _ => Part::Sha(digits(name)?),
            };
            if matches!((parts.last(), &part), (Some(Part::Name(_)), Part::Name(_))) {
                return Err(BadTemplate::Adjacent);
            }
            parts.push(part);
            rest = after;
        }
        if parts.iter().all(|part| matches!(part, Part::Text(_))) {
            return Err(BadTemplate::Plain);
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Self { parts })
    }

    /// Whether numbers of change requests are in it.
    pub fn has_number(&self) -> bool {
        self.parts.contains(&Part::Number)
    }

    /// All ways to read a whole tag. `is_name` says whether a reference is called so.
    pub fn read<'t>(
        &self,
        tag: &'t str,
        is_name: &dyn Fn(Named, &str) -> bool,
    ) -> Vec<Reading<'t>> {
        let mut readings = Vec::new();
        read(&self.parts, tag, &Reading::default(), &mut readings);
        readings.retain(|reading| match reading.names.as_slice() {
            [(kind, UNNAMED)] => is_name(*kind, UNNAMED),
            _ => true,
        });
        readings
    }
}

fn digits(name: &str) -> Result<usize, BadTemplate> {
    let unknown = || BadTemplate::Unknown(name.to_owned());
    let count = name.strip_prefix("sha:").ok_or_else(unknown)?;
    let count = count.parse().ok();
    count
        .filter(|count| (SHORTEST_SHA..=WHOLE_SHA).contains(count))
        .ok_or(BadTemplate::Digits)
}

/// Whether a text may be the beginning of a commit's identifier.
pub(super) fn is_sha(text: &str) -> bool {
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    (SHORTEST_SHA..=WHOLE_SHA).contains(&text.len()) && text.bytes().all(is_digit)
}

/// Adds all ways to read `tag` by these parts.
fn read<'t>(parts: &[Part], tag: &'t str, so_far: &Reading<'t>, readings: &mut Vec<Reading<'t>>) {
    let Some((part, others)) = parts.split_first() else {
        if tag.is_empty() && !readings.contains(so_far) {
            readings.push(so_far.clone());
        }
        return;
    };
    let mut go_on = |length: usize, add: &dyn Fn(&mut Reading<'t>, &'t str)| {
        if let Some((text, rest)) = tag.split_at_checked(length) {
            let mut reading = so_far.clone();
            add(&mut reading, text);
            read(others, rest, &reading, readings);
        }
    };
    match part {
        Part::Text(text) if tag.starts_with(text.as_str()) => go_on(text.len(), &|_, _| ()),
        Part::Text(_) => {}
        Part::Sha(count) => {
            if tag.get(..*count).is_some_and(is_sha) {
                go_on(*count, &|reading, text| reading.sha = Some(text));
            }
        }
        Part::Number => {
            let run = tag.bytes().take_while(u8::is_ascii_digit).count();
            for length in 1..=run.min(LONGEST_NUMBER) {
                go_on(length, &|reading, text| reading.number = text.parse().ok());
            }
        }
        Part::Name(kind) => {
            for length in lengths(tag, others) {
                go_on(length, &|reading, text| reading.names.push((*kind, text)));
            }
        }
    }
}

/// How long a name at the beginning may be, by what follows it.
fn lengths(tag: &str, others: &[Part]) -> Vec<usize> {
    match others {
        [] => (!tag.is_empty()).then_some(tag.len()).into_iter().collect(),
        [Part::Text(text), ..] => {
            let found = tag.match_indices(text.as_str());
            found.map(|(at, _)| at).filter(|at| *at > 0).collect()
        }
        _ => (1..tag.len()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::{BadTemplate, Named, Reading, Template};

    fn read<'t>(template: &str, tag: &'t str) -> Vec<Reading<'t>> {
        Template::parse(template).unwrap().read(tag, &|_, _| false)
    }

    fn branch<'t>(name: &'t str, sha: Option<&'t str>) -> Reading<'t> {
        Reading {
            names: vec![(Named::Branch, name)],
            sha,
            number: None,
        }
    }

    fn number<'t>(number: u64) -> Reading<'t> {
        Reading {
            number: Some(number),
            ..Reading::default()
        }
    }

    #[test]
    fn whole_tags_are_read() {
        assert_eq!(read("{branch}", "main"), [branch("main", None)]);
        assert_eq!(read("{branch}-x", "main"), []);
        assert_eq!(read("x-{branch}", "x-"), []);
        assert_eq!(read("pr-{number}", "pr-12"), [number(12)]);
        assert_eq!(read("pr-{number}", "pr-12-alpine"), []);
        assert_eq!(read("pr-{number}", "xpr-12"), []);
        assert_eq!(read("pr-{number}", "pr-99999999999999999999"), []);
        assert_eq!(read("sha-{sha:7}", "sha-0a1b2c3d"), []);
        assert_eq!(read("sha-{sha:7}", "sha-0A1B2C3"), []);
        let sha = Reading {
            sha: Some("0a1b2c3"),
            ..Reading::default()
        };
        assert_eq!(read("sha-{sha:7}", "sha-0a1b2c3"), [sha]);
    }

    #[test]
    fn all_ways_are_found() {
        assert_eq!(
            read("{branch-slug}-{sha:8}", "a-01234567-89abcdef"),
            [branch("a-01234567", Some("89abcdef"))]
        );
        assert_eq!(
            read("{branch}-{tag}", "a-b-c"),
            [("a", "b-c"), ("a-b", "c")].map(|(branch, tag)| Reading {
                names: vec![(Named::Branch, branch), (Named::Tag, tag)],
                ..Reading::default()
            })
        );
        assert_eq!(
            read("{number}{sha:7}", "123456789"),
            [Reading {
                sha: Some("3456789"),
                number: Some(12),
                names: vec![]
            }]
        );
    }

    #[test]
    fn a_tag_that_is_written_where_none_is_given_names_nothing() {
        assert_eq!(read("{branch}", "latest"), []);
        let template = Template::parse("{branch}").unwrap();
        let found = template.read("latest", &|kind, name| {
            kind == Named::Branch && name == "latest"
        });
        assert_eq!(found, [branch("latest", None)]);
    }

    #[test]
    fn texts_that_are_no_templates() {
        let bad = |text: &str| Template::parse(text).unwrap_err();
        assert_eq!(bad("v1"), BadTemplate::Plain);
        assert_eq!(bad(""), BadTemplate::Plain);
        assert_eq!(bad("x{tag"), BadTemplate::Open);
        assert_eq!(bad("{x}"), BadTemplate::Unknown("x".to_owned()));
        assert_eq!(bad("{sha:6}"), BadTemplate::Digits);
        assert_eq!(bad("{sha:41}"), BadTemplate::Digits);
        assert_eq!(bad("{tag}{branch}"), BadTemplate::Adjacent);
    }
}
