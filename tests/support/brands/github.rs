//! GitHub Packages: a registry that deletes nothing, and a REST API that deletes versions.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::support::scripted_registry::Kind;
use crate::support::vendor::{
    Answer, Delete, Manifest, Request, Rules, Store, Target, Tokens, Untag, Users, Vendor, decoded,
    v2,
};

/// The user; any name would do.
pub const USER: &str = "octocat";

/// A classic token that may do everything.
pub const CLASSIC: &str = "ghp_classic";

/// A classic token that may not delete.
pub const PUSHER: &str = "ghp_pusher";

/// The token of a job.
pub const JOB: &str = "ghs_job";

/// How often a public version may be downloaded before it cannot be deleted any more.
const MANY: u64 = 5000;

/// One with the organisation `octo` and the user `mona`.
pub struct Github {
    pub store: Store,
    rules: Rules,
    users: Users,
    tokens: Tokens,
    /// The registry's host.
    registry: String,
    /// The path before all paths of the API.
    base: &'static str,
    /// Whether the packages' settings give the job's repository the role Admin.
    pub job_is_admin: bool,
    /// How often manifests were downloaded, by digest.
    pub downloads: BTreeMap<String, u64>,
    /// How many lists from now on lack the latest version.
    pub late: usize,
    /// Whether pages of users' packages say what follows them.
    pub links: bool,
    /// How many versions a page has at most.
    pub page: usize,
    /// Packages that may not be seen.
    pub hidden: BTreeSet<String>,
    /// Versions that were deleted, with their packages and tags.
    deleted: Vec<(String, Manifest, Vec<String>)>,
}

impl Github {
    /// github.com.
    pub fn new() -> Self {
        Self::at("ghcr.io", "")
    }

    /// A server of one's own.
    pub fn server(registry: &str) -> Self {
        Self::at(registry, "/api/v3")
    }

    fn at(registry: &str, base: &'static str) -> Self {
        let unsupported = (405, "UNSUPPORTED");
        Self {
            store: Store::new(),
            rules: Rules {
                untag: Untag::Refused(unsupported),
                delete: Delete::Refused(unsupported),
                referrers: false,
                mounts: true,
                ..Rules::default()
            },
            users: Users::new(&[(USER, CLASSIC)]),
            tokens: Tokens::new(registry).at(&format!("https://{registry}/token")),
            registry: registry.to_owned(),
            base,
            job_is_admin: true,
            downloads: BTreeMap::new(),
            late: 0,
            links: true,
            page: 100,
            hidden: BTreeSet::new(),
            deleted: Vec::new(),
        }
    }

    /// Lets the user log in with another token.
    pub fn user_has(&mut self, token: &str) {
        self.users.add(USER, token);
    }

    fn registry(&mut self, request: &Request) -> Answer {
        if request.path == "/token" {
            return self.tokens.answer(request, &self.users);
        }
        let Some(target) = Target::of(request) else {
            return Answer::new(404);
        };
        // Nobody is told what may be deleted: the registry knows no such action.
        let action = target.action.replace("delete", "pull");
        if let Err(refused) = self.tokens.check(request, &target.repository, &action) {
            return refused;
        }
        if target.kind == Kind::GetManifest
            && let Some(repository) = self.store.repository(&target.repository)
            && let Some(found) = repository.find(&target.reference)
        {
            *self.downloads.entry(found.digest.clone()).or_default() += 1;
        }
        v2(request, &mut self.store, &self.rules).unwrap_or_else(|| Answer::new(404))
    }

    fn api(&mut self, request: &Request) -> Answer {
        let Some(token) = request.bearer() else {
            return message(401, "Requires authentication");
        };
        let (scopes, deletes) = match token.as_str() {
            CLASSIC => (Some("delete:packages, read:packages, write:packages"), true),
            PUSHER => (Some("read:packages, write:packages"), false),
            JOB => (None, self.job_is_admin),
            _ => return message(401, "Bad credentials"),
        };
        let answer = self.asked(request, deletes, scopes.is_some());
        match scopes {
            None => answer,
            Some(scopes) => {
                let accepted = match request.method.as_str() {
                    "DELETE" => "delete:packages, read:packages",
                    _ => "read:packages",
                };
                answer
                    .header("X-OAuth-Scopes", scopes)
                    .header("X-Accepted-OAuth-Scopes", accepted)
            }
        }
    }

    fn asked(&mut self, request: &Request, deletes: bool, is_classic: bool) -> Answer {
        let Some(path) = request.path.strip_prefix(self.base) else {
            return message(404, "Not Found");
        };
        let segments: Vec<String> = path.split('/').skip(1).map(decoded).collect();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let (name, rest) = match segments.as_slice() {
            ["users", owner] => {
                let kind = match *owner {
                    "octo" => "Organization",
                    "mona" => "User",
                    _ => return message(404, "Not Found"),
                };
                return Answer::new(200).json(&json!({"login": owner, "type": kind}));
            }
            ["orgs", "octo", "packages", "container", name, rest @ ..] => {
                (format!("octo/{name}"), rest)
            }
            ["users", "mona", "packages", "container", name, rest @ ..] => {
                (format!("mona/{name}"), rest)
            }
            _ => return message(404, "Not Found"),
        };
        if self.store.repository(&name).is_none() || self.hidden.contains(&name) {
            return message(404, "Package not found.");
        }
        if request.method != "GET" && !deletes {
            return message(
                403,
                match is_classic {
                    true => "You need at least delete:packages and read:packages scopes.",
                    false => "Resource not accessible by integration",
                },
            );
        }
        match (request.method.as_str(), rest) {
            ("GET", ["versions"]) => self.versions(request, &name),
            ("DELETE", ["versions", id]) => self.delete(&name, id),
            ("POST", ["versions", id, "restore"]) => self.restore(&name, id),
            ("DELETE", []) => self.remove(&name),
            _ => message(404, "Not Found"),
        }
    }

    fn versions(&mut self, request: &Request, name: &str) -> Answer {
        let number = |name, default| {
            let text = request.parameter(name);
            text.map_or(default, |text| text.parse().unwrap())
        };
        let size = number("per_page", 30).min(self.page);
        let page = number("page", 1);
        let repository = self.store.repository(name).unwrap();
        let tags = repository.tags_by_digest();
        let mut all = self.store.manifests(name);
        if request.parameter("state") == Some("deleted") {
            let deleted = self.deleted.iter().filter(|(of, ..)| of == name);
            all = deleted.map(|(_, manifest, _)| manifest).collect();
        }
        all.reverse();
        if self.late > 0 {
            self.late -= 1;
            all.remove(0);
        }
        let found = all.iter().skip((page - 1) * size).take(size);
        let found: Vec<Value> = found
            .map(|manifest| {
                let time = |seconds| Timestamp::from_second(seconds).unwrap().to_string();
                json!({
                    "id": manifest.pushed,
                    "name": manifest.digest,
                    "created_at": time(manifest.pushed as i64),
                    "updated_at": time(self.store.clock as i64),
                    "metadata": {
                        "package_type": "container",
                        "container": {
                            "tags": tags.get(manifest.digest.as_str()).unwrap_or(&Vec::new()),
                        },
                    },
                })
            })
            .collect();
        let answer = Answer::new(200).json(&json!(found));
        if page * size >= all.len() || !self.links {
            return answer;
        }
        let (origin, path) = (request.origin(), &request.path);
        let next = format!(
            "<{origin}{path}?per_page={size}&page={}>; rel=\"next\"",
            page + 1
        );
        answer.header("Link", next)
    }

    fn delete(&mut self, name: &str, id: &str) -> Answer {
        let repository = self.store.repository(name).unwrap();
        let versions = repository.manifests.values();
        let version = versions.clone().find(|one| one.pushed.to_string() == id);
        let Some(digest) = version.map(|version| version.digest.clone()) else {
            return message(404, "Package version not found.");
        };
        let tags = repository.tags_of(&digest);
        if !tags.is_empty() && tags.len() == repository.tags.len() {
            return message(
                400,
                "You cannot delete the last tagged version of a package. You must delete the \
                 package instead.",
            );
        }
        if versions.count() == 1 {
            return message(400, "You cannot delete the last version of a package.");
        }
        if self.is_popular(&digest) {
            return message(
                400,
                "Publicly visible package versions with more than 5000 downloads cannot be \
                 deleted. Contact GitHub support for further assistance.",
            );
        }
        let manifest = repository.manifests[&digest].clone();
        self.deleted.push((name.to_owned(), manifest, tags));
        self.store.remove(name, &digest);
        Answer::new(204)
    }

    fn restore(&mut self, name: &str, id: &str) -> Answer {
        let mut deleted = self.deleted.iter();
        let at = deleted.position(|(of, one, _)| of == name && one.pushed.to_string() == id);
        let Some(at) = at else {
            return message(404, "Package version not found.");
        };
        let (_, manifest, tags) = self.deleted.remove(at);
        let digest = manifest.digest.clone();
        let manifests = &mut self.store.create(name).manifests;
        manifests.insert(digest.clone(), manifest);
        for tag in tags {
            self.store.tag(name, &digest, &tag);
        }
        Answer::new(204)
    }

    fn remove(&mut self, name: &str) -> Answer {
        let repository = self.store.repository(name).unwrap();
        if repository
            .manifests
            .keys()
            .any(|digest| self.is_popular(digest))
        {
            return message(
                400,
                "Publicly visible packages with more than 5000 downloads.",
            );
        }
        self.store.repositories.remove(name);
        Answer::new(204)
    }

    fn is_popular(&self, digest: &str) -> bool {
        self.downloads
            .get(digest)
            .is_some_and(|count| *count > MANY)
    }
}

fn message(status: u16, message: &str) -> Answer {
    let body = json!({
        "message": message,
        "documentation_url": "https://docs.github.com/rest",
        "status": status.to_string(),
    });
    Answer::new(status).json(&body)
}

impl Vendor for Github {
    fn answer(&mut self, request: &Request) -> Answer {
        if request.host == self.registry {
            self.registry(request)
        } else {
            self.api(request)
        }
    }
}
