//! Nexus 3: repositories behind ports or in paths, and components.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::support::vendor::{
    Answer, Delete, Request, Rules, Store, Target, Untag, Users, Vendor, decoded, v2,
};

/// Somebody who may browse, pull, push and delete.
pub const USER: (&str, &str) = ("ci", "ci-password");

/// An administrator.
pub const ADMIN: (&str, &str) = ("admin", "admin-password");

/// Somebody who may browse and pull.
pub const READER: (&str, &str) = ("reader", "reader-password");

/// A repository.
#[derive(Debug, Clone)]
pub struct Kept {
    /// `hosted`, `proxy` or `group`.
    pub kind: &'static str,
    /// The port of its connector.
    pub port: Option<u16>,
    /// `ALLOW`, or `DENY`: nothing can be changed.
    pub policy: &'static str,
}

/// One with the hosted repository `images`. In the store, the repository's name is the first part.
pub struct Nexus {
    pub store: Store,
    pub repositories: BTreeMap<String, Kept>,
    /// The minor version: 3.MINOR.
    pub version: u32,
    /// The store as the search knows it; always up to date when there is none.
    pub index: Option<BTreeMap<String, BTreeMap<String, String>>>,
    /// When a tag was pulled, by `IMAGE:TAG`, in seconds since 1970.
    pub pulled: BTreeMap<String, u64>,
    /// Tasks: the type and the name of each, and whether it is switched on. Its place is its id.
    pub tasks: Vec<(&'static str, &'static str, bool)>,
    /// The names of tasks that were run.
    pub run: Vec<&'static str>,
    /// Whether the second page names itself as the next one.
    pub loops: bool,
    users: Users,
}

impl Nexus {
    pub fn new(version: u32) -> Self {
        let images = Kept {
            kind: "hosted",
            port: None,
            policy: "ALLOW",
        };
        Self {
            store: Store::new(),
            repositories: BTreeMap::from([("images".to_owned(), images)]),
            version,
            index: None,
            pulled: BTreeMap::new(),
            tasks: Vec::new(),
            run: Vec::new(),
            loops: false,
            users: Users::new(&[USER, ADMIN, READER]),
        }
    }

    /// Lets the search know what there is now, and nothing that comes later.
    pub fn freeze_index(&mut self) {
        let tags = self.store.repositories.iter().map(|(name, repository)| {
            let tags = repository.tags.iter();
            let tags = tags.map(|(tag, named)| (tag.clone(), named.digest.clone()));
            (name.clone(), tags.collect())
        });
        self.index = Some(tags.collect());
    }

    fn rest(&mut self, request: &Request) -> Answer {
        let segments: Vec<String> = request.segments().iter().map(|s| decoded(s)).collect();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let path = segments.strip_prefix(&["service", "rest", "v1"]).unwrap();
        if let ("GET", ["status"]) = (request.method.as_str(), path) {
            return Answer::new(200);
        }
        let Some(user) = self.users.of(request) else {
            return Answer::new(401);
        };
        let is_admin = user == ADMIN.0;
        match (request.method.as_str(), path) {
            ("GET", ["repositories"]) => self.repositories(request, false),
            ("GET", ["repositorySettings"]) if is_admin => self.repositories(request, true),
            ("POST", ["repositories", "docker", "hosted"]) if is_admin => {
                let body = request.json();
                let kept = Kept {
                    kind: "hosted",
                    port: None,
                    policy: "ALLOW",
                };
                let name = body["name"].as_str().unwrap().to_owned();
                self.repositories.insert(name, kept);
                Answer::new(201)
            }
            ("GET", ["tasks"]) if is_admin => self.tasks(request),
            ("POST", ["tasks", id, "run"]) if is_admin => {
                match self.tasks.get(id.parse::<usize>().unwrap()) {
                    Some((_, name, true)) => {
                        self.run.push(name);
                        Answer::new(204)
                    }
                    Some(_) => Answer::new(405),
                    None => Answer::new(404),
                }
            }
            ("GET", ["repositorySettings" | "tasks"]) | ("POST", _) => Answer::new(403),
            ("GET", ["search"]) => self.list(request, true),
            ("GET", ["components"]) => self.list(request, false),
            (method, ["components", id]) => self.component(method, id, &user),
            _ => Answer::new(404),
        }
    }

    fn tasks(&self, request: &Request) -> Answer {
        let wanted = request.parameter("type").unwrap();
        let tasks = self.tasks.iter().enumerate();
        let tasks = tasks.filter(|(_, (kind, ..))| *kind == wanted);
        let items = tasks.map(|(at, (kind, name, enabled))| {
            json!({
                "id": at.to_string(), "type": kind, "name": name, "message": name,
                "currentState": "WAITING", "enabled": enabled,
            })
        });
        let items: Vec<Value> = items.collect();
        Answer::new(200).json(&json!({"items": items, "continuationToken": null}))
    }

    fn repositories(&self, request: &Request, settings: bool) -> Answer {
        let docker = self.repositories.iter().map(|(name, kept)| {
            let url = format!("{}/repository/{name}", request.origin());
            let mut shown =
                json!({"name": name, "format": "docker", "type": kept.kind, "url": url});
            if settings {
                shown["online"] = json!(true);
                shown["docker"] = json!({"httpPort": kept.port, "v1Enabled": false});
            }
            shown
        });
        let mut all = vec![json!({"name": "maven", "format": "maven2", "type": "hosted"})];
        all.extend(docker);
        Answer::new(200).json(&json!(all))
    }

    /// A page of components: 50 of the search, 100 of the whole repository.
    fn list(&self, request: &Request, search: bool) -> Answer {
        let repository = request.parameter("repository").unwrap();
        let mut found = Vec::new();
        for (name, kept) in &self.store.repositories {
            let (at, image) = name.split_once('/').unwrap();
            let is_member = self.repositories[repository].kind == "group";
            if at != repository && !is_member {
                continue;
            }
            let live = kept
                .tags
                .iter()
                .map(|(tag, one)| (tag.clone(), one.digest.clone()));
            let tags = match self.index.as_ref().filter(|_| search) {
                Some(index) => index.get(name).cloned().unwrap_or_default(),
                None => live.collect(),
            };
            for (tag, digest) in tags {
                found.push((at.to_owned(), image.to_owned(), tag, digest));
            }
        }
        if search {
            assert_eq!(request.parameter("format"), Some("docker"));
            // Images whose name has the word are found too.
            let name = request.parameter("name").unwrap();
            found.retain(|(_, image, ..)| image.contains(name));
            if let Some(version) = request.parameter("version") {
                found.retain(|(_, _, tag, _)| tag == version);
            }
        }
        let start = request.parameter("continuationToken").unwrap_or("0");
        let start: usize = start.parse().unwrap();
        let size = if search { 50 } else { 100 };
        let items = found.iter().skip(start).take(size);
        let items: Vec<Value> = items
            .map(|(at, image, tag, digest)| self.shown(at, image, tag, digest))
            .collect();
        let next = (start + size < found.len()).then_some(start + size);
        let next = if self.loops { Some(size) } else { next };
        let token = next.map(|next| next.to_string());
        Answer::new(200).json(&json!({"items": items, "continuationToken": token}))
    }

    fn shown(&self, at: &str, image: &str, tag: &str, digest: &str) -> Value {
        let repository = &self.store.repositories[&format!("{at}/{image}")];
        let time = |seconds: u64| {
            let time = Timestamp::from_second(seconds.try_into().unwrap()).unwrap();
            format!("{time:.3}").replace('Z', "+00:00")
        };
        let pulled = self.pulled.get(&format!("{image}:{tag}"));
        let pushed = repository
            .tags
            .get(tag)
            .map_or(1_700_000_000, |one| one.pushed);
        let kind = repository
            .find(digest)
            .map(|found| found.media_type.clone());
        json!({
            "id": BASE64_STANDARD.encode(format!("{at}:{image}:{tag}")),
            "repository": at, "format": "docker", "group": null, "name": image, "version": tag,
            "assets": [{
                "id": "1", "path": format!("v2/{image}/manifests/{tag}"),
                "checksum": {"sha1": "0", "sha256": digest.strip_prefix("sha256:")},
                "contentType": kind, "lastModified": time(pushed), "blobCreated": time(pushed),
                "lastDownloaded": pulled.map(|at| time(*at)), "fileSize": 500,
            }],
        })
    }

    fn component(&mut self, method: &str, id: &str, user: &str) -> Answer {
        let Ok(named) = BASE64_STANDARD.decode(id) else {
            return Answer::new(422);
        };
        let named = String::from_utf8(named).unwrap();
        let [at, image, tag] = named.split(':').collect::<Vec<_>>()[..] else {
            return Answer::new(422);
        };
        let name = format!("{at}/{image}");
        let Some(digest) = self.store.digest(&name, tag) else {
            return Answer::new(404);
        };
        match method {
            "GET" => Answer::new(200).json(&self.shown(at, image, tag, &digest)),
            _ if user == READER.0 => Answer::new(403),
            _ if self.repositories[at].policy == "DENY" => Answer::new(400),
            _ => {
                self.store.untag(&name, tag);
                Answer::new(204)
            }
        }
    }

    /// The repository's name before the path, where a port says it.
    fn directed(&self, request: &Request) -> Request {
        let mut request = request.clone();
        let port = request
            .host
            .rsplit_once(':')
            .map(|(_, port)| port.parse().unwrap());
        let behind = self
            .repositories
            .iter()
            .find(|(_, kept)| kept.port.is_some() && kept.port == port);
        if let Some((name, _)) = behind
            && let Some(rest) = request.path.strip_prefix("/v2/")
            && !rest.is_empty()
        {
            request.path = format!("/v2/{name}/{rest}");
        }
        request
    }
}

impl Vendor for Nexus {
    fn answer(&mut self, request: &Request) -> Answer {
        let server = format!("Nexus/3.{}.0-01 (OSS)", self.version);
        let directed = self.directed(request);
        let has_pages = directed.path == request.path;
        let answer = if request.path.starts_with("/service/rest/") && has_pages {
            let is_connector = self.repositories.values().any(|kept| {
                let port = kept.port.map(|port| format!(":{port}"));
                port.is_some_and(|port| request.host.ends_with(&port))
            });
            if is_connector {
                Answer::new(404)
            } else {
                self.rest(request)
            }
        } else {
            self.registry(&directed)
        };
        answer.header("Server", server)
    }
}

impl Nexus {
    fn registry(&mut self, request: &Request) -> Answer {
        let user = match self
            .users
            .check(request, "Sonatype Nexus Repository Manager")
        {
            Ok(user) => user,
            Err(refused) => return refused,
        };
        let Some(target) = Target::of(request) else {
            return Answer::new(404);
        };
        if target.action != "pull" && !target.action.is_empty() && user == READER.0 {
            return Answer::error(403, "DENIED");
        }
        let rules = Rules {
            untag: Untag::Refused((400, "UNSUPPORTED")),
            delete: if self.version < 89 {
                Delete::RemovesTags
            } else {
                Delete::LeavesTags
            },
            ..Rules::default()
        };
        v2(request, &mut self.store, &rules).unwrap_or_else(|| Answer::new(404))
    }
}
