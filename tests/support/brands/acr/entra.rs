//! Microsoft Entra ID, and the endpoint of managed identities.

use serde_json::{Value, json};

use super::super::jwt;
use crate::support::vendor::{Answer, Request, Vendor};

/// An application with a secret, which also trusts the jobs of a CI system.
pub const CLIENT: &str = "11111111-aaaa-4bbb-8ccc-222222222222";
pub const TENANT: &str = "33333333-dddd-4eee-8fff-444444444444";
pub const SECRET: &str = "entra~client~secret";

/// What the application trusts.
pub const ISSUER: &str = "https://ci.example";
pub const SUBJECT: &str = "repo:contoso/app:ref:refs/heads/main";

/// Where it is, in the public cloud.
pub const HOST: &str = "login.microsoftonline.com";

/// Entra ID.
pub struct Entra {
    /// Whom ID tokens must be for.
    pub federation: String,
}

impl Entra {
    /// That of the public cloud.
    pub fn new() -> Self {
        Self {
            federation: "api://AzureADTokenExchange".to_owned(),
        }
    }

    /// The code of the refusal, if it is one.
    fn judge(&self, request: &Request) -> Result<(), u32> {
        let field = |name| request.form(name).unwrap_or_default();
        if field("client_id") != CLIENT {
            return Err(700_016);
        }
        let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
        if field("client_assertion_type") != kind {
            return match field("client_secret") == SECRET {
                true => Ok(()),
                false => Err(7_000_215),
            };
        }
        let Some(claims) = jwt::claims(&field("client_assertion")) else {
            return Err(700_024);
        };
        match () {
            () if claims["iss"] != ISSUER => Err(700_211),
            () if claims["aud"] != *self.federation => Err(700_212),
            () if claims["sub"] != SUBJECT => Err(700_213),
            () => Ok(()),
        }
    }
}

impl Vendor for Entra {
    fn answer(&mut self, request: &Request) -> Answer {
        let path = format!("/{TENANT}/oauth2/v2.0/token");
        if request.line() != ("POST", path.as_str()) {
            return refusal(400, 90_002, request);
        }
        if request.form("grant_type").as_deref() != Some("client_credentials") {
            return refusal(400, 70_003, request);
        }
        if let Err(code) = self.judge(request) {
            return refusal(401, code, request);
        }
        let scope = request.form("scope").unwrap_or_default();
        let Some(audience) = scope.strip_suffix("/.default") else {
            return refusal(400, 1_002_012, request);
        };
        let token = access_token(CLIENT, audience);
        Answer::new(200).json(&json!({
            "token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599,
            "access_token": token,
        }))
    }
}

/// A token of Entra ID's.
pub fn access_token(client: &str, audience: &str) -> String {
    jwt::token(
        json!({"aud": audience, "appid": client, "tid": TENANT}),
        3599,
    )
}

/// An ID token of a job.
pub fn id_token(issuer: &str, subject: &str, audience: &str) -> String {
    jwt::token(json!({"iss": issuer, "sub": subject, "aud": audience}), 300)
}

/// It repeats what it was sent, as no service should.
fn refusal(status: u16, code: u32, request: &Request) -> Answer {
    let sent = ["client_secret", "client_assertion"].map(|name| request.form(name));
    let sent: Vec<String> = sent.into_iter().flatten().collect();
    Answer::new(status).json(&json!({
        "error": "invalid_client", "error_codes": [code],
        "error_description": format!("AADSTS{code}: refused [{}]", sent.join("")),
        "trace_id": "t", "correlation_id": "c", "timestamp": "2026-01-01 00:00:00Z",
    }))
}

/// The endpoint of a machine, whose only identities are these.
pub fn machine(identities: &'static [&'static str]) -> impl FnMut(&Request) -> Answer + Send {
    move |request| {
        let error = |status, error: &str| {
            let body = json!({"error": error, "error_description": format!("{error} happened")});
            Answer::new(status).json(&body)
        };
        if request.header("metadata") != Some("true") {
            return error(400, "invalid_request");
        }
        if request.parameter("api-version") != Some("2018-02-01") {
            return error(400, "bad_version");
        }
        answer(request, identities).unwrap_or_else(|| error(400, "invalid_client"))
    }
}

/// The endpoint of a service.
pub fn service(header: &'static str) -> impl FnMut(&Request) -> Answer + Send {
    move |request| {
        if request.header("x-identity-header") != Some(header) {
            return Answer::new(401).json(&Value::Null);
        }
        answer(request, &["service"]).unwrap_or_else(|| Answer::new(400))
    }
}

/// The first identity unless one is named.
fn answer(request: &Request, identities: &[&str]) -> Option<Answer> {
    let named = request.parameter("client_id");
    let mut known = identities.iter();
    let client = known.find(|known| named.is_none_or(|named| named == **known))?;
    let audience = request.parameter("resource")?;
    Some(Answer::new(200).json(&json!({
        "access_token": access_token(client, audience), "expires_in": "3599",
        "resource": audience, "token_type": "Bearer",
    })))
}
