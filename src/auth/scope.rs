//! What is asked for, as token services name it (distribution's token scope specification).

use std::collections::BTreeMap;
use std::fmt;

/// What is asked for at a repository, as a token service names it: `repository:PATH:ACTIONS`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Scope {
    /// The repository's path.
    pub path: String,
    /// `pull`, `push`, `delete`, in this order.
    pub actions: &'static [&'static str],
}

impl Scope {
    /// Whether nothing but reading is asked for.
    pub(super) fn is_pull(&self) -> bool {
        self.actions.iter().all(|action| *action == PULL)
    }
}

const PULL: &str = "pull";

/// The order in which actions are written; others follow.
const ORDER: [&str; 3] = [PULL, "push", "delete"];

/// Everything that one token is for: resources (`repository:PATH`) and actions, each once and in
/// one order, so that equal sets are written alike.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Scopes(BTreeMap<String, Vec<String>>);

impl Scopes {
    /// Reads a list as challenges and token services write it, with white space between. What
    /// cannot be understood is left out.
    pub(super) fn parse(text: &str) -> Self {
        let mut scopes = Self::default();
        for scope in text.split_ascii_whitespace() {
            if let Some((resource, actions)) = scope.rsplit_once(':') {
                scopes.add(resource, actions.split(','));
            }
        }
        scopes
    }

    /// Adds actions on a resource.
    pub(super) fn add<'a>(&mut self, resource: &str, actions: impl IntoIterator<Item = &'a str>) {
        let known = self.0.entry(resource.to_owned()).or_default();
        known.extend(
            actions
                .into_iter()
                .filter(|a| !a.is_empty())
                .map(str::to_owned),
        );
        let rank = |action: &String| ORDER.iter().position(|one| one == action);
        known.sort_by_key(|action| (rank(action).unwrap_or(ORDER.len()), action.clone()));
        known.dedup();
        if known.is_empty() {
            self.0.remove(resource);
        }
    }

    /// Adds everything of another set.
    pub(super) fn join(&mut self, other: &Self) {
        for (resource, actions) in &other.0 {
            self.add(resource, actions.iter().map(String::as_str));
        }
    }

    /// Leaves nothing but what only reads.
    pub(super) fn keep_pull(&mut self) {
        self.0.retain(|_, actions| {
            actions.retain(|action| action == PULL);
            !actions.is_empty()
        });
    }

    /// Whether everything of another set is in this one; `*` is every action.
    pub(super) fn covers(&self, other: &Self) -> bool {
        other.0.iter().all(|(resource, actions)| {
            let ours = self.0.get(resource).map(Vec::as_slice).unwrap_or_default();
            let any = ours.iter().any(|action| action == "*");
            any || actions.iter().all(|action| ours.contains(action))
        })
    }

    /// Each resource with its actions, as one parameter `scope` has it.
    pub(super) fn iter(&self) -> impl Iterator<Item = String> {
        let one = |(resource, actions): (&String, &Vec<String>)| {
            format!("{resource}:{}", actions.join(","))
        };
        self.0.iter().map(one)
    }
}

impl From<&[Scope]> for Scopes {
    fn from(scopes: &[Scope]) -> Self {
        let mut set = Self::default();
        for scope in scopes {
            let resource = format!("repository:{}", scope.path);
            set.add(&resource, scope.actions.iter().copied());
        }
        set
    }
}

/// All of them, with a space between, as one form field has them.
impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, scope) in self.iter().enumerate() {
            let space = if number == 0 { "" } else { " " };
            write!(f, "{space}{scope}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Scope, Scopes};

    #[test]
    fn equal_sets_are_written_alike() {
        let ours = [
            Scope {
                path: "b".to_owned(),
                actions: &["pull", "push", "delete"],
            },
            Scope {
                path: "a/c".to_owned(),
                actions: &["pull"],
            },
        ];
        let text = "repository:a/c:pull repository:b:pull,push,delete";
        assert_eq!(Scopes::from(ours.as_slice()).to_string(), text);
        let other = "repository:b:delete,x,push repository:a/c:pull  repository:b:pull,pull";
        assert_eq!(
            Scopes::parse(other).to_string(),
            "repository:a/c:pull repository:b:pull,push,delete,x"
        );
    }

    #[test]
    fn hostile_scopes_are_left_out() {
        for text in ["", " ", "x", "repository:a:", "repository:a:,,"] {
            assert_eq!(Scopes::parse(text), Scopes::default(), "{text:?}");
        }
        assert_eq!(
            Scopes::parse("repository(plugin):h:5000/a:pull registry:catalog:*").to_string(),
            "registry:catalog:* repository(plugin):h:5000/a:pull"
        );
    }

    #[test]
    fn sets_join_and_cover() {
        let mut set = Scopes::parse("repository:a:push");
        let more = Scopes::parse("repository:a:pull repository:b:pull");
        assert!(!set.covers(&more));
        set.join(&more);
        assert_eq!(
            set,
            Scopes::parse("repository:b:pull repository:a:pull,push")
        );
        assert!(set.covers(&more));
        assert!(set.covers(&Scopes::default()));
        assert!(!Scopes::default().covers(&more));
        assert!(Scopes::parse("registry:catalog:*").covers(&Scopes::parse("registry:catalog:x")));
    }
}
