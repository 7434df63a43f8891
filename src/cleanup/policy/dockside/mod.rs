//! `dockside.yaml`.

use super::Policy;
use super::document::{Node, Section, parse};
use super::error::{Fault, Problem};
use super::keep::{Clock, Each, Keep};
use super::limits::Limits;
use crate::cleanup::git::Operator;
use crate::cleanup::in_use;
use crate::cleanup::rule::Untagged;

mod git;

/// The keys of each kind of section, which the schema has, too.
pub(super) mod keys {
    /// The whole.
    pub const POLICY: &[&str] = &[
        "version",
        "only",
        "keep",
        "keep-list",
        "git",
        "kubernetes",
        "in-use",
        "untagged-older-than",
        "limits",
    ];
    /// An item of `keep`.
    pub const KEEP: &[&str] = &[
        "name",
        "tags",
        "except",
        "last",
        "within",
        "semver",
        "of-each",
        "pre-releases",
        "pulled-within",
        "operator",
        "by",
    ];
    /// `kubernetes`.
    pub const KUBERNETES: &[&str] = &["kube-config", "contexts", "namespaces", "same-as"];
    /// `git`.
    pub const GIT: &[&str] = &["templates", "keep", "others"];
    /// An item of `keep` of `git`.
    pub const GIT_KEEP: &[&str] = &[
        "branches",
        "tags",
        "change-requests",
        "limit",
        "images-per-reference",
    ];
    /// `limit` and `images-per-reference`.
    pub const LIMIT: &[&str] = &["last", "within", "operator"];
    /// `limits`.
    pub const LIMITS: &[&str] = &["max-delete", "allow-empty"];
}

/// Reads the text of a policy.
pub(super) fn policy(text: &str) -> Result<Policy, Fault> {
    let document = parse(text)?;
    let section = Section::of(&document, keys::POLICY)?;
    let version = section.need("version")?;
    if version.number::<u32>()? != 1 {
        return Err(version.fault(Problem::Expected("version 1".to_owned())));
    }
    let mut policy = Policy::default();
    if let Some(only) = section.read("only", Node::patterns)? {
        policy.scope.only = only;
    }
    if let Some(untagged) = section.read("untagged-older-than", untagged)? {
        policy.scope.untagged = untagged;
    }
    if let Some(keep) = section.get("keep") {
        policy.keep = keeps(keep)?;
    }
    let paths = |node: &Node| Ok(node.texts()?.into_iter().map(Into::into).collect());
    if let Some(files) = section.read("keep-list", paths)? {
        policy.keep_list.files = files;
    }
    policy.git = section.read("git", git::settings)?;
    if let Some(settings) = section.read("kubernetes", kubernetes)? {
        policy.in_use = settings;
    }
    if let Some(files) = section.read("in-use", paths)? {
        policy.in_use.files = files;
    }
    if let Some(limits) = section.read("limits", limits)? {
        policy.limits = limits;
    }
    Ok(policy)
}

fn untagged(node: &Node) -> Result<Untagged, Fault> {
    match node.text()? {
        "all" => Ok(Untagged::Go),
        _ => Ok(Untagged::OlderThan(node.age()?)),
    }
}

fn keeps(node: &Node) -> Result<Vec<Keep>, Fault> {
    let mut keeps: Vec<Keep> = Vec::new();
    for (place, item) in node.list()?.iter().enumerate() {
        let section = Section::of(item, keys::KEEP)?;
        let keep = keep(&section, place + 1)?;
        if keeps.iter().any(|other| other.name == keep.name) {
            return Err(section.fault(Problem::Twice(keep.name)));
        }
        keeps.push(keep);
    }
    Ok(keeps)
}

/// The words of `by`.
const CLOCKS: [(&str, Clock); 3] = [
    ("created", Clock::Created),
    ("pushed", Clock::Pushed),
    ("pulled", Clock::Pulled),
];

/// The words of `of-each`.
const GROUPS: [(&str, Each); 2] = [("major", Each::Major), ("minor", Each::Minor)];

/// The words of `operator`.
const OPERATORS: [(&str, Operator); 2] = [("and", Operator::And), ("or", Operator::Or)];

fn keep(section: &Section<'_>, number: usize) -> Result<Keep, Fault> {
    let name = section.read("name", Node::text)?;
    let keep = Keep {
        name: name.map_or_else(|| format!("keep {number}"), str::to_owned),
        tags: section.read("tags", Node::patterns)?.unwrap_or_default(),
        except: section.read("except", Node::patterns)?.unwrap_or_default(),
        last: section.read("last", Node::number)?,
        within: section.read("within", Node::age)?,
        semver: section.read("semver", Node::number)?,
        of_each: section.read("of-each", |node| node.word(&GROUPS))?,
        pre_releases: section
            .read("pre-releases", Node::boolean)?
            .unwrap_or(false),
        pulled_within: section.read("pulled-within", Node::age)?,
        operator: section
            .read("operator", |node| node.word(&OPERATORS))?
            .unwrap_or_default(),
        by: section.read("by", |node| node.word(&CLOCKS))?,
        without_records: false,
    };
    keep.check().map_err(|conflict| section.fault(conflict))?;
    Ok(keep)
}

/// `kubernetes: true` asks every context; keys say more.
fn kubernetes(node: &Node) -> Result<in_use::Settings, Fault> {
    if let Ok(clusters) = node.boolean() {
        return Ok(in_use::Settings {
            clusters,
            ..in_use::Settings::default()
        });
    }
    let section = Section::of(node, keys::KUBERNETES)?;
    let texts = |key| section.read(key, Node::texts);
    let mut settings = in_use::Settings {
        clusters: true,
        kube_config: section.read("kube-config", Node::text)?.map(Into::into),
        contexts: texts("contexts")?.unwrap_or_default(),
        namespaces: texts("namespaces")?.unwrap_or_default(),
        ..in_use::Settings::default()
    };
    if let Some(names) = section.read("same-as", Section::open)? {
        for (theirs, ours) in names.entries() {
            let pair = (theirs.text()?.to_owned(), ours.text()?.to_owned());
            settings.same_as.push(pair);
        }
    }
    Ok(settings)
}

fn limits(node: &Node) -> Result<Limits, Fault> {
    let section = Section::of(node, keys::LIMITS)?;
    let mut limits = Limits::default();
    if let Some(most) = section.read("max-delete", Node::one_or_more)? {
        for limit in most {
            limits.set(limit.value_of(str::parse)?);
        }
    }
    if let Some(allow_empty) = section.read("allow-empty", Node::boolean)? {
        limits.allow_empty = allow_empty;
    }
    Ok(limits)
}
