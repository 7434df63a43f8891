//! The rule: images of what lives in git are kept.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::Hash;
use std::sync::{Arc, OnceLock};

use gix::ObjectId;
use jiff::Timestamp;

use super::change_requests::ChangeRequest;
use super::commits::Commits;
use super::error::Error;
use super::history::History;
use super::references::Reference;
use super::selection::{Policies, Selection};
use super::settings::{Limit, Others, Settings};
use super::slug;
use super::template::{Named, Template};
use super::ties::Ties;
use crate::cleanup::graph::{Graph, Id};
use crate::cleanup::rule::{Claims, Root, Rule};
use crate::oci::Digest;
use crate::text::printable;

/// How the rule is called in reasons.
pub(super) const NAME: &str = "git";

/// The digits of a commit in reasons.
const SHORT: usize = 10;

/// Keeps images that belong to living references, commits and change requests. A clone is the same
/// rule.
#[derive(Debug, Clone)]
pub struct GitRule(pub(super) Arc<Inner>);

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) history: History,
    pub(super) requests: Vec<ChangeRequest>,
    pub(super) templates: Vec<Template>,
    pub(super) policies: Policies,
    pub(super) others: Others,
    /// The references that a name in a tag may mean.
    pub(super) names: HashMap<(Named, String), Vec<usize>>,
    pub(super) failed: OnceLock<Error>,
}

impl GitRule {
    /// Whether it has to be known which change requests are open.
    ///
    /// # Errors
    /// The settings are wrong.
    pub fn needs_change_requests(settings: &Settings) -> Result<bool, Error> {
        let templates = templates(settings)?;
        let has_number = templates.iter().any(Template::has_number);
        Ok(has_number || Policies::of(&settings.keep)?.ask_for_requests())
    }

    /// The rule for a repository of images that are made from this history. Without the list of
    /// open change requests there must be nothing in the settings that needs them.
    ///
    /// # Errors
    /// The settings are wrong, or change requests are not known.
    pub fn new(
        settings: &Settings,
        history: History,
        requests: Option<Vec<ChangeRequest>>,
    ) -> Result<Self, Error> {
        if requests.is_none() && Self::needs_change_requests(settings)? {
            let missing = "ask the forge for them";
            return Err(Error::NoForge { missing });
        }
        let mut names: HashMap<_, Vec<usize>> = HashMap::new();
        for (at, reference) in history.references.iter().enumerate() {
            for form in slug::forms(&reference.name) {
                names.entry((reference.kind, form)).or_default().push(at);
            }
        }
        Ok(Self(Arc::new(Inner {
            history,
            requests: requests.unwrap_or_default(),
            templates: templates(settings)?,
            policies: Policies::of(&settings.keep)?,
            others: settings.others,
            names,
            failed: OnceLock::new(),
        })))
    }

    /// The digest of what lives: references, what is checked out, and open change requests.
    pub fn digest(&self) -> Digest {
        let Inner {
            history, requests, ..
        } = &*self.0;
        let references = history.references.iter();
        let mut living: Vec<String> = references
            .map(|one| format!("{:?} {:?} {}", one.kind, one.name, one.commit))
            .chain(history.head.map(|head| format!("head {head}")))
            .chain(requests.iter().map(|one| format!("{one:?}")))
            .collect();
        living.sort_unstable();
        Digest::of(living.join("\n").as_bytes())
    }

    /// Why the history could not be read to its end when the rule was asked. It has kept all
    /// images then, and nothing may be deleted.
    pub fn failure(&self) -> Option<&Error> {
        self.0.failed.get()
    }
}

fn templates(settings: &Settings) -> Result<Vec<Template>, Error> {
    let templates = settings.templates.iter();
    let parse =
        |text: &String| Template::parse(text).map_err(|error| Error::Template(text.clone(), error));
    templates.map(parse).collect()
}

impl Rule for GitRule {
    fn judge(&self, graph: &Graph, now: Timestamp, claims: &mut Claims) {
        let Err(error) = self.0.judge(graph, now, claims) else {
            return;
        };
        let reason = claims.reason(NAME, format!("git cannot be asked: {error}"));
        for (name, _) in graph.images() {
            claims.keep(Root::Name(name), reason);
        }
        // The first failure is told.
        let _ = self.0.failed.set(error);
    }

    fn name(&self) -> &str {
        NAME
    }

    fn against(&self, graph: &Graph, _: Timestamp, root: Root) -> Option<String> {
        let Root::Name(name) = root else {
            return None;
        };
        let said = self.describe(graph, name).ok()?;
        Some(said.join("; "))
    }
}

impl Inner {
    fn judge(&self, graph: &Graph, now: Timestamp, claims: &mut Claims) -> Result<(), Error> {
        let selection = self
            .policies
            .select(&self.history.references, &self.requests, now);
        let mut commits = self.history.commits()?;
        let ties = Ties::of(self, graph, &selection, &mut commits, claims)?;
        self.keep_commits(&ties, &selection, &mut commits, now, claims)?;
        self.keep_requests(&ties, &selection, &mut commits, now, claims)
    }

    /// Keeps the images of the newest commits of each reference.
    fn keep_commits(
        &self,
        ties: &Ties,
        selection: &Selection,
        commits: &mut Commits,
        now: Timestamp,
        claims: &mut Claims,
    ) -> Result<(), Error> {
        let mut images: HashMap<ObjectId, Vec<Id>> = HashMap::new();
        for (node, tied) in &ties.commits {
            for commit in tied {
                images.entry(*commit).or_default().push(*node);
            }
        }
        if let Some(head) = self.history.head
            && let Some(nodes) = images.get(&head)
        {
            let reason = claims.reason(NAME, format!("commit {}, checked out", short(head)));
            for node in nodes {
                claims.keep(Root::Node(*node), reason);
            }
        }
        let expected: HashSet<ObjectId> = images.keys().copied().collect();
        for (reference, limit) in self.history.references.iter().zip(&selection.references) {
            let Some(limit) = limit else { continue };
            let reached = reached(reference, &expected, commits)?;
            for (node, commit) in chosen(&reached, &images, limit, commits, now)? {
                let what = format!("{}, commit {}", title(reference), short(commit));
                let reason = claims.reason(NAME, what);
                claims.keep(Root::Node(node), reason);
            }
        }
        Ok(())
    }

    /// Keeps the images of the newest commits of each open change request. Commits that are not in
    /// the clone, as those of forks, have no date here, and are kept.
    fn keep_requests(
        &self,
        ties: &Ties,
        selection: &Selection,
        commits: &mut Commits,
        now: Timestamp,
        claims: &mut Claims,
    ) -> Result<(), Error> {
        for (at, (request, limit)) in self.requests.iter().zip(&selection.requests).enumerate() {
            let (Some(limit), Some(images)) = (limit, ties.requests.get(&at)) else {
                continue;
            };
            let mut dates = Vec::with_capacity(images.len());
            for digits in images.keys() {
                let mut date = 0;
                for commit in commits.find(digits)? {
                    date = date.max(commits.date(commit)?);
                }
                dates.push(date);
            }
            let choices = limit.choose(&dates, now);
            let chosen = images.iter().zip(choices).filter(|(_, choice)| *choice);
            for ((digits, roots), _) in chosen {
                let digits = digits.get(..SHORT).unwrap_or(digits);
                let what = format!("change request {}, commit {digits}", request.number);
                let reason = claims.reason(NAME, what);
                for root in roots {
                    claims.keep(*root, reason);
                }
            }
        }
        Ok(())
    }
}

/// Which of these commits belong to a reference: to a tag its own alone, to a branch all that lead
/// to it.
pub(super) fn reached(
    reference: &Reference,
    expected: &HashSet<ObjectId>,
    commits: &mut Commits,
) -> Result<Vec<ObjectId>, Error> {
    match reference.kind {
        _ if expected.is_empty() => Ok(Vec::new()),
        Named::Branch => commits.reached(reference.commit, expected),
        Named::Tag if expected.contains(&reference.commit) => Ok(vec![reference.commit]),
        Named::Tag => Ok(Vec::new()),
    }
}

/// Which images of a reference count: an image by the latest of its commits that was reached, and
/// all images of one commit as one.
pub(super) fn chosen<T: Copy + Ord + Hash>(
    reached: &[ObjectId],
    images: &HashMap<ObjectId, Vec<T>>,
    limit: &Limit,
    commits: &mut Commits,
    now: Timestamp,
) -> Result<Vec<(T, ObjectId)>, Error> {
    let mut dated = BTreeSet::new();
    for commit in reached {
        dated.insert((commits.date(*commit)?, *commit));
    }
    let mut latest: HashMap<T, (i64, ObjectId)> = HashMap::new();
    for (date, commit) in dated {
        for node in images.get(&commit).into_iter().flatten() {
            latest.insert(*node, (date, commit));
        }
    }
    let mut units: BTreeMap<(i64, ObjectId), Vec<T>> = BTreeMap::new();
    for (node, unit) in latest {
        units.entry(unit).or_default().push(node);
    }
    let dates: Vec<i64> = units.keys().map(|(date, _)| *date).collect();
    let mut kept = Vec::new();
    for (((_, commit), mut nodes), choice) in units.into_iter().zip(limit.choose(&dates, now)) {
        if choice {
            nodes.sort_unstable();
            kept.extend(nodes.into_iter().map(|node| (node, commit)));
        }
    }
    Ok(kept)
}

/// A reference, for people.
pub(super) fn title(reference: &Reference) -> String {
    let kind = match reference.kind {
        Named::Branch => "branch",
        Named::Tag => "git tag",
    };
    format!("{kind} {}", printable(&reference.name))
}

pub(super) fn short(commit: ObjectId) -> String {
    commit.to_hex_with_len(SHORT).to_string()
}
