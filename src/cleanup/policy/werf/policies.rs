//! `keepPolicies`.

use std::time::Duration;

use regex::Regex;

use super::super::document::{Node, Section};
use super::super::error::{Fault, Problem};
use super::go_duration;
use crate::cleanup::git::{Keep, Limit, Operator, References};

/// An item of `keepPolicies`.
const POLICY: &[&str] = &["references", "imagesPerReference"];

/// `references`.
const REFERENCES: &[&str] = &["tag", "branch", "limit"];

/// `limit` and `imagesPerReference`.
const LIMIT: &[&str] = &["last", "in", "operator"];

/// The words of `operator`.
const OPERATORS: [(&str, Operator); 2] = [("And", Operator::And), ("Or", Operator::Or)];

/// How many images of a reference are kept, if nothing is said of it.
const IMAGES: i64 = 1;

/// Without a limit.
const ALL: i64 = -1;

/// A day, in seconds.
const DAY: u64 = 86_400;

pub(super) fn read(node: &Node) -> Result<Vec<Keep>, Fault> {
    node.list()?.iter().map(policy).collect()
}

/// What counts where no policy is given (pkg/config of werf; of the last row its documentation
/// once said two images).
pub(super) fn usual() -> Vec<Keep> {
    let week = Some(Duration::from_secs(7 * DAY));
    let limit = |last, within| Limit {
        last,
        within,
        operator: Operator::And,
    };
    let literal = |text: &str| Regex::new(text).ok();
    let rows = [
        (
            literal("^.*$").map(References::Tags),
            limit(Some(10), None),
            limit(Some(1), None),
        ),
        (
            literal("^.*$").map(References::Branches),
            limit(Some(10), week),
            limit(Some(2), week),
        ),
        (
            literal("^(main|master|staging|production)$").map(References::Branches),
            limit(None, None),
            limit(Some(10), None),
        ),
    ];
    let keep = |(references, limit, images)| {
        Some(Keep {
            references: references?,
            limit,
            images,
        })
    };
    rows.into_iter().filter_map(keep).collect()
}

fn policy(node: &Node) -> Result<Keep, Fault> {
    let section = Section::of(node, POLICY)?;
    let references = Section::of(section.need("references")?, REFERENCES)?;
    let tags = references.read("tag", names)?.map(References::Tags);
    let branches = references.read("branch", names)?.map(References::Branches);
    let ((None, Some(chosen)) | (Some(chosen), None)) = (tags, branches) else {
        return Err(references.fault(Problem::ExactlyOne("`tag` and `branch`")));
    };
    let of_references = references.read("limit", |node| limit(node, ALL))?;
    let images = section.read("imagesPerReference", |node| limit(node, IMAGES))?;
    Ok(Keep {
        references: chosen,
        limit: of_references.unwrap_or_default(),
        images: images.unwrap_or(Limit {
            last: Some(1),
            ..Limit::default()
        }),
    })
}

/// `last` counts as `usual`, if it is not there; -1 is all.
fn limit(node: &Node, usual: i64) -> Result<Limit, Fault> {
    let section = Section::of(node, LIMIT)?;
    let last = match section.read("last", Node::number)?.unwrap_or(usual) {
        ALL => None,
        last => Some(u32::try_from(last).map_err(|_| {
            let expected = "a number of at least -1".to_owned();
            section.fault(Problem::Expected(expected))
        })?),
    };
    let operator = section.read("operator", |node| node.word(&OPERATORS))?;
    Ok(Limit {
        last,
        within: section.read("in", |node| node.value_of(go_duration::parse))?,
        operator: operator.unwrap_or_default(),
    })
}

/// `/REGEX/`, or the name itself; both mean whole names.
fn names(node: &Node) -> Result<Regex, Fault> {
    let text = node.text()?;
    let inner = text
        .strip_prefix('/')
        .and_then(|rest| rest.strip_suffix('/'));
    let pattern = match inner {
        Some(regex) => format!("^{regex}$"),
        None => format!("^{}$", regex::escape(text)),
    };
    Regex::new(&pattern).map_err(|error| {
        let error = error.to_string();
        let why = error.lines().last().unwrap_or_default().trim().to_owned();
        node.fault(Problem::Pattern(text.to_owned(), why))
    })
}
