//! Who gets in: Basic, or tokens of the registry's own service at `/token`.

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

use super::request::{Kind, Request};
use crate::support::answer::Answer;

/// Who gets in.
#[derive(Debug, Clone)]
pub enum Auth {
    /// Everybody.
    Open,
    /// One user, by password.
    Basic {
        /// The user.
        username: &'static str,
        /// The password.
        password: &'static str,
    },
    /// One user, by tokens, which are for exactly the scopes that are asked for.
    Bearer {
        /// The user.
        username: &'static str,
        /// The password.
        password: &'static str,
        /// How many requests a token lives.
        lives: Option<usize>,
        /// The actions that are granted at most.
        grants: &'static [&'static str],
        /// Whether nobody, who has no password, is granted `pull`.
        anonymous: bool,
    },
}

/// The tokens that were given out.
#[derive(Default)]
pub struct Tokens {
    tokens: BTreeMap<String, Token>,
    given: usize,
}

struct Token {
    scopes: Vec<String>,
    lives: Option<usize>,
}

impl Tokens {
    /// Lets all tokens expire.
    pub fn expire(&mut self) {
        self.tokens.clear();
    }

    /// What to answer to a request that does not get in.
    pub fn refuse(&mut self, auth: &Auth, request: &Request, service: &str) -> Option<Answer> {
        let sent = request.head.header("authorization").unwrap_or_default();
        match auth {
            Auth::Open => None,
            Auth::Basic { username, password } => {
                let challenge = "Basic realm=\"scripted\"".to_owned();
                (!is_basic(sent, username, password)).then(|| unauthorised(challenge))
            }
            Auth::Bearer { .. } => {
                let needed = needed(request);
                let error = self.check(sent.strip_prefix("Bearer "), &needed)?;
                let mut challenge =
                    format!("Bearer realm=\"{service}/token\",service=\"scripted\"");
                if !needed.is_empty() {
                    challenge.push_str(&format!(",scope=\"{}\"", needed.join(" ")));
                }
                if !error.is_empty() {
                    challenge.push_str(&format!(",error=\"{error}\""));
                }
                Some(unauthorised(challenge))
            }
        }
    }

    /// Why a token is not enough, as RFC 6750 names it; empty when there is none.
    fn check(&mut self, token: Option<&str>, needed: &[String]) -> Option<&'static str> {
        let Some(token) = token else {
            return Some("");
        };
        let Some(found) = self.tokens.get_mut(token) else {
            return Some("invalid_token");
        };
        let grants = |wanted: &String| found.scopes.iter().any(|scope| includes(scope, wanted));
        let enough = needed.iter().all(grants);
        if let Some(lives) = &mut found.lives {
            if *lives == 0 {
                self.tokens.remove(token);
                return Some("invalid_token");
            }
            *lives -= 1;
        }
        (!enough).then_some("insufficient_scope")
    }

    /// The token service.
    pub fn answer(&mut self, auth: &Auth, request: &Request) -> Answer {
        let Auth::Bearer {
            username,
            password,
            lives,
            grants,
            anonymous,
        } = auth
        else {
            return Answer::new(404);
        };
        if request.head.method != "GET" {
            return Answer::new(405);
        }
        let sent = request.head.header("authorization");
        let known = sent.is_some_and(|sent| is_basic(sent, username, password));
        let grants = match (known, sent) {
            (true, _) => *grants,
            (false, None) if *anonymous => &["pull"],
            _ => return Answer::error(401, "UNAUTHORIZED"),
        };
        let asked = request.parameters("scope").collect::<Vec<_>>().join(" ");
        let scopes = asked.split_whitespace().filter_map(|scope| {
            let (name, actions) = scope.rsplit_once(':')?;
            let actions = actions.split(',').filter(|action| grants.contains(action));
            let actions = actions.collect::<Vec<_>>().join(",");
            (!actions.is_empty()).then(|| format!("{name}:{actions}"))
        });
        self.given += 1;
        let token = format!("token-{}", self.given);
        let scopes = scopes.collect();
        let lives = *lives;
        self.tokens.insert(token.clone(), Token { scopes, lives });
        let body = json!({"token": token, "access_token": token, "expires_in": 300});
        Answer::new(200)
            .header("Content-Type", "application/json")
            .body(body.to_string())
    }
}

fn unauthorised(challenge: String) -> Answer {
    Answer::error(401, "UNAUTHORIZED").header("WWW-Authenticate", challenge)
}

fn is_basic(sent: &str, username: &str, password: &str) -> bool {
    let encoded = BASE64_STANDARD.encode(format!("{username}:{password}"));
    sent.strip_prefix("Basic ") == Some(encoded.as_str())
}

/// The scopes that a request needs, as distribution names them.
fn needed(request: &Request) -> Vec<String> {
    let actions = match request.head.kind {
        Kind::Ping | Kind::Token | Kind::Storage | Kind::Other => return Vec::new(),
        Kind::HeadManifest | Kind::GetManifest | Kind::HeadBlob | Kind::GetBlob => "pull",
        Kind::Tags | Kind::Referrers => "pull",
        Kind::DeleteManifest => "delete",
        Kind::PutManifest
        | Kind::StartUpload
        | Kind::PatchUpload
        | Kind::PutUpload
        | Kind::UploadStatus
        | Kind::CancelUpload => "pull,push",
    };
    let own = format!("repository:{}:{actions}", request.repository);
    let from = request
        .parameter("from")
        .filter(|from| *from != request.repository);
    let other = from.map(|from| format!("repository:{from}:pull"));
    [Some(own), other].into_iter().flatten().collect()
}

/// Whether a granted scope includes a needed one.
fn includes(granted: &str, needed: &str) -> bool {
    let parts = (granted.rsplit_once(':'), needed.rsplit_once(':'));
    let (Some((granted_name, granted)), Some((name, actions))) = parts else {
        return false;
    };
    let mut actions = actions.split(',');
    granted_name == name && actions.all(|action| granted.split(',').any(|other| other == action))
}
