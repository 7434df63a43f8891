//! Credentials for Google Artifact Registry: an OAuth access token, as the password of the user
//! `oauth2accesstoken`.
//!
//! Where they come from, in this order: the job's ID token where a workload identity provider is
//! named, then what Google's own libraries call application default credentials: the file that a
//! variable names, gcloud's file, the metadata server. This is our own code rather than Google's
//! `google-cloud-auth`: that brings 31 more crates and an HTTP client of its own, which knows
//! nothing of this program's proxies, certificates and retries.

mod endpoint;
mod federation;
mod file;
mod identity;
mod impersonation;
mod metadata;
mod refresh;
mod service_account;
mod subject;

use std::fmt;

use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::{Exchange, Made};
use crate::auth::{Context, Error};
use crate::docker::{Credential, Kind};
use crate::secret::Secret;
use file::File;
use identity::Identity;

/// What the tokens are for: all that the identity may do.
const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";

/// The user whose password is an access token
/// (cloud.google.com/artifact-registry/docs/docker/authentication).
const TOKEN_USER: &str = "oauth2accesstoken";

/// The user whose password is a service account's key.
const KEY_USER: &str = "_json_key";

/// The user whose password is such a key in base64.
const ENCODED_KEY_USER: &str = "_json_key_base64";

/// Google Artifact Registry.
pub struct Google;

impl Exchange for Google {
    fn name(&self) -> &'static str {
        "google"
    }

    fn is_for(&self, registry: &str, _: &Context) -> bool {
        is_registry(registry)
    }

    fn is_ready(&self, _: &str, context: &Context) -> Option<String> {
        let found = Identity::find(context).ok();
        // Machines of CI systems are Google's too, and give their jobs no identity: that of the
        // machine is for those who ask for it.
        let found = found.filter(|identity| match identity {
            Identity::Machine => metadata::is_named(&context.env),
            _ => true,
        });
        found.map(|identity| identity.to_string())
    }

    fn make<'a>(
        &'a self,
        registry: &'a str,
        context: &'a Context,
    ) -> BoxFuture<'a, Result<Made, Error>> {
        Box::pin(async move {
            let identity = Identity::find(context).map_err(|looked| Error::NoIdentity {
                registry: registry.to_owned(),
                looked: looked.join("; "),
                advice: "name a workload identity provider by GOOGLE_WORKLOAD_IDENTITY_PROVIDER, \
                         or a credentials file by GOOGLE_APPLICATION_CREDENTIALS",
            })?;
            let token = identity.token(registry, context).await?;
            Ok(token.made(identity.to_string()))
        })
    }
}

/// Whether a registry is Google's and has logins: those of Artifact Registry, and the names of
/// Container Registry, which it serves.
pub fn is_registry(host: &str) -> bool {
    let region = |label: &str| {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        !label.is_empty() && label.bytes().all(plain)
    };
    let regional = |host: &str| {
        let inner = host.strip_prefix("docker.")?;
        inner.strip_suffix(".rep.pkg.dev").map(region)
    };
    let artifact = host.strip_suffix("-docker.pkg.dev").is_some_and(region);
    let container = ["gcr.io", "us.gcr.io", "eu.gcr.io", "asia.gcr.io"].contains(&host);
    artifact || container || regional(host) == Some(true)
}

/// How a login of a docker config is one of Google's.
enum Login {
    Token,
    Key,
    EncodedKey,
}

impl Login {
    fn of(login: &Credential) -> Option<Self> {
        match login.username.as_str() {
            _ if login.kind != Kind::Password => None,
            TOKEN_USER => Some(Self::Token),
            KEY_USER => Some(Self::Key),
            ENCODED_KEY_USER => Some(Self::EncodedKey),
            // Google's credential helpers name themselves: `_dcgcr_2_1_0_token`,
            // `_dcgcloud_token`.
            user if user.starts_with("_dcg") && user.ends_with("_token") => Some(Self::Token),
            _ => None,
        }
    }
}

/// Whether a login of a docker config is an access token, or a key that one can be had for.
pub fn is_login(login: &Credential) -> bool {
    Login::of(login).is_some()
}

/// The access token of a login that a docker config has: the token itself, or what the key of a
/// service account is exchanged for; `None` for a login of another kind.
///
/// # Errors
/// The key cannot be used, or is refused.
pub async fn of_login(
    registry: &str,
    login: &Credential,
    context: &Context,
) -> Result<Option<Made>, Error> {
    let secret = login.secret.expose();
    let key = match Login::of(login) {
        None => return Ok(None),
        Some(Login::Token) => {
            let token = Token::lasting(login.secret.clone(), None);
            return Ok(Some(token.made("the docker config".to_owned())));
        }
        Some(Login::Key) => secret.as_bytes().to_vec(),
        // What is no base64 is no key either.
        Some(Login::EncodedKey) => endpoint::base64(secret).unwrap_or_default(),
    };
    let bad = |reason: &str| Error::NoIdentity {
        registry: registry.to_owned(),
        looked: format!("the password of the user {} {reason}", login.username),
        advice: "log in again with the JSON key of a service account as the password",
    };
    match File::parse(&key) {
        Ok(File::ServiceAccount(account)) => {
            let token = account.token(registry, context).await?;
            Ok(Some(token.made(account.to_string())))
        }
        Ok(_) => Err(bad("is not the key of a service account")),
        Err(reason) => Err(bad(&reason)),
    }
}

/// An access token.
#[derive(Debug)]
struct Token {
    secret: Secret,
    expires: Option<Timestamp>,
}

/// The answer of Google's token services (RFC 6749, section 5.1).
#[derive(Deserialize)]
struct Granted {
    access_token: String,
    expires_in: Option<i64>,
}

impl Token {
    /// A token that is good for so many seconds from now on.
    fn lasting(secret: Secret, seconds: Option<i64>) -> Self {
        let ends = |seconds| {
            let lasts = SignedDuration::from_secs(seconds);
            Timestamp::now().checked_add(lasts).ok()
        };
        Self {
            secret,
            expires: seconds.and_then(ends),
        }
    }

    fn made(self, origin: String) -> Made {
        Made {
            credential: Credential::password(TOKEN_USER, self.secret.expose()),
            expires: self.expires,
            origin,
        }
    }
}

impl From<Granted> for Token {
    fn from(granted: Granted) -> Self {
        Self::lasting(Secret::new(granted.access_token), granted.expires_in)
    }
}

/// Where something was found, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    /// A file that a variable names.
    Variable(&'static str),
    /// The file of gcloud.
    Gcloud,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(name) => f.write_str(name),
            Self::Gcloud => f.write_str("gcloud's application default credentials"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_registry;

    #[test]
    fn googles_registries_are_known_by_their_hosts() {
        for host in [
            "us-docker.pkg.dev",
            "europe-west1-docker.pkg.dev",
            "docker.us-central1.rep.pkg.dev",
            "gcr.io",
            "us.gcr.io",
            "eu.gcr.io",
            "asia.gcr.io",
        ] {
            assert!(is_registry(host), "{host}");
        }
        for host in [
            "",
            "-docker.pkg.dev",
            "us-docker.pkg.dev:443",
            "us-docker.pkg.dev.example.com",
            "evil.us-docker.pkg.dev",
            "us-npm.pkg.dev",
            "docker..rep.pkg.dev",
            "docker.a.b.rep.pkg.dev",
            "mirror.gcr.io",
            "marketplace.gcr.io",
            "k8s.gcr.io",
            "notgcr.io",
        ] {
            assert!(!is_registry(host), "{host}");
        }
    }
}
