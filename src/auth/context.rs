//! What an identity is asked for with.

use std::time::Duration;

use super::id_token::IdTokens;
use crate::env::Env;
use crate::http::{Client, Host, Http, Setup};
use crate::report::Report;

/// What an identity is asked for with. A clone shares connections.
#[derive(Clone)]
pub struct Context {
    /// Who carries requests.
    pub http: Http,
    /// The environment of the job.
    pub env: Env,
    /// What people are told.
    pub report: Report,
    /// How long retries of one piece of work may go on.
    pub retry_timeout: Duration,
}

impl Context {
    /// The client for a host, such as `sts.googleapis.com`.
    ///
    /// # Errors
    /// The name is that of no host.
    pub fn client(&self, host: &str) -> Result<Client, Setup> {
        Ok(self.http.client(Host::parse(host)?))
    }

    /// The ID tokens of the job's CI system.
    pub fn id_tokens(&self) -> IdTokens<'_> {
        IdTokens::new(self)
    }
}
