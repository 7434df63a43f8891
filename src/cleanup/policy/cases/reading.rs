//! How cases are written.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::super::document::{Node, Section, parse, pattern};
use super::super::error::{Fault, Problem};
use super::{Case, Cases, Expected, Fate, Inventory, images};
use crate::pattern::Pattern;

/// The whole.
const FILE: &[&str] = &["version", "policy", "cases"];

/// An item of `cases`.
const CASE: &[&str] = &[
    "name",
    "now",
    "images",
    "inventory",
    "assume",
    "keep",
    "drop",
    "rest",
];

/// An item of `keep`, unless it is a pattern.
const KEPT: &[&str] = &["tag", "rule"];

/// The words of `rest`.
const FATES: [(&str, Fate); 2] = [("keep", Fate::Kept), ("drop", Fate::Dropped)];

/// The policy that is tried, if none is named.
const POLICY: &str = "dockside.yaml";

pub(super) fn cases(text: &str) -> Result<Cases, Fault> {
    let document = parse(text)?;
    let section = Section::of(&document, FILE)?;
    let version = section.need("version")?;
    if version.number::<u32>()? != 1 {
        return Err(version.fault(Problem::Expected("version 1".to_owned())));
    }
    let cases = section.need("cases")?.one_or_more()?;
    Ok(Cases {
        policy: section.read("policy", Node::text)?.unwrap_or(POLICY).into(),
        cases: cases.iter().map(case).collect::<Result<_, _>>()?,
    })
}

fn case(node: &Node) -> Result<Case, Fault> {
    let section = Section::of(node, CASE)?;
    let now = section.read("now", time)?;
    let written = section.read("images", |node| images::graph(node, now))?;
    let recorded = section.read("inventory", Node::text)?;
    let inventory = match (written, recorded) {
        (Some(graph), None) => Inventory::Written(Box::new(graph)),
        (None, Some(file)) => Inventory::Recorded(file.into()),
        _ => return Err(section.fault(Problem::ExactlyOne("`images` and `inventory`"))),
    };
    let mut assumed = Vec::new();
    if let Some(rules) = section.read("assume", Section::open)? {
        for (rule, tags) in rules.entries() {
            assumed.push((rule.text()?.to_owned(), tags.patterns()?));
        }
    }
    let mut expected = Vec::new();
    for (key, fate) in FATES {
        for item in section.read(key, Node::one_or_more)?.unwrap_or_default() {
            expected.push(self::expected(item, fate)?);
        }
    }
    Ok(Case {
        name: section.need("name")?.text()?.to_owned(),
        now: section.need("now").and_then(time)?,
        inventory,
        assumed,
        expected,
        rest: section.read("rest", |node| node.word(&FATES))?,
    })
}

fn expected(node: &Node, fate: Fate) -> Result<Expected, Fault> {
    let tags = |node: &Node| -> Result<Pattern, Fault> {
        pattern(node.text()?).map_err(|problem| node.fault(problem))
    };
    if node.text().is_ok() {
        let (tags, rule) = (tags(node)?, None);
        return Ok(Expected { tags, fate, rule });
    }
    let section = Section::of(node, KEPT)?;
    Ok(Expected {
        tags: section.need("tag").and_then(tags)?,
        fate,
        rule: section.read("rule", Node::text)?.map(str::to_owned),
    })
}

/// A day, or a moment: `2026-01-31`, `2026-01-31T12:00:00Z`.
pub(super) fn time(node: &Node) -> Result<Timestamp, Fault> {
    node.value_of(|text| match text.parse::<Timestamp>() {
        Ok(time) => Ok(time),
        Err(error) => {
            let date: Date = text.parse().map_err(|_| error.clone())?;
            let time = date.to_zoned(TimeZone::UTC).map_err(|_| error)?;
            Ok::<_, jiff::Error>(time.timestamp())
        }
    })
}
