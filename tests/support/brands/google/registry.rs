//! The distribution API, with Google's extension of the list of tags.

use serde_json::{Map, Value, json};

use super::Google;
use crate::support::scripted_registry::Kind;
use crate::support::vendor::{Answer, Request, Target, v2};

impl Google {
    pub(super) fn registry(&mut self, request: &Request) -> Answer {
        if request.path == "/v2/token" {
            return self.token(request);
        }
        let Some(target) = Target::of(request) else {
            return Answer::new(404);
        };
        self.tokens.service.clone_from(&request.host);
        self.tokens.realm = Some(format!("https://{}/v2/token", request.host));
        if let Err(refused) = self
            .tokens
            .check(request, &target.repository, target.action)
        {
            return refused;
        }
        // The names of Container Registry are those of repositories.
        let repository = match target.repository.split_once('/') {
            Some((project, rest)) if request.host.ends_with("gcr.io") => {
                format!("{project}/{}/{rest}", request.host)
            }
            _ => target.repository.clone(),
        };
        let mut inner = request.clone();
        inner.path = request.path.replacen(&target.repository, &repository, 1);
        let is_there = |known: &String| repository.starts_with(&format!("{known}/"));
        if target.action == "push" && self.repositories.iter().any(is_there) {
            self.store.create(&repository);
        }
        if target.kind == Kind::Tags && !self.is_plain {
            return self.extended(&repository);
        }
        v2(&inner, &mut self.store, &self.rules).unwrap_or_else(|| Answer::new(404))
    }

    fn token(&mut self, request: &Request) -> Answer {
        let user = match request.basic() {
            None => String::new(),
            Some((user, password)) => {
                let is_key = || {
                    self.keys
                        .as_ref()
                        .is_some_and(|keys| keys.json() == password)
                };
                let knows = match user.as_str() {
                    "_json_key" => is_key(),
                    _ => self.knows(&password),
                };
                if !knows {
                    return Answer::error(401, "UNAUTHORIZED");
                }
                user
            }
        };
        let scopes = request.parameters("scope").join(" ");
        let token = self.tokens.issue(&user, &scopes);
        Answer::new(200).json(&json!({"token": token, "expires_in": 300}))
    }

    /// Everything in one answer; numbers are strings.
    fn extended(&self, name: &str) -> Answer {
        let Some(repository) = self.store.repository(name) else {
            return Answer::error(404, "NAME_UNKNOWN");
        };
        let tags = repository.tags_by_digest();
        let listed = |manifest: &&crate::support::vendor::Manifest| {
            let entry = json!({
                "imageSizeBytes": manifest.size().to_string(),
                "layerId": "",
                "mediaType": manifest.media_type,
                "tag": tags.get(manifest.digest.as_str()).unwrap_or(&Vec::new()),
                "timeCreatedMs": "0",
                "timeUploadedMs": (manifest.pushed * 1000).to_string(),
            });
            (manifest.digest.clone(), entry)
        };
        let manifests = repository.manifests.values().take(self.limit);
        let manifests: Map<String, Value> = manifests.map(|m| listed(&m)).collect();
        let tags = repository.tags.iter().take(self.limit);
        let tags = tags.filter(|(_, tag)| manifests.contains_key(&tag.digest));
        let tags: Vec<&String> = tags.map(|(name, _)| name).collect();
        let body = json!({"child": [], "manifest": manifests, "name": name, "tags": tags});
        let answer = Answer::new(200).json(&body);
        match self.links {
            true => answer.header("Link", "<?last=x>; rel=\"next\""),
            false => answer,
        }
    }
}
