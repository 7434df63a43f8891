//! The ID token that the user names, in whatever CI system.

use super::Claims;
use crate::env::Env;
use crate::secret::Secret;

/// The variable: it holds a token, or the name of the variable that holds one.
pub(super) const VARIABLE: &str = "DOCKSIDE_ID_TOKEN";

/// The token, if the variable leads to one.
pub(super) fn token(env: &Env) -> Option<Secret> {
    let value = env.utf8(VARIABLE)?.trim();
    let token = |text: &str| Some(Secret::from(text)).filter(|token| Claims::of(token).is_some());
    token(value).or_else(|| token(env.utf8(value)?.trim()))
}
