//! GitLab: the registry in three versions, the token service, and the REST API.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::support::scripted_registry::Kind;
use crate::support::vendor::{
    Answer, Delete, Immutable, Request, Rules, Store, Target, Tokens, Untag, Users, Vendor,
    decoded, v2,
};

/// A user with all rights, and the access token.
pub const USER: (&str, &str) = ("dev", "glpat-of-dev");

/// A job of the project [`PROJECT`].
pub const JOB: (&str, &str) = ("gitlab-ci-token", "glcbt-of-job");

/// A deploy token of the project.
pub const DEPLOY: (&str, &str) = ("gitlab+deploy-token-1", "gldt-of-project");

/// The project.
pub const PROJECT: &str = "group/sub/project";

/// After so many failed logins nobody is let in.
const BAN: usize = 30;

/// What the registry can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// 4.0 and later with the metadata database: deletes tags, and lists.
    Modern,
    /// Before 3.81: deletes tags at an address of its own.
    Older,
    /// Another registry than GitLab's own: distribution 2.
    Foreign,
}

/// An instance with the project [`PROJECT`].
pub struct Gitlab {
    pub store: Store,
    pub version: Version,
    rules: Rules,
    users: Users,
    tokens: Tokens,
    registry: String,
    /// How many logins have failed.
    pub failed: usize,
    /// Repositories for which a token to push was asked for: they are created by that.
    pub records: BTreeSet<String>,
    /// Whether there are rules that protect tags, so that nothing can be deleted by digest.
    pub protects: bool,
    /// Whether refusals of such rules come with a challenge.
    pub challenges: bool,
    /// Repositories that are going to be deleted.
    pub scheduled: Vec<String>,
}

impl Gitlab {
    /// One whose registry is at this host, and which itself is at another.
    pub fn new(registry: &str, instance: &str, version: Version) -> Self {
        let allowed = |user: &str, path: &str, action: &str| {
            let own = path == PROJECT || path.starts_with(&format!("{PROJECT}/"));
            match user {
                _ if user == USER.0 => true,
                _ if user == JOB.0 => own && action != "*",
                _ if user == DEPLOY.0 => own && matches!(action, "pull" | "push"),
                _ => false,
            }
        };
        let mut rules = Rules {
            referrers: false,
            mounts: true,
            page: Some(100),
            ..Rules::default()
        };
        if version != Version::Modern {
            rules.untag = Untag::Refused((400, "DIGEST_INVALID"));
            rules.delete = Delete::RemovesTags;
        } else {
            rules.child = Some((409, "MANIFEST_REFERENCED"));
        }
        let realm = format!("https://{instance}/jwt/auth");
        Self {
            store: Store::new(),
            version,
            rules,
            users: Users::new(&[USER, JOB, DEPLOY]),
            tokens: Tokens::new("container_registry")
                .at(&realm)
                .allowing(allowed),
            registry: registry.to_owned(),
            failed: 0,
            records: BTreeSet::new(),
            protects: false,
            challenges: false,
            scheduled: Vec::new(),
        }
    }

    /// Protects a tag by a rule with this code.
    pub fn protect(&mut self, tag: &'static str, code: &'static str) {
        self.rules.immutable = Some(Immutable::new(move |_, found| found == tag, (401, code)));
        self.protects = true;
    }

    fn login(&mut self, request: &Request) -> Answer {
        if self.failed >= BAN {
            return Answer::new(403).text("Forbidden");
        }
        assert_eq!(request.parameter("service"), Some("container_registry"));
        let answer = self.tokens.answer(request, &self.users);
        if answer.status != 200 {
            self.failed += 1;
            return Answer::error(403, "DENIED");
        }
        for scope in request.parameters("scope").join(" ").split(' ') {
            if let [_, path, actions] = scope.split(':').collect::<Vec<_>>().as_slice()
                && actions.split(',').any(|action| action == "push")
            {
                self.records.insert((*path).to_owned());
            }
        }
        answer
    }

    fn registry(&mut self, request: &Request) -> Answer {
        if let Some(path) = request.path.strip_prefix("/gitlab/v1/repositories/") {
            return self.list(request, path);
        }
        if let Some((path, tag)) = reference(request) {
            if let Err(refused) = self.tokens.check(request, path, "delete") {
                return refused;
            }
            return match self.version {
                Version::Older if self.store.untag(path, tag) => Answer::new(202),
                Version::Older => Answer::error(404, "TAG_UNKNOWN"),
                _ => Answer::new(404).text("404 page not found"),
            };
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
        let by_digest = target.kind == Kind::DeleteManifest && target.reference.contains(':');
        let mut answer = match by_digest && self.protects {
            true => Answer::error(401, "PROTECTED_MANIFEST"),
            false => v2(request, &mut self.store, &self.rules).unwrap_or_else(|| Answer::new(404)),
        };
        if answer.status == 401 && self.challenges {
            let refused = self.tokens.check(request, "another", "delete").unwrap_err();
            let challenge = refused
                .headers
                .iter()
                .find(|(name, _)| name == "WWW-Authenticate");
            let challenge = challenge
                .unwrap()
                .1
                .replace(",error=\"insufficient_scope\"", "");
            let challenge = challenge.replace("another:delete", &target.repository);
            answer = answer.header("WWW-Authenticate", challenge);
        }
        if self.version == Version::Modern {
            answer = answer
                .header("Gitlab-Container-Registry-Version", "4.32.0-gitlab")
                .header("Gitlab-Container-Registry-Database-Enabled", "true");
        }
        answer
    }

    fn list(&self, request: &Request, path: &str) -> Answer {
        if self.version != Version::Modern {
            return Answer::new(404).text("404 page not found");
        }
        let Some(path) = path.strip_suffix("/tags/list/") else {
            return Answer::new(301).header("Location", format!("{}/", request.path));
        };
        if let Err(refused) = self.tokens.check(request, path, "pull") {
            return refused;
        }
        let Some(repository) = self.store.repository(path) else {
            return Answer::error(404, "NAME_UNKNOWN");
        };
        let size = request.parameter("n").map_or(100, |n| n.parse().unwrap());
        if !(1..=1000).contains(&size) {
            return Answer::error(400, "INVALID_QUERY_PARAMETER_VALUE");
        }
        let last = request.parameter("last").unwrap_or_default();
        let mut rest = repository
            .tags
            .iter()
            .filter(|(name, _)| name.as_str() > last);
        let found: Vec<_> = rest.by_ref().take(size).collect();
        let items = found.iter().map(|(name, tag)| {
            let manifest = &repository.manifests[&tag.digest];
            let time = |seconds| Timestamp::from_second(seconds).unwrap().to_string();
            let (created, pushed) = (time(tag.created as i64), time(tag.pushed as i64));
            json!({
                "name": name,
                "digest": tag.digest,
                "media_type": manifest.media_type,
                "size_bytes": manifest.size(),
                "created_at": created,
                "updated_at": match tag.created == tag.pushed {
                    true => "0001-01-01T00:00:00.000Z",
                    false => &pushed,
                },
                "published_at": pushed,
            })
        });
        let items: Vec<Value> = items.collect();
        let answer = Answer::new(200).json(&json!(items));
        match (found.last(), rest.next()) {
            (Some((last, _)), Some(_)) => {
                let (origin, path) = (request.origin(), &request.path);
                let next = format!("<{origin}{path}?n={size}&last={last}>; rel=\"next\"");
                answer.header("Link", next)
            }
            _ => answer,
        }
    }

    fn rest(&mut self, request: &Request) -> Answer {
        let Some(path) = request.path.strip_prefix("/api/v4/projects/") else {
            return message(404, "404 Not Found");
        };
        let is_job = request.header("job-token") == Some(JOB.1);
        let is_user = request.header("private-token") == Some(USER.1);
        if !is_job && !is_user {
            return message(401, "401 Unauthorized");
        }
        let segments: Vec<String> = path.split('/').map(decoded).collect();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let [project, "registry", "repositories", rest @ ..] = segments.as_slice() else {
            return message(404, "404 Not Found");
        };
        if *project != PROJECT {
            return message(404, "404 Project Not Found");
        }
        let own = |name: &&String| *name == project || name.starts_with(&format!("{project}/"));
        let repositories: Vec<String> = self
            .store
            .repositories
            .keys()
            .filter(own)
            .cloned()
            .collect();
        let named = |id: &str| {
            let number: usize = id.parse().unwrap();
            number.checked_sub(1).and_then(|at| repositories.get(at))
        };
        match (request.method.as_str(), rest) {
            ("GET", []) => pages(request, &repositories),
            ("DELETE", [id]) => match named(id) {
                None => message(404, "404 Not found"),
                Some(_) if self.protects => message(
                    403,
                    "403 Forbidden - Deleting protected container repository forbidden.",
                ),
                Some(name) => {
                    self.scheduled.push(name.clone());
                    Answer::new(202).json(&json!(null))
                }
            },
            ("DELETE", [id, "tags", tag]) => match named(id) {
                Some(name) if self.store.untag(name, tag) => Answer::new(200).json(&json!(null)),
                _ => message(404, "404 Tag Not Found"),
            },
            _ => message(404, "404 Not Found"),
        }
    }
}

/// Path and tag of the older versions' `DELETE`.
fn reference(request: &Request) -> Option<(&str, &str)> {
    let path = request.path.strip_prefix("/v2/")?;
    path.split_once("/tags/reference/")
        .filter(|_| request.method == "DELETE")
}

fn pages(request: &Request, repositories: &[String]) -> Answer {
    let number = |name, default| {
        let text = request.parameter(name);
        text.map_or(default, |text| text.parse().unwrap())
    };
    let (size, page): (usize, usize) = (number("per_page", 20), number("page", 1));
    let all = repositories.iter().enumerate();
    let found = all.skip((page - 1) * size).take(size);
    let items: Vec<Value> = found
        .map(|(at, path)| json!({"id": at + 1, "name": "", "path": path, "project_id": 7}))
        .collect();
    let answer = Answer::new(200).json(&json!(items));
    if page * size >= repositories.len() {
        return answer;
    }
    let (origin, path) = (request.origin(), &request.path);
    let next = format!(
        "<{origin}{path}?per_page={size}&page={}>; rel=\"next\"",
        page + 1
    );
    answer.header("Link", next)
}

fn message(status: u16, message: &str) -> Answer {
    Answer::new(status).json(&json!({"message": message}))
}

impl Vendor for Gitlab {
    fn answer(&mut self, request: &Request) -> Answer {
        if request.host == self.registry {
            self.registry(request)
        } else if request.path == "/jwt/auth" {
            self.login(request)
        } else {
            self.rest(request)
        }
    }
}
