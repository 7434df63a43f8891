//! Azure Container Registry: the distribution API, which deletes by digest only, and the API of
//! its own beside it.

pub mod entra;
mod metadata;
mod oauth;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::spec::Spec;
use crate::support::vendor::{
    Answer, Network, Request, Rules, Store, Target, Untag, Users, Vendor, v2,
};

/// The registry's host.
pub const HOST: &str = "contoso.azurecr.io";

/// Holds what is sent to it against its description.
pub fn describe(network: &Network) {
    let spec = Spec::find("azure-acr/acr-2019-07-15-preview.swagger.yaml");
    network.spec(HOST, spec.map(|spec| spec.spanning(&["name"])));
    network.except(undescribed);
}

/// What the registry does and its description leaves out: the token request as docker sends it,
/// referrers, HEAD, and what is pushed (blobs in one piece, manifests of OCI's types).
fn undescribed(request: &Request) -> bool {
    let (method, path) = request.line();
    let pushes = path.starts_with("/v2/") && matches!(method, "PUT" | "PATCH");
    path == "/oauth2/token" || path.contains("/referrers/") || method == "HEAD" || pushes
}

/// A user with a password: the admin account, or a token for some repositories.
pub const USER: &str = "contoso";
pub const PASSWORD: &str = "admin-password-of-contoso";

/// Whether a subject may have an action of a repository.
type Allowed = dyn Fn(&str, &str, &str) -> bool + Send;

/// A registry.
pub struct Acr {
    pub host: String,
    pub store: Store,
    /// What is locked: `app`, `app:v1`, `app@sha256:...`.
    pub locked: BTreeSet<String>,
    /// Seconds that the registry's refresh tokens live.
    pub refresh_lives: u64,
    /// Seconds that access tokens live.
    pub access_lives: u64,
    /// Whether it takes tokens that are meant for Azure Resource Manager.
    pub takes_arm: bool,
    /// Whether it has permissions by repository, so that wildcards count for nothing.
    pub by_repository: bool,
    /// How many tags the list of manifests has for one of them.
    pub tags_shown: usize,
    pub allowed: Box<Allowed>,
    rules: Rules,
    users: Users,
}

impl Acr {
    /// An empty one, where [`USER`] and all of Entra ID's are allowed everything.
    pub fn new() -> Self {
        let rules = Rules {
            untag: Untag::Refused((405, "UNSUPPORTED")),
            page: Some(100),
            ..Rules::default()
        };
        Self {
            host: HOST.to_owned(),
            store: Store::new(),
            locked: BTreeSet::new(),
            refresh_lives: 3 * 3600,
            access_lives: 75 * 60,
            takes_arm: true,
            by_repository: false,
            tags_shown: 10,
            allowed: Box::new(|_, _, _| true),
            rules,
            users: Users::new(&[(USER, PASSWORD)]),
        }
    }

    /// Locks a tag, a manifest or a repository.
    pub fn lock(&mut self, what: &str) {
        self.locked.insert(what.to_owned());
    }

    /// Whether any of these is locked.
    fn any_locked(&self, names: impl IntoIterator<Item = String>) -> bool {
        names.into_iter().any(|name| self.locked.contains(&name))
    }

    /// The answer to a request without a token for an action.
    ///
    /// # Errors
    /// That answer.
    fn check(&self, request: &Request, repository: &str, action: &str) -> Result<(), Answer> {
        if action.is_empty() && self.subject(request).is_some() {
            return Ok(());
        }
        if self.allows(request, repository, action) {
            return Ok(());
        }
        let mut challenge = format!(
            "Bearer realm=\"https://{0}/oauth2/token\",service=\"{0}\"",
            self.host
        );
        let mut detail = Value::Null;
        if !action.is_empty() {
            challenge = format!("{challenge},scope=\"repository:{repository}:{action}\"");
            detail = json!([{"Type": "repository", "Name": repository, "Action": action}]);
        }
        if request.bearer().is_some() {
            let error = match self.subject(request) {
                Some(_) => "insufficient_scope",
                None => "invalid_token",
            };
            challenge = format!("{challenge},error=\"{error}\"");
        }
        let message = "authentication required, visit https://aka.ms/acr/authorization";
        let error = json!({"code": "UNAUTHORIZED", "message": message, "detail": detail});
        Err(Answer::new(401)
            .header("WWW-Authenticate", challenge)
            .json(&json!({"errors": [error]})))
    }

    fn distribution(&mut self, request: &Request, target: &Target) -> Answer {
        let (name, reference) = (&target.repository, &target.reference);
        if let Err(refused) = self.check(request, name, target.action) {
            return refused;
        }
        if request.method == "DELETE" && reference.contains(':') {
            let repository = self.store.repository(name);
            let tags = repository.map(|found| found.tags_of(reference));
            let tags = tags.unwrap_or_default();
            let tags = tags.iter().map(|tag| format!("{name}:{tag}"));
            let names = tags.chain([name.clone(), format!("{name}@{reference}")]);
            if self.any_locked(names.collect::<Vec<_>>()) {
                return locked();
            }
        }
        let answer = v2(request, &mut self.store, &self.rules);
        self.vanish(name);
        answer.unwrap_or_else(|| Answer::new(404))
    }

    /// A repository goes with its last manifest.
    fn vanish(&mut self, name: &str) {
        let repository = self.store.repository(name);
        let is_empty = repository.is_some_and(|found| found.manifests.is_empty());
        if is_empty && repository.is_some_and(|found| found.blobs.is_empty()) {
            self.store.repositories.remove(name);
        }
    }
}

impl Vendor for Acr {
    fn answer(&mut self, request: &Request) -> Answer {
        if let Some(target) = Target::of(request) {
            return self.distribution(request, &target);
        }
        match request.line() {
            ("POST", "/oauth2/exchange") => self.exchange(request),
            (_, "/oauth2/token") => self.token(request),
            (_, path) if path.starts_with("/acr/v1/") => self.metadata(request),
            _ => Answer::new(404).text("404 page not found"),
        }
    }
}

fn locked() -> Answer {
    let message = "The operation is disallowed on this registry, repository or image.";
    Answer::new(405).json(&json!({"errors": [{"code": "UNSUPPORTED", "message": message}]}))
}
