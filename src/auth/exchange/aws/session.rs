//! Who asks AWS, and where: what the SDK is configured with.

use std::time::{Duration, SystemTime};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_ecr::config::retry::RetryConfig;
use aws_sdk_ecr::config::{IdentityCache, SharedCredentialsProvider};
use tokio::sync::OnceCell;

use super::connector::Connector;
use super::host::Location;
use super::identity::{self, Identity};
use crate::auth::lease::{Fresh, Lease};
use crate::auth::{Context, Error};

/// The first pause of the SDK before a retry; each is up to twice as long as the one before.
const PAUSE: Duration = Duration::from_millis(500);

/// The most attempts, however long retries may go on: the SDK's pauses are up to 20 s.
const MAX_ATTEMPTS: u32 = 12;

/// Somebody who asks AWS in one place. Nothing is read or asked before it is needed.
pub struct Session {
    context: Context,
    registry: String,
    location: Location,
    plain: OnceCell<SdkConfig>,
    identity: Lease<Identity>,
}

impl Session {
    /// For a registry whose API is there.
    pub fn new(context: &Context, registry: &str, location: Location) -> Self {
        Self {
            context: context.clone(),
            registry: registry.to_owned(),
            location,
            plain: OnceCell::new(),
            identity: Lease::default(),
        }
    }

    /// What a client is made with: an identity that is good for now, the endpoints, and the
    /// product's own HTTP.
    ///
    /// # Errors
    /// There is no identity, or none can be had.
    pub async fn config(&self) -> Result<SdkConfig, Error> {
        let identity = self.identity().await?;
        let provider = SharedCredentialsProvider::new(identity.credentials);
        let config = self.plain().await.to_builder();
        Ok(config.credentials_provider(provider).build())
    }

    /// The identity, and where it came from.
    pub(super) async fn identity(&self) -> Result<Identity, Error> {
        let get = async || {
            let plain = self.plain().await;
            let identity = identity::find(&self.context, plain, &self.registry).await?;
            self.context
                .report
                .explain(|| format!("identity at AWS for {}: {}", self.registry, identity.origin));
            let end = identity.credentials.expiry();
            let lasts = end.map(|end| end.duration_since(SystemTime::now()).unwrap_or_default());
            Ok(Fresh {
                value: identity,
                lasts,
            })
        };
        self.identity.get(get).await
    }

    /// The configuration of nobody.
    async fn plain(&self) -> &SdkConfig {
        let load = || async {
            let retries = RetryConfig::standard()
                .with_initial_backoff(PAUSE)
                .with_max_attempts(attempts(self.context.retry_timeout));
            let mut loader = aws_config::defaults(BehaviorVersion::latest())
                .http_client(Connector::new(&self.context.http))
                .identity_cache(IdentityCache::no_cache())
                .retry_config(retries)
                .no_credentials();
            if let Some(region) = &self.location.region {
                loader = loader.region(Region::new(region.clone()));
            }
            if self.location.is_fips {
                loader = loader.use_fips(true);
            }
            if self.location.is_dual_stack {
                loader = loader.use_dual_stack(true);
            }
            loader.load().await
        };
        self.plain.get_or_init(load).await
    }
}

/// How many attempts fit into the time for retries, when the pauses are as long as they can be.
fn attempts(time: Duration) -> u32 {
    let fits = |attempts: &u32| PAUSE * (2_u32.pow(*attempts - 1) - 1) <= time;
    (1..=MAX_ATTEMPTS).rev().find(fits).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::attempts;

    #[test]
    fn retries_take_no_longer_than_they_may() {
        let of = |seconds| attempts(Duration::from_secs(seconds));
        assert_eq!([0, 1, 2, 5, 60].map(of), [1, 2, 3, 4, 7]);
        assert_eq!(of(u64::MAX), 12);
    }
}
