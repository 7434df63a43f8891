//! Which tags are meant: `GLOB` or `/REGEX/`.

use std::fmt;
use std::str::FromStr;

use globset::{GlobBuilder, GlobMatcher};
use regex::Regex;

/// A pattern of tags. It is compiled when the argument is read, so who gives none pays nothing.
#[derive(Debug, Clone)]
pub enum Pattern {
    /// The whole tag, with `*`, `?`, `[a-z]` and `{a,b}`.
    Glob(GlobMatcher),
    /// A part of the tag, unless `^` and `$` say otherwise.
    Regex(Regex),
}

/// Text that is no pattern.
#[derive(Debug, thiserror::Error)]
pub enum BadPattern {
    /// Without slashes around it.
    #[error(transparent)]
    Glob(#[from] globset::Error),
    /// Between slashes.
    #[error(transparent)]
    Regex(#[from] regex::Error),
}

impl Pattern {
    /// Whether the tag is meant.
    pub fn matches(&self, tag: &str) -> bool {
        match self {
            Self::Glob(glob) => glob.is_match(tag),
            Self::Regex(regex) => regex.is_match(tag),
        }
    }

    /// Whether one of the patterns means the tag; without any, all tags are meant.
    pub fn any(patterns: &[Self], tag: &str) -> bool {
        patterns.is_empty() || patterns.iter().any(|pattern| pattern.matches(tag))
    }
}

impl FromStr for Pattern {
    type Err = BadPattern;

    fn from_str(text: &str) -> Result<Self, BadPattern> {
        let regex = text
            .strip_prefix('/')
            .and_then(|rest| rest.strip_suffix('/'));
        match regex {
            Some(regex) => Ok(Self::Regex(Regex::new(regex)?)),
            None => Ok(Self::Glob(
                GlobBuilder::new(text).build()?.compile_matcher(),
            )),
        }
    }
}

impl fmt::Display for Pattern {
    /// As it was written.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Glob(glob) => f.write_str(glob.glob().glob()),
            Self::Regex(regex) => write!(f, "/{regex}/"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    fn of<'t>(pattern: &str, tags: &[&'t str]) -> Vec<&'t str> {
        let pattern: Pattern = pattern.parse().unwrap();
        let matched = tags.iter().filter(|tag| pattern.matches(tag));
        matched.copied().collect()
    }

    #[test]
    fn globs_mean_the_whole_tag() {
        let tags = ["v1", "v1.2", "v10", "rc-v1", "V1", ".v1"];
        assert_eq!(of("v1", &tags), ["v1"]);
        assert_eq!(of("v1*", &tags), ["v1", "v1.2", "v10"]);
        assert_eq!(of("*v1", &tags), ["v1", "rc-v1", ".v1"]);
        assert_eq!(of("v?", &tags), ["v1"]);
        assert_eq!(of("{v1,V1}", &tags), ["v1", "V1"]);
        assert_eq!(of("v1[0-9]", &tags), ["v10"]);
    }

    #[test]
    fn expressions_mean_a_part() {
        let tags = ["v1", "v1.2", "v10", "rc-v1"];
        assert_eq!(of("/v1/", &tags), tags);
        assert_eq!(of(r"/^v1\.\d+$/", &tags), ["v1.2"]);
        assert_eq!(of("//", &tags), tags);
        // A lone slash is a glob that no tag matches.
        assert_eq!(of("/", &tags), [""; 0]);
    }

    #[test]
    fn bad_patterns() {
        for bad in ["/(/", "[", "{a"] {
            assert!(bad.parse::<Pattern>().is_err(), "{bad}");
        }
        // What would take too much memory.
        assert!("/(a{1000}){1000}/".parse::<Pattern>().is_err());
    }

    #[test]
    fn no_pattern_means_all() {
        assert!(Pattern::any(&[], "v1"));
        let patterns = ["a*".parse().unwrap(), "/1$/".parse().unwrap()];
        assert!(Pattern::any(&patterns, "v1"));
        assert!(!Pattern::any(&patterns, "v2"));
    }
}
