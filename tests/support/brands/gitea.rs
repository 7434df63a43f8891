//! Gitea: tokens for everything, and a version for each tag and each manifest.

use serde_json::json;

use crate::support::vendor::{
    Answer, Request, Rules, Store, Target, Tokens, Users, Vendor, decoded, v2,
};

/// The user.
pub const USER: &str = "ci";

/// The user's access token.
pub const PASSWORD: &str = "gitea-access-token";

/// One with the user [`USER`].
pub struct Gitea {
    pub store: Store,
    rules: Rules,
    users: Users,
    tokens: Tokens,
}

impl Gitea {
    /// An instance without packages.
    pub fn new() -> Self {
        Self {
            store: Store::new(),
            rules: Rules::default(),
            users: Users::new(&[(USER, PASSWORD)]),
            tokens: Tokens::new("container_registry"),
        }
    }

    fn package(&mut self, request: &Request) -> Answer {
        if let Err(refused) = self.users.check(request, "Gitea API") {
            return refused;
        }
        let segments: Vec<String> = request.segments().iter().map(|s| decoded(s)).collect();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        match (request.method.as_str(), segments.as_slice()) {
            ("GET", ["api", "v1", "packages", owner]) => self.list(request, owner),
            ("DELETE", ["api", "v1", "packages", owner, "container", name, version]) => {
                let path = format!("{owner}/{name}");
                let gone = if version.contains(':') {
                    self.store.remove_only(&path, version)
                } else {
                    self.store.untag(&path, version)
                };
                Answer::new(if gone { 204 } else { 404 })
            }
            _ => Answer::new(404),
        }
    }

    /// Pages of 50; the name is looked for in all names of the owner's.
    fn list(&self, request: &Request, owner: &str) -> Answer {
        let asked = request.parameter("q").unwrap_or_default();
        let page: usize = request.parameter("page").unwrap().parse().unwrap();
        let mut versions = Vec::new();
        for name in ["app", "app-debug", "nested/app"] {
            let path = format!("{owner}/{name}");
            let Some(repository) = self
                .store
                .repository(&path)
                .filter(|_| name.contains(asked))
            else {
                continue;
            };
            let tags = repository.tags.keys().cloned();
            let digests = repository.manifests.keys().cloned();
            versions.extend(tags.chain(digests).map(|version| (name, version)));
        }
        let items = versions.iter().skip((page - 1) * 50).take(50);
        let items: Vec<_> = items
            .map(|(name, version)| {
                json!({
                    "id": 1, "type": "container", "name": name, "version": version,
                    "created_at": "2024-05-01T12:00:00+02:00",
                })
            })
            .collect();
        Answer::new(200).json(&json!(items))
    }
}

impl Vendor for Gitea {
    fn answer(&mut self, request: &Request) -> Answer {
        self.tokens.realm = Some(format!("{}/v2/token", request.origin()));
        if request.path == "/v2/token" {
            return self.tokens.answer(request, &self.users);
        }
        if request.path.starts_with("/api/") {
            return self.package(request);
        }
        // The root asks for a login too.
        let (repository, action) = match Target::of(request) {
            Some(target) => (target.repository, target.action),
            None => (String::new(), ""),
        };
        if let Err(refused) = self.tokens.check(request, &repository, action) {
            return refused;
        }
        v2(request, &mut self.store, &self.rules).unwrap_or_else(|| Answer::new(404))
    }
}
