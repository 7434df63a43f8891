//! Cirrus CI.

use futures_util::future::BoxFuture;

use super::{Issuer, in_variable};
use crate::auth::{Context, Error};
use crate::env::Env;
use crate::secret::Secret;

const TOKEN: &str = "CIRRUS_OIDC_TOKEN";

/// Cirrus CI.
pub(super) struct Cirrus;

impl Issuer for Cirrus {
    fn name(&self) -> &'static str {
        "cirrus"
    }

    fn is_here(&self, env: &Env) -> bool {
        env.has("CIRRUS_CI")
    }

    fn is_present(&self, env: &Env) -> bool {
        env.has(TOKEN)
    }

    fn advice(&self) -> &'static str {
        "the task needs `CIRRUS_OIDC_TOKEN_AUDIENCE: AUDIENCE` in its environment"
    }

    fn token<'a>(
        &'a self,
        context: &'a Context,
        audience: &'a str,
    ) -> BoxFuture<'a, Result<Option<Secret>, Error>> {
        Box::pin(async move { Ok(in_variable(&context.env, TOKEN, audience)) })
    }
}
