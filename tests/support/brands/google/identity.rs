//! Those who give out access tokens.

use std::fs;
use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::{Value, json};

use super::Google;
use crate::support::vendor::{Answer, Request};

/// The service account.
pub const EMAIL: &str = "ci@p.iam.gserviceaccount.com";

/// What acts as it is sent to.
pub const ACCOUNT: &str = "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/\
                           ci@p.iam.gserviceaccount.com:generateAccessToken";

/// Whom Google lets vouch for jobs.
pub const PROVIDER: &str = "projects/1/locations/global/workloadIdentityPools/pool/providers/ci";

/// The refresh token of a person.
pub const REFRESH_TOKEN: &str = "1//person";

const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";

/// A key of the service account.
pub struct Keys {
    pem: String,
    public: Vec<u8>,
}

impl Keys {
    /// A new one, by openssl, which writes a file to `directory`.
    pub fn new(directory: &Path) -> Self {
        let file = directory.join("key.pem");
        let output = Command::new("openssl")
            .args(["genpkey", "-quiet", "-algorithm", "RSA", "-out"])
            .arg(&file)
            .output();
        assert!(output.unwrap().status.success());
        let pem = fs::read_to_string(&file).unwrap();
        let der = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).unwrap();
        let pair = RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).unwrap();
        let public = pair.public().as_ref().to_vec();
        Self { pem, public }
    }

    /// The key as Google gives it.
    pub fn json(&self) -> String {
        let key = json!({
            "type": "service_account", "project_id": "p", "private_key_id": "key-1",
            "private_key": self.pem, "client_email": EMAIL, "client_id": "1",
            "token_uri": "https://oauth2.googleapis.com/token",
        });
        key.to_string()
    }

    /// Whether a statement is the account's.
    fn signed(&self, assertion: &str) -> bool {
        let Some((signed, signature)) = assertion.rsplit_once('.') else {
            return false;
        };
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.public);
        let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap_or_default();
        let claims = part(assertion, 1);
        let (iat, exp) = (claims["iat"].as_i64(), claims["exp"].as_i64());
        key.verify(signed.as_bytes(), &signature).is_ok()
            && part(assertion, 0) == json!({"alg": "RS256", "typ": "JWT", "kid": "key-1"})
            && claims["iss"] == EMAIL
            && claims["scope"] == SCOPE
            && claims["aud"] == "https://oauth2.googleapis.com/token"
            && exp.zip(iat).is_some_and(|(exp, iat)| exp - iat == 3600)
    }
}

/// The ID token of a job, for an audience.
pub fn assertion(audience: &str) -> String {
    let claims = json!({
        "iss": "https://token.example.com", "sub": "repo:octo/app", "aud": audience,
        "exp": Timestamp::now().as_second() + 300,
    });
    let encoded = |part: &Value| BASE64_URL_SAFE_NO_PAD.encode(part.to_string());
    format!(
        "{}.{}.c2ln",
        encoded(&json!({"alg": "RS256"})),
        encoded(&claims)
    )
}

fn part(jwt: &str, at: usize) -> Value {
    let part = jwt.split('.').nth(at).unwrap_or_default();
    let decoded = BASE64_URL_SAFE_NO_PAD.decode(part).unwrap_or_default();
    serde_json::from_slice(&decoded).unwrap_or_default()
}

impl Google {
    fn granted(&mut self, kind: &str) -> Answer {
        let token = self.grant(kind);
        let lifetime = self.lifetime;
        Answer::new(200)
            .json(&json!({"access_token": token, "expires_in": lifetime, "token_type": "Bearer"}))
    }

    /// The OAuth token service.
    pub(super) fn oauth(&mut self, request: &Request) -> Answer {
        let form = |name| request.form(name).unwrap_or_default();
        let (kind, is_known) = match form("grant_type").as_str() {
            "refresh_token" => (
                "person",
                form("refresh_token") == REFRESH_TOKEN
                    && [form("client_id"), form("client_secret")] == ["id", "secret"],
            ),
            "urn:ietf:params:oauth:grant-type:jwt-bearer" => {
                let keys = self.keys.as_ref();
                let is_known = keys.is_some_and(|keys| keys.signed(&form("assertion")));
                ("account", is_known)
            }
            _ => ("", false),
        };
        if request.line() != ("POST", "/token") {
            return Answer::new(404);
        }
        if !is_known {
            let secret = form("assertion") + &form("refresh_token");
            let said = format!("Invalid grant: {secret}");
            let body = json!({"error": "invalid_grant", "error_description": said});
            return Answer::new(400).json(&body);
        }
        self.granted(kind)
    }

    /// The security token service.
    pub(super) fn sts(&mut self, request: &Request) -> Answer {
        let body = request.json();
        let subject = body["subjectToken"].as_str().unwrap_or_default();
        let audience = format!("https://iam.googleapis.com/{PROVIDER}");
        let expected = json!({
            "audience": format!("//iam.googleapis.com/{PROVIDER}"),
            "grantType": "urn:ietf:params:oauth:grant-type:token-exchange",
            "requestedTokenType": "urn:ietf:params:oauth:token-type:access_token",
            "scope": SCOPE,
            "subjectTokenType": "urn:ietf:params:oauth:token-type:jwt",
            "subjectToken": subject,
        });
        let is_asked = request.line() == ("POST", "/v1/token") && body == expected;
        if !is_asked || request.header("authorization").is_some() {
            return Answer::new(400).json(&json!({"error": "invalid_request"}));
        }
        if part(subject, 1)["aud"] != audience {
            let said = format!("The audience in ID Token [{subject}] does not match");
            let body = json!({"error": "invalid_grant", "error_description": said});
            return Answer::new(400).json(&body);
        }
        self.granted("job")
    }

    /// The IAM credentials service.
    pub(super) fn iam(&mut self, request: &Request) -> Answer {
        let path = ACCOUNT.strip_prefix("https://iamcredentials.googleapis.com");
        let known = request.bearer().is_some_and(|token| self.knows(&token));
        if request.line() != ("POST", path.unwrap()) || !known {
            let error =
                json!({"code": 403, "message": "Permission denied", "status": "PERMISSION_DENIED"});
            return Answer::new(403).json(&json!({ "error": error }));
        }
        assert_eq!(
            request.json(),
            json!({"scope": [SCOPE], "lifetime": "3600s"})
        );
        let ends = SignedDuration::from_secs(self.lifetime.try_into().unwrap());
        let ends = Timestamp::now() + ends;
        let token = self.grant("impersonated");
        Answer::new(200).json(&json!({"accessToken": token, "expireTime": ends.to_string()}))
    }

    /// The metadata server of a machine.
    pub(super) fn metadata(&mut self, request: &Request) -> Answer {
        let path = "/computeMetadata/v1/instance/service-accounts/default/token";
        match (request.line(), request.header("metadata-flavor")) {
            (("GET", asked), Some("Google")) if asked == path => self.granted("machine"),
            _ => Answer::new(403),
        }
    }
}
