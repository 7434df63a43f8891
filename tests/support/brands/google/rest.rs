//! The REST API of Artifact Registry.

use serde_json::{Value, json};

use super::Google;
use crate::support::vendor::{Answer, Manifest, Request, decoded};

/// Where it is.
pub const API: &str = "artifactregistry.googleapis.com";

/// Something that is done later.
pub(super) struct Operation {
    polls: usize,
    what: What,
}

/// What is done.
#[derive(Clone)]
enum What {
    Create(String),
    DeleteRepository(String),
    DeletePackage(String),
    DeleteVersion(String, String),
    /// It fails with this.
    Fail(i32, &'static str),
}

fn refused(code: u16, status: &str, message: &str) -> Answer {
    let error = json!({"code": code, "message": message, "status": status});
    Answer::new(code).json(&json!({ "error": error }))
}

fn missing() -> Answer {
    refused(404, "NOT_FOUND", "Requested entity was not found.")
}

/// The permission that a request takes.
fn permission(method: &str, kinds: &[&str]) -> String {
    let verb = match (method, kinds.len() % 2) {
        ("GET", 1) => "list",
        ("GET", _) => "get",
        ("POST", _) => "create",
        _ => "delete",
    };
    let kind = kinds.iter().step_by(2).next_back().unwrap();
    format!("artifactregistry.{kind}.{verb}")
}

impl Google {
    pub(super) fn rest(&mut self, request: &Request) -> Answer {
        if !request.bearer().is_some_and(|token| self.knows(&token)) {
            return refused(401, "UNAUTHENTICATED", "Request had invalid credentials.");
        }
        let segments: Vec<String> = request.segments().into_iter().map(decoded).collect();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let ["v1", "projects", project, "locations", location, rest @ ..] = segments.as_slice()
        else {
            return Answer::new(404).text("<html>no such page");
        };
        if let ["operations", id] = rest {
            return self.looked(id);
        }
        let needs = permission(&request.method, rest);
        if self.denied.contains(needs.as_str()) {
            let info = json!({
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "IAM_PERMISSION_DENIED", "domain": API,
                "metadata": {"permission": needs},
            });
            let error = json!({
                "code": 403, "status": "PERMISSION_DENIED", "details": [info],
                "message": format!("Permission '{needs}' denied on resource (or it may not exist)."),
            });
            return Answer::new(403).json(&json!({ "error": error }));
        }
        let project = project.replace(':', "/");
        let parent = format!("projects/{project}/locations/{location}");
        if let (["repositories"], "POST") = (rest, request.method.as_str()) {
            let id = request.parameter("repositoryId").unwrap_or_default();
            assert_eq!(request.json(), json!({"format": "DOCKER"}));
            let name = format!("{project}/{id}");
            if self.repositories.contains(&name) {
                return refused(409, "ALREADY_EXISTS", "the repository already exists");
            }
            return self.begin(&parent, What::Create(name));
        }
        let [_, repository, rest @ ..] = rest else {
            return missing();
        };
        let name = format!("{project}/{repository}");
        if !self.repositories.contains(&name) {
            return missing();
        }
        match (request.method.as_str(), rest) {
            ("GET", []) => Answer::new(200).json(&json!({
                "name": format!("{parent}/repositories/{repository}"), "format": "DOCKER",
                "dockerConfig": {"immutableTags": self.keeps_tags()},
            })),
            ("DELETE", []) => self.begin(&parent, What::DeleteRepository(name)),
            (_, ["packages", package, rest @ ..]) => {
                let image = format!("{name}/{package}");
                let escaped = package.replace('/', "%2F");
                let prefix = format!("{parent}/repositories/{repository}/packages/{escaped}");
                self.package(request, &parent, &image, &prefix, rest)
            }
            _ => missing(),
        }
    }

    fn package(
        &mut self,
        request: &Request,
        parent: &str,
        image: &str,
        prefix: &str,
        rest: &[&str],
    ) -> Answer {
        if self.store.repository(image).is_none() {
            return missing();
        }
        match (request.method.as_str(), rest) {
            ("GET", []) => Answer::new(200).json(&json!({"name": prefix})),
            ("DELETE", []) => self.begin(parent, What::DeletePackage(image.to_owned())),
            ("GET", ["versions"]) => {
                let is_full = request.parameter("view") == Some("FULL");
                let tags = self.store.repository(image).unwrap().tags_by_digest();
                let manifests = self.store.manifests(image);
                let versions = manifests.iter().map(|manifest| {
                    let tags = tags.get(manifest.digest.as_str());
                    let tags = tags.filter(|_| is_full).map(Vec::as_slice);
                    self.version(manifest, prefix, is_full, tags.unwrap_or_default())
                });
                self.page("versions", versions.collect(), request)
            }
            ("GET", ["tags"]) => self.tags(request, image, prefix),
            ("DELETE", ["tags", tag]) if self.store.digest(image, tag).is_none() => missing(),
            ("DELETE", ["tags", _]) if self.keeps_tags() => {
                refused(400, "FAILED_PRECONDITION", "the tag is immutable")
            }
            ("DELETE", ["tags", tag]) => {
                self.store.untag(image, tag);
                Answer::new(200).json(&json!({}))
            }
            ("DELETE", ["versions", digest]) => {
                let is_forced = request.parameter("force") == Some("true");
                self.delete_version(parent, image, digest, is_forced)
            }
            _ => missing(),
        }
    }

    fn tags(&self, request: &Request, image: &str, prefix: &str) -> Answer {
        let tags = &self.store.repository(image).unwrap().tags;
        let named = tags.iter().map(|(name, tag)| {
            json!({
                "name": format!("{prefix}/tags/{name}"),
                "version": format!("{prefix}/versions/{}", tag.digest),
            })
        });
        let wanted = request.parameter("filter").unwrap_or_default();
        let is_wanted = |tag: &Value| {
            let version = tag["version"].as_str().unwrap();
            wanted.is_empty() || wanted == format!("version=\"{version}\"")
        };
        self.page("tags", named.filter(is_wanted).collect(), request)
    }

    fn version(&self, manifest: &Manifest, prefix: &str, is_full: bool, tags: &[&str]) -> Value {
        let time = |seconds: u64| {
            let time = jiff::Timestamp::from_second(seconds.try_into().unwrap()).unwrap();
            time.to_string()
        };
        let name = format!("{prefix}/versions/{}", manifest.digest);
        let mut version = json!({"name": name, "createTime": time(manifest.pushed)});
        if is_full {
            let related = tags.iter().take(100);
            let related: Vec<Value> = related.map(|tag| json!({"name": tag})).collect();
            let json = manifest.json();
            let children = json["manifests"].as_array().into_iter().flatten();
            let children = children.map(|child| {
                json!({
                    "digest": child["digest"], "mediaType": child["mediaType"],
                    "os": child["platform"]["os"], "architecture": child["platform"]["architecture"],
                })
            });
            version["relatedTags"] = related.into();
            version["metadata"] = json!({
                "name": name, "mediaType": manifest.media_type,
                "imageSizeBytes": manifest.size().to_string(),
                "buildTime": "1970-01-01T00:00:00Z",
                "imageManifests": children.collect::<Vec<_>>(),
            });
        }
        version
    }

    /// A page, which may have fewer than were asked for.
    fn page(&self, name: &str, all: Vec<Value>, request: &Request) -> Answer {
        let wanted = request
            .parameter("pageSize")
            .map_or(100, |n| n.parse().unwrap());
        assert!(wanted <= 1000, "the largest page is 1000");
        let from = request.parameter("pageToken").map_or(0, |token| {
            token.strip_prefix("from-").unwrap().parse().unwrap()
        });
        let size = self.page.min(wanted);
        let page: Vec<Value> = all.iter().skip(from).take(size).cloned().collect();
        let mut answer = json!({ name: page });
        if from + size < all.len() {
            let next = if self.repeats { size } else { from + size };
            answer["nextPageToken"] = format!("from-{next}").into();
        }
        Answer::new(200).json(&answer)
    }

    fn delete_version(
        &mut self,
        parent: &str,
        image: &str,
        digest: &str,
        is_forced: bool,
    ) -> Answer {
        let repository = self.store.repository(image).unwrap();
        if !repository.manifests.contains_key(digest) {
            return missing();
        }
        let is_tagged = !repository.tags_of(digest).is_empty();
        let is_kept = is_tagged && (!is_forced || self.keeps_tags());
        let is_needed = !repository.parents(digest).is_empty();
        let what = match is_kept || is_needed {
            true if !self.refuses_late => {
                return refused(400, "FAILED_PRECONDITION", "the version is needed");
            }
            true => What::Fail(9, "the version is needed"),
            false => What::DeleteVersion(image.to_owned(), digest.to_owned()),
        };
        self.begin(parent, what)
    }

    fn begin(&mut self, parent: &str, what: What) -> Answer {
        let id = format!("op-{}", self.operations.len() + 1);
        let name = format!("{parent}/operations/{id}");
        let polls = self.polls;
        self.operations.insert(id, Operation { polls, what });
        Answer::new(200).json(&json!({"name": name, "metadata": {}}))
    }

    fn looked(&mut self, id: &str) -> Answer {
        let name = format!("projects/p/locations/us/operations/{id}");
        let Some(operation) = self.operations.get_mut(id) else {
            return missing();
        };
        if operation.polls > 1 {
            operation.polls -= 1;
            return Answer::new(200).json(&json!({"name": name, "done": false}));
        }
        let mut answer = json!({"name": name, "done": true, "response": {}});
        match operation.what.clone() {
            What::Create(repository) => _ = self.repositories.insert(repository),
            What::DeleteRepository(repository) => {
                self.repositories.remove(&repository);
                let prefix = format!("{repository}/");
                self.store
                    .repositories
                    .retain(|name, _| !name.starts_with(&prefix));
            }
            What::DeletePackage(image) if self.failing.is_empty() => {
                self.store.repositories.remove(&image);
            }
            What::DeletePackage(_) => {
                let failing: Vec<String> = self.failing.iter().cloned().collect();
                answer["metadata"] = json!({ "failedVersions": failing });
            }
            What::DeleteVersion(image, digest) => _ = self.store.remove(&image, &digest),
            What::Fail(code, message) => {
                answer["error"] = json!({"code": code, "message": message});
            }
        }
        Answer::new(200).json(&answer)
    }
}
