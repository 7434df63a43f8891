//! The registry's own part: a token of Entra ID for a token of the registry (Azure/acr,
//! `docs/AAD-OAuth.md`).

use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::WWW_AUTHENTICATE;
use serde::Deserialize;

use super::entra::{refused, send};
use crate::auth::challenge;
use crate::auth::id_token::Claims;
use crate::auth::{Context, Error, api_host};
use crate::http::Request;
use crate::secret::Secret;

/// How errors name it.
const SERVICE: &str = "Azure Container Registry";

/// The longest name of a service that is believed, in bytes: it is that of a host.
const MAX_SERVICE: usize = 255;

/// How long the registry's token lives when it does not say it itself.
const LIFETIME: Duration = Duration::from_secs(3 * 60 * 60);

/// A token of a registry, and its end.
pub(super) struct Refresh {
    pub token: Secret,
    pub expires: Option<Timestamp>,
}

#[derive(Deserialize)]
struct Yes {
    refresh_token: String,
}

/// Exchanges a token of Entra ID. The registry is asked first what it calls itself: the endpoint
/// of a region, or a domain of the user's own, need not be its name.
pub(super) async fn exchange(
    registry: &str,
    entra: &Secret,
    context: &Context,
) -> Result<Refresh, Error> {
    let client = context.http.client(api_host(registry)?);
    let ping = send(context, SERVICE, &Request::get(client.url("/v2/"))).await?;
    let challenges = challenge::parse(ping.all(WWW_AUTHENTICATE));
    let named = challenges.iter().find_map(|one| one.parameter("service"));
    let named = named.filter(|named| named.len() <= MAX_SERVICE);
    let form = vec![
        ("grant_type", Secret::from("access_token")),
        ("service", Secret::from(named.unwrap_or(registry))),
        ("access_token", entra.clone()),
    ];
    let request = Request::post(client.url("/oauth2/exchange"), form);
    let asked = Timestamp::now();
    let answer = send(context, SERVICE, &request).await?;
    if answer.status != 200 {
        let advice = match answer.status {
            404 | 405 => "the registry is none of Azure's",
            _ => {
                "the identity needs a role at the registry (AcrPull, AcrPush, AcrDelete; with \
                 repository permissions Container Registry Repository Reader, Writer or \
                 Contributor), and must be of the registry's tenant"
            }
        };
        return Err(refused(SERVICE, &request, &answer, Some(advice.to_owned())));
    }
    let yes: Option<Yes> = serde_json::from_slice(&answer.body).ok();
    let token = super::sendable(yes.map(|yes| yes.refresh_token), SERVICE)?;
    let said = Claims::of(&token).and_then(|claims| claims.expires(asked));
    Ok(Refresh {
        expires: said.or_else(|| asked.checked_add(LIFETIME).ok()),
        token,
    })
}
