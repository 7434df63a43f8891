//! Credentials that are not stored but made: from an ID token of the CI system or from the
//! identity that a cloud gives to its machines, for one registry and for a while. One file per
//! vendor.

mod artifactory;
pub mod aws;
mod azure;
mod dockerhub;
pub mod google;
mod quay;

use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};

use super::context::Context;
use super::error::Error;
use crate::docker::Credential;
use crate::secret::Secret;

pub use azure::{USER as AZURE_TOKEN_USER, is_azure_host};

/// A vendor that makes credentials for its registries.
pub trait Exchange: Sync {
    /// Its name: `aws`, `azure`, `google`, `dockerhub`, `artifactory`, `quay`.
    fn name(&self) -> &'static str;

    /// Whether credentials for this registry (`host` or `host:port`) are made here: by its host,
    /// or because a variable names it.
    fn is_for(&self, registry: &str, context: &Context) -> bool;

    /// Whether the environment has what it takes, as far as can be told without asking anybody:
    /// so that presence alone may log in. What is found, for people.
    fn is_ready(&self, registry: &str, context: &Context) -> Option<String>;

    /// Makes one.
    fn make<'a>(
        &'a self,
        registry: &'a str,
        context: &'a Context,
    ) -> BoxFuture<'a, Result<Made, Error>>;
}

/// A credential that was made.
#[derive(Debug, Clone)]
pub struct Made {
    /// What a docker config has.
    pub credential: Credential,
    /// Until when it is good, if that is known.
    pub expires: Option<Timestamp>,
    /// What it was made from, for people: `the role ARN by GitHub's ID token`.
    pub origin: String,
}

/// All of them.
static EXCHANGES: &[&dyn Exchange] = &[
    &aws::Aws,
    &azure::Azure,
    &google::Google,
    &dockerhub::DockerHub,
    &artifactory::Artifactory,
    &quay::Quay,
];

/// The one that makes credentials for a registry.
pub fn exchange_for(registry: &str, context: &Context) -> Option<&'static dyn Exchange> {
    let mut exchanges = EXCHANGES.iter().copied();
    exchanges.find(|exchange| exchange.is_for(registry, context))
}

/// The one of this name.
pub fn exchange(name: &str) -> Option<&'static dyn Exchange> {
    let mut exchanges = EXCHANGES.iter().copied();
    exchanges.find(|exchange| exchange.name() == name)
}

/// The end of what is good for so many seconds; `None` beyond what the clock can count.
fn after(start: Timestamp, seconds: u64) -> Option<Timestamp> {
    let lasts = SignedDuration::from_secs(i64::try_from(seconds).ok()?);
    start.checked_add(lasts).ok()
}

/// A secret that `from` has given, if it can be sent anywhere at all.
fn sendable(secret: String, from: &str) -> Result<Secret, Error> {
    let is_sendable = !secret.is_empty() && secret.bytes().all(|byte| byte.is_ascii_graphic());
    if !is_sendable {
        return Err(Error::Token {
            request: format!("the exchange at {from}"),
            reason: "the token is empty, or has characters that cannot be sent",
        });
    }
    Ok(Secret::new(secret))
}
