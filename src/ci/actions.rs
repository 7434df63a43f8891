//! What GitHub Actions and its descendants, Gitea and Forgejo Actions, have in common.

use bstr::{BStr, BString};
use serde::Deserialize;

use super::group::{Edge, Group};
use super::job::{Identity, ImageRepository, Job, Login, Need};
use super::refs::{Refs, commit};
use super::side_file;
use crate::address::registry_host;
use crate::env::Env;

/// The facts that all of them give, for a forge at `server` that names the page of a run by
/// the variable `run`. `GITHUB_SHA` is the merge commit in a pull request: it is what was
/// checked out.
pub(super) fn job(env: &Env, server: Option<BString>, run: &str) -> Job {
    let slug = env.text("GITHUB_REPOSITORY");
    let below = |base: &BStr, path: &BStr, between: &str| {
        BString::from(bstr::concat([&**base, between.as_bytes(), &**path]))
    };
    let repository_url = match (&server, &slug) {
        (Some(server), Some(slug)) => Some(below(server.as_ref(), slug.as_ref(), "/")),
        _ => None,
    };
    let pipeline_url = match (&repository_url, env.text(run)) {
        (Some(url), Some(run)) => Some(below(url.as_ref(), run.as_ref(), "/actions/runs/")),
        _ => None,
    };
    Job {
        slug,
        repository_url,
        sha: commit(env, "GITHUB_SHA"),
        pipeline_url,
        server_url: server,
        workspace: env.path("GITHUB_WORKSPACE"),
        ..refs(env)
    }
}

/// A group in the log; `::group::` is read from both streams.
pub(super) fn group(edge: Edge, group: Group) -> String {
    match edge {
        Edge::Open => format!("::group::{}\n", group.title),
        Edge::Close => "::endgroup::\n".to_owned(),
    }
}

fn refs(env: &Env) -> Job {
    let full = env.text("GITHUB_REF");
    let is_change = full
        .as_ref()
        .is_some_and(|full| full.starts_with(b"refs/pull/"));
    let source = env.text("GITHUB_HEAD_REF");
    let target = env.text("GITHUB_BASE_REF");
    if source.is_some() && !is_change {
        // `pull_request_target` runs on the target branch: no ref tells the number then.
        let change = event_number(env);
        return Job {
            source_branch: source.clone(),
            ..Refs {
                change,
                source,
                target,
                ..Refs::default()
            }
            .into()
        };
    }
    let named = |kind| {
        let name = env.text("GITHUB_REF_NAME");
        name.filter(|_| !is_change && env.is("GITHUB_REF_TYPE", kind))
    };
    Refs {
        source,
        target,
        tag: named("tag"),
        full,
        branch: named("branch"),
        ..Refs::default()
    }
    .into()
}

/// The pull request's number in the file that holds the event's webhook payload.
fn event_number(env: &Env) -> Option<BString> {
    #[derive(Deserialize)]
    struct Event {
        pull_request: PullRequest,
    }
    #[derive(Deserialize)]
    struct PullRequest {
        number: u64,
    }
    let content = side_file::read(&env.path("GITHUB_EVENT_PATH")?)?;
    let event: Event = serde_json::from_slice(&content).ok()?;
    Some(event.pull_request.number.to_string().into())
}

/// Where the repository's images belong on the registry at `host`. The forge keeps the case of
/// a repository's name; image names have none.
pub(super) fn image_repository(env: &Env, host: &str) -> Option<ImageRepository> {
    let slug = env.utf8("GITHUB_REPOSITORY")?.to_lowercase();
    Some(ImageRepository {
        name: format!("{host}/{slug}"),
        with_project: true,
        brand: None,
    })
}

/// A job of a forge that has its registry at its own address: Gitea and Forgejo.
pub(super) fn forge_job(env: &Env, tokens: &[&'static str], run: &str) -> Job {
    let host = env
        .utf8("GITHUB_SERVER_URL")
        .and_then(|url| registry_host(url).ok());
    Job {
        identity: local_identity(env),
        image_repository: host.as_deref().and_then(|host| image_repository(env, host)),
        logins: host
            .and_then(|registry| forge_login(env, registry, tokens))
            .into_iter()
            .collect(),
        ..job(env, super::web::base_url(env, "GITHUB_SERVER_URL"), run)
    }
}

/// The login with the first of `tokens` that is present, or with the job's own token. Releases
/// differ in whether that one may push packages, so the job may go on without it.
fn forge_login(env: &Env, registry: String, tokens: &[&'static str]) -> Option<Login> {
    const JOB_TOKEN: &str = "GITHUB_TOKEN";
    let (variable, token) = tokens
        .iter()
        .copied()
        .chain([JOB_TOKEN])
        .find_map(|variable| Some((variable, env.utf8(variable)?)))?;
    // The secret named after the forge is the job's token too, unless the user replaced it.
    let automatic = env.is(JOB_TOKEN, token);
    Some(Login {
        registry,
        username: env.utf8("GITHUB_ACTOR")?.to_owned(),
        secret: token.into(),
        kind: if automatic {
            "job token"
        } else {
            "access token"
        },
        variable,
        need: if automatic {
            Need::Optional
        } else {
            Need::Required
        },
    })
}

/// The identity where neither the server nor the runner has a name that is sure to differ:
/// act calls every run `1`, and runs of Gitea may be numbered for each repository.
pub(super) fn local_identity(env: &Env) -> Identity {
    identity(env, &["GITHUB_WORKSPACE"])
}

/// The identity; `GITHUB_JOB` alone is the same for all jobs of a matrix, but a runner runs
/// one of them at a time.
pub(super) fn identity(env: &Env, more: &[&str]) -> Identity {
    let names = [
        "GITHUB_SERVER_URL",
        "GITHUB_REPOSITORY",
        "GITHUB_RUN_ID",
        "GITHUB_RUN_ATTEMPT",
        "GITHUB_JOB",
        "RUNNER_NAME",
    ];
    Identity::new(env, &["GITHUB_RUN_ID"], &[&names, more].concat())
}
