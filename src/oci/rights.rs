//! What a request may need to be allowed, as scopes of a token (distribution, token/scope.md).

use std::collections::BTreeSet;

use crate::auth::Scope;

/// What is done to a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Right {
    /// Anything is read.
    Pull,
    /// Anything is written.
    Push,
    /// A tag or manifest is deleted.
    Delete,
}

/// Everything that somebody is going to do, so that one token may be for all of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Rights {
    push: bool,
    delete: bool,
    /// Whether the registry has no word for deleting, and lets whoever may push delete.
    deletes_by_pushing: bool,
    /// Paths of other repositories of the registry, of which blobs are mounted.
    sources: BTreeSet<String>,
}

impl Rights {
    /// These and one more.
    pub(super) fn with(mut self, right: Right) -> Self {
        match right {
            Right::Pull => {}
            Right::Push => self.push = true,
            Right::Delete => self.delete = true,
        }
        self
    }

    /// The same at a registry whose tokens know no `delete`.
    pub(super) fn deleting_by_pushing(mut self) -> Self {
        self.deletes_by_pushing = true;
        self
    }

    /// These and reading another repository.
    pub(super) fn with_source(mut self, path: &str) -> Self {
        self.sources.insert(path.to_owned());
        self
    }

    /// The scopes to ask for at the repository `path`. A push asks for `pull` as well, and so
    /// does a delete, as docker and go-containerregistry do: registries refuse what lacks it.
    pub(super) fn scopes(&self, path: &str) -> Vec<Scope> {
        let push = self.push || (self.delete && self.deletes_by_pushing);
        let delete = self.delete && !self.deletes_by_pushing;
        let actions: &'static [&'static str] = match (push, delete) {
            (false, false) => &["pull"],
            (true, false) => &["pull", "push"],
            (false, true) => &["pull", "delete"],
            (true, true) => &["pull", "push", "delete"],
        };
        let own = Scope {
            path: path.to_owned(),
            actions,
        };
        let others = self.sources.iter().filter(|source| *source != path);
        let others = others.map(|source| Scope {
            path: source.clone(),
            actions: &["pull"],
        });
        std::iter::once(own).chain(others).collect()
    }
}

/// As errors name them.
pub(super) fn written(scopes: &[Scope]) -> String {
    let scopes = scopes
        .iter()
        .map(|scope| format!("repository:{}:{}", scope.path, scope.actions.join(",")));
    scopes.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::{Right, Rights, written};

    #[test]
    fn one_set_of_scopes_is_for_all_that_is_to_be_done() {
        let scopes = |rights: Rights| written(&rights.scopes("team/app"));
        let none = Rights::default;
        assert_eq!(scopes(none()), "repository:team/app:pull");
        assert_eq!(
            scopes(none().with(Right::Pull).with(Right::Push)),
            "repository:team/app:pull,push"
        );
        assert_eq!(
            scopes(none().with(Right::Delete)),
            "repository:team/app:pull,delete"
        );
        assert_eq!(
            scopes(none().with(Right::Delete).with(Right::Push)),
            "repository:team/app:pull,push,delete"
        );
        assert_eq!(
            scopes(none().deleting_by_pushing().with(Right::Delete)),
            "repository:team/app:pull,push"
        );
        assert_eq!(
            scopes(
                none()
                    .with(Right::Push)
                    .with_source("z/base")
                    .with_source("team/app")
                    .with_source("a/base")
            ),
            "repository:team/app:pull,push repository:a/base:pull repository:z/base:pull"
        );
    }
}
