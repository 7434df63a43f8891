//! What an ID token says, as far as that is needed here. Nobody here verifies it: that is the
//! business of those whom it is sent to.

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use crate::secret::Secret;
use crate::text::printable;

/// The longest claim that is shown, in characters.
const MAX_SHOWN: usize = 200;

/// How many audiences are shown.
const AUDIENCES_SHOWN: usize = 5;

/// The claims of an ID token (OpenID Connect Core 1.0, section 2). They are no secret, unlike the
/// token.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Claims {
    /// Who says it.
    #[serde(default)]
    iss: String,
    /// Of whom.
    #[serde(default)]
    sub: String,
    /// To whom.
    #[serde(default)]
    aud: Audiences,
    /// Since when, in seconds since 1970.
    iat: Option<f64>,
    /// Until when, in seconds since 1970.
    exp: Option<f64>,
}

/// One audience, or several.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
enum Audiences {
    One(String),
    Many(Vec<String>),
}

impl Default for Audiences {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl Audiences {
    fn all(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}

impl Claims {
    /// Reads the claims of a JWT; `None` for anything else.
    pub fn of(token: &Secret) -> Option<Self> {
        let mut parts = token.expose().split('.');
        let (_, claims, _) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        let claims = BASE64_URL_SAFE_NO_PAD.decode(claims).ok()?;
        serde_json::from_slice(&claims).ok()
    }

    /// Whether the token is for this audience; every token is for the empty one.
    pub(super) fn is_for(&self, audience: &str) -> bool {
        audience.is_empty() || self.aud.all().iter().any(|aud| aud == audience)
    }

    /// Whether this is who says it; a slash at the end does not count.
    pub(super) fn is_by(&self, issuer: &str) -> bool {
        self.iss.trim_end_matches('/') == issuer.trim_end_matches('/')
    }

    /// Whether its time is over.
    pub(super) fn is_over(&self) -> bool {
        self.end() <= Timestamp::now().as_second() as f64
    }

    /// Until when it is good, in seconds since 1970.
    pub(super) fn end(&self) -> f64 {
        self.exp.unwrap_or(f64::INFINITY)
    }

    /// Until when it is good by this machine's clock, where that is said: it was not there before
    /// `asked`, so that it lives on for at most as long from then. The issuer's clock may be ahead.
    pub(in crate::auth) fn expires(&self, asked: Timestamp) -> Option<Timestamp> {
        let exp = self.exp.filter(|exp| exp.is_finite())?;
        let end = Timestamp::from_millisecond((exp * 1000.0) as i64).ok()?;
        let life = self
            .iat
            .map(|iat| SignedDuration::try_from_secs_f64(exp - iat));
        let latest = life.and_then(|life| asked.checked_add(life.ok()?).ok());
        Some(latest.map_or(end, |latest| end.min(latest)))
    }

    /// Of whom it speaks.
    pub(in crate::auth) fn subject(&self) -> &str {
        &self.sub
    }

    /// The audiences, for people.
    pub(super) fn audiences(&self) -> String {
        let shown = self.aud.all().iter().take(AUDIENCES_SHOWN);
        shown
            .map(|aud| shortened(aud))
            .collect::<Vec<_>>()
            .join(", ")
    }

    /// What a trust rule must fit, for people.
    pub fn rule(&self) -> String {
        format!("its trust rule must fit the job's ID token: {self}")
    }
}

impl fmt::Display for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (iss, sub) = (shortened(&self.iss), shortened(&self.sub));
        write!(f, "iss {iss}, sub {sub}, aud {}", self.audiences())
    }
}

fn shortened(claim: &str) -> String {
    printable(claim.chars().take(MAX_SHOWN).collect::<String>())
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::super::fixture::token;
    use super::Claims;
    use crate::secret::Secret;

    #[test]
    fn claims_are_read_from_tokens_only() {
        let claims = |json: &str| Claims::of(&token(json)).map(|claims| claims.to_string());
        assert_eq!(
            claims(r#"{"iss": "https://ci.example", "sub": "a\u001b[0mb", "aud": ["x", "y"]}"#),
            Some("iss https://ci.example, sub a\\u{1b}[0mb, aud x, y".to_owned())
        );
        assert_eq!(claims("{}"), Some("iss , sub , aud ".to_owned()));
        for odd in [r#"{"aud": 1}"#, "[]", "null", "{"] {
            assert_eq!(claims(odd), None, "{odd}");
        }
        for odd in ["", "a.b", "a.b.c.d", "..", "a.!!.c"] {
            assert_eq!(Claims::of(&Secret::from(odd)), None, "{odd}");
        }
        let long = format!(r#"{{"sub": "{}"}}"#, "s".repeat(100_000));
        assert!(claims(&long).unwrap().len() < 300);
    }

    #[test]
    fn clocks_that_differ_make_no_token_last() {
        let asked = Timestamp::from_second(1000).unwrap();
        let end = |json: &str| {
            Some(
                Claims::of(&token(json))
                    .unwrap()
                    .expires(asked)?
                    .as_second(),
            )
        };
        assert_eq!(end(r#"{"iat": 1000, "exp": 4600}"#), Some(4600));
        assert_eq!(end(r#"{"iat": 8200, "exp": 11800}"#), Some(4600));
        assert_eq!(end(r#"{"iat": 500, "exp": 4100}"#), Some(4100));
        assert_eq!(end(r#"{"exp": 4600.9}"#), Some(4600));
        assert_eq!(end(r#"{"iat": -1e308, "exp": 4600}"#), Some(4600));
        assert_eq!(end(r#"{"iat": 4000}"#), None);
        assert_eq!(end(r#"{"exp": 1e300}"#), None);
    }

    #[test]
    fn a_token_is_for_its_audiences_until_its_end() {
        let claims = |json: &str| Claims::of(&token(json)).unwrap();
        let many = claims(r#"{"aud": ["x", "y"], "iss": "https://gitlab.example/", "exp": 1}"#);
        assert!(many.is_for("y") && many.is_for("") && !many.is_for("z"));
        assert!(many.is_by("https://gitlab.example") && !many.is_by("https://gitlab.example.evil"));
        assert!(many.is_over());
        let one = claims(r#"{"aud": "x", "exp": 99999999999.5}"#);
        assert!(one.is_for("x") && !one.is_for("y") && !one.is_over());
    }
}
