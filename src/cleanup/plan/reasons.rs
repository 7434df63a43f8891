//! Why something goes or stays, for people.

use std::collections::HashMap;
use std::fmt;

use jiff::Timestamp;

use super::super::evaluate::{Evaluation, UNKNOWN, Verdict};
use super::super::graph::{Content, Graph, Id, Kind, Name, NameId, Node};

/// What plans call the reason why something stays that belongs to something else.
pub(super) const NEEDED: &str = "needed";

/// Why a tag goes that a rule could have kept, and with its last tag its manifest.
const UNKEPT: &str = "no rule keeps it";

/// Why a dummy goes, and with it the tags that name it.
const LEFTOVER: &str = "left over by a removal that was cut off";

/// Who says why.
pub(super) struct Reasons<'g> {
    graph: &'g Graph,
    evaluation: &'g Evaluation,
    origins: &'g [Option<Id>],
    /// The first tag of each manifest by the alphabet, to call it by.
    titles: Vec<Option<&'g Name>>,
    /// The tag that a manifest follows, as a rule has it.
    leaders: HashMap<Id, &'g Name>,
}

impl<'g> Reasons<'g> {
    pub(super) fn new(
        graph: &'g Graph,
        evaluation: &'g Evaluation,
        origins: &'g [Option<Id>],
    ) -> Self {
        let mut titles: Vec<Option<&Name>> = vec![None; graph.nodes().len()];
        for (_, name) in graph.images() {
            if let Some(title) = titles.get_mut(name.node.index())
                && title.is_none_or(|title| name.tag < title.tag)
            {
                *title = Some(name);
            }
        }
        Self {
            graph,
            evaluation,
            origins,
            titles,
            leaders: leaders(graph, evaluation),
        }
    }

    /// The tag after which a manifest goes, since it says something about that.
    pub(super) fn leader(&self, id: Id) -> Option<&'g Name> {
        self.leaders.get(&id).copied()
    }

    /// What people call a manifest.
    fn title(&self, id: Id) -> &dyn fmt::Display {
        match self.titles.get(id.index()).copied().flatten() {
            Some(name) => &name.tag,
            None => &self.graph.node(id).digest,
        }
    }

    /// Why a tag goes whose manifest stays.
    pub(super) fn of_untag(&self, name: &Name) -> String {
        match name.kind.subject() {
            None => UNKEPT.to_owned(),
            Some(subject) => self.belongs(subject),
        }
    }

    /// Why a manifest goes. `orphaned` is the missing subject that its tag is made of, if it has
    /// such a tag.
    pub(super) fn of_delete(&self, id: Id, orphaned: Option<Id>) -> String {
        let node = self.graph.node(id);
        if node.is_dummy {
            return LEFTOVER.to_owned();
        }
        let origin = self.origins.get(id.index()).copied().flatten();
        if let Some(leader) = self.leader(id) {
            return format!("belongs to {}, which goes", leader.tag);
        }
        if self.titles.get(id.index()).is_some_and(Option::is_some) {
            return UNKEPT.to_owned();
        }
        match origin.or(orphaned).or(node.subject) {
            Some(other) => self.belongs(other),
            None => untagged(node),
        }
    }

    fn belongs(&self, to: Id) -> String {
        let end = match self.graph.node(to).content {
            Content::Missing => "is not there",
            _ => "goes",
        };
        format!("belongs to {}, which {end}", self.title(to))
    }

    /// The rule that keeps a manifest, and what it found.
    pub(super) fn of_kept(&self, id: Id, verdict: Verdict) -> (String, String) {
        let (rule, what) = match verdict {
            Verdict::Kept(reason) => match self.evaluation.claims.reasons().get(reason.index()) {
                Some(reason) => return (reason.rule.clone(), reason.what.clone()),
                None => ("kept", String::new()),
            },
            Verdict::Needed(by) => (NEEDED, format!("belongs to {}", self.title(by))),
            Verdict::Left => ("left", self.of_left(id).to_owned()),
            Verdict::Unknown | Verdict::Goes => (UNKNOWN, self.of_unknown(id).to_owned()),
        };
        (rule.to_owned(), what)
    }

    fn of_left(&self, id: Id) -> &'static str {
        match self.titles.get(id.index()) {
            Some(Some(_)) => "the policy is not about it",
            _ => "no image's tag leads to it",
        }
    }

    fn of_unknown(&self, id: Id) -> &'static str {
        match self.graph.node(id).content {
            Content::Unreadable => "it could not be read",
            Content::Missing => "it is not there, though something names it",
            _ => "too little of the repository could be read",
        }
    }
}

fn leaders<'g>(graph: &'g Graph, evaluation: &Evaluation) -> HashMap<Id, &'g Name> {
    let goes = |name: NameId| evaluation.names.get(name.index()) == Some(&Verdict::Goes);
    let tied = evaluation.claims.followers().iter();
    let tied = tied.filter(|(follower, leader)| goes(*follower) && goes(*leader));
    tied.map(|(follower, leader)| (graph.tag(*follower).node, graph.tag(*leader)))
        .collect()
}

fn untagged(node: &Node) -> String {
    let date = |time: Timestamp| time.strftime("%Y-%m-%d").to_string();
    match (node.pushed, node.created) {
        (Some(pushed), _) => format!("untagged, pushed {}", date(pushed)),
        (None, Some(created)) => format!("untagged, made {}", date(created)),
        (None, None) => "untagged".to_owned(),
    }
}

impl Kind {
    /// What a tag lives and dies with.
    pub(super) fn subject(self) -> Option<Id> {
        match self {
            Self::Referrers(subject) | Self::Cosign(subject) => Some(subject),
            Self::Image | Self::Cut | Self::Leftover => None,
        }
    }
}
