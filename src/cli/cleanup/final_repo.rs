//! `--final-repo`: a repository with copies of the stages that are deployed.

use super::report_args::Run;
use crate::cleanup::plan::Action;
use crate::cleanup::werf::Primary;
use crate::cli::final_brand_args::FinalBrandArgs;
use crate::cli::registry_args::RegistryArgs;
use crate::cli::repository::repository;
use crate::env::Env;
use crate::error::{Exit, Explain, Failure};
use crate::oci::{Registries, Repository};
use crate::registry::Brands;

/// The final repository.
#[derive(clap::Args, Debug, Clone)]
#[command(next_help_heading = "Repositories that werf filled")]
pub(in crate::cli) struct FinalArgs {
    /// The repository with the copies that are deployed: what stays in REPO stays there
    /// [env: WERF_FINAL_REPO]
    #[arg(long, value_name = "REPO")]
    final_repo: Option<String>,

    #[command(flatten)]
    brand: FinalBrandArgs,
}

/// Why it cannot be cleaned up.
#[derive(Debug, thiserror::Error)]
pub(in crate::cli) enum Error {
    #[error("{0} cannot be both the repository and its final repository")]
    Same(Repository),
    #[error("a final repository is of one repository, and {0} are named")]
    Several(usize),
    #[error("a final repository is of a project of werf's, and no werf.yaml says which")]
    NoProject,
    #[error("{0} is left as it is, since it is not known what stays in its repository")]
    Unknown(Repository),
}

impl Explain for Error {
    fn hint(&self) -> Option<String> {
        match self {
            Self::NoProject => Some("name the project with --project NAME".to_owned()),
            Self::Same(_) | Self::Several(_) | Self::Unknown(_) => None,
        }
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Same(_) | Self::Several(_) | Self::NoProject => Exit::Usage,
            Self::Unknown(_) => Exit::Refused,
        }
    }
}

impl FinalArgs {
    /// The final repository of these, if there is one.
    ///
    /// # Errors
    /// It is no repository, or not that of a single other one.
    pub(in crate::cli) fn of(
        &self,
        repositories: &[Repository],
        has_project: bool,
        env: &Env,
    ) -> Result<Option<Repository>, Failure> {
        let text = self.final_repo.as_deref();
        let Some(text) = text.or_else(|| env.utf8("WERF_FINAL_REPO")) else {
            return Ok(None);
        };
        let found = repository(text)?;
        match repositories {
            _ if !has_project => match self.final_repo {
                Some(_) => Err(Error::NoProject.into()),
                None => Ok(None),
            },
            [one] if *one == found => Err(Error::Same(found).into()),
            [_] => Ok(Some(found)),
            // What a variable says is about that of another variable.
            others if self.final_repo.is_some() => Err(Error::Several(others.len()).into()),
            _ => Ok(None),
        }
    }
}

impl FinalArgs {
    /// These brands, with what is said of the final repository.
    pub(in crate::cli) fn known_to(
        &self,
        brands: Brands,
        last: Option<&Repository>,
        args: &RegistryArgs,
        registries: &Registries,
        env: &Env,
    ) -> Brands {
        let said = |last| self.brand.settings(last, args, registries, env);
        match last.and_then(|last| Some((last.clone(), said(last)?))) {
            Some((last, settings)) => brands.with(last, settings),
            None => brands,
        }
    }

    /// The final repository of a plan that was saved: which of its repositories that is, nothing
    /// else says.
    ///
    /// # Errors
    /// It is no repository.
    pub(in crate::cli) fn of_plan(&self, env: &Env) -> Result<Option<Repository>, Failure> {
        let text = self.final_repo.as_deref();
        let text = text.or_else(|| env.utf8("WERF_FINAL_REPO"));
        text.map(repository).transpose()
    }
}

/// A final repository that is left as it is.
pub(in crate::cli) fn unknown(repository: Repository) -> Run {
    let mut run = Run::new(repository);
    run.refusal = Some(Error::Unknown(run.repository.clone()).into());
    run
}

/// What stays in a repository after a run, or would after one like it: what was to go and stayed
/// counts, too. `None` if that is not known.
pub(in crate::cli) fn left(run: &Run, primary: Option<Primary>, dry_run: bool) -> Option<Primary> {
    let mut primary = primary.filter(|_| run.refusal.is_none() && run.failure.is_none())?;
    let steps = run.steps(dry_run);
    let stayed = steps.filter(|(step, fate)| !fate.goes() && step.action == Action::Delete);
    for (step, _) in stayed {
        primary
            .stages
            .extend(step.tags.iter().map(ToString::to_string));
    }
    Some(primary)
}
