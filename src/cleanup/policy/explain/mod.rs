//! Why a tag or a manifest stays or goes: what every rule says of it.

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;

use crate::cleanup::evaluate::{Evaluation, Verdict};
use crate::cleanup::graph::{Graph, Id, NameId};
use crate::cleanup::rule::{Claims, Root, Rule};
use crate::oci::Target;

/// What there is to say of a tag or a manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The tag or the digest.
    pub target: String,
    /// The manifest.
    pub digest: String,
    /// All tags of the manifest.
    pub tags: Vec<String>,
    /// `kept`, `needed`, `left`, `unknown` or `goes`.
    pub verdict: &'static str,
    /// The same of the manifest, if a tag is explained.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manifest: Option<&'static str>,
    /// What keeps it: all rules that do.
    pub kept_by: Vec<Said>,
    /// What it belongs to, from the nearest to what is kept for itself.
    pub needed_by: Vec<String>,
    /// The rules that do not keep it, and why.
    pub not_kept_by: Vec<Said>,
}

/// What a rule says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Said {
    /// The rule, as the policy calls it.
    pub rule: String,
    /// What it found.
    pub what: String,
}

/// Explains the verdict on a tag or a manifest; `None` if it is not there.
pub fn explain(
    graph: &Graph,
    rules: &[Box<dyn Rule>],
    evaluation: &Evaluation,
    now: Timestamp,
    target: &Target,
) -> Option<Explanation> {
    let (name, node) = match target {
        Target::Tag(tag) => {
            let (id, name) = graph.names().find(|(_, name)| name.tag == *tag)?;
            (Some(id), name.node)
        }
        Target::Digest(digest) => (None, graph.find(digest)?),
    };
    let roots = roots(graph, name, node);
    let (kept_by, not_kept_by) = said(graph, rules, now, &roots);
    let of_node = evaluation.nodes.get(node.index()).copied();
    let of_name = name.and_then(|name| evaluation.names.get(name.index()).copied());
    let tags = graph.names().filter(|(_, name)| name.node == node);
    Some(Explanation {
        target: target.to_string(),
        digest: graph.node(node).digest.to_string(),
        tags: tags.map(|(_, name)| name.tag.to_string()).collect(),
        verdict: word(of_name.or(of_node)?),
        manifest: name.and(of_node).map(word),
        kept_by,
        needed_by: path(graph, evaluation, of_name.or(of_node)?),
        not_kept_by,
    })
}

/// What rules may keep it as: a tag by its name or by what it names, a manifest by any tag.
fn roots(graph: &Graph, name: Option<NameId>, node: Id) -> Vec<Root> {
    let mut roots = match name {
        Some(name) => vec![Root::Name(name)],
        None => {
            let names = graph.images().filter(|(_, name)| name.node == node);
            names.map(|(id, _)| Root::Name(id)).collect()
        }
    };
    roots.push(Root::Node(node));
    roots
}

/// Every rule is asked alone, so that each is heard.
fn said(
    graph: &Graph,
    rules: &[Box<dyn Rule>],
    now: Timestamp,
    roots: &[Root],
) -> (Vec<Said>, Vec<Said>) {
    let (mut kept_by, mut not_kept_by) = (Vec::new(), Vec::new());
    for rule in rules {
        let mut claims = Claims::default();
        rule.judge(graph, now, &mut claims);
        let before = kept_by.len();
        for (_, reason) in claims
            .kept()
            .iter()
            .filter(|(root, _)| roots.contains(root))
        {
            if let Some(reason) = claims.reasons().get(reason.index()) {
                let said = Said {
                    rule: reason.rule.clone(),
                    what: reason.what.clone(),
                };
                if !kept_by.contains(&said) {
                    kept_by.push(said);
                }
            }
        }
        if kept_by.len() > before {
            continue;
        }
        let why = roots
            .first()
            .and_then(|root| rule.against(graph, now, *root));
        not_kept_by.push(Said {
            rule: rule.name().to_owned(),
            what: why.unwrap_or_else(|| "it does not keep it".to_owned()),
        });
    }
    (kept_by, not_kept_by)
}

/// The way from what is needed to what is kept.
fn path(graph: &Graph, evaluation: &Evaluation, from: Verdict) -> Vec<String> {
    let (mut path, mut seen, mut verdict) = (Vec::new(), Vec::new(), from);
    while let Verdict::Needed(id) = verdict {
        if seen.contains(&id) {
            break;
        }
        seen.push(id);
        path.push(shown(graph, id));
        verdict = match evaluation.nodes.get(id.index()) {
            Some(next) => *next,
            None => break,
        };
    }
    path
}

/// A digest, with the tags of people.
fn shown(graph: &Graph, id: Id) -> String {
    let digest = &graph.node(id).digest;
    let names = graph.images().filter(|(_, name)| name.node == id);
    let tags: Vec<&str> = names.map(|(_, name)| name.tag.as_str()).collect();
    match tags.is_empty() {
        true => digest.to_string(),
        false => format!("{digest} ({})", tags.join(", ")),
    }
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Kept(_) => "kept",
        Verdict::Needed(_) => "needed",
        Verdict::Left => "left",
        Verdict::Unknown => "unknown",
        Verdict::Goes => "goes",
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sentence = |verdict| match verdict {
            "kept" => "stays: a rule keeps it",
            "needed" => "stays: what is kept needs it",
            "left" => "stays: the policy is not about it",
            "unknown" => "stays: too little is known of it",
            _ => "goes: nothing keeps it",
        };
        writeln!(f, "{} {}", self.target, sentence(self.verdict))?;
        if let Some(manifest) = self.manifest {
            writeln!(f, "  manifest {} {}", self.digest, sentence(manifest))?;
        }
        if !self.tags.is_empty() {
            writeln!(f, "  tags: {}", self.tags.join(", "))?;
        }
        for parent in &self.needed_by {
            writeln!(f, "  needed by: {parent}")?;
        }
        for Said { rule, what } in &self.kept_by {
            writeln!(f, "  kept by {rule}: {what}")?;
        }
        for Said { rule, what } in &self.not_kept_by {
            writeln!(f, "  not kept by {rule}: {what}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
