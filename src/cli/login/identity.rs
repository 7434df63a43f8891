//! `login --oidc`: a login that is made from the job's identity.

use std::path::Path;

use super::{Args, Error, verify};
use crate::auth::{self, Context, exchange_for, make_all};
use crate::docker::{self, JobDirectory, Renewal, Source};
use crate::env::Env;
use crate::error::Failure;
use crate::http::{Host, Http};
use crate::report::Report;

/// Makes the login, checks it and stores it: in a job's directory such that it is made anew
/// whenever it ends.
pub(super) fn log_in(
    args: &Args,
    env: &Env,
    registry: &str,
    report: &Report,
) -> Result<(), Failure> {
    let insecure = args.insecure_registry.then(|| Host::parse(registry));
    let context = Context {
        http: Http::from_env(env).insecure(insecure.into_iter().collect::<Result<_, _>>()?),
        env: env.clone(),
        report: *report,
        retry_timeout: args.retry_timeout,
    };
    let exchange = exchange_for(registry, &context);
    let exchange = exchange.ok_or_else(|| auth::Error::NoExchange {
        registry: registry.to_owned(),
    })?;
    let wish = [(registry.to_owned(), exchange)];
    let made = make_all(&context, &wish)?.into_iter().next();
    let made = made.ok_or(Error::NoAnswer)??;
    report.explain(|| format!("the login is made from {}", made.origin));
    let credential = &made.credential;
    if !args.no_verify {
        let secret = credential.secret.clone();
        let username = match credential.kind {
            docker::Kind::IdentityToken => auth::IDENTITY_TOKEN_USER,
            _ => &credential.username,
        };
        verify(args, env, registry, username, secret)?;
    }
    let source = Source::named(args.docker_config.as_deref(), env);
    let directory = source.directory.ok_or(Error::NoHome)?;
    let renewal = auth::renewal(exchange, &made, args.insecure_registry);
    match JobDirectory::containing(&directory) {
        Some(job) => renewed(&job, registry, &renewal, env, report),
        None => plain(&directory, registry, &renewal, env, report),
    }
}

fn renewed(
    job: &JobDirectory,
    registry: &str,
    renewal: &Renewal,
    env: &Env,
    report: &Report,
) -> Result<(), Failure> {
    docker::log_in_renewed(job, registry, renewal)?;
    let helper = docker::offer_helper(job, env)?;
    // Where `ci-env` has put it there, all is well.
    let is_first =
        |directory: &Path| docker::path_with(directory, env).as_deref() == env.os("PATH");
    if let Some(directory) = helper.filter(|directory| !is_first(directory)) {
        report.note(format!(
            "put {} first on PATH: there is the helper that gives docker and podman the login",
            directory.display()
        ));
    }
    Ok(())
}

fn plain(
    directory: &Path,
    registry: &str,
    renewal: &Renewal,
    env: &Env,
    report: &Report,
) -> Result<(), Failure> {
    docker::log_in(directory, registry, &renewal.credential, env)?;
    match renewal.expires {
        Some(end) => report.note(format!(
            "the login to {registry} ends at {end:.0}, and nothing makes it anew outside of a job's \
             directory (`dockside ci-env`)"
        )),
        None => report.note(format!(
            "nothing makes the login to {registry} anew outside of a job's directory \
             (`dockside ci-env`)"
        )),
    }
    Ok(())
}
