//! As whom Google's API is asked.

use std::time::Duration;

use jiff::Timestamp;

use crate::auth::google::{self, Google};
use crate::auth::lease::{Fresh, Lease};
use crate::auth::{Context, Error, Exchange as _, Made};
use crate::docker::Credential;
use crate::http::Authorization;

/// Who asks the API: whoever the docker config says, if that is an access token or a key of
/// Google's; else the identity that the job has.
pub(super) struct Asker {
    registry: String,
    login: Option<Credential>,
    context: Context,
    lease: Lease<Authorization>,
}

impl Asker {
    /// `login` is what the docker config has for the registry.
    pub(super) fn new(registry: &str, login: Option<Credential>, context: Context) -> Self {
        Self {
            registry: registry.to_owned(),
            login,
            context,
            lease: Lease::default(),
        }
    }

    /// Whether there is anything that a token may be had with. Nobody is asked.
    pub(super) fn is_somebody(&self) -> bool {
        let login = self.login.as_ref();
        login.is_some_and(google::is_login)
            || Google.is_ready(&self.registry, &self.context).is_some()
    }

    /// What a request is sent with.
    ///
    /// # Errors
    /// A token cannot be had.
    pub(super) async fn authorization(&self) -> Result<Authorization, Error> {
        let get = || async {
            let made = self.made().await?;
            let lasts = made.expires.map(|expires| {
                let lasts = expires.duration_since(Timestamp::now());
                Duration::try_from(lasts).unwrap_or_default()
            });
            Ok(Fresh {
                value: Authorization::Bearer(made.credential.secret),
                lasts,
            })
        };
        self.lease.get(get).await
    }

    /// Forgets a token that was refused.
    pub(super) fn forget(&self) {
        self.lease.forget();
    }

    async fn made(&self) -> Result<Made, Error> {
        if let Some(login) = &self.login
            && let Some(made) = google::of_login(&self.registry, login, &self.context).await?
        {
            return Ok(made);
        }
        Google.make(&self.registry, &self.context).await
    }
}
