//! Rules by which tags of a repository do not change (docs.docker.com, "Immutable tags").

use regex::{Regex, RegexBuilder};

use crate::oci::Tag;

/// The most memory that a rule may take, in bytes.
const MAX_RULE: usize = 256 * 1024;

/// The rules of a repository.
#[derive(Debug, Default)]
pub(super) struct Rules {
    all: bool,
    some: Vec<Regex>,
}

impl Rules {
    /// These expressions (RE2), each for whole tags; without any, all tags are meant. One that
    /// cannot be read keeps nothing here; Docker Hub itself will.
    pub(super) fn of(expressions: &[String]) -> Self {
        let read = |text: &String| {
            let whole = format!("^(?:{text})$");
            RegexBuilder::new(&whole).size_limit(MAX_RULE).build().ok()
        };
        Self {
            all: expressions.is_empty(),
            some: expressions.iter().filter_map(read).collect(),
        }
    }

    /// Whether they keep a tag as it is.
    pub(super) fn keep(&self, tag: &Tag) -> bool {
        self.all || self.some.iter().any(|rule| rule.is_match(tag.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::Rules;

    #[test]
    fn rules_are_for_whole_tags() {
        let rules = |texts: &[&str]| {
            let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
            Rules::of(&texts)
        };
        let kept = |rules: &Rules| {
            let tags = ["v1", "v1.2", "dev", "latest"];
            tags.map(|tag| rules.keep(&tag.parse().unwrap()))
        };
        assert_eq!(kept(&rules(&["v.*"])), [true, true, false, false]);
        assert_eq!(
            kept(&rules(&["v1|latest", "("])),
            [true, false, false, true]
        );
        assert_eq!(kept(&rules(&[])), [true, true, true, true]);
        assert_eq!(kept(&rules(&["("])), [false, false, false, false]);
        assert_eq!(kept(&Rules::default()), [false, false, false, false]);
    }
}
