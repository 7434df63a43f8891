//! The claims of tokens that are JWTs (RFC 7519). Nobody here verifies them: that is the business
//! of those whom they are sent to.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::secret::Secret;

/// The claims of a JWT that can be understood as these; `None` for anything else.
pub(super) fn claims<T: DeserializeOwned>(token: &str) -> Option<T> {
    let claims = token.split('.').nth(1)?.trim_end_matches('=');
    let claims = BASE64_URL_SAFE_NO_PAD.decode(claims).ok()?;
    serde_json::from_slice(&claims).ok()
}

/// When a JWT was made, and until when it is good, by the clock of whoever made it.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub(super) struct Life {
    iat: Option<f64>,
    exp: f64,
}

impl Life {
    /// That of a token that is a JWT with an end.
    pub(super) fn of(token: &str) -> Option<Self> {
        claims(token)
    }

    /// How many seconds it has left at a time (seconds since 1970), or had when it was made.
    pub(super) fn left(&self, now: Option<f64>) -> Option<f64> {
        Some((self.exp - now.or(self.iat)?).max(0.0))
    }
}

/// Whether a secret is a JWT whose time is over, by the clock of this machine.
pub fn has_ended(secret: &Secret) -> bool {
    let now = Timestamp::now().as_second() as f64;
    Life::of(secret.expose()).is_some_and(|life| life.exp <= now)
}

/// Until when a secret is good that is a JWT and says so, by the clock of whoever made it.
pub fn end(secret: &Secret) -> Option<Timestamp> {
    let life = Life::of(secret.expose())?;
    Timestamp::from_second(life.exp as i64).ok()
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;

    use super::{Life, has_ended};
    use crate::secret::Secret;

    #[test]
    fn tokens_say_when_they_end() {
        let life = |claims: &str| {
            let claims = BASE64_URL_SAFE_NO_PAD.encode(claims);
            Life::of(&format!("e30.{claims}.c2ln"))
        };
        let known = life(r#"{"iat": 1000, "exp": 1300.5, "sub": []}"#).unwrap();
        assert_eq!(known.left(None), Some(300.5));
        assert_eq!(known.left(Some(1290.5)), Some(10.0));
        assert_eq!(known.left(Some(2000.0)), Some(0.0));
        assert_eq!(life(r#"{"exp": 5}"#).unwrap().left(None), None);
        for odd in ["{}", r#"{"exp": "soon"}"#, "[]", ""] {
            assert_eq!(life(odd), None, "{odd}");
        }
        assert_eq!(Life::of("opaque"), None);
    }

    #[test]
    fn what_says_no_end_has_none() {
        let ended = |claims: &str| {
            let claims = BASE64_URL_SAFE_NO_PAD.encode(claims);
            has_ended(&Secret::new(format!("e30.{claims}.c2ln")))
        };
        assert!(ended(r#"{"exp": 1300.5}"#));
        assert!(!ended(r#"{"exp": 4e9}"#));
        assert!(!ended(r#"{"exp": "1300"}"#));
        assert!(!ended("{}"));
        assert!(!has_ended(&Secret::new("dckr_pat_x".to_owned())));
    }
}
