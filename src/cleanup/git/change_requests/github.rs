//! Pull requests of GitHub: `GET /repos/OWNER/REPO/pulls` (REST API 2022-11-28).

use serde::Deserialize;

use super::{ChangeRequest, Forge, Page, Paging, Token, address, commits, needed, time, token};
use crate::cleanup::git::Error;
use crate::env::Env;
use crate::registry;
use crate::registry::api::Answer;

const SERVICE: &str = "GitHub";

/// The most that a page may have.
const PAGE: &str = "100";

/// The list of the job's repository. `GITHUB_TOKEN` has to be mapped by the workflow; without a
/// token a public repository tells, too.
pub(super) fn of(env: &Env) -> Result<Forge, Error> {
    let repository = needed(env, "GITHUB_REPOSITORY", "GITHUB_REPOSITORY is not set")?;
    let api = env
        .utf8("GITHUB_API_URL")
        .unwrap_or("https://api.github.com");
    Ok(Forge {
        service: SERVICE,
        list: list(SERVICE, api, repository, ("per_page", PAGE))?,
        paging: Paging::Pages("page"),
        token: token(env, &["GITHUB_TOKEN", "GH_TOKEN"]).map_or(Token::None, Token::Bearer),
        read,
    })
}

/// Gitea and Forgejo have the same list.
pub(super) fn list(
    service: &'static str,
    api: &str,
    repository: &str,
    page: (&str, &str),
) -> Result<url::Url, Error> {
    let mut segments = vec!["repos"];
    segments.extend(repository.split('/'));
    segments.push("pulls");
    address(service, api, &segments, &[("state", "open"), page])
}

#[derive(Deserialize)]
struct Pull {
    number: u64,
    head: Head,
    merge_commit_sha: Option<String>,
    updated_at: Option<String>,
}

#[derive(Deserialize)]
struct Head {
    sha: Option<String>,
}

pub(super) fn read(answer: &Answer) -> Result<Page, registry::Error> {
    let pulls: Vec<Pull> = answer.json()?;
    let requests = pulls.into_iter().map(|pull| ChangeRequest {
        number: pull.number,
        commits: commits([pull.head.sha, pull.merge_commit_sha]),
        updated: time(pull.updated_at.as_deref()),
    });
    Ok(Page::until_empty(requests.collect()))
}
