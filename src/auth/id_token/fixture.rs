//! ID tokens for tests.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use crate::secret::Secret;

/// A token with these claims, signed by nobody.
pub(in crate::auth) fn token(claims: &str) -> Secret {
    let claims = BASE64_URL_SAFE_NO_PAD.encode(claims);
    Secret::new(format!("e30.{claims}.c2ln"))
}
