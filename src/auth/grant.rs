//! What a token service gives: a token, how long it lasts, and what it is for.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::jwt::{self, Life};
use super::lifetime;
use super::scope::Scopes;
use crate::http::Answer;
use crate::secret::Secret;

/// A token service's yes.
pub(super) struct Grant {
    /// The token.
    pub token: Secret,
    /// The identity token that the service offers in place of the password.
    pub refresh_token: Option<Secret>,
    /// For how long the token is to be used.
    pub usable: Duration,
    /// What the token is for, as far as that is said.
    pub scopes: Option<Scopes>,
}

/// The fields of an answer. Those that a token can do without may be of any type.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Fields {
    token: Option<String>,
    access_token: Option<String>,
    refresh_token: Option<String>,
    expires_in: Value,
    issued_at: Value,
    scope: Value,
}

/// The claims of a token that is a JWT (distribution's token specification).
#[derive(Deserialize)]
struct Claims {
    access: Option<Vec<Access>>,
}

#[derive(Deserialize)]
struct Access {
    #[serde(rename = "type")]
    kind: String,
    name: String,
    #[serde(default)]
    actions: Option<Vec<String>>,
}

impl Grant {
    /// Reads an answer of status 200.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn read(answer: &Answer) -> Result<Self, &'static str> {
        if !answer.whole {
            return Err("the answer is too long for a token");
        }
        let fields: Fields = serde_json::from_slice(&answer.body).unwrap_or_default();
        let filled = |token: Option<String>| token.filter(|token| !token.is_empty());
        let token = filled(fields.token)
            .or(filled(fields.access_token))
            .ok_or("the answer holds no token")?;
        if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("the token has characters that cannot be sent");
        }
        let date = answer
            .header("date")
            .and_then(|date| httpdate::parse_http_date(date).ok());
        let issued_at = fields.issued_at.as_str().and_then(lifetime::time);
        let usable = match (seconds(&fields.expires_in), Life::of(&token)) {
            // Azure leaves it to the token to say when it ends.
            (None, Some(life)) => lifetime::left(life, date),
            (expires_in, _) => lifetime::usable(expires_in, issued_at, date),
        };
        Ok(Self {
            usable,
            scopes: claimed(&token).or_else(|| fields.scope.as_str().map(Scopes::parse)),
            token: Secret::new(token),
            refresh_token: filled(fields.refresh_token).map(Secret::new),
        })
    }
}

/// A number of seconds, which some services write as text.
fn seconds(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

/// What a JWT says that it is for. It is not verified: that is the registry's business, and all
/// that depends on it here is what an error says and whether to ask again.
fn claimed(token: &str) -> Option<Scopes> {
    let claims: Claims = jwt::claims(token)?;
    let mut scopes = Scopes::default();
    for one in claims.access? {
        let actions = one.actions.unwrap_or_default();
        let resource = format!("{}:{}", one.kind, one.name);
        scopes.add(&resource, actions.iter().map(String::as_str));
    }
    Some(scopes)
}

impl std::fmt::Debug for Grant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Grant").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;

    use super::Grant;
    use crate::http::Answer;

    fn read(body: &str) -> Result<Grant, &'static str> {
        Grant::read(&Answer {
            url: "https://auth.example.com/token".parse().unwrap(),
            status: 200,
            headers: [("date", "Sun, 01 Mar 2026 00:00:30 GMT")]
                .into_iter()
                .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
                .collect(),
            body: body.into(),
            whole: true,
        })
    }

    fn jwt(claims: &str) -> String {
        format!("e30.{}.c2ln", BASE64_URL_SAFE_NO_PAD.encode(claims))
    }

    #[test]
    fn every_form_of_an_answer_is_read() {
        let grant = read(
            r#"{"access_token": "a", "token": "", "refresh_token": "r", "expires_in": 300,
                "issued_at": "2026-03-01T00:00:00Z", "scope": "repository:a:pull"}"#,
        )
        .unwrap();
        assert_eq!(grant.token.expose(), "a");
        assert_eq!(grant.refresh_token.unwrap().expose(), "r");
        assert_eq!(grant.usable.as_secs(), 243);
        assert_eq!(grant.scopes.unwrap().to_string(), "repository:a:pull");
        for odd in [
            r#"{"token": "t", "expires_in": "x", "issued_at": 7, "scope": ["a"]}"#,
            r#"{"token": "t", "access_token": null, "expires_in": null, "refresh_token": ""}"#,
            r#"{"token": "t", "expires_in": -1}"#,
            r#"{"token": "t", "expires_in": 1e99}"#,
        ] {
            let grant = read(odd).unwrap();
            assert_eq!(grant.usable.as_secs(), 50, "{odd}");
            assert!(grant.scopes.is_none() && grant.refresh_token.is_none());
        }
        let text = read(r#"{"token": "t", "expires_in": "120"}"#).unwrap();
        assert_eq!(text.usable.as_secs(), 108);
    }

    #[test]
    fn a_jwt_says_when_it_ends_where_nothing_else_does() {
        let usable = |fields: &str, claims: &str| {
            let body = format!("{{\"access_token\": {:?}{fields}}}", jwt(claims));
            read(&body).unwrap().usable.as_secs_f64()
        };
        // It is 2026-03-01T00:00:30Z there.
        let (hour, moments) = (r#"{"exp": 1772326830}"#, r#"{"exp": 1772323232}"#);
        assert_eq!(usable("", hour), 3240.0);
        assert_eq!(usable("", moments), 1.0);
        assert_eq!(usable("", r#"{"exp": 1772323200}"#), 0.0);
        assert_eq!(usable("", r#"{"exp": 1e300}"#), 86_400.0 * 0.9);
        assert_eq!(usable("", r#"{"exp": "x"}"#), 50.0);
        assert_eq!(usable(r#", "expires_in": 300"#, hour), 270.0);
    }

    #[test]
    fn answers_without_a_token_are_faults() {
        for body in ["", "[]", "{}", r#"{"token": ""}"#, r#"{"token": 1}"#] {
            assert_eq!(read(body).unwrap_err(), "the answer holds no token");
        }
        for token in [r"a\nb", "a b", "é", r"\u0000"] {
            let body = format!("{{\"token\": \"{token}\"}}");
            assert_eq!(
                read(&body).unwrap_err(),
                "the token has characters that cannot be sent"
            );
        }
    }

    #[test]
    fn a_jwt_says_what_it_is_for() {
        let says = |claims: &str| {
            let grant = read(&format!("{{\"token\": {:?}}}", jwt(claims))).unwrap();
            grant.scopes.map(|scopes| scopes.to_string())
        };
        let access = r#"{"access": [{"type": "repository", "name": "a/b", "actions": ["push", "pull"]},
            {"type": "registry", "name": "catalog", "actions": ["*"]},
            {"type": "repository", "name": "none", "actions": null}]}"#;
        assert_eq!(
            says(access).as_deref(),
            Some("registry:catalog:* repository:a/b:pull,push")
        );
        assert_eq!(says(r#"{"access": []}"#).as_deref(), Some(""));
        for unknown in [r#"{"access": null}"#, "{}", "[]", "x", r#"{"access": "x"}"#] {
            assert_eq!(says(unknown), None, "{unknown}");
        }
    }
}
