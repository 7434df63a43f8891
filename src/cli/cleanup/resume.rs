//! `--resume`: goes on with a plan of which something is left to do.

use std::path::{Path, PathBuf};

use super::report_args::Run;
use super::{apply, plans};
use crate::cleanup::apply::is_over;
use crate::cleanup::policy::Policy;
use crate::error::{Exit, Explain, Failure};
use crate::oci::{Digest, Repository};

/// A plan that is not what the command line is about.
#[derive(Debug, thiserror::Error)]
enum Other {
    #[error("the plan {} is for {planned}, which is not to be cleaned", plan.display())]
    Repository { plan: PathBuf, planned: Repository },
    #[error("the plan {} was made for another policy, and is not done yet", .0.display())]
    Policy(PathBuf),
}

impl Explain for Other {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Repository { .. } => "name its repositories, or another file with --plan",
            Self::Policy(_) => "give the policy of before, or leave out --resume",
        };
        Some(hint.to_owned())
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Repository { .. } => Exit::Usage,
            Self::Policy(_) => Exit::Refused,
        }
    }
}

/// A repository that a plan lacks which is gone on with.
#[derive(Debug, thiserror::Error)]
#[error("the plan {} has nothing of {repository}", plan.display())]
struct Unplanned {
    plan: PathBuf,
    repository: Repository,
}

impl Explain for Unplanned {
    fn hint(&self) -> Option<String> {
        Some("run it again: a new plan is made when the old one is done".to_owned())
    }
}

/// The plans of a file that is to be gone on with, for these repositories and the `last`, a final
/// one; `None` where there is none, or nothing is left of it.
///
/// # Errors
/// It cannot be read, or is not what is to be done.
pub(super) fn left(
    path: &Path,
    repositories: &[Repository],
    last: Option<&Repository>,
    policy: &Policy,
) -> Result<Option<Vec<Run>>, Failure> {
    if !path.exists() {
        return Ok(None);
    }
    let mut runs = apply::runs(path, &policy.limits)?;
    if !is_left(path, &runs)? {
        return Ok(None);
    }
    let repositories: Vec<&Repository> = repositories.iter().chain(last).collect();
    for run in &mut runs {
        run.is_final = last == Some(&run.repository);
    }
    let digest = policy.digest();
    for plan in runs.iter().filter_map(|run| run.plan.as_ref()) {
        if !repositories.contains(&&plan.repository) {
            return Err(Other::Repository {
                plan: path.to_owned(),
                planned: plan.repository.clone(),
            }
            .into());
        }
        if plan.policy != digest {
            return Err(Other::Policy(path.to_owned()).into());
        }
    }
    for repository in repositories {
        if !runs.iter().any(|run| run.repository == *repository) {
            let mut run = Run::new(repository.clone());
            run.is_final = last == Some(repository);
            run.failure = Some(
                Unplanned {
                    plan: path.to_owned(),
                    repository: repository.clone(),
                }
                .into(),
            );
            runs.push(run);
        }
    }
    Ok(Some(runs))
}

/// Whether git is as it was when the plans were made: an image of what has come to live since stays.
pub(super) fn is_current(runs: &[Run], git: Option<&Digest>) -> bool {
    let mut plans = runs.iter().filter_map(|run| run.plan.as_ref());
    plans.all(|plan| plan.git.as_ref() == git)
}

/// Whether there is something to do that no guard refuses. What is refused would be so again each
/// time; a new plan may be another one.
///
/// # Errors
/// A journal cannot be read.
pub(super) fn is_left(path: &Path, runs: &[Run]) -> Result<bool, Failure> {
    let count = runs.iter().filter(|run| run.plan.is_some()).count();
    for (at, run) in runs.iter().enumerate() {
        if let (Some(plan), None) = (&run.plan, &run.refusal)
            && !is_over(&plans::journal(path, at, count), plan)?
        {
            return Ok(true);
        }
    }
    Ok(false)
}
