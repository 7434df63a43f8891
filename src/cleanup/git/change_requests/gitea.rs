//! Pull requests of Gitea and Forgejo: `GET /repos/OWNER/REPO/pulls`, as GitHub has it.

use super::github::{list, read};
use super::{Forge, Paging, Token, needed, token};
use crate::cleanup::git::Error;
use crate::env::Env;

const SERVICE: &str = "Gitea";

/// What a page has at most, unless the server allows less (`MAX_RESPONSE_ITEMS`).
const PAGE: &str = "50";

/// The list of the job's repository; the variables are named as GitHub's.
pub(super) fn of(env: &Env) -> Result<Forge, Error> {
    let repository = needed(env, "GITHUB_REPOSITORY", "GITHUB_REPOSITORY is not set")?;
    let api = needed(env, "GITHUB_API_URL", "GITHUB_API_URL is not set")?;
    let token = token(env, &["GITEA_TOKEN", "FORGEJO_TOKEN", "GITHUB_TOKEN"]);
    Ok(Forge {
        service: SERVICE,
        list: list(SERVICE, api, repository, ("limit", PAGE))?,
        paging: Paging::Pages("page"),
        token: token.map_or(Token::None, Token::Bearer),
        read,
    })
}
