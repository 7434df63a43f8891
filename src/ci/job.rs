//! The job in the terms that all CI systems share.

use std::path::PathBuf;

use bstr::{BStr, BString, ByteSlice};
use serde::Serialize;

use super::web;
use crate::env::Env;
use crate::secret::Secret;

/// What is known about the job. A fact that the system does not give is absent, never empty.
///
/// Text is bytes, because ref names need not be UTF-8.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Job {
    /// The repository's path on its forge, such as `group/project`, in its own case.
    pub slug: Option<BString>,
    /// The repository's web address, or its clone address where the system gives no other;
    /// never with user information.
    pub repository_url: Option<BString>,
    /// The commit, in full.
    pub sha: Option<BString>,
    /// The branch that was built; absent for tags and for change requests.
    pub branch: Option<BString>,
    /// The branch that a change request comes from.
    pub source_branch: Option<BString>,
    /// The tag that was built.
    pub tag: Option<BString>,
    /// The pull or merge request that was built.
    pub change: Option<Change>,
    /// The deployment environment, as named.
    pub environment: Option<BString>,
    /// The environment's name as the system makes it fit for host names.
    pub environment_slug: Option<BString>,
    /// The web page of the pipeline, run or build.
    pub pipeline_url: Option<BString>,
    /// The web page of this job within the pipeline.
    pub job_url: Option<BString>,
    /// What the system calls this job. It need not be unique: Azure gives the same job of
    /// every build the same one. What is unique is the [`Identity`].
    pub job_id: Option<BString>,
    /// The CI server's address.
    pub server_url: Option<BString>,
    /// The CI server's version.
    pub server_version: Option<BString>,
    /// The directory that the job checked out into.
    pub workspace: Option<PathBuf>,
    /// A directory for temporary files that the system makes for each job.
    pub temp_dir: Option<TempDir>,
    /// What tells this job from any other, for the job's directory.
    pub identity: Identity,
    /// Where the job's images belong.
    pub image_repository: Option<ImageRepository>,
    /// Logins that the system hands to the job.
    pub logins: Vec<Login>,
    /// A token for `WERF_REPO_GITHUB_TOKEN`.
    pub github_token: Option<Secret>,
}

/// A pull or merge request.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Change {
    /// The number that people see, such as `17`.
    pub number: BString,
    /// The branch it is to be merged into.
    pub target: Option<BString>,
}

/// A directory that the system makes for each job.
#[derive(Debug, Clone, PartialEq)]
pub struct TempDir {
    /// Where it is.
    pub path: PathBuf,
    /// Whether the system empties it when the job ends.
    pub cleaned: bool,
}

/// The variables that tell one job from another, with their values: server, project, job,
/// attempt and, where several jobs share those, what else separates them (runner, workspace).
/// Every process of the job carries them. Empty where nothing tells the job from others.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Identity(pub Vec<(String, BString)>);

impl Identity {
    /// The variables `names` that are present; none of them unless all of `needed`, which are
    /// among them, are: what is left would be the same for several jobs.
    pub(super) fn new(env: &Env, needed: &[&str], names: &[&str]) -> Self {
        if !needed.iter().all(|name| env.has(name)) {
            return Self::default();
        }
        let pair = |name: &&str| {
            let value = Self::value(name, env.text(name)?.as_bstr());
            (!value.is_empty()).then(|| ((*name).to_owned(), value))
        };
        Self(names.iter().filter_map(pair).collect())
    }

    /// A variable's value as it stands in an identity: addresses lose their user information,
    /// since an identity is written down and shown.
    pub(crate) fn value(name: &str, value: &BStr) -> BString {
        let is_address = ["URL", "URI", "Url"].iter().any(|end| name.ends_with(end));
        if is_address {
            web::without_user(value)
        } else {
            value.to_owned()
        }
    }
}

/// Where the job's images belong.
#[derive(Debug, Clone, PartialEq)]
pub struct ImageRepository {
    /// The repository, such as `registry.example.com/group/project`, without a tag.
    pub name: String,
    /// Whether werf appends `/` and the project's name from `werf.yaml` to it, and has no
    /// default repository without one (GitHub, Gitea, Forgejo).
    pub with_project: bool,
    /// The registry's brand as werf names it, such as `gitlab`.
    pub brand: Option<&'static str>,
}

/// A login that the CI system hands to its jobs.
#[derive(Debug, Clone, PartialEq)]
pub struct Login {
    /// The registry, `host` or `host:port`.
    pub registry: String,
    /// The user name.
    pub username: String,
    /// The password or token.
    pub secret: Secret,
    /// What kind of secret it is, for people: `job token`, `deploy token`.
    pub kind: &'static str,
    /// The variable that the secret came from.
    pub variable: &'static str,
    /// Whether the job may go on without it.
    pub need: Need,
}

/// Whether a job may go on without a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// It may not.
    Required,
    /// It may where there is no such registry, but not where the login is refused.
    IfThere,
    /// It may.
    Optional,
}
