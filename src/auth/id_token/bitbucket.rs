//! Bitbucket Pipelines.

use futures_util::future::BoxFuture;

use super::{Issuer, in_variable};
use crate::auth::{Context, Error};
use crate::env::Env;
use crate::secret::Secret;

const TOKEN: &str = "BITBUCKET_STEP_OIDC_TOKEN";

/// Bitbucket Pipelines.
pub(super) struct Bitbucket;

impl Issuer for Bitbucket {
    fn name(&self) -> &'static str {
        "bitbucket"
    }

    fn is_here(&self, env: &Env) -> bool {
        env.has("BITBUCKET_BUILD_NUMBER")
    }

    fn is_present(&self, env: &Env) -> bool {
        env.has(TOKEN)
    }

    fn advice(&self) -> &'static str {
        "the step needs `oidc: true`, or `oidc: {audiences: [AUDIENCE]}`"
    }

    fn token<'a>(
        &'a self,
        context: &'a Context,
        audience: &'a str,
    ) -> BoxFuture<'a, Result<Option<Secret>, Error>> {
        Box::pin(async move { Ok(in_variable(&context.env, TOKEN, audience)) })
    }
}
