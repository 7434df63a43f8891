//! ID tokens: what CI systems attest about a job to those whom it names as the audience; one
//! file per system.

mod actions;
mod agent;
mod azure;
mod bitbucket;
mod buildkite;
mod circleci;
mod cirrus;
mod claims;
#[cfg(test)]
pub(super) mod fixture;
mod gitlab;
mod given;

use futures_util::future::BoxFuture;

use super::context::Context;
use super::error::Error;
use crate::env::Env;
use crate::secret::Secret;

pub use claims::Claims;

/// A CI system that gives ID tokens to its jobs.
pub trait Issuer: Sync {
    /// Its name, as `ci-env` takes it.
    fn name(&self) -> &'static str;

    /// Whether this is one of its jobs, be there a token or not.
    fn is_here(&self, env: &Env) -> bool;

    /// Whether this job could get one: nothing is asked.
    fn is_present(&self, env: &Env) -> bool;

    /// What a job must say to get one.
    fn advice(&self) -> &'static str;

    /// A token for an audience, or for the system's own one where that is empty; `None` where the
    /// job has none for this one.
    fn token<'a>(
        &'a self,
        context: &'a Context,
        audience: &'a str,
    ) -> BoxFuture<'a, Result<Option<Secret>, Error>>;
}

/// All of them.
static ISSUERS: &[&dyn Issuer] = &[
    &actions::Actions,
    &gitlab::GitLab,
    &azure::Azure,
    &bitbucket::Bitbucket,
    &circleci::CircleCi,
    &buildkite::Buildkite,
    &cirrus::Cirrus,
];

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
        let env = &self.context.env;
        given::token(env).is_some() || self.issuer(|issuer| issuer.is_present(env)).is_some()
    }

    /// A token for an audience, or for the CI system's own one where that is empty; `None` where
    /// the job has none. The one that the user gave ([`given::VARIABLE`]) goes first, if it is
    /// for this audience.
    ///
    /// # Errors
    /// The CI system does not answer, or refuses.
    pub async fn get(&self, audience: &str) -> Result<Option<Secret>, Error> {
        let env = &self.context.env;
        if let Some(given) = given::token(env).filter(|token| is_usable(token, audience)) {
            return Ok(Some(given));
        }
        let Some(issuer) = self.issuer(|issuer| issuer.is_present(env)) else {
            return Ok(None);
        };
        let token = issuer.token(self.context, audience).await?;
        // Who asked for a token for one audience must not hand out one for another.
        Ok(token.filter(|token| Claims::of(token).is_none_or(|claims| claims.is_for(audience))))
    }

    /// Why there is none for an audience, for people.
    pub fn missing(&self, audience: &str) -> String {
        let env = &self.context.env;
        let mut reasons = Vec::new();
        if let Some(claims) = given::token(env).as_ref().and_then(Claims::of) {
            let why = if claims.is_for(audience) {
                "has expired".to_owned()
            } else {
                format!("is for the audience {}", claims.audiences())
            };
            reasons.push(format!("the token in {} {why}", given::VARIABLE));
        }
        let here = self.issuer(|issuer| issuer.is_here(env) || issuer.is_present(env));
        reasons.push(match here {
            Some(issuer) => format!(
                "this job of {} has no ID token{} ({})",
                issuer.name(),
                for_audience(audience),
                issuer.advice()
            ),
            None => format!(
                "there is no ID token{}: neither in {} nor from a known CI system",
                for_audience(audience),
                given::VARIABLE
            ),
        });
        reasons.join("; ")
    }

    fn issuer(&self, which: impl Fn(&'static dyn Issuer) -> bool) -> Option<&'static dyn Issuer> {
        ISSUERS.iter().copied().find(|issuer| which(*issuer))
    }
}

fn for_audience(audience: &str) -> String {
    match audience {
        "" => String::new(),
        audience => format!(" for the audience {audience}"),
    }
}

/// Whether a token from a variable is for an audience, and still good.
fn is_usable(token: &Secret, audience: &str) -> bool {
    Claims::of(token).is_some_and(|claims| claims.is_for(audience) && !claims.is_over())
}

/// The token in a variable, if it is for the audience and still good.
fn in_variable(env: &Env, variable: &str, audience: &str) -> Option<Secret> {
    let token = Secret::from(env.utf8(variable)?.trim());
    is_usable(&token, audience).then_some(token)
}

#[cfg(test)]
mod tests;
