//! Credentials files of Google's (google.aip.dev/auth/4110): what a variable names, and what
//! gcloud writes.

use std::io::Read as _;
use std::path::Path;

use serde::Deserialize;

use super::Token;
use super::federation::ExternalAccount;
use super::impersonation::Impersonated;
use super::refresh::AuthorizedUser;
use super::service_account::ServiceAccount;
use crate::auth::{Context, Error};

/// The longest file that is read, in bytes: a key has some 2,400.
const MAX_FILE: u64 = 256 * 1024;

/// A credentials file.
pub(super) enum File {
    ServiceAccount(ServiceAccount),
    AuthorizedUser(AuthorizedUser),
    ExternalAccount(Box<ExternalAccount>),
    Impersonated(Box<Impersonated>),
}

/// What all of them have.
#[derive(Deserialize)]
struct Kind {
    r#type: String,
}

impl File {
    /// Reads one.
    ///
    /// # Errors
    /// Why it cannot be used.
    pub(super) fn read(path: &Path) -> Result<Self, String> {
        Self::parse(&contents(path, MAX_FILE)?)
    }

    /// Understands the text of one.
    ///
    /// # Errors
    /// Why it cannot be used; without any of the text, which is secret.
    pub(super) fn parse(text: &[u8]) -> Result<Self, String> {
        fn parsed<'a, T: Deserialize<'a>>(text: &'a [u8]) -> Result<T, String> {
            let wrong = |error: serde_json::Error| {
                format!("is not a credentials file (line {})", error.line())
            };
            serde_json::from_slice(text).map_err(wrong)
        }
        Ok(match parsed::<Kind>(text)?.r#type.as_str() {
            "service_account" => Self::ServiceAccount(parsed(text)?),
            "authorized_user" => Self::AuthorizedUser(parsed(text)?),
            "external_account" => Self::ExternalAccount(Box::new(parsed(text)?)),
            "impersonated_service_account" => Self::Impersonated(Box::new(parsed(text)?)),
            _ => return Err("has credentials of a type that is not known".to_owned()),
        })
    }

    /// A token for the identity that the file has. `bad` makes the error of a file that cannot
    /// be used.
    ///
    /// # Errors
    /// It cannot; a service does not answer, or refuses.
    pub(super) async fn token(
        &self,
        registry: &str,
        context: &Context,
        bad: &(impl Fn(String) -> Error + Sync),
    ) -> Result<Token, Error> {
        match self {
            Self::ServiceAccount(account) => account.token(registry, context).await,
            Self::AuthorizedUser(user) => user.token(context).await,
            Self::ExternalAccount(account) => account.token(context, bad).await,
            Self::Impersonated(account) => account.token(registry, context, bad).await,
        }
    }
}

/// The contents of a file.
///
/// # Errors
/// Why they cannot be had.
pub(super) fn contents(path: &Path, limit: u64) -> Result<Vec<u8>, String> {
    let cannot = |error: std::io::Error| format!("cannot be read: {error}");
    let file = std::fs::File::open(path).map_err(cannot)?;
    let mut text = Vec::new();
    file.take(limit + 1)
        .read_to_end(&mut text)
        .map_err(cannot)?;
    if text.len() as u64 > limit {
        return Err("is too long".to_owned());
    }
    Ok(text)
}
