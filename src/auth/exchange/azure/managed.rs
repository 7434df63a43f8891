//! Managed identities: those that Azure gives to its machines and services, by an endpoint that
//! only they can reach (MicrosoftDocs, `how-to-use-vm-token.md`, `overview-managed-identity.md`).

use std::time::Duration;

use reqwest::Method;
use reqwest::header::{HeaderName, HeaderValue};
use serde::Deserialize;
use url::Url;

use super::cloud::AUDIENCE;
use super::entra::CLIENT_ID;
use crate::auth::{Context, Error};
use crate::http::{Budget, Call, Client, MAX_BODY, Said};
use crate::secret::Secret;

/// Where services (App Service, Functions, Container Apps) are told to ask, and with what.
pub(super) const ENDPOINT: &str = "IDENTITY_ENDPOINT";
const HEADER: &str = "IDENTITY_HEADER";

/// Where machines ask: the same address in all clouds, in plain HTTP.
const MACHINE: &str = "http://169.254.169.254";

/// The path there.
const TOKEN: &str = "/metadata/identity/oauth2/token";

/// Names another address, as it does for Microsoft's own libraries (MSAL,
/// `ManagedIdentity/EnvironmentVariables.cs`).
const AUTHORITY: &str = "AZURE_POD_IDENTITY_AUTHORITY_HOST";

/// How long it may take to find out that this is no machine of Azure's: there nobody answers.
const PROBE: Duration = Duration::from_secs(3);

/// How errors name it.
const SERVICE: &str = "Azure's managed identity endpoint";

#[derive(Deserialize)]
struct Yes {
    access_token: String,
}

/// The endpoint of a service, when this is one.
pub(super) struct Service<'a> {
    address: &'a str,
    header: &'a str,
}

impl<'a> Service<'a> {
    /// That of the environment.
    pub(super) fn named(context: &'a Context) -> Option<Self> {
        let env = &context.env;
        Some(Self {
            address: env.utf8(ENDPOINT)?,
            header: env.utf8(HEADER)?,
        })
    }

    /// A token for registries.
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub(super) async fn token(&self, context: &Context) -> Result<Secret, Error> {
        let url = self.address.parse().map_err(|_| Error::BadVariable {
            variable: ENDPOINT,
            what: "an address",
        })?;
        let url = question(url, "2019-08-01", context);
        let mut call = Call::new(Method::GET, url.clone());
        let mut value = HeaderValue::from_str(self.header).map_err(|_| Error::BadVariable {
            variable: HEADER,
            what: "what can be sent",
        })?;
        value.set_sensitive(true);
        let name = HeaderName::from_static("x-identity-header");
        call.headers.insert(name, value);
        ask(&context.http.endpoint(&url)?, &call, context).await
    }
}

/// A token for registries, of the identity of the machine; `None` where there is nobody to ask.
///
/// # Errors
/// A refusal: no identity was given to the machine.
pub(super) async fn of_machine(context: &Context) -> Result<Option<Secret>, Error> {
    let address = context.env.utf8(AUTHORITY).unwrap_or(MACHINE);
    let Ok(mut url) = address.parse::<Url>() else {
        return Err(Error::BadVariable {
            variable: AUTHORITY,
            what: "an address",
        });
    };
    url.set_path(TOKEN);
    let client = context.http.endpoint(&url)?;
    // It refuses whoever does not say that he knows what it is, and at once.
    let probe = Call::new(Method::GET, url.clone());
    match client.persist(&probe, &Budget::new(PROBE)).await {
        // A proxy that cannot reach it answers in its place.
        Ok(reply) if reply.status < 500 => drop(reply.refusal().await),
        _ => return Ok(None),
    }
    let mut call = Call::new(Method::GET, question(url, "2018-02-01", context));
    let name = HeaderName::from_static("metadata");
    call.headers.insert(name, HeaderValue::from_static("true"));
    ask(&client, &call, context).await.map(Some)
}

/// The address with what is asked for; of several identities the one that the environment names.
fn question(mut url: Url, version: &str, context: &Context) -> Url {
    let mut query = url.query_pairs_mut();
    query.append_pair("api-version", version);
    query.append_pair("resource", AUDIENCE);
    if let Some(client) = context.env.utf8(CLIENT_ID) {
        query.append_pair("client_id", client);
    }
    drop(query);
    url
}

async fn ask(client: &Client, call: &Call, context: &Context) -> Result<Secret, Error> {
    let budget = Budget::of_retries(context.retry_timeout);
    let reply = client.persist(call, &budget).await;
    let reply = reply.map_err(|source| Error::Service {
        service: SERVICE,
        source,
    })?;
    if reply.status != 200 {
        let status = reply.status;
        let said = Said::read(&reply.refusal().await, str::to_owned);
        return Err(Error::Exchange {
            service: SERVICE.to_owned(),
            status,
            message: said.message,
            advice: Some(
                "give the machine or service a managed identity; of several, AZURE_CLIENT_ID \
                 names one"
                    .to_owned(),
            ),
        });
    }
    let body = reply.bytes(MAX_BODY).await.ok().flatten();
    let yes: Option<Yes> = body.and_then(|body| serde_json::from_slice(&body).ok());
    super::sendable(yes.map(|yes| yes.access_token), SERVICE)
}
