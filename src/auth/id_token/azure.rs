//! Azure Pipelines.

use futures_util::future::BoxFuture;
use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use serde::Deserialize;
use url::Url;

use super::Issuer;
use crate::auth::identity_service::IdentityService;
use crate::auth::{Context, Error};
use crate::env::Env;
use crate::http::{Authorization, Body, Call};
use crate::secret::Secret;

const URL: &str = "SYSTEM_OIDCREQUESTURI";
const TOKEN: &str = "SYSTEM_ACCESSTOKEN";

/// Where the service connection is named: by the tasks of Azure (azure-sdk,
/// `AzurePipelinesCredential`), and by Terraform's provider.
const CONNECTIONS: [&str; 3] = [
    "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID",
    "ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID",
    "ARM_OIDC_AZURE_SERVICE_CONNECTION_ID",
];

/// The audience of all its tokens.
const AUDIENCE: &str = "api://AzureADTokenExchange";

/// Azure Pipelines.
pub(super) struct Azure;

#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "oidcToken")]
    token: String,
}

fn connection(env: &Env) -> Option<&str> {
    CONNECTIONS.iter().find_map(|variable| env.utf8(variable))
}

impl Issuer for Azure {
    fn name(&self) -> &'static str {
        "azure"
    }

    fn is_here(&self, env: &Env) -> bool {
        env.has("TF_BUILD")
    }

    fn is_present(&self, env: &Env) -> bool {
        env.has(URL) && env.has(TOKEN) && connection(env).is_some()
    }

    fn advice(&self) -> &'static str {
        "the step needs `env: SYSTEM_ACCESSTOKEN: $(System.AccessToken)` and the service \
         connection's ID in AZURESUBSCRIPTION_SERVICE_CONNECTION_ID; the audience is always \
         api://AzureADTokenExchange"
    }

    fn token<'a>(
        &'a self,
        context: &'a Context,
        audience: &'a str,
    ) -> BoxFuture<'a, Result<Option<Secret>, Error>> {
        Box::pin(async move {
            let env = &context.env;
            let (Some(url), Some(token), Some(connection), true) = (
                env.utf8(URL),
                env.utf8(TOKEN),
                connection(env),
                matches!(audience, "" | AUDIENCE),
            ) else {
                return Ok(None);
            };
            let service = IdentityService::new(context, "Azure Pipelines' ID token service");
            let mut url: Url = url.parse().map_err(|_| service.no_address(URL))?;
            url.query_pairs_mut()
                .append_pair("api-version", "7.1")
                .append_pair("serviceConnectionId", connection);
            let token = Secret::from(token);
            let mut call = Call::new(Method::POST, url);
            call.authorization = Some(Authorization::Bearer(token.clone()));
            call.headers
                .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            // Without it a token that is not accepted is answered with a page to log in at.
            let no_page = HeaderName::from_static("x-tfs-fedauthredirect");
            call.headers
                .insert(no_page, HeaderValue::from_static("Suppress"));
            call.body = Body::Bytes("{}".into());
            let answer: Answer = service.ask(call, &[&token]).await?;
            Ok(Some(Secret::new(answer.token)))
        })
    }
}
