//! A person who is logged in with gcloud: a refresh token (RFC 6749, section 6).

use serde::Deserialize;
use url::Url;

use super::endpoint::form;
use super::{Granted, Token};
use crate::auth::identity_service::IdentityService;
use crate::auth::{Context, Error};
use crate::http::Setup;
use crate::secret::Secret;

/// Google's token service.
const TOKEN_SERVICE: &str = "https://oauth2.googleapis.com/token";

/// What `gcloud auth application-default login` writes.
#[derive(Deserialize)]
pub(super) struct AuthorizedUser {
    client_id: String,
    client_secret: String,
    refresh_token: String,
}

impl AuthorizedUser {
    /// A token for the person.
    ///
    /// # Errors
    /// The service does not answer, or refuses.
    pub(super) async fn token(&self, context: &Context) -> Result<Token, Error> {
        let url = Url::parse(TOKEN_SERVICE).map_err(|_| Setup::Host(TOKEN_SERVICE.to_owned()))?;
        let fields = [
            ("grant_type", "refresh_token"),
            ("client_id", &self.client_id),
            ("client_secret", &self.client_secret),
            ("refresh_token", &self.refresh_token),
        ];
        let secrets = [&self.client_secret, &self.refresh_token];
        let [client_secret, refresh_token] = secrets.map(|secret| Secret::new(secret.as_str()));
        let advice = "log in again with `gcloud auth application-default login`";
        let service = IdentityService::new(context, "Google's token service");
        let service = service.advising(Some(advice.to_owned()));
        let call = form(url, &fields);
        let granted: Granted = service.ask(call, &[&client_secret, &refresh_token]).await?;
        Ok(granted.into())
    }
}
