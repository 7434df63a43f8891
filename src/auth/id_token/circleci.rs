//! CircleCI.

use futures_util::future::BoxFuture;
use serde_json::json;

use super::{Issuer, agent, in_variable};
use crate::auth::{Context, Error};
use crate::env::Env;
use crate::secret::Secret;

/// Both are for the organisation as the audience; the second has a `sub` with more in it.
const TOKENS: [&str; 2] = ["CIRCLE_OIDC_TOKEN_V2", "CIRCLE_OIDC_TOKEN"];

/// CircleCI.
pub(super) struct CircleCi;

impl Issuer for CircleCi {
    fn name(&self) -> &'static str {
        "circleci"
    }

    fn is_here(&self, env: &Env) -> bool {
        env.has("CIRCLECI")
    }

    fn is_present(&self, env: &Env) -> bool {
        TOKENS.iter().any(|variable| env.has(variable))
    }

    fn advice(&self) -> &'static str {
        "the job gets one by itself, and for other audiences from `circleci run oidc get`, a \
         program of the job's executor"
    }

    fn token<'a>(
        &'a self,
        context: &'a Context,
        audience: &'a str,
    ) -> BoxFuture<'a, Result<Option<Secret>, Error>> {
        Box::pin(async move {
            let env = &context.env;
            let mut ready = TOKENS.iter();
            if let Some(token) = ready.find_map(|name| in_variable(env, name, audience)) {
                return Ok(Some(token));
            }
            if audience.is_empty() {
                return Ok(None);
            }
            let claims = json!({ "aud": audience }).to_string();
            agent::ask(
                env,
                "circleci",
                &["run", "oidc", "get", "--claims", &claims],
            )
            .await
        })
    }
}
