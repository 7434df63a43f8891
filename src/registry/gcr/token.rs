//! As whom Google's API is asked.

use std::time::Duration;

use jiff::Timestamp;

use crate::auth::google::{self, Google};
use crate::auth::lease::{Fresh, Lease};
use crate::auth::{Context, Error, Exchange as _, Found, Made};
use crate::http::Authorization;

/// Who asks the API: whoever the docker config says, if that is an access token or a key of
/// Google's; else the identity that the job has.
pub(super) struct Asker {
    registry: String,
    found: Found,
    context: Context,
    lease: Lease<Authorization>,
}

impl Asker {
    /// `found` is what the docker config has for the registry.
    pub(super) fn new(registry: &str, found: Found, context: Context) -> Self {
        Self {
            registry: registry.to_owned(),
            found,
            context,
            lease: Lease::default(),
        }
    }

    /// Whether there is anything that a token may be had with. Nobody is asked.
    pub(super) fn is_somebody(&self) -> bool {
        let login = self.found.credential.as_ref();
        login.is_some_and(google::is_login)
            || Google.is_ready(&self.registry, &self.context).is_some()
    }

    /// What a request is sent with.
    ///
    /// # Errors
    /// A token cannot be had.
    pub(super) async fn authorization(&self) -> Result<Authorization, Error> {
        let get = || async {
            let (made, renewal) = self.made().await?;
            let lasts = made.expires.map(|expires| {
                let lasts = expires.duration_since(Timestamp::now());
                Duration::try_from(lasts).unwrap_or_default()
            });
            Ok(Fresh {
                value: Authorization::Bearer(made.credential.secret),
                lasts: lasts.or(renewal),
            })
        };
        self.lease.get(get).await
    }

    /// Forgets a token that was refused.
    pub(super) fn forget(&self) {
        self.lease.forget();
    }

    /// A token, and how long it is good where the login that it is says so.
    async fn made(&self) -> Result<(Made, Option<Duration>), Error> {
        let (mut login, mut lasts) = (self.found.credential.clone(), None);
        if let Some(renewing) = &self.found.renewing {
            let fresh = renewing.fresh().await?;
            login = fresh.value.or(login);
            lasts = fresh.lasts;
        }
        if let Some(login) = login
            && let Some(made) = google::of_login(&self.registry, &login, &self.context).await?
        {
            return Ok((made, lasts));
        }
        let made = Google.make(&self.registry, &self.context).await?;
        Ok((made, None))
    }
}
