//! Artifactory: folders with manifests. What is not known of the real one is a switch here.

use std::collections::{BTreeMap, BTreeSet};

use dockside::oci::media_type::{DOCKER_LIST, OCI_INDEX};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::support::vendor::{
    Answer, Delete, Request, Rules, Store, Target, Tokens, Untag, Users, Vendor, decoded, v2,
};

/// Somebody who may deploy and delete.
pub const USER: (&str, &str) = ("ci", "ci-password");

/// An administrator.
pub const ADMIN: (&str, &str) = ("admin", "admin-password");

/// Somebody who may only read.
pub const READER: (&str, &str) = ("reader", "reader-password");

/// An API key of [`USER`].
pub const KEY: &str = "AKCp8-key";

/// One with the local repository `images`. In the store, the repository's key is the first part of
/// a name, and each tag is a folder.
pub struct Artifactory {
    pub store: Store,
    /// The classes of repositories by their keys.
    pub repositories: BTreeMap<String, &'static str>,
    /// The folders `sha256:HEX`: store's name and digest.
    pub folders: BTreeSet<(String, String)>,
    /// Whether queries are allowed.
    pub queries: bool,
    /// Whether a removed index takes along what no other index lists.
    pub takes_children: bool,
    /// Whether the distribution API deletes by digest.
    pub deletes: bool,
    /// The repository that the host names, as with subdomains and ports.
    pub named_by_host: Option<String>,
    /// Whether everybody may read, without a challenge.
    pub anonymous: bool,
    /// When a tag was pulled, by `REPOSITORY/IMAGE:TAG`, in seconds since 1970.
    pub pulled: BTreeMap<String, u64>,
    /// A push by somebody else, right after the first request of a method to the REST
    /// API: the method, the image's name in the store, the tag.
    pub push_after: Option<(&'static str, &'static str, &'static str)>,
    users: Users,
    tokens: Tokens,
}

impl Artifactory {
    pub fn new() -> Self {
        Self {
            store: Store::new(),
            repositories: BTreeMap::from([("images".to_owned(), "local")]),
            folders: BTreeSet::new(),
            queries: true,
            takes_children: false,
            deletes: true,
            named_by_host: None,
            anonymous: false,
            pulled: BTreeMap::new(),
            push_after: None,
            users: Users::new(&[USER, ADMIN, READER]),
            tokens: Tokens::new("artifactory"),
        }
    }

    /// Gives all manifests without a tag the folder that a push by digest makes.
    pub fn settle(&mut self) {
        for (name, repository) in &self.store.repositories {
            for digest in repository.manifests.keys() {
                if repository.tags_of(digest).is_empty() {
                    self.folders.insert((name.clone(), digest.clone()));
                }
            }
        }
    }

    fn user(&self, request: &Request) -> Option<String> {
        if request.header("x-jfrog-art-api") == Some(KEY) {
            return Some(USER.0.to_owned());
        }
        self.users.of(request)
    }

    fn rest(&mut self, request: &Request) -> Answer {
        let Some(user) = self.user(request) else {
            return refused(401, "Bad credentials");
        };
        let segments: Vec<String> = request.segments().iter().map(|s| decoded(s)).collect();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let path = segments.strip_prefix(&["artifactory"]).unwrap();
        match (request.method.as_str(), path) {
            ("POST", ["api", "search", "aql"]) if self.queries => self.query(request),
            ("POST", ["api", "search", "aql"]) => refused(403, "Query rejected"),
            ("GET", ["api", "repositories", key]) => match self.repositories.get(*key) {
                Some(class) => Answer::new(200).json(&json!({"key": key, "rclass": class})),
                None => refused(400, "Bad Request"),
            },
            ("PUT", ["api", "repositories", _]) if user != ADMIN.0 => refused(403, "Forbidden"),
            ("PUT", ["api", "repositories", key]) => {
                let body = json!({"rclass": "local", "packageType": "docker"});
                assert_eq!(request.json(), body);
                self.repositories.insert((*key).to_owned(), "local");
                Answer::new(200)
            }
            ("DELETE", _) if user == READER.0 => refused(403, "Forbidden"),
            ("DELETE", [key, path @ ..]) => {
                assert_eq!(self.repositories[*key], "local");
                self.remove(key, path)
            }
            _ => refused(404, "Not Found"),
        }
    }

    /// Understands the queries that clients of images send.
    fn query(&self, request: &Request) -> Answer {
        assert_eq!(request.header("content-type"), Some("text/plain"));
        let body = String::from_utf8(request.body.clone()).unwrap();
        let (find, include) = body.split_once(").include(").unwrap();
        let wanted: Value =
            serde_json::from_str(find.strip_prefix("items.find(").unwrap()).unwrap();
        let include = include.strip_suffix(')').unwrap();
        assert!(include.starts_with(r#""repo","path","name""#), "{include}");
        assert_eq!(wanted["name"], json!({"$match": "*manifest.json"}));
        let path = wanted["path"]["$match"].as_str().unwrap();
        let below = format!(
            "{}/{}",
            wanted["repo"].as_str().unwrap(),
            path.strip_suffix('*').unwrap()
        );
        let mut found = Vec::new();
        for (name, repository) in &self.store.repositories {
            if !format!("{name}/").starts_with(&below) {
                continue;
            }
            let tags = repository.tags.iter();
            let tags = tags.map(|(tag, one)| (tag.clone(), one.digest.clone()));
            let own = self.folders.iter().filter(|(at, _)| at == name);
            let own = own.map(|(_, digest)| (digest.clone(), digest.clone()));
            for (folder, digest) in tags.chain(own) {
                let sha256 = digest.strip_prefix("sha256:").unwrap();
                if wanted["sha256"]
                    .as_str()
                    .is_none_or(|wanted| wanted == sha256)
                {
                    found.push(self.item(name, &folder, &digest, include));
                }
            }
        }
        let range = json!({"start_pos": 0, "end_pos": found.len(), "total": found.len()});
        Answer::new(200).json(&json!({"results": found, "range": range}))
    }

    fn item(&self, name: &str, folder: &str, digest: &str, include: &str) -> Value {
        let repository = &self.store.repositories[name];
        let manifest = &repository.manifests[digest];
        let (key, image) = name.split_once('/').unwrap();
        let is_index = matches!(manifest.media_type.as_str(), OCI_INDEX | DOCKER_LIST);
        let time = |seconds: u64| {
            Timestamp::from_second(seconds.try_into().unwrap())
                .unwrap()
                .to_string()
        };
        let pushed = repository
            .tags
            .get(folder)
            .map_or(manifest.pushed, |tag| tag.pushed);
        let mut item = json!({
            "repo": key, "path": format!("{image}/{folder}"),
            "name": if is_index { "list.manifest.json" } else { "manifest.json" },
            "created": time(pushed), "modified": time(pushed),
            "sha256": digest.strip_prefix("sha256:"),
        });
        if include.contains("stat.downloaded") {
            let pulled = self.pulled.get(&format!("{name}:{folder}"));
            item["stats"] = match pulled {
                Some(at) => json!([{"downloaded": time(*at), "downloads": 3}]),
                None => json!([{"downloads": 0}]),
            };
            let kind = json!({"key": "docker.manifest.type", "value": manifest.media_type});
            item["properties"] = json!([{"key": "build.number", "value": "1"}, kind]);
        }
        item
    }

    /// Removes a folder with all that is in it.
    fn remove(&mut self, key: &str, path: &[&str]) -> Answer {
        let whole = format!("{key}/{}", path.join("/"));
        let below = format!("{whole}/");
        let images: Vec<String> = self.store.repositories.keys().cloned().collect();
        let gone: Vec<String> = images
            .into_iter()
            .filter(|name| *name == whole || name.starts_with(&below))
            .collect();
        for name in &gone {
            self.store.repositories.remove(name);
            self.folders.retain(|(at, _)| at != name);
        }
        if !gone.is_empty() {
            return Answer::new(204);
        }
        let (name, folder) = whole.rsplit_once('/').unwrap();
        let digest = match self.store.digest(name, folder) {
            Some(digest) => {
                self.store.untag(name, folder);
                digest
            }
            None if self.folders.remove(&(name.to_owned(), folder.to_owned())) => folder.to_owned(),
            None => return refused(404, "Could not locate artifact"),
        };
        if self.takes_children {
            let index = &self.store.repositories[name].manifests[&digest];
            for child in index.children() {
                let mut parents = self.store.parents(name, &child);
                parents.retain(|parent| *parent != digest || self.has_folder(name, parent));
                if parents.is_empty() {
                    self.folders.remove(&(name.to_owned(), child.clone()));
                    self.sweep(name, &child);
                }
            }
        }
        self.sweep(name, &digest);
        Answer::new(204)
    }

    fn has_folder(&self, name: &str, digest: &str) -> bool {
        let repository = self.store.repository(name).unwrap();
        let is_own = self.folders.contains(&(name.to_owned(), digest.to_owned()));
        is_own || !repository.tags_of(digest).is_empty()
    }

    /// A manifest without a folder is gone, and so are the blobs that only it had.
    fn sweep(&mut self, name: &str, digest: &str) {
        if self.has_folder(name, digest) || !self.store.remove_only(name, digest) {
            return;
        }
        let repository = self.store.repositories.get_mut(name).unwrap();
        let used: String = repository
            .manifests
            .values()
            .map(|manifest| String::from_utf8_lossy(&manifest.bytes).into_owned())
            .collect();
        repository
            .blobs
            .retain(|blob, _| used.contains(blob.as_str()));
    }

    fn registry(&mut self, request: &Request) -> Answer {
        let mut request = request.clone();
        if let (Some(key), Some(rest)) = (&self.named_by_host, request.path.strip_prefix("/v2/"))
            && !rest.is_empty()
        {
            request.path = format!("/v2/{key}/{rest}");
        }
        let Some(target) = Target::of(&request) else {
            return Answer::new(404);
        };
        let path = request.path.strip_prefix("/v2/").unwrap_or_default();
        let key = path.split('/').next().filter(|key| !key.is_empty());
        let key = key.or(self.named_by_host.as_deref()).unwrap_or("null");
        self.tokens.realm = Some(format!(
            "{}/artifactory/api/docker/{key}/v2/token",
            request.origin()
        ));
        // Tokens are for what clients call the repository.
        let shown = match &self.named_by_host {
            Some(key) => target.repository.strip_prefix(&format!("{key}/")),
            None => None,
        };
        let shown = shown.unwrap_or(&target.repository);
        let is_read = matches!(target.action, "" | "pull");
        if !(self.anonymous && is_read)
            && let Err(refused) = self.tokens.check(&request, shown, target.action)
        {
            return refused;
        }
        if request.path.ends_with("/tags/list")
            && request
                .header("accept")
                .is_some_and(|accept| accept.contains("manifest"))
        {
            return Answer::new(406);
        }
        let rules = Rules {
            untag: Untag::Refused((405, "UNSUPPORTED")),
            delete: if self.deletes {
                Delete::RemovesTags
            } else {
                Delete::Refused((405, "UNSUPPORTED"))
            },
            ..Rules::default()
        };
        let answer = v2(&request, &mut self.store, &rules).unwrap_or_else(|| Answer::new(404));
        let pushed = request.method == "PUT" && answer.status == 201;
        if pushed && target.reference.contains(':') {
            self.folders.insert((target.repository, target.reference));
        } else if request.method == "DELETE" && answer.status == 202 {
            self.folders.remove(&(target.repository, target.reference));
        }
        answer
    }
}

fn refused(status: u16, message: &str) -> Answer {
    Answer::new(status).json(&json!({"errors": [{"status": status, "message": message}]}))
}

impl Vendor for Artifactory {
    fn answer(&mut self, request: &Request) -> Answer {
        if request.path.starts_with("/artifactory/api/docker/") {
            return self.tokens.answer(request, &self.users);
        }
        if request.path.starts_with("/artifactory/") {
            let answer = self.rest(request);
            if let Some((_, name, tag)) = self
                .push_after
                .take_if(|(method, ..)| *method == request.method)
            {
                let old = self.store.digest(name, tag).unwrap();
                self.store.push_image(name, Some(tag), "pushed meanwhile");
                self.sweep(name, &old);
            }
            return answer;
        }
        self.registry(request)
    }
}
