//! A token service that numbers its tokens and answers as it is told.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use reqwest::header::{HeaderMap, WWW_AUTHENTICATE};

use crate::support::http::{HttpServer, Received, Reply, Step};

pub struct Issuer {
    pub server: HttpServer,
}

impl Issuer {
    /// A service whose tokens are `t1`, `t2`, ..., each good for five minutes.
    pub fn plain() -> Self {
        Self::start(|_, number| token(&format!("t{number}")).into())
    }

    /// A service that answers as the function says, which is told the number of the request.
    pub fn start(answer: impl Fn(&Received, usize) -> Step + Send + Sync + 'static) -> Self {
        let count = Arc::new(AtomicUsize::new(0));
        let server = HttpServer::start(None, move |request| {
            answer(request, count.fetch_add(1, Ordering::SeqCst) + 1)
        });
        Self { server }
    }

    /// The registry that names it in its challenges.
    pub fn host(&self) -> String {
        self.server.host()
    }

    /// The header of a challenge that names it, with more parameters.
    pub fn bearer(&self, more: &str) -> String {
        format!(
            "Bearer realm=\"{}/token\",service=\"s\"{more}",
            self.server.url()
        )
    }

    /// The headers of a refusal, for a scope.
    pub fn challenge(&self, scope: &str) -> HeaderMap {
        headers(&[&self.bearer(&format!(",scope=\"{scope}\""))])
    }

    /// The scopes of each request so far.
    pub fn asked(&self) -> Vec<String> {
        let requests = self.server.requests();
        let asked = requests.iter().map(|one| one.parameters("scope").join(" "));
        asked.collect()
    }
}

/// The headers of an answer that has these challenges.
pub fn headers(challenges: &[&str]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for challenge in challenges {
        headers.append(WWW_AUTHENTICATE, challenge.parse().unwrap());
    }
    headers
}

/// An answer that gives a token.
pub fn token(token: &str) -> Reply {
    Reply::new(200).body(format!("{{\"token\":\"{token}\",\"expires_in\":300}}"))
}

/// A token that says what it is for, with a number that tells it from others.
pub fn jwt(path: &str, actions: &str, number: usize) -> String {
    let claims = format!(
        r#"{{"jti":"{number}","access":[{{"type":"repository","name":"{path}","actions":{actions}}}]}}"#
    );
    format!("e30.{}.c2ln", BASE64_URL_SAFE_NO_PAD.encode(claims))
}
