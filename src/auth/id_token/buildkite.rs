//! Buildkite: the agent asks for tokens.

use futures_util::future::BoxFuture;

use super::{Issuer, agent};
use crate::auth::{Context, Error};
use crate::env::Env;
use crate::secret::Secret;

/// Buildkite.
pub(super) struct Buildkite;

impl Issuer for Buildkite {
    fn name(&self) -> &'static str {
        "buildkite"
    }

    fn is_here(&self, env: &Env) -> bool {
        env.has("BUILDKITE")
    }

    /// The agent is asked with the job's own token.
    fn is_present(&self, env: &Env) -> bool {
        self.is_here(env) && env.has("BUILDKITE_AGENT_ACCESS_TOKEN")
    }

    fn advice(&self) -> &'static str {
        "it comes from `buildkite-agent oidc request-token`, with BUILDKITE_AGENT_ACCESS_TOKEN in \
         the environment"
    }

    fn token<'a>(
        &'a self,
        context: &'a Context,
        audience: &'a str,
    ) -> BoxFuture<'a, Result<Option<Secret>, Error>> {
        Box::pin(async move {
            let mut arguments = vec!["oidc", "request-token"];
            if !audience.is_empty() {
                arguments.extend(["--audience", audience]);
            }
            agent::ask(&context.env, "buildkite-agent", &arguments).await
        })
    }
}
