//! `ci-env`: a docker config directory for this job, logins there, and exports.

mod args;
mod brand_secrets;
mod exports;
mod failing;
mod files;
mod identities;
mod named;
mod output;
mod project;
mod registries;
mod verify;
mod werf_options;

use std::path::Path;

pub use args::Args;
pub(in crate::cli) use failing::Failing;

use self::exports::{Exports, Repository};
use self::identities::Identities;
use self::named::{Named, given};
use self::output::Output;
use self::project::Project;
use self::registries::Wanted;
use super::switch;
use super::which_job::Found;
use crate::address;
use crate::auth::Context;
use crate::docker::{self, Config, JobDirectory, Places, Prepared, Source, Wishes};
use crate::env::Env;
use crate::error::Failure;
use crate::http::{Host, Http};
use crate::report::Report;

/// Makes the directory, logs in, prints.
pub fn run(args: &Args, env: &Env) -> Result<(), Failure> {
    args.werf.check()?;
    let verbose = switch::resolve(args.log_verbose, env, "WERF_LOG_VERBOSE", false);
    let report = Report::new(verbose);
    args.werf.secrets.note_visible(&report);
    let output = Output::of(args, env, &report)?;
    let named = Named::of(args, env)?;
    let found = Found::find(args.system.as_deref(), env)?;
    say_which(&found, &report);

    let places = Places::new(
        args.tmp_dir
            .clone()
            .or_else(|| env.path("WERF_TMP_DIR"))
            .as_deref(),
        found.job.temp_dir.as_ref(),
        env,
    );
    let directory = JobDirectory::open(&found.subject(), &places)?;
    report.explain(|| format!("the job's directory is {}", directory.path().display()));

    let logins = log_in(args, env, &found, &named, &directory, &report)?;
    let (mut plain, mut renewals) = (Vec::new(), Vec::new());
    for login in logins {
        match login.renewal {
            Some(renewal) => renewals.push((login.registry, renewal)),
            None => plain.push((login.registry, login.credential)),
        }
    }
    let wishes = Wishes {
        docker_config: args.docker_config.as_deref(),
        use_docker_auth_config: switch::resolve(
            args.use_docker_auth_config,
            env,
            "WERF_USE_DOCKER_AUTH_CONFIG",
            false,
        ),
        logins: &plain,
        renewals: &renewals,
    };
    let prepared = docker::prepare(&directory, env, &wishes)?;
    for note in &prepared.notes {
        report.note(note);
    }
    if let Some(source) = &prepared.source.directory {
        let named_by = prepared.source.named_by;
        report.explain(|| format!("made from {} ({named_by})", source.display()));
    }

    let mut exports = Exports::new(env, &report);
    docker_variables(&mut exports, &prepared, env);
    let repository = repository(args, env, &found, &report)?;
    exports.repository(&repository);
    if let Some(system) = found.system {
        exports.deployment(system, &found.job);
        exports.keep_secret("WERF_REPO_GITHUB_TOKEN", found.job.github_token.as_ref());
        exports.log(system, &found.job);
    }
    exports.brand_credentials(&named);
    let helper = match prepared.renews {
        true => docker::offer_helper(&directory, env)?,
        false => None,
    };
    output.write(
        exports.finish(),
        helper.as_deref(),
        &directory,
        args,
        &report,
    )
}

fn say_which(found: &Found, report: &Report) {
    match (found.system, &found.marker) {
        (Some(system), Some(marker)) => {
            report.explain(|| format!("this is a job of {} ({marker})", system.title()));
        }
        (Some(_), None) => found.note_missing_marker(report),
        (None, _) => report.explain(|| "no CI system was found".to_owned()),
    }
}

/// Checks the logins that the job wants, all at once, and says what to store.
fn log_in(
    args: &Args,
    env: &Env,
    found: &Found,
    named: &Named<'_>,
    directory: &JobDirectory,
    report: &Report,
) -> Result<Vec<Wanted>, Failure> {
    if !switch::resolve(args.login_to_registry, env, "WERF_LOGIN_TO_REGISTRY", true) {
        report.explain(|| "no login: --login-to-registry is off".to_owned());
        return Ok(Vec::new());
    }
    let source = Source::named(args.docker_config.as_deref(), env);
    let made = docker::load(&directory.docker_config())?;
    let insecure = args.insecure_registry.iter().map(|host| Host::parse(host));
    let context = Context {
        http: Http::from_env(env).insecure(insecure.collect::<Result<_, _>>()?),
        env: env.clone(),
        report: *report,
        retry_timeout: args.retry_timeout,
    };
    let http = context.http.clone();
    let oidc = match args.oidc {
        Some(given) => Some(given),
        None => switch::strict(env, "DOCKSIDE_OIDC")?,
    };
    let mut identities = Identities::new(oidc, context, &args.insecure_registry, directory);
    let (job, taking) = (&found.job, &mut identities);
    let mut wanted = registries::wanted(job, named, &source, &made, taking, env, report)?;
    wanted.extend(identities.make()?);
    say_who_is_missing(found, &wanted, &made, report);
    verify::verify(wanted, args, &http, directory, report)
}

/// A job whose system has a registry, but no token for it, is most often a mistake.
fn say_who_is_missing(found: &Found, wanted: &[Wanted], made: &Config, report: &Report) {
    let images = found.job.image_repository.as_ref();
    let own = images.and_then(|images| address::registry_of(&images.name));
    let missing = own.filter(|registry| {
        made.credential(registry).is_none()
            && made.helper(registry) != Some(docker::HELPER_NAME)
            && wanted.iter().all(|login| login.registry != *registry)
    });
    match (found.system, missing) {
        (Some(system), Some(registry)) => {
            let message = format!("no login to {registry}: {}", system.token_advice());
            if wanted.is_empty() {
                report.note(message);
            } else {
                report.explain(|| message);
            }
        }
        _ if wanted.is_empty() => {
            report.explain(|| "no login: no registry is named".to_owned());
        }
        _ => {}
    }
}

fn docker_variables(exports: &mut Exports<'_>, prepared: &Prepared, env: &Env) {
    let bytes = |path: &Path| Some(path.as_os_str().as_encoded_bytes().to_vec());
    exports.set("DOCKER_CONFIG", bytes(&prepared.docker_config));
    exports.set("WERF_DOCKER_CONFIG", bytes(&prepared.docker_config));
    exports.set("REGISTRY_AUTH_FILE", bytes(&prepared.auth_file));
    exports.set("HELM_REGISTRY_CONFIG", bytes(&prepared.auth_file));
    if let Some(buildx) = &prepared.buildx_config {
        exports.keep("BUILDX_CONFIG", bytes(buildx));
    }
    if prepared.empties_docker_auth_config && env.has("DOCKER_AUTH_CONFIG") {
        exports.set("DOCKER_AUTH_CONFIG", Some(""));
    }
}

/// Where the job's images belong. With a project's name at its end, there is no such
/// repository without a project, as in werf.
fn repository(
    args: &Args,
    env: &Env,
    found: &Found,
    report: &Report,
) -> Result<Repository, Failure> {
    let mut repository = Repository {
        chosen: given(args.repo.as_deref()).map(str::to_owned),
        chosen_brand: given(args.repo_container_registry.as_deref()).map(str::to_owned),
        ..Repository::default()
    };
    let Some(images) = &found.job.image_repository else {
        return Ok(repository);
    };
    repository.brand = images
        .brand
        .and_then(|brand| Some((brand, address::registry_of(&images.name)?)));
    repository.default = if images.with_project {
        let directory = args.dir.clone().or_else(|| env.path("WERF_DIR"));
        let config = args.config.clone().or_else(|| env.path("WERF_CONFIG"));
        let directory = directory.as_deref().unwrap_or(Path::new("."));
        match project::name(directory, config.as_deref())? {
            Project::Named(project) => Some(format!("{}/{project}", images.name)),
            Project::Unknown => None,
            Project::Templated => {
                if !env.has("WERF_REPO") && args.repo.is_none() {
                    report.note(
                        "WERF_REPO is not set: a template makes the project's name in werf.yaml, \
                         and only werf renders it; give --repo or set WERF_REPO",
                    );
                }
                None
            }
        }
    } else {
        Some(images.name.clone())
    };
    Ok(repository)
}
