//! Acting as a service account (iamcredentials.googleapis.com).

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;

use super::endpoint::{google, json};
use super::file::File;
use super::{SCOPE, Token};
use crate::auth::identity_service::IdentityService;
use crate::auth::{Context, Error};
use crate::http::{Authorization, Setup};
use crate::secret::Secret;

/// How long a token is asked to be good, in seconds: the most without a policy of the
/// organisation's.
const LIFETIME: u32 = 3600;

/// Somebody who may act as a service account.
#[derive(Deserialize)]
pub(super) struct Impersonated {
    service_account_impersonation_url: String,
    source_credentials: Value,
    #[serde(default)]
    delegates: Vec<String>,
}

/// A token to be made.
pub(super) struct Impersonation<'a> {
    pub(super) url: Url,
    pub(super) delegates: &'a [String],
    pub(super) lifetime: Option<u32>,
}

/// What is asked for.
#[derive(Serialize)]
struct Wish<'a> {
    scope: [&'static str; 1],
    lifetime: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    delegates: Option<&'a [String]>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Generated {
    access_token: String,
    expire_time: Option<String>,
}

impl Impersonated {
    /// A token for the service account.
    ///
    /// # Errors
    /// The file cannot be used; a service does not answer, or refuses.
    pub(super) async fn token(
        &self,
        registry: &str,
        context: &Context,
        bad: &(impl Fn(String) -> Error + Sync),
    ) -> Result<Token, Error> {
        let url = google(&self.service_account_impersonation_url).map_err(bad)?;
        let source = File::parse(self.source_credentials.to_string().as_bytes()).map_err(bad)?;
        let source = match source {
            File::Impersonated(_) => return Err(bad("has credentials in credentials".to_owned())),
            File::ServiceAccount(account) => account.token(registry, context).await?,
            File::AuthorizedUser(user) => user.token(context).await?,
            File::ExternalAccount(account) => account.token(context, bad).await?,
        };
        let impersonation = Impersonation {
            url,
            delegates: &self.delegates,
            lifetime: None,
        };
        impersonation.token(source, context).await
    }
}

impl Impersonation<'_> {
    /// The token of a service account, for whoever has the token `source`.
    ///
    /// # Errors
    /// The service does not answer, or refuses.
    pub(super) async fn token(self, source: Token, context: &Context) -> Result<Token, Error> {
        let lifetime = self.lifetime.unwrap_or(LIFETIME);
        let body = Wish {
            scope: [SCOPE],
            lifetime: format!("{lifetime}s"),
            delegates: Some(self.delegates).filter(|delegates| !delegates.is_empty()),
        };
        let mut call = json(self.url, &json!(body));
        call.authorization = Some(Authorization::Bearer(source.secret.clone()));
        let advice = "whoever asks needs the role roles/iam.workloadIdentityUser (or \
                      roles/iam.serviceAccountTokenCreator) on the service account";
        let asked = Timestamp::now();
        let service = IdentityService::new(context, "Google's IAM credentials service");
        let service = service.advising(Some(advice.to_owned()));
        let generated: Generated = service.ask(call, &[&source.secret]).await?;
        let end: Option<Timestamp> = generated.expire_time.and_then(|time| time.parse().ok());
        // By Google's clock, which may be ahead of this machine's.
        let latest = asked
            .checked_add(SignedDuration::from_secs(lifetime.into()))
            .ok();
        Ok(Token {
            secret: Secret::new(generated.access_token),
            expires: [end, latest].into_iter().flatten().min(),
        })
    }
}

/// Where tokens of a service account are made.
///
/// # Errors
/// The account's name is none.
pub(super) fn url_of(account: &str) -> Result<Url, Setup> {
    let is_email = |byte: u8| byte.is_ascii_alphanumeric() || b"@.-_".contains(&byte);
    if !account.bytes().all(is_email) {
        return Err(Setup::Host(account.to_owned()));
    }
    let url = format!(
        "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{account}:generateAccessToken"
    );
    Url::parse(&url).map_err(|_| Setup::Host(account.to_owned()))
}
