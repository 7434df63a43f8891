//! Filling a job's docker config directory.

use std::path::{Path, PathBuf};

use super::companion_files;
use super::config::Config;
use super::credential::Credential;
use super::error::Error;
use super::inheritance::Inheritance;
use super::job_directory::JobDirectory;
use super::origin::Origin;
use super::renewal::{Renewal, Renewals};
use super::source::Source;
use super::store::{self, Durability};
use super::synthesis::synthesise;
use crate::env::Env;

/// What the user wants in the job's docker config directory.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wishes<'a> {
    /// The directory to make it from (`--docker-config`), instead of the one in force.
    pub docker_config: Option<&'a Path>,
    /// Whether the config is made from `DOCKER_AUTH_CONFIG` alone.
    pub use_docker_auth_config: bool,
    /// Logins to write: the registry and who one is there.
    pub logins: &'a [(String, Credential)],
    /// Logins that are to be made anew when they end.
    pub renewals: &'a [(String, Renewal)],
}

/// A job's docker config directory that is ready for use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    /// For `DOCKER_CONFIG`.
    pub docker_config: PathBuf,
    /// For `REGISTRY_AUTH_FILE` and `HELM_REGISTRY_CONFIG`.
    pub auth_file: PathBuf,
    /// For `BUILDX_CONFIG`, unless that is set already.
    pub buildx_config: Option<PathBuf>,
    /// Whether `DOCKER_AUTH_CONFIG` must be emptied: its logins are in the directory, and
    /// docker would let it outrank newer ones there.
    pub empties_docker_auth_config: bool,
    /// Whether the job has logins that this program makes anew when they end.
    pub renews: bool,
    /// Where it was made from.
    pub source: Source,
    /// What the user should know.
    pub notes: Vec<String>,
}

/// Fills a job's docker config directory, anew or again; logins made there since are kept.
///
/// # Errors
/// The user's config cannot be read or is not one; the job's directory cannot be written.
pub fn prepare(job: &JobDirectory, env: &Env, wishes: &Wishes<'_>) -> Result<Prepared, Error> {
    let before = job.origin()?;
    let directory = job.docker_config();
    let source = Source::locate(wishes.docker_config, env);
    let mut inheritance = if wishes.use_docker_auth_config {
        let current = store::load(&directory)?;
        let made_before = Some(current).filter(|config| *config != Config::default());
        Inheritance::from_variable(env, made_before)?
    } else {
        Inheritance::gather(&source, env)?
    };
    let mut notes = std::mem::take(&mut inheritance.notes);
    let mut buildx_config = None;
    if let Some(from) = &source.directory {
        notes.extend(companion_files::copy(from, &directory, env)?);
        if let Some(plugins) = from.join("cli-plugins").to_str()
            && Path::new(plugins).is_dir()
        {
            inheritance.config.add_plugin_directory(plugins);
        }
        buildx_config = Some(from.join("buildx"))
            .filter(|builders| builders.is_dir() && !env.has("BUILDX_CONFIG"));
    }
    if let Some(context) = inheritance.config.text("currentContext").map(str::to_owned)
        && !companion_files::has_context(&directory, &context)
    {
        inheritance.config.remove("currentContext");
        notes.push(format!(
            "the docker context {context} is not used: it does not exist"
        ));
    }

    let renewals = Renewals::of(job);
    for (registry, _) in wishes.logins {
        renewals.forget(registry)?;
    }
    for (registry, renewal) in wishes.renewals {
        renewals.hold(registry)?.keep(renewal)?;
    }
    let renewed = renewals.registries();
    let config = store::update(&directory, Durability::Transient, |config| {
        *config = synthesise(
            &inheritance.config,
            config,
            &before.inherited,
            wishes.logins,
            &renewed,
        );
        config.clone()
    })?;
    let origin = Origin::new(source.directory.as_deref(), inheritance.lasting);
    if origin != before {
        job.set_origin(&origin)?;
    }
    Ok(Prepared {
        auth_file: store::registry_auth_file(&directory, &config),
        docker_config: directory,
        buildx_config,
        empties_docker_auth_config: inheritance.replaces_variable,
        renews: !renewed.is_empty(),
        source,
        notes,
    })
}
