//! Who one is at a registry.

use std::borrow::Cow;

use super::credential::{Credential, IDENTITY_TOKEN_USER};
use super::error::Error;
use super::keychain::Found;
use super::lease::Lease;
use super::renewal::Renewing;
use crate::docker::{self, Kind};
use crate::secret::Secret;

/// Who asks.
pub(super) enum Identity {
    Nobody,
    /// A password or an identity token.
    User(User),
    /// Whoever a token says, which is sent as it is.
    Token(Secret),
}

/// A user, and what gives the secret anew when it ends.
pub(super) struct User {
    credential: Credential,
    renewing: Option<Renewing>,
    renewed: Lease<Option<docker::Credential>>,
}

impl Identity {
    /// By what was found for a registry.
    pub(super) fn of(found: Found, registry: &str) -> Self {
        let Some(credential) = found.credential else {
            return Self::Nobody;
        };
        let (username, kind) = match credential.kind {
            Kind::RegistryToken => return Self::Token(credential.secret),
            Kind::IdentityToken => (IDENTITY_TOKEN_USER.to_owned(), "identity token"),
            Kind::Password => (credential.username, "password"),
        };
        Self::User(User {
            credential: Credential {
                registry: registry.to_owned(),
                username,
                secret: credential.secret,
                kind: kind.to_owned(),
                scheme: None,
            },
            renewing: found.renewing,
            renewed: Lease::default(),
        })
    }

    /// The user with the secret that is good now, if this is one.
    ///
    /// # Errors
    /// The secret has ended and cannot be made anew.
    pub(super) async fn user(&self) -> Result<Option<Cow<'_, Credential>>, Error> {
        let Self::User(user) = self else {
            return Ok(None);
        };
        let known = &user.credential;
        let Some(renewing) = &user.renewing else {
            return Ok(Some(Cow::Borrowed(known)));
        };
        let renewed = user.renewed.get(|| renewing.fresh()).await?;
        Ok(Some(match renewed {
            Some(renewed) => Cow::Owned(Credential {
                secret: renewed.secret,
                ..known.clone()
            }),
            None => Cow::Borrowed(known),
        }))
    }
}
