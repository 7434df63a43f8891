//! Credentials for Azure Container Registry: a token of Microsoft Entra ID for whoever the
//! environment, the machine or `az` says, exchanged at the registry for one of its own.
//!
//! The requests are few and small, so they are made here: `azure_identity` would add 21 crates,
//! reads its variables from the process, and gives the codes of Entra ID's refusals, by which
//! people are told what to do, only as parts of a text.

mod cloud;
mod entra;
mod managed;
mod refresh;
mod way;

use futures_util::future::BoxFuture;

use self::cloud::Cloud;
use self::way::{ASSUMED, CONFIGURED, Outcome};
use super::{Exchange, Made};
use crate::auth::{Context, Error};
use crate::docker::Credential;
use crate::error::{Explain as _, Failure};
use crate::secret::Secret;

pub use cloud::is_azure_host;

/// The user name of whoever shows a token of the registry.
pub const USER: &str = "00000000-0000-0000-0000-000000000000";

/// What to set.
const ADVICE: &str = "set AZURE_CLIENT_ID and AZURE_TENANT_ID, and let the job have an ID token \
                      that the application trusts or set AZURE_CLIENT_SECRET; or use a managed \
                      identity, or `az login`";

/// Azure Container Registry.
pub struct Azure;

impl Exchange for Azure {
    fn name(&self) -> &'static str {
        "azure"
    }

    fn is_for(&self, registry: &str, context: &Context) -> bool {
        is_azure_host(registry) || cloud::is_named(registry, context)
    }

    fn is_ready(&self, _registry: &str, context: &Context) -> Option<String> {
        CONFIGURED.iter().find_map(|way| way.ready(context))
    }

    fn make<'a>(
        &'a self,
        registry: &'a str,
        context: &'a Context,
    ) -> BoxFuture<'a, Result<Made, Error>> {
        Box::pin(async move {
            let (token, origin) = identity(registry, context).await?;
            let refresh = refresh::exchange(registry, &token, context).await?;
            Ok(Made {
                credential: Credential::password(USER, refresh.token.expose()),
                expires: refresh.expires,
                origin,
            })
        })
    }
}

/// A token of Entra ID, and whose it is. What the environment configures goes first. Where it has
/// something and that leads nowhere, that is the end: nobody asked for the identity of the machine
/// in its place.
async fn identity(registry: &str, context: &Context) -> Result<(Secret, String), Error> {
    let cloud = Cloud::of(registry);
    let (mut looked, mut failed) = (Vec::new(), Vec::new());
    for ways in [CONFIGURED, ASSUMED] {
        for way in ways {
            match way.token(cloud, context).await {
                Outcome::Token(token, origin) => {
                    for error in failed {
                        let message = Failure::from(error).message();
                        context.report.note(format!("{message}; {origin} is used"));
                    }
                    return Ok((token, origin));
                }
                Outcome::Absent(why) => looked.push(why),
                Outcome::Failed(error) => failed.push(error),
            }
        }
        if !failed.is_empty() || ways.iter().any(|way| way.ready(context).is_some()) {
            break;
        }
    }
    Err(match failed.len() {
        1 => failed.remove(0),
        _ => Error::NoIdentity {
            registry: registry.to_owned(),
            looked: failed
                .into_iter()
                .map(told)
                .chain(looked)
                .collect::<Vec<_>>()
                .join("; "),
            advice: ADVICE,
        },
    })
}

/// An error with what to do about it.
fn told(error: Error) -> String {
    let hint = error.hint();
    let message = Failure::from(error).message();
    match hint {
        Some(hint) => format!("{message} ({hint})"),
        None => message,
    }
}

/// A token that a service has given, if it can be sent anywhere.
fn sendable(token: Option<String>, service: &str) -> Result<Secret, Error> {
    super::sendable(token.unwrap_or_default(), service)
}
