//! Who gets in, and how.

use serde_json::{Value, json};

use super::super::jwt;
use super::Acr;
use crate::support::vendor::{Answer, Request};

/// Whom the registry takes tokens of Entra ID for.
pub const AUDIENCE: &str = "https://containerregistry.azure.net";
const ARM: &str = "https://management.azure.com";

/// The user of those who have a refresh token.
const TOKEN_USER: &str = "00000000-0000-0000-0000-000000000000";

fn unauthorized(message: &str) -> Answer {
    let error = json!({"code": "UNAUTHORIZED", "message": message});
    Answer::new(401).json(&json!({"errors": [error]}))
}

impl Acr {
    /// A token of Entra ID for a refresh token.
    pub(super) fn exchange(&self, request: &Request) -> Answer {
        let field = |name| request.form(name).unwrap_or_default();
        if field("grant_type") != "access_token" || field("service") != self.host {
            return Answer::error(400, "BAD_REQUEST");
        }
        let claims = jwt::claims(&field("access_token")).unwrap_or_default();
        let taken = claims["aud"] == AUDIENCE || (claims["aud"] == ARM && self.takes_arm);
        if !taken {
            return unauthorized("the access token is not for this registry");
        }
        let refresh = json!({
            "aud": self.host, "sub": claims["appid"], "aad_identity": self.by_repository,
            "grant_type": "refresh_token",
        });
        let refresh = jwt::token(refresh, self.refresh_lives);
        Answer::new(200).json(&json!({"refresh_token": refresh}))
    }

    /// A refresh token, or user and password, for an access token; without a word on its end.
    pub(super) fn token(&self, request: &Request) -> Answer {
        let field = |name| request.form(name).unwrap_or_default();
        let grant = field("grant_type");
        let (subject, service, scopes) = match (request.method.as_str(), grant.as_str()) {
            ("POST", "refresh_token") => {
                let subject = self.refreshed(&field("refresh_token"));
                (subject, field("service"), scopes_of_form(request))
            }
            ("POST", "password") => {
                let subject = self.known(&field("username"), &field("password"));
                (subject, field("service"), scopes_of_form(request))
            }
            ("GET", _) => {
                let subject = request
                    .basic()
                    .and_then(|(user, secret)| match user.as_str() {
                        TOKEN_USER => self.refreshed(&secret),
                        _ => self.known(&user, &secret),
                    });
                let service = request.parameter("service").unwrap_or_default();
                let scopes = request.parameters("scope").join(" ");
                (subject, service.to_owned(), scopes)
            }
            _ => return Answer::error(400, "BAD_REQUEST"),
        };
        let Some(subject) = subject else {
            return unauthorized("authentication required");
        };
        if service != self.host {
            return Answer::error(400, "BAD_REQUEST");
        }
        let access: Vec<Value> = scopes
            .split_whitespace()
            .filter_map(|scope| self.grant(&subject, scope))
            .collect();
        let claims = json!({"aud": self.host, "sub": subject, "access": access});
        let token = jwt::token(claims, self.access_lives);
        Answer::new(200).json(&json!({"access_token": token}))
    }

    fn known(&self, user: &str, password: &str) -> Option<String> {
        self.users.knows(user, password).then(|| user.to_owned())
    }

    fn refreshed(&self, token: &str) -> Option<String> {
        let claims = jwt::claims(token)?;
        let ours = claims["aud"] == *self.host && claims["grant_type"] == "refresh_token";
        Some(claims["sub"].as_str().filter(|_| ours)?.to_owned())
    }

    fn grant(&self, subject: &str, scope: &str) -> Option<Value> {
        let (resource, actions) = scope.rsplit_once(':')?;
        let (kind, name) = resource.split_once(':')?;
        if self.by_repository && (name == "*" || actions == "*") {
            return None;
        }
        let actions = actions.split(',');
        let actions = actions.filter(|action| (self.allowed)(subject, name, action));
        let actions: Vec<&str> = actions.collect();
        Some(json!({"type": kind, "name": name, "actions": actions}))
    }

    /// Whose living token a request has.
    pub(super) fn subject(&self, request: &Request) -> Option<String> {
        let claims = jwt::claims(&request.bearer()?)?;
        let ours = claims["aud"] == *self.host && claims["access"].is_array();
        Some(claims["sub"].as_str().filter(|_| ours)?.to_owned())
    }

    /// Whether a request has a token with all these actions, separated by commas.
    pub(super) fn allows(&self, request: &Request, repository: &str, actions: &str) -> bool {
        if self.subject(request).is_none() {
            return false;
        }
        let claims = jwt::claims(&request.bearer().unwrap()).unwrap();
        let access = claims["access"].as_array().unwrap();
        actions.split(',').all(|action| {
            access.iter().any(|one| {
                let granted = one["actions"].as_array().unwrap();
                one["name"] == repository && granted.iter().any(|granted| granted == action)
            })
        })
    }
}

/// The field may be there several times, or hold several with spaces between.
fn scopes_of_form(request: &Request) -> String {
    let fields = request.forms().into_iter();
    let scopes = fields.filter(|(name, _)| name == "scope");
    scopes.map(|(_, scope)| scope).collect::<Vec<_>>().join(" ")
}
