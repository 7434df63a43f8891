//! Harbor: a registry of projects, and its REST API.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::support::vendor::{
    Answer, Delete, Immutable, Manifest, Repository, Request, Rules, Store, Target, Tokens, Untag,
    Users, Vendor, decoded, v2,
};

/// A robot that may do everything in the project, and its secret.
pub const ROBOT: (&str, &str) = ("robot$team+ci", "robot-secret");

/// An administrator.
pub const ADMIN: (&str, &str) = ("admin", "admin-secret");

/// Somebody who may only read.
pub const READER: (&str, &str) = ("reader", "reader-secret");

/// Never.
const NEVER: &str = "0001-01-01T00:00:00.000Z";

/// What happens meanwhile.
type Meanwhile = dyn FnMut(&mut Store, usize) + Send;

/// One with the project `team`. Tags that begin with `release-` are immutable.
pub struct Harbor {
    pub store: Store,
    pub projects: BTreeSet<String>,
    /// When tags were pulled, by `REPOSITORY:TAG`, in seconds since 1970.
    pub pulled: BTreeMap<String, u64>,
    /// Whether pulls wait for a scan.
    pub scans: bool,
    /// Whether nothing can be changed.
    pub read_only: bool,
    /// The garbage collections that were asked for.
    pub collections: Vec<Value>,
    /// Whether one is running.
    pub is_collecting: bool,
    /// What happens to the store before a page is listed, with the page's number.
    pub before_page: Box<Meanwhile>,
    /// Whether lists are counted, and linked.
    pub counts: bool,
    pub links: bool,
    rules: Rules,
    users: Users,
    tokens: Tokens,
}

fn immutable(tag: &str) -> bool {
    tag.starts_with("release-")
}

fn time(seconds: u64) -> String {
    let time = Timestamp::from_second(seconds.try_into().unwrap()).unwrap();
    format!("{time:.3}")
}

impl Harbor {
    pub fn new() -> Self {
        let immutable = Immutable {
            holds: Box::new(|_, tag| immutable(tag)),
            push: (412, "PRECONDITION"),
            delete: Some((412, "PRECONDITION")),
        };
        Self {
            store: Store::new(),
            projects: BTreeSet::from(["team".to_owned()]),
            pulled: BTreeMap::new(),
            scans: false,
            read_only: false,
            collections: Vec::new(),
            is_collecting: false,
            before_page: Box::new(|_, _| {}),
            counts: true,
            links: true,
            rules: Rules {
                untag: Untag::Refused((400, "UNSUPPORTED")),
                delete: Delete::RemovesTags,
                child: Some((412, "VIOLATE_FOREIGN_KEY_CONSTRAINT")),
                immutable: Some(immutable),
                mounts: true,
                ..Rules::default()
            },
            users: Users::new(&[ROBOT, ADMIN, READER]),
            tokens: Tokens::new("harbor-registry"),
        }
    }

    fn rest(&mut self, request: &Request) -> Answer {
        if request.header("cookie").is_some() {
            return Answer::error(403, "FORBIDDEN");
        }
        let Ok(user) = self.users.check(request, "harbor") else {
            return Answer::error(401, "UNAUTHORIZED");
        };
        let segments: Vec<String> = request.segments().iter().map(|s| decoded(s)).collect();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let path = segments.strip_prefix(&["api", "v2.0"]).unwrap();
        let writes = !matches!(request.method.as_str(), "GET" | "HEAD");
        if writes && user == READER.0 {
            return Answer::error(403, "FORBIDDEN");
        }
        if writes && self.read_only {
            return Answer::error(403, "DENIED");
        }
        match (request.method.as_str(), path) {
            ("HEAD", ["projects"]) => {
                let name = request.parameter("project_name").unwrap();
                Answer::new(if self.projects.contains(name) {
                    200
                } else {
                    404
                })
            }
            ("POST", ["projects"]) => self.create(request, &user),
            ("POST", ["system", "gc", "schedule"]) if user != ADMIN.0 => {
                Answer::error(403, "FORBIDDEN")
            }
            ("POST", ["system", "gc", "schedule"]) if self.is_collecting => {
                Answer::error(409, "CONFLICT")
            }
            ("POST", ["system", "gc", "schedule"]) => {
                self.collections.push(request.json());
                Answer::new(201)
            }
            (method, ["projects", project, "repositories", repository, rest @ ..]) => {
                // A name with a slash is encoded twice.
                assert!(!repository.contains('/'), "{}", request.path);
                let name = format!("{project}/{}", decoded(repository));
                self.repository(request, method, &name, rest)
            }
            _ => Answer::error(404, "NOT_FOUND"),
        }
    }

    fn create(&mut self, request: &Request, user: &str) -> Answer {
        if user != ADMIN.0 {
            return Answer::error(403, "FORBIDDEN");
        }
        let name = request.json()["project_name"].as_str().unwrap().to_owned();
        let is_new = self.projects.insert(name);
        if is_new {
            Answer::new(201)
        } else {
            Answer::error(409, "CONFLICT")
        }
    }

    fn repository(&mut self, request: &Request, method: &str, name: &str, rest: &[&str]) -> Answer {
        if self.store.repository(name).is_none() {
            return Answer::error(404, "NOT_FOUND");
        }
        match (method, rest) {
            ("DELETE", []) => {
                if self.store.tags(name).iter().any(|tag| immutable(tag)) {
                    return Answer::error(412, "PRECONDITION");
                }
                self.store.repositories.remove(name);
                Answer::new(200)
            }
            ("GET", ["artifacts"]) => self.list(request, name),
            (_, ["artifacts", reference, rest @ ..]) => {
                let repository = self.store.repository(name).unwrap();
                let Some(found) = repository.find(reference) else {
                    return Answer::error(404, "NOT_FOUND");
                };
                let digest = found.digest.clone();
                match (method, rest) {
                    ("GET", []) => {
                        let tags = repository.tags_of(&digest);
                        let tags: Vec<&str> = tags.iter().map(String::as_str).collect();
                        Answer::new(200).json(&self.artifact(name, found, &tags))
                    }
                    ("DELETE", []) => self.remove(name, &digest),
                    ("DELETE", ["tags", tag]) => {
                        if !repository.tags_of(&digest).iter().any(|one| one == tag) {
                            return Answer::error(404, "NOT_FOUND");
                        }
                        if immutable(tag) {
                            return Answer::error(412, "PRECONDITION");
                        }
                        self.store.untag(name, tag);
                        Answer::new(200)
                    }
                    _ => Answer::error(405, "METHOD_NOT_ALLOWED"),
                }
            }
            _ => Answer::error(404, "NOT_FOUND"),
        }
    }

    /// Removes an artifact with its tags, its signatures, and its children without tags.
    fn remove(&mut self, name: &str, digest: &str) -> Answer {
        let repository = self.store.repository(name).unwrap();
        if !repository.parents(digest).is_empty() {
            return Answer::error(412, "VIOLATE_FOREIGN_KEY_CONSTRAINT");
        }
        if repository.tags_of(digest).iter().any(|tag| immutable(tag)) {
            return Answer::error(412, "PRECONDITION");
        }
        let mut gone: Vec<String> = repository.find(digest).unwrap().children();
        gone.retain(|child| {
            let others = repository
                .parents(child)
                .iter()
                .any(|parent| parent != digest);
            !others && repository.tags_of(child).is_empty()
        });
        let referrers = repository.referrers(digest).into_iter();
        gone.extend(referrers.map(|referrer| referrer.digest.clone()));
        self.store.remove(name, digest);
        for one in gone {
            self.store.remove_only(name, &one);
        }
        Answer::new(200)
    }

    fn list(&mut self, request: &Request, name: &str) -> Answer {
        let number = |parameter, default| {
            let value = request.parameter(parameter);
            value.map_or(default, |value| value.parse::<usize>().unwrap())
        };
        let (page, size) = (number("page", 1), number("page_size", 10).min(100));
        (self.before_page)(&mut self.store, page);
        let repository = self.store.repository(name).unwrap();
        let tags = repository.tags_by_digest();
        let is_tagged = |one: &&Manifest| tags.contains_key(one.digest.as_str());
        let mut found: Vec<&Manifest> = repository.manifests.values().collect();
        match request.parameter("q") {
            Some("tags=*") => found.retain(|one| is_tagged(one)),
            Some("tags=nil") => found.retain(|one| !is_tagged(one)),
            q => assert_eq!(q, None),
        }
        found.sort_by_key(|one| one.pushed);
        if request.parameter("sort") == Some("-push_time") {
            found.reverse();
        }
        let total = found.len();
        let items = found.iter().skip((page - 1) * size).take(size);
        let items = items.map(|one| {
            let tags = tags.get(one.digest.as_str());
            self.artifact(name, one, tags.map_or(&[], Vec::as_slice))
        });
        let items: Vec<Value> = items.collect();
        let mut answer = Answer::new(200).json(&json!(items));
        if self.counts {
            answer = answer.header("X-Total-Count", total);
        }
        if self.links && page * size < total {
            let next = request
                .target
                .replace(&format!("page={page}&"), &format!("page={}&", page + 1));
            answer = answer.header("Link", format!("<{next}>; rel=\"next\""));
        }
        answer
    }

    fn artifact(&self, name: &str, one: &Manifest, tags: &[&str]) -> Value {
        let repository: &Repository = self.store.repository(name).unwrap();
        let pulled = |tag: &str| self.pulled.get(&format!("{name}:{tag}"));
        let last = tags.iter().filter_map(|tag| pulled(tag)).max();
        let shown = |seconds: Option<&u64>| seconds.map_or(NEVER.to_owned(), |at| time(*at));
        let listed: Vec<Value> = tags
            .iter()
            .map(|tag| {
                json!({
                    "id": 1, "name": tag, "push_time": time(repository.tags[*tag].pushed),
                    "pull_time": shown(pulled(tag)), "immutable": immutable(tag),
                })
            })
            .collect();
        let json = one.json();
        let children = json["manifests"].as_array().into_iter().flatten();
        let children: Vec<Value> = children
            .map(|child| json!({"child_digest": child["digest"], "platform": child["platform"]}))
            .collect();
        let config = json!({
            "created": "2024-05-01T10:00:00.123Z", "os": "linux", "architecture": "amd64",
        });
        json!({
            "digest": one.digest, "size": one.size(), "push_time": time(one.pushed),
            "pull_time": shown(last), "manifest_media_type": one.media_type,
            "media_type": json["config"]["mediaType"], "artifact_type": "",
            "references": if children.is_empty() { Value::Null } else { json!(children) },
            "extra_attrs": if children.is_empty() { config } else { Value::Null },
            "tags": if listed.is_empty() { Value::Null } else { json!(listed) },
        })
    }
}

impl Vendor for Harbor {
    fn answer(&mut self, request: &Request) -> Answer {
        self.tokens.realm = Some(format!("{}/service/token", request.origin()));
        if request.path == "/service/token" {
            return self.tokens.answer(request, &self.users);
        }
        if request.path.starts_with("/api/v2.0/") {
            return self.rest(request).header("Set-Cookie", "sid=1; Path=/");
        }
        let Some(target) = Target::of(request) else {
            return Answer::new(404);
        };
        if let Err(refused) = self
            .tokens
            .check(request, &target.repository, target.action)
        {
            return refused;
        }
        let project = target.repository.split('/').next().unwrap_or_default();
        if !project.is_empty() && !self.projects.contains(project) {
            return Answer::error(404, "NOT_FOUND");
        }
        let is_pull = target.action == "pull" && request.path.contains("/manifests/");
        if self.scans && is_pull {
            return Answer::error(412, "PROJECTPOLICYVIOLATION");
        }
        v2(request, &mut self.store, &self.rules).unwrap_or_else(|| Answer::new(404))
    }
}
