//! The login of the docker config, for an API of the registry's vendor that takes the same.

use crate::auth;
use crate::docker::Kind;
use crate::http::{Authorization, Basic};
use crate::oci::Remote;
use crate::secret::Secret;

/// User and password that the docker config has for a repository; `None` where it has none, or
/// a token instead.
///
/// # Errors
/// The name of the user cannot be sent.
pub(super) fn login_of(remote: &Remote) -> Result<Option<Authorization>, auth::Error> {
    match &remote.found().credential {
        Some(found) if found.kind == Kind::Password => {
            basic(remote, &found.username, &found.secret).map(Some)
        }
        _ => Ok(None),
    }
}

/// User and password for the scheme Basic.
///
/// # Errors
/// The name of the user cannot be sent.
pub(super) fn basic(
    remote: &Remote,
    username: &str,
    password: &Secret,
) -> Result<Authorization, auth::Error> {
    if username.contains(':') {
        return Err(auth::Error::UserName {
            registry: remote.repository().registry().to_owned(),
        });
    }
    Ok(Authorization::Basic(Basic {
        username: username.to_owned(),
        password: password.clone(),
    }))
}
