//! Merge requests of GitLab: `GET /projects/ID/merge_requests`. A job's own token may not list
//! them.

use reqwest::header::HeaderName;
use serde::Deserialize;

use super::{ChangeRequest, Forge, Page, Paging, Token, address, commits, needed, time, token};
use crate::cleanup::git::Error;
use crate::env::Env;
use crate::registry;
use crate::registry::api::Answer;

const SERVICE: &str = "GitLab";

/// The list of the job's project.
pub(super) fn of(env: &Env) -> Result<Forge, Error> {
    let api = needed(env, "CI_API_V4_URL", "CI_API_V4_URL is not set")?;
    let project = needed(env, "CI_PROJECT_ID", "CI_PROJECT_ID is not set")?;
    let segments = ["projects", project, "merge_requests"];
    let query = [("state", "opened"), ("per_page", "100")];
    let private = HeaderName::from_static("private-token");
    let token = token(env, &["DOCKSIDE_GITLAB_TOKEN", "GITLAB_TOKEN"]);
    Ok(Forge {
        service: SERVICE,
        list: address(SERVICE, api, &segments, &query)?,
        paging: Paging::Pages("page"),
        token: token.map_or(Token::None, |token| Token::Header(private, token)),
        read,
    })
}

#[derive(Deserialize)]
struct MergeRequest {
    iid: u64,
    sha: Option<String>,
    merge_commit_sha: Option<String>,
    updated_at: Option<String>,
}

fn read(answer: &Answer) -> Result<Page, registry::Error> {
    let found: Vec<MergeRequest> = answer.json()?;
    let requests = found.into_iter().map(|request| ChangeRequest {
        number: request.iid,
        commits: commits([request.sha, request.merge_commit_sha]),
        updated: time(request.updated_at.as_deref()),
    });
    Ok(Page::until_empty(requests.collect()))
}
