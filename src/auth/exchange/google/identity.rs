//! Which identity the environment has.

use std::fmt;
use std::path::PathBuf;

use super::federation::Provider;
use super::file::File;
use super::{Place, Token, metadata};
use crate::auth::{Context, Error};
use crate::env::Env;
use crate::secret::Secret;

/// Variables that name a credentials file. The first is that of Google's libraries, the others
/// are those that the GitHub action `google-github-actions/auth` sets for gcloud and for others.
const FILES: [&str; 3] = [
    "GOOGLE_APPLICATION_CREDENTIALS",
    "CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE",
    "GOOGLE_GHA_CREDS_PATH",
];

/// gcloud's own variable for a token that was made elsewhere.
const ACCESS_TOKEN: &str = "CLOUDSDK_AUTH_ACCESS_TOKEN";

/// The file that `gcloud auth application-default login` writes.
const GCLOUD_FILE: &str = "application_default_credentials.json";

/// An identity that the environment has.
pub(super) enum Identity {
    /// The job's, by its ID token.
    Job(Provider),
    /// A token that was made elsewhere.
    Token(Secret),
    /// That of a credentials file.
    File { place: Place, path: PathBuf },
    /// That of the machine.
    Machine,
}

impl Identity {
    /// The first one that is there. Nobody is asked.
    ///
    /// # Errors
    /// There is none: what was looked for.
    pub(super) fn find(context: &Context) -> Result<Self, Vec<String>> {
        let mut looked = Vec::new();
        let env = &context.env;
        match Provider::of(env) {
            Some(provider) if context.id_tokens().are_present() => return Ok(Self::Job(provider)),
            Some(provider) => looked.push(context.id_tokens().missing(&provider.audience)),
            None => looked.push("GOOGLE_WORKLOAD_IDENTITY_PROVIDER is not set".to_owned()),
        }
        if let Some(token) = env.utf8(ACCESS_TOKEN) {
            return Ok(Self::Token(token.into()));
        }
        for name in FILES {
            if let Some(path) = env.path(name) {
                let place = Place::Variable(name);
                return Ok(Self::File { place, path });
            }
        }
        looked.push(format!("{} is not set", FILES[0]));
        match gcloud_file(env) {
            Some(path) if path.is_file() => {
                let place = Place::Gcloud;
                return Ok(Self::File { place, path });
            }
            Some(path) => looked.push(format!("there is no {}", path.display())),
            None => looked.push("there is no home directory with gcloud's files".to_owned()),
        }
        if metadata::is_present(env) {
            return Ok(Self::Machine);
        }
        looked.push("this is no machine of Google Cloud".to_owned());
        Err(looked)
    }

    /// A token for it.
    ///
    /// # Errors
    /// The file cannot be used, or a service does not answer or refuses.
    pub(super) async fn token(&self, registry: &str, context: &Context) -> Result<Token, Error> {
        match self {
            Self::Job(provider) => provider.token(registry, context).await,
            Self::Token(token) => Ok(Token::lasting(token.clone(), None)),
            Self::File { place, path } => {
                let bad = |reason: String| Error::NoIdentity {
                    registry: registry.to_owned(),
                    looked: format!("{} ({place}) {reason}", path.display()),
                    advice: "let GOOGLE_APPLICATION_CREDENTIALS name a credentials file of Google's",
                };
                let file = File::read(path).map_err(bad)?;
                file.token(registry, context, &bad).await
            }
            Self::Machine => metadata::token(context).await,
        }
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Job(provider) => write!(f, "the job's ID token and {provider}"),
            Self::Token(_) => f.write_str(ACCESS_TOKEN),
            Self::File { place, path } => write!(f, "{} ({place})", path.display()),
            Self::Machine => f.write_str("the metadata server of Google Cloud"),
        }
    }
}

/// Where gcloud keeps it.
fn gcloud_file(env: &Env) -> Option<PathBuf> {
    let home = || Some(env.path("HOME")?.join(".config/gcloud"));
    let windows = || Some(env.path("APPDATA")?.join("gcloud"));
    let directory = env.path("CLOUDSDK_CONFIG").or_else(home).or_else(windows)?;
    Some(directory.join(GCLOUD_FILE))
}
