//! Pull requests of Azure Repos: `GET PROJECT/_apis/git/repositories/ID/pullrequests` (7.1).

use serde::Deserialize;

use super::{ChangeRequest, Forge, Page, Paging, Token, address, commits, needed, time, token};
use crate::cleanup::git::Error;
use crate::env::Env;
use crate::registry;
use crate::registry::api::Answer;

const SERVICE: &str = "Azure DevOps";

/// The list of the job's repository, if Azure itself has that. `SYSTEM_ACCESSTOKEN` has to be
/// mapped by the pipeline.
pub(super) fn of(env: &Env) -> Result<Forge, Error> {
    if !env.is("BUILD_REPOSITORY_PROVIDER", "TfsGit") {
        return Err(Error::NoForge {
            missing: "the pipeline's repository is not in Azure Repos",
        });
    }
    let collection = needed(
        env,
        "SYSTEM_COLLECTIONURI",
        "SYSTEM_COLLECTIONURI is not set",
    )?;
    let project = needed(env, "SYSTEM_TEAMPROJECT", "SYSTEM_TEAMPROJECT is not set")?;
    let repository = needed(env, "BUILD_REPOSITORY_ID", "BUILD_REPOSITORY_ID is not set")?;
    let segments = [
        project,
        "_apis",
        "git",
        "repositories",
        repository,
        "pullrequests",
    ];
    let query = [
        ("searchCriteria.status", "active"),
        ("api-version", "7.1"),
        ("$top", "100"),
    ];
    let token = token(env, &["SYSTEM_ACCESSTOKEN"]);
    Ok(Forge {
        service: SERVICE,
        list: address(SERVICE, collection, &segments, &query)?,
        paging: Paging::Skips("$skip"),
        token: token.map_or(Token::None, Token::Bearer),
        read,
    })
}

#[derive(Deserialize)]
struct List {
    value: Vec<Pull>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Pull {
    pull_request_id: u64,
    creation_date: Option<String>,
    last_merge_source_commit: Option<Commit>,
    last_merge_commit: Option<Commit>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Commit {
    commit_id: Option<String>,
}

fn read(answer: &Answer) -> Result<Page, registry::Error> {
    let list: List = answer.json()?;
    let id = |commit: Option<Commit>| commit.and_then(|commit| commit.commit_id);
    let requests = list.value.into_iter().map(|pull| ChangeRequest {
        number: pull.pull_request_id,
        commits: commits([
            id(pull.last_merge_source_commit),
            id(pull.last_merge_commit),
        ]),
        updated: time(pull.creation_date.as_deref()),
    });
    Ok(Page::until_empty(requests.collect()))
}
