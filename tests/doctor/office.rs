//! A registry whose token service says in its tokens what it grants.

use serde_json::json;

use super::Machine;
use crate::support::brands::jwt;
use crate::support::vendor::{Answer, Network, Request};

/// Who is let in, and what he may do.
#[derive(Clone)]
pub struct Office {
    pub user: (&'static str, &'static str),
    /// The actions that are granted, of any repository.
    pub grants: &'static [&'static str],
    /// Whether a token is refused that would grant less than was asked for.
    pub strict: bool,
    /// Whether everybody may read.
    pub public: bool,
    /// The repositories that there are, each with the tag `v1`.
    pub repositories: &'static [&'static str],
    /// How many requests are left, of 100.
    pub left: u32,
}

/// Somebody who may do everything.
pub const OPEN: Office = Office {
    user: ("user", "secret"),
    grants: &["pull", "push", "delete"],
    strict: false,
    public: false,
    repositories: &["acme/app", "ratelimitpreview/test"],
    left: 50,
};

/// What is said of somebody at a host of this network.
pub fn at(network: &Network, host: &str, (user, secret): (&str, &str), words: &[&str]) -> String {
    Machine::new()
        .login(key(host), user, secret)
        .also(network.environment())
        .doctor(words)
}

/// What is said of the user of an office, in a job with these variables.
pub fn of(office: Office, host: &'static str, job: &[(&str, &str)], words: &[&str]) -> String {
    let (user, secret) = office.user;
    let network = office.open(host);
    Machine::new()
        .login(key(host), user, secret)
        .also(network.environment())
        .with(job)
        .doctor(words)
}

/// The key under which docker keeps the login.
pub fn key(host: &str) -> &str {
    match host {
        HUB => "https://index.docker.io/v1/",
        other => other,
    }
}

/// Where Docker Hub answers.
pub const HUB: &str = "registry-1.docker.io";

/// Somebody who may only read.
pub const READER: Office = Office {
    grants: &["pull"],
    ..OPEN
};

/// Somebody who may not delete.
pub const WRITER: Office = Office {
    grants: &["pull", "push"],
    ..OPEN
};

impl Office {
    /// Opens it at this host.
    pub fn open(self, host: &'static str) -> Network {
        let network = Network::start();
        network.answer(host, move |request| self.answer(host, request));
        network
    }

    fn answer(&self, host: &str, request: &Request) -> Answer {
        if request.path == "/token" {
            return self.token(request);
        }
        let challenge = format!("Bearer realm=\"https://{host}/token\",service=\"{host}\"");
        let refused = |challenge: &str| {
            Answer::error(401, "UNAUTHORIZED").header("WWW-Authenticate", challenge)
        };
        let Some(claims) = request.bearer().and_then(|token| jwt::claims(&token)) else {
            return refused(&challenge);
        };
        let rest = request.path.strip_prefix("/v2/").unwrap_or_default();
        if rest.is_empty() {
            return Answer::new(200).json(&json!({}));
        }
        let at = ["/tags/", "/manifests/", "/referrers/"]
            .iter()
            .find_map(|mark| rest.find(mark));
        let (name, rest) = rest.split_at(at.unwrap_or(rest.len()));
        let access = claims["access"].as_array().cloned().unwrap_or_default();
        let pulls = access.iter().any(|one| {
            one["name"] == name && one["actions"].as_array().unwrap().contains(&json!("pull"))
        });
        if !pulls {
            let scope = format!(",scope=\"repository:{name}:pull\",error=\"insufficient_scope\"");
            return refused(&(challenge + &scope));
        }
        if !self.repositories.contains(&name) {
            return Answer::error(404, "NAME_UNKNOWN");
        }
        match rest {
            "/tags/list" => Answer::new(200).json(&json!({"name": name, "tags": ["v1"]})),
            "/manifests/v1" => Answer::new(200)
                .header("Content-Type", "application/vnd.oci.image.manifest.v1+json")
                .header(
                    "Docker-Content-Digest",
                    format!("sha256:{}", "a".repeat(64)),
                ),
            "/manifests/latest" => Answer::new(200)
                .header("RateLimit-Limit", "100;w=21600")
                .header("RateLimit-Remaining", format!("{};w=21600", self.left)),
            _ => Answer::error(404, "MANIFEST_UNKNOWN"),
        }
    }

    fn token(&self, request: &Request) -> Answer {
        let known = request.basic();
        let is_known = known == Some((self.user.0.to_owned(), self.user.1.to_owned()));
        if known.is_some() && !is_known {
            return Answer::error(401, "UNAUTHORIZED");
        }
        let grants: &[&str] = match (is_known, self.public) {
            (true, _) => self.grants,
            (false, true) => &["pull"],
            (false, false) => &[],
        };
        let mut access = Vec::new();
        for scope in request.parameters("scope") {
            let (rest, actions) = scope.rsplit_once(':').unwrap();
            let (kind, name) = rest.split_once(':').unwrap();
            let granted = actions.split(',').filter(|action| {
                grants.contains(action) || (name == "ratelimitpreview/test" && *action == "pull")
            });
            let granted: Vec<&str> = granted.collect();
            if self.strict && granted.len() < actions.split(',').count() {
                return Answer::error(403, "DENIED");
            }
            access.push(json!({"type": kind, "name": name, "actions": granted}));
        }
        let token = jwt::token(json!({"access": access}), 300);
        Answer::new(200).json(&json!({"token": token}))
    }
}
