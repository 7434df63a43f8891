//! How the conditions of a [`Keep`] are judged.

mod age;
mod clock;
mod newest;
mod pulled;
mod version;

use jiff::Timestamp;

use self::age::Age;
use self::clock::Times;
use self::newest::Newest;
use self::pulled::Pulled;
use self::version::Versions;
use super::keep::Keep;
use crate::cleanup::git::Operator;
use crate::cleanup::graph::{Graph, Id, NameId};
use crate::cleanup::rule::{Claims, Fact, Root, Rule};

/// A tag that a rule means.
#[derive(Debug, Clone, Copy)]
struct Meant<'g> {
    name: NameId,
    tag: &'g str,
    node: Id,
}

/// Whether a condition holds of a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Finding {
    Holds,
    Fails,
    /// Something has to be known first.
    Wants(Fact),
    /// It is not known, and will not be.
    Unknown,
}

/// A condition.
trait Condition {
    /// A finding for each of the tags that a rule means.
    fn judge(&self, meant: &[Meant<'_>]) -> Vec<Finding>;

    /// What holds of what it keeps: `one of the 10 newest by the time of push`.
    fn holds(&self) -> String;

    /// Why it fails for one of them: `pushed 2026-01-02, more than 30d ago`.
    fn fails(&self, meant: &Meant<'_>) -> String;

    /// What could not be found out: `no believable time of push`.
    fn unknown(&self) -> String;
}

/// What a rule finds of a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Ruling {
    Keeps,
    /// It would be kept or not by what is not known.
    Unknown,
    Wants(Vec<Fact>),
    Drops,
}

impl Keep {
    /// What it asks for beside names, the cheapest first.
    fn conditions_on<'g>(&self, graph: &'g Graph, now: Timestamp) -> Vec<Box<dyn Condition + 'g>> {
        let mut conditions: Vec<Box<dyn Condition>> = Vec::new();
        if let Some(count) = self.semver {
            conditions.push(Box::new(Versions::new(
                count,
                self.of_each,
                self.pre_releases,
            )));
        }
        if let Some(length) = self.pulled_within {
            conditions.push(Box::new(Pulled::new(graph, now, length)));
        }
        if let Some(length) = self.within {
            let times = Times::new(graph, now, self.by);
            conditions.push(Box::new(Age { times, length }));
        }
        if let Some(count) = self.last {
            let times = Times::new(graph, now, self.by);
            conditions.push(Box::new(Newest { times, count }));
        }
        conditions
    }

    fn meant<'g>(&self, graph: &'g Graph) -> Vec<Meant<'g>> {
        let images = graph.images().map(|(id, name)| Meant {
            name: id,
            tag: name.tag.as_str(),
            node: name.node,
        });
        images.filter(|meant| self.means(meant.tag)).collect()
    }

    /// One finding of each condition, made one.
    fn ruling(&self, findings: impl Iterator<Item = Finding>) -> Ruling {
        let decides = match self.operator {
            Operator::And => Finding::Fails,
            Operator::Or => Finding::Holds,
        };
        let (mut wanted, mut is_unknown) = (Vec::new(), false);
        for finding in findings {
            match finding {
                finding if finding == decides => {
                    return match self.operator {
                        Operator::And => Ruling::Drops,
                        Operator::Or => Ruling::Keeps,
                    };
                }
                Finding::Wants(fact) => wanted.push(fact),
                Finding::Unknown => is_unknown = true,
                Finding::Holds | Finding::Fails => {}
            }
        }
        match self.operator {
            _ if !wanted.is_empty() => Ruling::Wants(wanted),
            _ if is_unknown => Ruling::Unknown,
            Operator::And => Ruling::Keeps,
            Operator::Or => Ruling::Drops,
        }
    }

    fn word(&self) -> &'static str {
        match self.operator {
            Operator::And => " and ",
            Operator::Or => " or ",
        }
    }
}

impl Rule for Keep {
    fn name(&self) -> &str {
        &self.name
    }

    fn judge(&self, graph: &Graph, now: Timestamp, claims: &mut Claims) {
        let meant = self.meant(graph);
        let conditions = self.conditions_on(graph, now);
        let texts: Vec<String> = conditions.iter().map(|one| one.holds()).collect();
        let what = match texts.is_empty() {
            true => "the tag is meant by name".to_owned(),
            false => texts.join(self.word()),
        };
        let unknown: Vec<String> = conditions.iter().map(|one| one.unknown()).collect();
        let keeps = claims.reason(&self.name, what);
        let findings: Vec<_> = conditions.iter().map(|one| one.judge(&meant)).collect();
        for (place, one) in meant.iter().enumerate() {
            let here = findings.iter().filter_map(|all| all.get(place).copied());
            match self.ruling(here) {
                Ruling::Keeps => claims.keep(Root::Name(one.name), keeps),
                Ruling::Drops => {}
                Ruling::Wants(facts) => facts.iter().for_each(|fact| claims.want(one.node, *fact)),
                Ruling::Unknown => {
                    let here = findings.iter().zip(&unknown);
                    let why = here.filter(|(all, _)| all.get(place) == Some(&Finding::Unknown));
                    let why: Vec<&str> = why.map(|(_, text)| text.as_str()).collect();
                    let reason = claims.reason(&self.name, why.join(" and "));
                    claims.keep(Root::Name(one.name), reason);
                }
            }
        }
    }

    fn against(&self, graph: &Graph, now: Timestamp, root: Root) -> Option<String> {
        let Root::Name(id) = root else {
            return Some("it keeps by tags alone".to_owned());
        };
        let meant = self.meant(graph);
        let Some(place) = meant.iter().position(|one| one.name == id) else {
            return Some("it does not mean a tag of this name".to_owned());
        };
        let one = meant.get(place)?;
        let conditions = self.conditions_on(graph, now);
        let failed = conditions.iter().filter(|condition| {
            let findings = condition.judge(&meant);
            findings.get(place) == Some(&Finding::Fails)
        });
        let why: Vec<String> = failed.map(|condition| condition.fails(one)).collect();
        (!why.is_empty()).then(|| why.join("; "))
    }
}

#[cfg(test)]
mod tests;
