//! All that is in use, from wherever a policy says.

use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;

use super::{Error, InUse, Settings};
use crate::cluster::{SERVICE_ACCOUNT, TIMEOUT};
use crate::env::Env;

/// How old a list may be: made by a nightly job.
const MAX_AGE: Duration = Duration::from_secs(24 * 60 * 60);

/// What is waited for and believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// How long a cluster may be silent: while it is connected to, while its credentials are got,
    /// before an answer begins, and within an answer.
    pub timeout: Duration,
    /// How old a list may be.
    pub max_age: Duration,
    /// The directory with the token and the certificates of the pod that this runs in.
    pub service_account: PathBuf,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            timeout: TIMEOUT,
            max_age: MAX_AGE,
            service_account: SERVICE_ACCOUNT.into(),
        }
    }
}

/// Finds out what is in use; `None` if the settings name neither clusters nor lists.
///
/// # Errors
/// Anything could not be read to its end, or is too old.
pub async fn find(settings: &Settings, env: &Env, limits: &Limits) -> Result<Option<InUse>, Error> {
    let now = Timestamp::now();
    let mut found: Option<InUse> = None;
    for path in &settings.files {
        let list = InUse::read(path, limits.max_age, now)?;
        found = Some(list.with(found));
    }
    if settings.clusters {
        let list = ask(settings, env, limits).await?;
        found = Some(list.with(found));
    }
    Ok(found)
}

#[cfg(feature = "kubernetes")]
async fn ask(settings: &Settings, env: &Env, limits: &Limits) -> Result<InUse, Error> {
    super::clusters::ask(settings, env, limits).await
}

#[cfg(not(feature = "kubernetes"))]
async fn ask(_: &Settings, _: &Env, _: &Limits) -> Result<InUse, Error> {
    Err(Error::NotBuiltIn)
}

#[cfg(all(test, not(feature = "kubernetes")))]
mod tests {
    use super::{Limits, Settings, find};
    use crate::env::Env;
    use crate::error::{Exit, Explain as _};

    #[tokio::test]
    async fn a_build_without_kubernetes_says_so() {
        let settings = Settings {
            clusters: true,
            ..Settings::default()
        };
        let found = find(&settings, &Env::default(), &Limits::default()).await;
        let error = found.unwrap_err();
        assert_eq!(error.to_string(), "this build has no kubernetes");
        assert_eq!(error.exit(), Exit::Usage);
    }
}
