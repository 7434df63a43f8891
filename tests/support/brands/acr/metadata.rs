//! The API beside the distribution API: lists with attributes, one tag alone, repositories.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Acr, locked};
use crate::support::vendor::{Answer, Manifest, Request};

/// The most entries that a page has, and how many it has when nothing is said.
const MOST: usize = 1000;
const USUAL: usize = 100;

fn written(seconds: u64) -> String {
    let time = Timestamp::from_second(i64::try_from(seconds).unwrap()).unwrap();
    time.to_string()
}

impl Acr {
    pub(super) fn metadata(&mut self, request: &Request) -> Answer {
        let path = request.path.strip_prefix("/acr/v1/").unwrap().to_owned();
        let parts = ["/_manifests", "/_tags/", "/_tags"];
        let part = parts.into_iter().find(|part| path.contains(part));
        let (name, rest) = part.map_or((path.as_str(), ""), |part| path.split_once(part).unwrap());
        let action = match request.method.as_str() {
            "GET" => "metadata_read",
            "PATCH" => "metadata_write",
            _ => "delete",
        };
        if let Err(refused) = self.check(request, name, action) {
            return refused;
        }
        if self.store.repository(name).is_none() {
            return Answer::error(404, "NAME_UNKNOWN");
        }
        match (request.method.as_str(), part, rest) {
            ("GET", Some("/_manifests"), "") => self.manifests(request, name),
            ("GET", Some("/_tags"), "") => self.tags(request, name),
            ("DELETE", Some("/_tags/"), tag) => self.untag(name, tag),
            ("DELETE", None, "") => self.delete(name),
            _ => Answer::new(404).text("404 page not found"),
        }
    }

    fn untag(&mut self, name: &str, tag: &str) -> Answer {
        if self.any_locked([name.to_owned(), format!("{name}:{tag}")]) {
            return locked();
        }
        match self.store.untag(name, tag) {
            true => Answer::new(202),
            false => Answer::error(404, "TAG_UNKNOWN"),
        }
    }

    fn delete(&mut self, name: &str) -> Answer {
        let within = |lock: &&String| lock.split(['@', ':']).next() == Some(name);
        if self.locked.iter().any(|lock| within(&lock)) {
            return locked();
        }
        let gone = self.store.repositories.remove(name).unwrap();
        let (manifests, tags) = (gone.manifests.keys(), gone.tags.keys());
        Answer::new(202).json(&json!({
            "manifestsDeleted": manifests.collect::<Vec<_>>(),
            "tagsDeleted": tags.collect::<Vec<_>>(),
        }))
    }

    fn attributes(&self, name: &str) -> Value {
        let open = !self.locked.contains(name);
        json!({
            "deleteEnabled": open, "writeEnabled": open, "readEnabled": true, "listEnabled": true,
        })
    }

    fn manifest(&self, name: &str, manifest: &Manifest, tags: &[&str]) -> Value {
        let digest = &manifest.digest;
        let tags: Vec<&&str> = tags.iter().take(self.tags_shown).collect();
        let config = manifest.json()["config"]["mediaType"].take();
        let mut entry = json!({
            "digest": digest, "createdTime": written(manifest.pushed),
            "lastUpdateTime": written(manifest.pushed), "mediaType": manifest.media_type,
            "tags": tags, "changeableAttributes": self.attributes(&format!("{name}@{digest}")),
        });
        if config.is_string() {
            entry["imageSize"] = json!(manifest.size());
            entry["os"] = json!("linux");
            entry["architecture"] = json!("amd64");
            entry["configMediaType"] = config;
        }
        entry
    }

    fn manifests(&self, request: &Request, name: &str) -> Answer {
        let repository = self.store.repository(name).unwrap();
        let tags = repository.tags_by_digest();
        let entries = repository.manifests.iter().map(|(digest, manifest)| {
            let tags = tags.get(digest.as_str()).map_or(&[][..], Vec::as_slice);
            (digest.clone(), self.manifest(name, manifest, tags))
        });
        self.page(request, name, "manifests", entries.collect())
    }

    fn tags(&self, request: &Request, name: &str) -> Answer {
        let repository = self.store.repository(name).unwrap();
        let entries = repository.tags.iter().map(|(tag, at)| {
            let entry = json!({
                "name": tag, "digest": at.digest, "createdTime": written(at.created),
                "lastUpdateTime": written(at.pushed), "signed": false,
                "changeableAttributes": self.attributes(&format!("{name}:{tag}")),
            });
            (tag.clone(), entry)
        });
        self.page(request, name, "tags", entries.collect())
    }

    fn page(
        &self,
        request: &Request,
        name: &str,
        what: &str,
        entries: Vec<(String, Value)>,
    ) -> Answer {
        let asked = request.parameter("n").map(|n| n.parse().unwrap());
        let size = asked.unwrap_or(USUAL).min(MOST);
        let last = request.parameter("last").unwrap_or_default();
        let mut rest = entries.into_iter().filter(|(key, _)| key.as_str() > last);
        let page: Vec<_> = rest.by_ref().take(size).collect();
        let values: Vec<&Value> = page.iter().map(|(_, value)| value).collect();
        let answer = Answer::new(200).json(&json!({
            "registry": self.host, "imageName": name, what: values,
        }));
        match (page.last(), rest.next()) {
            (Some((last, _)), Some(_)) => {
                let last: String = url::form_urlencoded::byte_serialize(last.as_bytes()).collect();
                let next = format!("/acr/v1/{name}/_{what}?last={last}&n={size}");
                answer.header("Link", format!("<{next}>; rel=\"next\""))
            }
            _ => answer,
        }
    }
}
