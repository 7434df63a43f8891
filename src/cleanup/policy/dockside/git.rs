//! The section `git`.

use regex::Regex;

use super::super::document::{Node, Section};
use super::super::error::{Fault, Problem};
use super::super::keep::Conflict;
use super::{OPERATORS, keys};
use crate::cleanup::git::{Keep, Limit, Operator, Others, References, Settings, Template};
use crate::pattern::Pattern;

/// The words of `others`.
const OTHERS: [(&str, Others); 2] = [("keep", Others::Keep), ("drop", Others::Drop)];

pub(super) fn settings(node: &Node) -> Result<Settings, Fault> {
    let section = Section::of(node, keys::GIT)?;
    let keep = section.read("keep", Node::one_or_more)?.unwrap_or_default();
    let others = section.read("others", |node| node.word(&OTHERS))?;
    Ok(Settings {
        templates: section.read("templates", templates)?.unwrap_or_default(),
        keep: keep.iter().map(self::keep).collect::<Result<_, _>>()?,
        others: others.unwrap_or_default(),
    })
}

/// Templates that can be read.
fn templates(node: &Node) -> Result<Vec<String>, Fault> {
    for template in node.one_or_more()? {
        template.value_of(Template::parse)?;
    }
    node.texts()
}

fn keep(node: &Node) -> Result<Keep, Fault> {
    let section = Section::of(node, keys::GIT_KEEP)?;
    let branches = section.read("branches", references)?;
    let tags = section.read("tags", references)?;
    let requests = section.read("change-requests", |node| node.word(&[("open", ())]))?;
    let (references, images) = match (branches, tags, requests) {
        // A branch has all its history; what stands for it is its newest image.
        (Some(names), None, None) => (References::Branches(names), Some(1)),
        (None, Some(names), None) => (References::Tags(names), None),
        (None, None, Some(())) => (References::ChangeRequests, None),
        _ => {
            let which = "`branches`, `tags` and `change-requests`";
            return Err(section.fault(Problem::ExactlyOne(which)));
        }
    };
    let newest = Limit {
        last: images,
        ..Limit::default()
    };
    let images = section.read("images-per-reference", limit)?;
    Ok(Keep {
        references,
        limit: section.read("limit", limit)?.unwrap_or_default(),
        images: images.unwrap_or(newest),
    })
}

fn limit(node: &Node) -> Result<Limit, Fault> {
    let section = Section::of(node, keys::LIMIT)?;
    let limit = Limit {
        last: section.read("last", Node::number)?,
        within: section.read("within", Node::age)?,
        operator: section
            .read("operator", |node| node.word(&OPERATORS))?
            .unwrap_or_default(),
    };
    let conflict = match limit {
        Limit { last: Some(0), .. } => Conflict::Zero("last"),
        Limit {
            within: Some(time), ..
        } if time.is_zero() => Conflict::Zero("within"),
        // One condition or everything is everything.
        Limit {
            operator: Operator::Or,
            last: None,
            ..
        }
        | Limit {
            operator: Operator::Or,
            within: None,
            ..
        } => Conflict::Without("operator: or", "both `last` and `within`"),
        _ => return Ok(limit),
    };
    Err(section.fault(conflict))
}

/// Names of references, by the patterns that are used for tags of images, too.
fn references(node: &Node) -> Result<Regex, Fault> {
    let mut all = Vec::new();
    for item in node.one_or_more()? {
        let text = item.text()?;
        let bad = |error: String| item.fault(Problem::Pattern(text.to_owned(), error));
        let pattern: Pattern = text
            .parse()
            .map_err(|_| bad("it cannot be read".to_owned()))?;
        all.push(match pattern {
            // globset writes for bytes, names of references are text.
            Pattern::Glob(glob) => glob.glob().regex().replacen("(?-u)", "", 1),
            Pattern::Regex(regex) => format!("(?:{regex})"),
        });
    }
    let together = Regex::new(&all.join("|"));
    together.map_err(|_| node.fault(Problem::TooMuch))
}

#[cfg(test)]
mod tests {
    use super::{References, settings};
    use crate::cleanup::policy::document::parse;

    fn branches(pattern: &str) -> Vec<&'static str> {
        let text = format!("keep: [{{branches: {pattern}}}]");
        let settings = settings(&parse(&text).unwrap()).unwrap();
        let References::Branches(names) = &settings.keep[0].references else {
            panic!()
        };
        let all = [
            "main",
            "feature/main",
            "feature/ä",
            "release-1",
            "maintenance",
        ];
        all.into_iter().filter(|one| names.is_match(one)).collect()
    }

    #[test]
    fn templates_are_read_at_once() {
        let text = "keep: [{branches: a}]\ntemplates: ['{sha:8}', '{brunch}']";
        assert_eq!(
            settings(&parse(text).unwrap()).unwrap_err().to_string(),
            "2:24: `{brunch}`: there is no `{brunch}`"
        );
    }

    #[test]
    fn names_of_references() {
        assert_eq!(branches("main"), ["main"]);
        assert_eq!(branches("'feature/*'"), ["feature/main", "feature/ä"]);
        assert_eq!(branches("[main, 'release-*']"), ["main", "release-1"]);
        assert_eq!(branches("/^main/"), ["main", "maintenance"]);
        assert_eq!(branches("['/^main$/', '/^rel/']"), ["main", "release-1"]);
    }
}
