//! What is to be checked.

use super::error::Error;
use crate::http::{Authorization, Basic};
use crate::secret::Secret;

pub use crate::docker::TOKEN_USER as IDENTITY_TOKEN_USER;

/// How a registry wants to be told who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// User name and password with every request.
    Basic,
    /// Tokens of a token service.
    Bearer,
    /// It does not want to know.
    None,
}

/// What is to be checked.
#[derive(Debug, Clone)]
pub struct Credential {
    /// The registry, `host` or `host:port`, or any name of Docker Hub.
    pub registry: String,
    /// The user name; [`IDENTITY_TOKEN_USER`] when the secret is an identity token.
    pub username: String,
    /// The password or token.
    pub secret: Secret,
    /// What kind of secret it is, for people: `job token`, `password`.
    pub kind: String,
    /// The scheme, when it is known that the registry uses [`Scheme::Basic`]; this saves the
    /// request that asks.
    pub scheme: Option<Scheme>,
}

impl Credential {
    /// Whether the secret is an identity token rather than a password.
    pub fn is_identity_token(&self) -> bool {
        self.username == IDENTITY_TOKEN_USER
    }

    /// The text with `***` for the secret, be it as it is or as the scheme Basic writes it.
    pub(super) fn hidden_in(&self, text: &str) -> String {
        Authorization::Basic(self.basic()).hidden_in(text)
    }

    /// Whether it can be sent by the scheme Basic, which token services use too.
    pub(super) fn check(&self) -> Result<(), Error> {
        if self.username.contains(':') {
            return Err(Error::UserName {
                registry: self.registry.clone(),
            });
        }
        Ok(())
    }

    pub(super) fn basic(&self) -> Basic {
        Basic {
            username: self.username.clone(),
            password: self.secret.clone(),
        }
    }
}
