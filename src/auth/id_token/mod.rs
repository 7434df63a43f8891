//! ID tokens: what CI systems attest about a job to those whom it names as the audience; one
//! file per system.

use futures_util::future::BoxFuture;

use super::context::Context;
use super::error::Error;
use crate::env::Env;
use crate::secret::Secret;

/// A CI system that gives ID tokens to its jobs.
pub trait Issuer: Sync {
    /// Its name, as `ci-env` takes it.
    fn name(&self) -> &'static str;

    /// Whether this job could get one: nothing is asked.
    fn is_present(&self, env: &Env) -> bool;

    /// A token for an audience; `None` where the job has none for this one.
    fn token<'a>(
        &'a self,
        context: &'a Context,
        audience: &'a str,
    ) -> BoxFuture<'a, Result<Option<Secret>, Error>>;
}

/// All of them.
static ISSUERS: &[&dyn Issuer] = &[];

/// The ID tokens of a job.
pub struct IdTokens<'a> {
    context: &'a Context,
}

impl<'a> IdTokens<'a> {
    /// Those of the job whose environment the context has.
    pub fn new(context: &'a Context) -> Self {
        Self { context }
    }

    /// Whether this job could get any: nothing is asked.
    pub fn are_present(&self) -> bool {
        self.issuer().is_some()
    }

    /// A token for an audience; `None` where the job has none.
    ///
    /// # Errors
    /// The CI system does not answer, or refuses.
    pub async fn get(&self, audience: &str) -> Result<Option<Secret>, Error> {
        match self.issuer() {
            Some(issuer) => issuer.token(self.context, audience).await,
            None => Ok(None),
        }
    }

    fn issuer(&self) -> Option<&'static dyn Issuer> {
        let mut issuers = ISSUERS.iter().copied();
        issuers.find(|issuer| issuer.is_present(&self.context.env))
    }
}
