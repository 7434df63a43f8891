//! GitHub Actions, and the runners of Gitea and Forgejo where they do the same.

use futures_util::future::BoxFuture;
use reqwest::Method;
use serde::Deserialize;
use url::Url;

use super::Issuer;
use crate::auth::identity_service::IdentityService;
use crate::auth::{Context, Error};
use crate::env::Env;
use crate::http::{Authorization, Call};
use crate::secret::Secret;

/// Where a token is asked for, and with what (GitHub's docs, "OpenID Connect reference").
const URL: &str = "ACTIONS_ID_TOKEN_REQUEST_URL";
const TOKEN: &str = "ACTIONS_ID_TOKEN_REQUEST_TOKEN";

/// GitHub Actions.
pub(super) struct Actions;

#[derive(Deserialize)]
struct Answer {
    value: String,
}

impl Issuer for Actions {
    fn name(&self) -> &'static str {
        "github"
    }

    fn is_here(&self, env: &Env) -> bool {
        env.has("GITHUB_ACTIONS")
    }

    fn is_present(&self, env: &Env) -> bool {
        env.has(URL) && env.has(TOKEN)
    }

    fn advice(&self) -> &'static str {
        "the job needs `permissions: id-token: write`"
    }

    fn token<'a>(
        &'a self,
        context: &'a Context,
        audience: &'a str,
    ) -> BoxFuture<'a, Result<Option<Secret>, Error>> {
        Box::pin(async move {
            let (Some(url), Some(token)) = (context.env.utf8(URL), context.env.utf8(TOKEN)) else {
                return Ok(None);
            };
            let service = IdentityService::new(context, "the CI system's ID token service");
            let mut url: Url = url.parse().map_err(|_| service.no_address(URL))?;
            if !audience.is_empty() {
                url.query_pairs_mut().append_pair("audience", audience);
            }
            let token = Secret::from(token);
            let mut call = Call::new(Method::GET, url);
            call.authorization = Some(Authorization::Bearer(token.clone()));
            let answer: Answer = service.ask(call, &[&token]).await?;
            Ok(Some(Secret::new(answer.value)))
        })
    }
}
