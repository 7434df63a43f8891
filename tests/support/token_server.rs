//! A token service as distribution's token specification describes it, whose tokens Debian's
//! `docker-registry` accepts.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use rcgen::{CertificateParams, KeyPair};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use serde_json::{Value, json};

use super::http::{HttpServer, Received, Reply, Step};

/// The issuer that a registry must be configured for.
pub const ISSUER: &str = "test issuer";

/// The service name that a registry must be configured for.
pub const SERVICE: &str = "test registry";

/// The identity token that is given out and taken.
pub const IDENTITY_TOKEN: &str = "identity-token-of-tests";

/// The service.
pub struct TokenServer {
    pub server: HttpServer,
    certificate: String,
    state: Arc<Mutex<State>>,
}

struct State {
    users: HashSet<(String, String)>,
    gives_identity_tokens: bool,
}

impl TokenServer {
    /// A service that knows one user.
    pub fn start(username: &str, password: &str) -> Self {
        let state = Arc::new(Mutex::new(State {
            users: HashSet::from([(username.to_owned(), password.to_owned())]),
            gives_identity_tokens: false,
        }));
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["token server".to_owned()]).unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let signer = Signer::new(&key, certificate.der());
        let server = HttpServer::start(None, {
            let state = Arc::clone(&state);
            move |request| answer(request, &state.lock().unwrap(), &signer)
        });
        Self {
            server,
            certificate: certificate.pem(),
            state,
        }
    }

    /// The realm to name in challenges.
    pub fn realm(&self) -> String {
        format!("{}/token", self.server.url())
    }

    /// The certificate of its signatures, for a registry's `rootcertbundle`.
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    /// Lets all credentials expire: passwords and identity tokens.
    pub fn expire(&self) {
        self.state.lock().unwrap().users.clear();
    }

    /// Gives an identity token to those who ask for it.
    pub fn give_identity_tokens(&self) {
        self.state.lock().unwrap().gives_identity_tokens = true;
    }
}

fn answer(request: &Received, state: &State, signer: &Signer) -> Step {
    let asked = |name: &str| request.parameter(name);
    let account = match request.method.as_str() {
        "GET" => request.basic().filter(|user| state.users.contains(user)),
        "POST" => (asked("grant_type").as_deref() == Some("refresh_token")
            && asked("refresh_token").as_deref() == Some(IDENTITY_TOKEN))
        .then(|| state.users.iter().next().cloned())
        .flatten(),
        _ => return Reply::new(405).into(),
    };
    let Some((account, _)) = account else {
        let body = json!({"errors": [{"code": "UNAUTHORIZED", "message": "wrong password"}]});
        return Reply::new(401).body(body.to_string()).into();
    };
    let token = signer.token(&account, &scopes(request));
    let mut body = json!({"token": token, "access_token": token, "expires_in": 300});
    if state.gives_identity_tokens && asked("offline_token").as_deref() == Some("true") {
        body["refresh_token"] = IDENTITY_TOKEN.into();
    }
    Reply::new(200)
        .header("content-type", "application/json")
        .body(body.to_string())
        .into()
}

/// The `access` claim: everything that is asked for is granted.
fn scopes(request: &Received) -> Vec<Value> {
    let scope = request.parameters("scope").join(" ");
    let grants = scope.split(' ').filter_map(|scope| {
        let (rest, actions) = scope.rsplit_once(':')?;
        let (kind, name) = rest.split_once(':')?;
        let actions: Vec<&str> = actions.split(',').collect();
        Some(json!({"type": kind, "name": name, "actions": actions}))
    });
    grants.collect()
}

/// Signs tokens with ES256.
struct Signer {
    key: EcdsaKeyPair,
    header: String,
}

impl Signer {
    fn new(key: &KeyPair, certificate: &[u8]) -> Self {
        let chain = [BASE64_STANDARD.encode(certificate)];
        let header = json!({"typ": "JWT", "alg": "ES256", "x5c": chain});
        let random = SystemRandom::new();
        Self {
            key: EcdsaKeyPair::from_pkcs8(
                &ECDSA_P256_SHA256_FIXED_SIGNING,
                &key.serialize_der(),
                &random,
            )
            .unwrap(),
            header: BASE64_URL_SAFE_NO_PAD.encode(header.to_string()),
        }
    }

    fn token(&self, subject: &str, access: &[Value]) -> String {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_secs();
        let claims = json!({
            "iss": ISSUER, "sub": subject, "aud": SERVICE,
            "exp": now + 300, "nbf": now - 60, "iat": now, "jti": now.to_string(),
            "access": access,
        });
        let claims = BASE64_URL_SAFE_NO_PAD.encode(claims.to_string());
        let signed = format!("{}.{claims}", self.header);
        let signature = self
            .key
            .sign(&SystemRandom::new(), signed.as_bytes())
            .unwrap();
        format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
    }
}
