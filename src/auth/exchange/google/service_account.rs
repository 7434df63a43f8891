//! The key of a service account: a token for a signed statement (RFC 7523).

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::Timestamp;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::endpoint::{form, google};
use super::{Granted, SCOPE, Token};
use crate::auth::identity_service::IdentityService;
use crate::auth::{Context, Error};
use crate::secret::Secret;

/// How long the statement is good, in seconds: the most that Google takes.
const LIFETIME: i64 = 3600;

/// The token service of keys that name none.
const TOKEN_SERVICE: &str = "https://oauth2.googleapis.com/token";

/// The key of a service account.
#[derive(Deserialize)]
pub(super) struct ServiceAccount {
    client_email: String,
    private_key: String,
    private_key_id: Option<String>,
    token_uri: Option<String>,
}

/// How a statement is signed (RFC 7515, section 4).
#[derive(Serialize)]
struct Header<'a> {
    alg: &'static str,
    typ: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'a str>,
}

impl ServiceAccount {
    /// A token for it.
    ///
    /// # Errors
    /// The key is none; the service does not answer, or refuses.
    pub(super) async fn token(&self, registry: &str, context: &Context) -> Result<Token, Error> {
        let bad = |reason: String| Error::NoIdentity {
            registry: registry.to_owned(),
            looked: format!("the key of {} {reason}", self.client_email),
            advice: "make a new key of the service account, and use its JSON file as it is",
        };
        let service = self.token_uri.as_deref().unwrap_or(TOKEN_SERVICE);
        let url = google(service).map_err(bad)?;
        let assertion = self.assertion(service, Timestamp::now().as_second());
        let assertion = assertion.ok_or_else(|| bad("is no RSA key".to_owned()))?;
        let fields = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
            ("assertion", assertion.expose()),
        ];
        let advice = "the key may have been deleted, the account switched off, or this machine's \
                      clock may be wrong";
        let service = IdentityService::new(context, "Google's token service");
        let service = service.advising(Some(advice.to_owned()));
        let granted: Granted = service.ask(form(url, &fields), &[&assertion]).await?;
        Ok(granted.into())
    }

    /// What the account says of itself, signed (RS256).
    fn assertion(&self, audience: &str, now: i64) -> Option<Secret> {
        let header = json!(Header {
            alg: "RS256",
            typ: "JWT",
            kid: self.private_key_id.as_deref(),
        });
        let claims = json!({
            "iss": self.client_email, "scope": SCOPE, "aud": audience,
            "iat": now, "exp": now + LIFETIME,
        });
        let encoded = |part: &Value| BASE64_URL_SAFE_NO_PAD.encode(part.to_string());
        let signed = format!("{}.{}", encoded(&header), encoded(&claims));
        let key = match PrivateKeyDer::from_pem_slice(self.private_key.as_bytes()).ok()? {
            PrivateKeyDer::Pkcs8(key) => RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()),
            PrivateKeyDer::Pkcs1(key) => RsaKeyPair::from_der(key.secret_pkcs1_der()),
            _ => return None,
        };
        let key = key.ok()?;
        let mut signature = vec![0; key.public().modulus_len()];
        key.sign(
            &RSA_PKCS1_SHA256,
            &SystemRandom::new(),
            signed.as_bytes(),
            &mut signature,
        )
        .ok()?;
        let signature = BASE64_URL_SAFE_NO_PAD.encode(signature);
        Some(Secret::new(format!("{signed}.{signature}")))
    }
}

impl fmt::Display for ServiceAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the key of the service account {}", self.client_email)
    }
}
