//! Microsoft Entra ID: tokens for applications, by a secret or by somebody else's ID token
//! (MicrosoftDocs/entra-docs, `v2-oauth2-client-creds-grant-flow.md`).

use serde::Deserialize;
use url::Url;

use super::cloud::{AUDIENCE, Cloud};
use crate::auth::id_token::Claims;
use crate::auth::{Context, Error};
use crate::env::Env;
use crate::http::{Answer, Budget, Host, Request, Said};
use crate::secret::Secret;

/// How errors name it.
const SERVICE: &str = "Microsoft Entra ID";

/// The application and its tenant, as Microsoft's own libraries name them.
pub(super) const CLIENT_ID: &str = "AZURE_CLIENT_ID";
pub(super) const TENANT_ID: &str = "AZURE_TENANT_ID";

/// Entra ID elsewhere than the registry's cloud says.
pub(super) const AUTHORITY: &str = "AZURE_AUTHORITY_HOST";

/// An application in a tenant.
#[derive(Debug, Clone, Copy)]
pub(super) struct Application<'a> {
    pub client: &'a str,
    tenant: &'a str,
}

/// What an application shows that it is the one.
pub(super) enum Proof {
    /// A secret of its own.
    Secret(Secret),
    /// An ID token of an issuer that it trusts.
    Assertion(Secret),
}

#[derive(Deserialize)]
struct Yes {
    access_token: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct No {
    error_codes: Vec<u32>,
}

impl<'a> Application<'a> {
    /// The one that the environment names.
    pub(super) fn named(env: &'a Env) -> Option<Self> {
        Some(Self {
            client: env.utf8(CLIENT_ID)?,
            tenant: env.utf8(TENANT_ID)?,
        })
    }

    /// A token for registries.
    ///
    /// # Errors
    /// Entra ID refuses, or does not answer; its address in the environment is none.
    pub(super) async fn token(
        &self,
        proof: &Proof,
        cloud: &Cloud,
        context: &Context,
    ) -> Result<Secret, Error> {
        let url = self.url(cloud, &context.env)?;
        let scope = format!("{AUDIENCE}/.default");
        let mut form = vec![
            ("client_id", Secret::from(self.client)),
            ("grant_type", Secret::from("client_credentials")),
            ("scope", Secret::new(scope)),
        ];
        match proof {
            Proof::Secret(secret) => form.push(("client_secret", secret.clone())),
            Proof::Assertion(token) => form.extend([
                (
                    "client_assertion_type",
                    Secret::from("urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
                ),
                ("client_assertion", token.clone()),
            ]),
        }
        let request = Request::post(url, form);
        let answer = send(context, SERVICE, &request).await?;
        if answer.status != 200 {
            let no: No = serde_json::from_slice(&answer.body).unwrap_or_default();
            let advice = self.advice(&no.error_codes, proof);
            return Err(refused(SERVICE, &request, &answer, advice));
        }
        let yes: Option<Yes> = serde_json::from_slice(&answer.body).ok();
        super::sendable(yes.map(|yes| yes.access_token), SERVICE)
    }

    fn url(&self, cloud: &Cloud, env: &Env) -> Result<Url, Error> {
        let written = env.utf8(AUTHORITY).unwrap_or(cloud.authority);
        // Some write the host alone.
        let written = match written.contains("://") {
            true => written.to_owned(),
            false => format!("https://{written}"),
        };
        let bad = || Error::BadVariable {
            variable: AUTHORITY,
            what: "an https address",
        };
        let mut url = Url::parse(&written).map_err(|_| bad())?;
        if url.scheme() != "https" || !url.username().is_empty() || url.password().is_some() {
            return Err(bad());
        }
        url.set_query(None);
        url.path_segments_mut()
            .map_err(|()| bad())?
            .pop_if_empty()
            .extend([self.tenant, "oauth2", "v2.0", "token"]);
        Ok(url)
    }

    /// What to do about a refusal with these codes (`AADSTS` and the number).
    fn advice(&self, codes: &[u32], proof: &Proof) -> Option<String> {
        let client = self.client;
        let federated = match proof {
            Proof::Assertion(token) => Claims::of(token),
            Proof::Secret(_) => None,
        };
        let has = |known: &[u32]| codes.iter().any(|code| known.contains(code));
        let application = "check AZURE_CLIENT_ID (the application's ID) and AZURE_TENANT_ID";
        if has(&[70_021, 700_211, 700_212, 700_213]) {
            return federated.map(|claims| {
                format!(
                    "give the application {client} a federated credential with exactly the \
                     issuer, subject and audience of the job's ID token: {claims}"
                )
            });
        }
        if has(&[700_024]) {
            return Some("the ID token is not good now: ask for a new one".to_owned());
        }
        if has(&[7_000_215, 7_000_222]) {
            return Some(format!(
                "AZURE_CLIENT_SECRET is no secret of the application {client} now: make a new one, \
                 and set its value, not its ID"
            ));
        }
        if has(&[700_016, 90_002, 900_023, 7_000_229]) {
            return Some(application.to_owned());
        }
        federated.map(|claims| claims.rule())
    }
}

/// Sends a request of a short exchange to wherever it goes.
pub(super) async fn send(
    context: &Context,
    service: &'static str,
    request: &Request,
) -> Result<Answer, Error> {
    let client = context.http.client(Host::of(&request.url)?);
    let budget = Budget::of_retries(context.retry_timeout);
    let answer = client.send(request, &budget).await;
    answer.map_err(|source| Error::Service { service, source })
}

/// The error that an answer is.
pub(super) fn refused(
    service: &str,
    request: &Request,
    answer: &Answer,
    advice: Option<String>,
) -> Error {
    let said = Said::read(&answer.body, |text| request.hidden_in(text));
    Error::Exchange {
        service: service.to_owned(),
        status: answer.status,
        message: said.message,
        advice,
    }
}
