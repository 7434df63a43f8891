//! Pull requests of Bitbucket Cloud: `GET /2.0/repositories/WORKSPACE/REPO/pullrequests`. A job
//! has no token for it by itself.

use serde::Deserialize;

use super::{ChangeRequest, Forge, Page, Paging, Token, address, commits, needed, time, token};
use crate::cleanup::git::Error;
use crate::env::Env;
use crate::registry;
use crate::registry::api::Answer;

const SERVICE: &str = "Bitbucket";

/// The list of the job's repository.
pub(super) fn of(env: &Env) -> Result<Forge, Error> {
    let name = "BITBUCKET_REPO_FULL_NAME";
    let repository = needed(env, name, "BITBUCKET_REPO_FULL_NAME is not set")?;
    let mut segments = vec!["2.0", "repositories"];
    segments.extend(repository.split('/'));
    segments.push("pullrequests");
    let api = env
        .utf8("DOCKSIDE_BITBUCKET_API")
        .unwrap_or("https://api.bitbucket.org");
    let token = token(env, &["DOCKSIDE_BITBUCKET_TOKEN"]);
    Ok(Forge {
        service: SERVICE,
        list: address(
            SERVICE,
            api,
            &segments,
            &[("state", "OPEN"), ("pagelen", "50")],
        )?,
        paging: Paging::Pages("page"),
        token: token.map_or(Token::None, Token::Bearer),
        read,
    })
}

#[derive(Deserialize)]
struct List {
    values: Vec<Pull>,
    /// The address of the next page; none after the last one.
    next: Option<String>,
}

#[derive(Deserialize)]
struct Pull {
    id: u64,
    source: Source,
    updated_on: Option<String>,
}

#[derive(Deserialize)]
struct Source {
    commit: Option<Commit>,
}

#[derive(Deserialize)]
struct Commit {
    hash: Option<String>,
}

fn read(answer: &Answer) -> Result<Page, registry::Error> {
    let list: List = answer.json()?;
    let requests = list.values.into_iter().map(|pull| ChangeRequest {
        number: pull.id,
        commits: commits([pull.source.commit.and_then(|commit| commit.hash)]),
        updated: time(pull.updated_on.as_deref()),
    });
    Ok(Page {
        requests: requests.collect(),
        is_last: list.next.is_none(),
    })
}
