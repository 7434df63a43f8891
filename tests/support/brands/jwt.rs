//! Tokens that say what they are for, unsigned: emulators believe them.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// The time, in seconds since 1970.
pub fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.unwrap().as_secs()
}

/// A token with these claims that lives so many seconds; each is another.
pub fn token(mut claims: Value, lives: u64) -> String {
    let mut id = [0; 8];
    getrandom::fill(&mut id).unwrap();
    claims["iat"] = json!(now());
    claims["exp"] = json!(now() + lives);
    claims["jti"] = json!(u64::from_ne_bytes(id).to_string());
    let claims = BASE64_URL_SAFE_NO_PAD.encode(claims.to_string());
    format!("e30.{claims}.c2ln")
}

/// The claims of a token while it lives.
pub fn claims(token: &str) -> Option<Value> {
    let claims = BASE64_URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?);
    let claims: Value = serde_json::from_slice(&claims.ok()?).ok()?;
    (claims["exp"].as_u64()? > now()).then_some(claims)
}
