//! Quay: a registry whose tokens know no `delete`, and a REST API that takes OAuth tokens.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::support::vendor::{
    Answer, Cap, Immutable, Request, Rules, Store, Target, Tokens, Users, Vendor, v2,
};

/// A robot account, and its password.
pub const ROBOT: &str = "acme+ci";
pub const PASSWORD: &str = "ROBOTPASSWORD";

/// Tokens of OAuth, for all scopes and for `repo:read` alone.
pub const OAUTH: &str = "oauth-of-an-administrator";
pub const READER: &str = "oauth-of-a-reader";

/// One with the organisation `acme`.
pub struct Quay {
    pub store: Store,
    rules: Rules,
    users: Users,
    tokens: Tokens,
    /// Repositories that not everybody may see.
    pub private: BTreeSet<String>,
    /// Tags that do not change.
    pub immutable: BTreeSet<String>,
    /// Tags that are removed at a time, in seconds since 1970.
    pub expiring: BTreeMap<String, u64>,
    /// Tags that the list of the distribution API does not have yet.
    pub late: BTreeSet<String>,
    /// How many tags a page of the REST API has at most.
    pub page: usize,
    /// Whether the last page says that there are more.
    pub endless: bool,
}

impl Quay {
    /// One that is reached at `host`, such as `quay.io`.
    pub fn new(host: &str) -> Self {
        let mut users = Users::new(&[(ROBOT, PASSWORD)]);
        users.add("$oauthtoken", OAUTH);
        let rules = Rules {
            page: Some(100),
            cap: Cap::Clamped(100),
            ..Rules::default()
        };
        Self {
            store: Store::new(),
            rules,
            users,
            tokens: Tokens::new(host),
            private: BTreeSet::new(),
            immutable: BTreeSet::new(),
            expiring: BTreeMap::new(),
            late: BTreeSet::new(),
            page: 100,
            endless: false,
        }
    }

    /// Lets a tag be immutable.
    pub fn keep(&mut self, tag: &'static str) {
        self.immutable.insert(tag.to_owned());
        let rule = Immutable::new(move |_, name| name == tag, (409, "TAG_IMMUTABLE"));
        self.rules.immutable = Some(rule);
    }

    fn token(&mut self, request: &Request) -> Answer {
        let scopes = request.parameters("scope");
        let known = |action: &str| matches!(action, "pull" | "push" | "*");
        let actions = |scope: &&str| scope.rsplit(':').next().unwrap().split(',').all(known);
        if !scopes.iter().all(actions) {
            return Answer::error(400, "INVALID_REQUEST");
        }
        self.tokens.answer(request, &self.users)
    }

    fn registry(&mut self, request: &Request) -> Answer {
        let Some(target) = Target::of(request) else {
            return Answer::new(404);
        };
        let action = match target.action {
            "delete" => "push",
            other => other,
        };
        let realm = format!("{}/v2/auth", request.origin());
        self.tokens.realm = Some(realm);
        self.tokens.service.clone_from(&request.host);
        if let Err(refused) = self.tokens.check(request, &target.repository, action) {
            return refused;
        }
        let name = target.repository.as_str();
        let is_digest = target.reference.contains(':');
        if is_digest && !self.lives(name, &target.reference) && target.action != "push" {
            return Answer::error(404, "MANIFEST_UNKNOWN");
        }
        if request.path.ends_with("/tags/list") {
            return self.names(request, name);
        }
        let answer = v2(request, &mut self.store, &self.rules).unwrap();
        match (answer.status, target.action) {
            (202, "delete") => self.expire(name),
            (404, _) if !is_digest => return Answer::error(404, "TAG_EXPIRED"),
            _ => {}
        }
        answer
    }

    /// The list of tags, without those that have just come.
    fn names(&mut self, request: &Request, name: &str) -> Answer {
        let mut listed = Store::new();
        if let Some(repository) = self.store.repository(name) {
            *listed.create(name) = repository.clone();
        }
        for tag in &self.late {
            listed.untag(name, tag);
        }
        let answer = v2(request, &mut listed, &self.rules).unwrap();
        let mut absolute = answer.clone();
        let link = answer.headers.iter().find(|(name, _)| name == "Link");
        let link = link.map(|(_, link)| link.replacen('<', &format!("<{}", request.origin()), 1));
        absolute.replace("Link", link);
        absolute
    }

    /// Whether a manifest can be had by its digest: it has a tag, or is in an index that has.
    fn lives(&self, name: &str, digest: &str) -> bool {
        let Some(repository) = self.store.repository(name) else {
            return false;
        };
        let tagged = |digest: &str| !repository.tags_of(digest).is_empty();
        let parents = repository.parents(digest);
        let is_blob = repository.blobs.contains_key(digest);
        is_blob || tagged(digest) || parents.iter().any(|parent| tagged(parent))
    }

    /// Removes what cosign keeps of manifests that have no other tag any more.
    fn expire(&mut self, name: &str) {
        let tags = self.store.tags(name);
        let (cosign, others): (Vec<_>, Vec<_>) = tags
            .into_iter()
            .partition(|tag| tag.starts_with("sha256-") && tag.contains('.'));
        let digest = |tag: &String| self.store.digest(name, tag).unwrap();
        let kept: BTreeSet<String> = others.iter().map(digest).collect();
        for tag in cosign {
            let subject = tag.split('.').next().unwrap().replacen('-', ":", 1);
            if !kept.contains(&subject) {
                self.store.untag(name, &tag);
            }
        }
    }

    fn rest(&mut self, request: &Request) -> Answer {
        let admin = match request.bearer().as_deref() {
            Some(OAUTH) => Some(true),
            Some(READER) => Some(false),
            Some(_) => return problem(401, "invalid_token"),
            None => None,
        };
        let path = request.path.strip_prefix("/api/v1/repository").unwrap();
        match (request.method.as_str(), path.trim_start_matches('/')) {
            ("POST", "") if admin == Some(true) => self.create(&request.json()),
            ("POST", "") => refused(admin),
            ("GET", path) if path.ends_with("/tag/") => {
                let name = path.trim_end_matches("/tag/");
                self.tags(request, name, admin.is_some())
            }
            ("POST", path) if path.ends_with("/restore") => match (admin, path.split_once("/tag/"))
            {
                (Some(true), Some((name, tag))) => {
                    let tag = tag.strip_suffix("/restore").unwrap();
                    self.restore(name, tag, &request.json())
                }
                _ => refused(admin),
            },
            ("GET", name) => match self.shows(name, admin.is_some()) {
                true => Answer::new(200).json(&json!({"name": name})),
                false => problem(404, "not_found"),
            },
            ("DELETE", name) if admin == Some(true) => match self.store.repositories.remove(name) {
                Some(_) => Answer::new(204),
                None => problem(404, "not_found"),
            },
            _ => refused(admin),
        }
    }

    fn shows(&self, name: &str, known: bool) -> bool {
        self.store.repository(name).is_some() && (known || !self.private.contains(name))
    }

    /// Lets a tag name what it named before.
    fn restore(&mut self, name: &str, tag: &str, asked: &Value) -> Answer {
        let digest = asked["manifest_digest"].as_str().unwrap();
        let repository = self.store.repository(name).unwrap();
        if !repository.manifests.contains_key(digest) {
            return problem(404, "not_found");
        }
        self.store.tag(name, digest, tag);
        Answer::new(201)
    }

    fn create(&mut self, asked: &Value) -> Answer {
        let field = |name: &str| asked[name].as_str().unwrap().to_owned();
        let name = format!("{}/{}", field("namespace"), field("repository"));
        if self.store.repository(&name).is_some() {
            return problem(400, "invalid_request");
        }
        self.store.create(&name);
        if field("visibility") == "private" {
            self.private.insert(name);
        }
        Answer::new(201).json(&json!({"kind": "image"}))
    }

    fn tags(&self, request: &Request, name: &str, known: bool) -> Answer {
        if !self.shows(name, known) {
            return match known {
                true => problem(404, "not_found"),
                false => problem(401, "invalid_token"),
            };
        }
        let number = |name: &str| request.parameter(name).unwrap().parse::<usize>().unwrap();
        let (page, size) = (number("page"), number("limit").min(self.page));
        assert_eq!(request.parameter("onlyActiveTags"), Some("true"));
        let repository = self.store.repository(name).unwrap();
        let mut tags: Vec<_> = repository.tags.iter().collect();
        tags.sort_by_key(|(_, named)| std::cmp::Reverse(named.pushed));
        let shown = tags.iter().skip((page - 1) * size).take(size);
        let shown = shown.map(|(tag, named)| {
            let manifest = &repository.manifests[&named.digest];
            let is_list = !manifest.children().is_empty();
            let size = (!is_list).then(|| manifest.size());
            let mut found = json!({
                "name": tag, "manifest_digest": named.digest, "size": size,
                "is_manifest_list": is_list, "start_ts": named.pushed, "reversion": false,
                "immutable": self.immutable.contains(*tag),
            });
            if let Some(end) = self.expiring.get(*tag) {
                found["end_ts"] = json!(end);
                found["expiration"] = json!("Fri, 15 Jan 2027 08:00:00 -0000");
            }
            found
        });
        let shown: Vec<Value> = shown.collect();
        let more = self.endless || page * size < tags.len();
        let body = json!({"tags": shown, "page": page, "has_additional": more});
        Answer::new(200).json(&body)
    }
}

impl Vendor for Quay {
    fn answer(&mut self, request: &Request) -> Answer {
        match request.path.as_str() {
            "/v2/auth" => self.token(request),
            path if path.starts_with("/api/v1/repository") => self.rest(request),
            _ => self.registry(request),
        }
    }
}

fn refused(admin: Option<bool>) -> Answer {
    match admin {
        None => problem(401, "invalid_token"),
        Some(_) => problem(403, "insufficient_scope"),
    }
}

fn problem(status: u16, kind: &str) -> Answer {
    let body = json!({
        "type": format!("https://quay.io/api/v1/error/{kind}"), "title": kind,
        "error_type": kind, "detail": kind.replace('_', " "), "status": status,
    });
    Answer::new(status)
        .header("Content-Type", "application/problem+json")
        .body(body.to_string())
}
