//! Workload identity federation: a token of somebody else's for one of Google's
//! (sts.googleapis.com; RFC 8693).

use std::fmt;

use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::endpoint::{google, json};
use super::impersonation::{self, Impersonation};
use super::subject::Source;
use super::{Granted, SCOPE, Token};
use crate::auth::id_token::Claims;
use crate::auth::identity_service::IdentityService;
use crate::auth::{Context, Error};
use crate::env::Env;
use crate::secret::Secret;

/// The service that exchanges tokens.
const SERVICE: &str = "https://sts.googleapis.com/v1/token";

/// What the name of a provider begins with, as the service wants it.
const NAMES: &str = "//iam.googleapis.com/";

/// Variables that name a service account to act as.
const ACCOUNTS: [&str; 2] = ["GOOGLE_SERVICE_ACCOUNT", "GOOGLE_SERVICE_ACCOUNT_EMAIL"];

/// Whom Google lets vouch for the job.
pub(super) struct Provider {
    /// `projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER`.
    name: String,
    /// For whom the ID token is made out: the provider, unless it wants another audience.
    pub(super) audience: String,
    /// As whom the job acts, if not as itself.
    account: Option<String>,
}

impl Provider {
    /// The one that the environment names: by the variables that workflows use to give them to
    /// the action `google-github-actions/auth`.
    pub(super) fn of(env: &Env) -> Option<Self> {
        let name = env.utf8("GOOGLE_WORKLOAD_IDENTITY_PROVIDER")?;
        let name = name.strip_prefix("https:").unwrap_or(name);
        let name = name.strip_prefix(NAMES).unwrap_or(name);
        let account = ACCOUNTS.iter().find_map(|variable| env.utf8(variable));
        let name = name.trim_matches('/').to_owned();
        let audience = env.utf8("GOOGLE_WORKLOAD_IDENTITY_AUDIENCE");
        let usual = || format!("https:{NAMES}{name}");
        Some(Self {
            audience: audience.map_or_else(usual, str::to_owned),
            name,
            account: account.map(str::to_owned),
        })
    }

    /// A token for the job.
    ///
    /// # Errors
    /// No ID token, or a service does not answer or refuses.
    pub(super) async fn token(&self, registry: &str, context: &Context) -> Result<Token, Error> {
        let audience = &self.audience;
        let subject = context.id_tokens().get(audience).await?;
        let subject = subject.ok_or_else(|| Error::NoIdentity {
            registry: registry.to_owned(),
            looked: context.id_tokens().missing(audience),
            advice: "let the job have one for that audience, or name by \
                     GOOGLE_WORKLOAD_IDENTITY_AUDIENCE the one that its tokens have",
        })?;
        let url = |text| google(text).map_err(|_| crate::http::Setup::Host(text.to_owned()));
        let exchange = Exchange {
            url: url(SERVICE)?,
            audience: &format!("{NAMES}{}", self.name),
            subject: &subject,
            kind: "urn:ietf:params:oauth:token-type:jwt",
        };
        let token = exchange.token(context).await?;
        let Some(account) = &self.account else {
            return Ok(token);
        };
        let impersonation = Impersonation {
            url: impersonation::url_of(account)?,
            delegates: &[],
            lifetime: None,
        };
        impersonation.token(token, context).await
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the provider {}", self.name)?;
        match &self.account {
            Some(account) => write!(f, " as {account}"),
            None => Ok(()),
        }
    }
}

/// A file that says how a token is exchanged (google.aip.dev/auth/4117).
#[derive(Deserialize)]
pub(super) struct ExternalAccount {
    audience: String,
    subject_token_type: String,
    token_url: String,
    credential_source: Source,
    service_account_impersonation_url: Option<String>,
    #[serde(default)]
    service_account_impersonation: Wish,
}

#[derive(Default, Deserialize)]
struct Wish {
    token_lifetime_seconds: Option<u32>,
}

impl ExternalAccount {
    /// A token for it.
    ///
    /// # Errors
    /// The file cannot be used; a service does not answer, or refuses.
    pub(super) async fn token(
        &self,
        context: &Context,
        bad: &(impl Fn(String) -> Error + Sync),
    ) -> Result<Token, Error> {
        let url = google(&self.token_url).map_err(bad)?;
        let impersonation = self.service_account_impersonation_url.as_deref();
        let impersonation = impersonation.map(google).transpose().map_err(bad)?;
        let subject = self.credential_source.token(context, bad).await?;
        let exchange = Exchange {
            url,
            audience: &self.audience,
            subject: &subject,
            kind: &self.subject_token_type,
        };
        let token = exchange.token(context).await?;
        let Some(url) = impersonation else {
            return Ok(token);
        };
        let impersonation = Impersonation {
            url,
            delegates: &[],
            lifetime: self.service_account_impersonation.token_lifetime_seconds,
        };
        impersonation.token(token, context).await
    }
}

/// A token to be exchanged.
struct Exchange<'a> {
    url: Url,
    audience: &'a str,
    subject: &'a Secret,
    kind: &'a str,
}

impl Exchange<'_> {
    /// What Google gives for it. The request has no `Authorization`, with which it may fail.
    async fn token(self, context: &Context) -> Result<Token, Error> {
        let body = json!({
            "audience": self.audience,
            "grantType": "urn:ietf:params:oauth:grant-type:token-exchange",
            "requestedTokenType": "urn:ietf:params:oauth:token-type:access_token",
            "scope": SCOPE,
            "subjectTokenType": self.kind,
            "subjectToken": self.subject.expose(),
        });
        // Nobody but Google can say more exactly which rule does not hold.
        let about = Claims::of(self.subject).map(|claims| format!(" ({claims})"));
        let advice = format!(
            "compare the ID token's issuer, audience and subject{} with the conditions of the \
             workload identity provider",
            about.unwrap_or_default()
        );
        let service = IdentityService::new(context, "Google's security token service");
        let service = service.advising(Some(advice));
        let call = json(self.url, &body);
        let granted: Granted = service.ask(call, &[self.subject]).await?;
        Ok(granted.into())
    }
}

#[cfg(test)]
mod tests {
    use super::Provider;
    use crate::env::Env;

    #[test]
    fn a_provider_may_be_written_in_several_ways() {
        let name = "projects/1/locations/global/workloadIdentityPools/p/providers/q";
        let named = |text: &str| {
            let env = Env::from_iter([("GOOGLE_WORKLOAD_IDENTITY_PROVIDER", text)]);
            Provider::of(&env).unwrap().to_string()
        };
        for text in [
            name.to_owned(),
            format!("//iam.googleapis.com/{name}"),
            format!("https://iam.googleapis.com/{name}"),
        ] {
            assert_eq!(named(&text), format!("the provider {name}"), "{text}");
        }
        let env = Env::from_iter([
            ("GOOGLE_WORKLOAD_IDENTITY_PROVIDER", name),
            ("GOOGLE_SERVICE_ACCOUNT", "ci@p.iam.gserviceaccount.com"),
        ]);
        let provider = Provider::of(&env).unwrap();
        assert_eq!(
            provider.to_string(),
            format!("the provider {name} as ci@p.iam.gserviceaccount.com")
        );
        assert!(Provider::of(&Env::default()).is_none());
    }
}
