//! A clone of a git repository, believed only when it is whole.

use std::path::{Path, PathBuf};

use gix::ObjectId;

use super::commits::Commits;
use super::error::Error;
use super::program;
use super::references::{Heads, Local, Reference, parse, peeled};
use super::template::Named;
use crate::ci;
use crate::env::Env;
use crate::text::printable;

/// How it is made sure that a clone is whole.
#[derive(Clone, Default)]
pub struct Fetch {
    /// The clone is taken for whole without asking origin, which the user answers for.
    pub offline: bool,
    /// What the clone lacks is fetched, instead of refusing it.
    pub complete: bool,
    /// The environment of the job, for hints that fit its CI system.
    pub env: Env,
}

/// The references of a git repository, and the way to its commits.
#[derive(Debug, Clone)]
pub struct History {
    git: PathBuf,
    /// What lives, in no order that means anything.
    pub references: Vec<Reference>,
    /// The commit that is checked out.
    pub head: Option<ObjectId>,
    /// The address of `origin`, if there is one. It may have a password in it.
    pub(super) origin: Option<String>,
    /// What people should know: tags that lead to no commit.
    pub notes: Vec<String>,
}

impl History {
    /// The repository of a directory, or of the nearest one above it; a worktree, a submodule or
    /// a bare repository, too. It is asked of `origin` whether it has branches and tags that the
    /// clone lacks, unless that is not wanted, or there is no such remote.
    ///
    /// # Errors
    /// There is none, or its history is not known to be whole. It is exit code 3.
    pub fn open(directory: &Path, fetch: &Fetch) -> Result<Self, Error> {
        let repository = discover(directory)?;
        let clone = Clone {
            place: place(&repository),
            fetch,
        };
        match clone.check(&repository) {
            Err(Error::Shallow { .. } | Error::Incomplete { .. }) if fetch.complete => {
                let is_shallow = repository.is_shallow().unwrap_or(true);
                let fetched = program::fetch(&clone.place, is_shallow);
                let repository = discover(directory)?;
                match (clone.check(&repository), fetched) {
                    // A tag that was moved at origin is not moved here, which git calls a
                    // failure; what it names is there.
                    (Ok(origin), _) => clone.read(&repository, origin),
                    (Err(_), Err(failed)) => Err(failed),
                    (Err(lacking), Ok(())) => Err(lacking),
                }
            }
            checked => clone.read(&repository, checked?),
        }
    }

    /// The commits.
    pub(super) fn commits(&self) -> Result<Commits, Error> {
        let opened = gix::open(&self.git);
        Ok(Commits::of(
            opened.map_err(|error| unopened(&self.git, &error))?,
        ))
    }
}

/// A clone that is looked at.
struct Clone<'f> {
    place: PathBuf,
    fetch: &'f Fetch,
}

impl Clone<'_> {
    /// Whether all is there; and what origin has, if it was asked.
    fn check(&self, repository: &gix::Repository) -> Result<Option<Heads>, Error> {
        let directory = self.place.clone();
        let unopened = |error: gix::Error| unopened(&directory, &error);
        if repository.is_shallow().map_err(unopened)? {
            return Err(Error::Shallow {
                directory,
                setting: setting(&self.fetch.env),
            });
        }
        let grafts = repository.common_dir().join("info/grafts").metadata();
        if grafts.is_ok_and(|grafts| grafts.len() > 0) {
            return Err(Error::Grafts { directory });
        }
        if origin(repository).is_none() {
            return Ok(None);
        }
        let (missing, heads) = match self.fetch.offline {
            true if follows_all(repository) => (Vec::new(), None),
            true => (vec!["all branches but those it follows".to_owned()], None),
            false => {
                let heads = parse(&program::list(&directory)?)?;
                self.is_there(repository, &heads)?;
                (lacking(repository, &heads), Some(heads))
            }
        };
        match missing.is_empty() {
            true => Ok(heads),
            false => Err(Error::Incomplete {
                directory,
                missing,
                setting: setting(&self.fetch.env),
            }),
        }
    }

    /// An origin without branches is not that of a clone with branches.
    fn is_there(&self, repository: &gix::Repository, heads: &Heads) -> Result<(), Error> {
        let local = Local::of(repository)?;
        let had = !local.tracked.is_empty() || !local.own.branches.is_empty();
        match heads.branches.is_empty() && had {
            true => Err(Error::Vanished {
                directory: self.place.clone(),
            }),
            false => Ok(()),
        }
    }

    fn read(&self, repository: &gix::Repository, heads: Option<Heads>) -> Result<History, Error> {
        let directory = self.place.clone();
        let unopened = |error: gix::Error| unopened(&directory, &error);
        let head = repository.head().map_err(unopened)?;
        let head = head.try_into_peeled_id().map_err(unopened)?;
        let mut history = History {
            git: repository.git_dir().to_owned(),
            references: Vec::new(),
            head: head.map(gix::Id::detach),
            origin: origin(repository),
            notes: Vec::new(),
        };
        let local = Local::of(repository)?;
        let published = match (&history.origin, &heads) {
            (None, _) => None,
            (Some(_), Some(heads)) => Some(heads.branches.clone()),
            (Some(_), None) => Some(local.tracked.clone()),
        };
        for living in local.living(heads) {
            let name = printable(&living.1);
            let is_published = living.0 == Named::Tag
                || published
                    .as_ref()
                    .is_none_or(|all| all.contains_key(&living.1));
            match peeled(repository, living)? {
                Some(reference) => history.references.push(Reference {
                    is_published,
                    ..reference
                }),
                None => history
                    .notes
                    .push(format!("the git tag {name} leads to no commit")),
            }
        }
        match history.references.is_empty() && history.head.is_none() {
            true => Err(Error::Empty { directory }),
            false => Ok(history),
        }
    }
}

fn discover(directory: &Path) -> Result<gix::Repository, Error> {
    gix::discover(directory).map_err(|error| unopened(directory, &error))
}

fn unopened(directory: &Path, why: &gix::Error) -> Error {
    Error::Open {
        directory: directory.to_owned(),
        why: why.to_string(),
    }
}

/// Where git is run.
fn place(repository: &gix::Repository) -> PathBuf {
    let place = repository.workdir().unwrap_or(repository.git_dir());
    place.to_owned()
}

/// The address of `origin`.
fn origin(repository: &gix::Repository) -> Option<String> {
    let config = repository.config_snapshot();
    let url = config.string("remote.origin.url")?;
    Some(url.to_string())
}

/// Whether all branches of origin are fetched, as far as the configuration says it; a bare clone
/// has them without saying it.
fn follows_all(repository: &gix::Repository) -> bool {
    let config = repository.config_snapshot();
    let Some(refspecs) = config.plumbing().strings("remote.origin.fetch") else {
        return true;
    };
    refspecs.iter().any(|refspec| {
        let text = refspec.to_string();
        let source = text.trim_start_matches('+').split(':').next();
        matches!(source, Some("refs/heads/*" | "refs/*"))
    })
}

/// What origin has, and the clone has not: a history that would look as if it were over.
fn lacking(repository: &gix::Repository, heads: &Heads) -> Vec<String> {
    let kinds = [("branch", &heads.branches), ("tag", &heads.tags)];
    let all = kinds
        .into_iter()
        .flat_map(|(kind, heads)| heads.iter().map(move |(name, id)| (kind, name, id)));
    all.filter(|(_, _, id)| !repository.has_object(id))
        .map(|(kind, name, _)| format!("the {kind} {}", printable(name)))
        .collect()
}

/// How the CI system of a job clones all of a repository.
fn setting(env: &Env) -> &'static str {
    match ci::detect(env).map(|(system, _)| system.name()) {
        Some("gitlab") => "at GitLab: the variable GIT_DEPTH: 0",
        Some("github" | "gitea" | "forgejo") => "with actions/checkout: fetch-depth: 0",
        Some("azure") => "at Azure Pipelines: fetchDepth: 0 and fetchTags: true of the checkout",
        Some("bitbucket") => "at Bitbucket: clone: depth: full",
        Some("travis") => "at Travis CI: git: depth: false",
        Some("jenkins") => "in Jenkins: no shallow clone, and all branches in the refspec",
        _ => "without a depth, and not of a single branch",
    }
}
