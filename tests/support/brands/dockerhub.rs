//! Docker Hub: a registry that deletes by digest what has no tag, and an API that removes tags.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::support::vendor::{
    Answer, Cap, Delete, Immutable, Request, Rules, Store, Target, Tokens, Untag, Users, Vendor,
    decoded, v2,
};

/// A user and its personal access tokens, by what they may do.
pub const USER: &str = "ann";
pub const ADMIN: &str = "dckr_pat_admin";
pub const WRITER: &str = "dckr_pat_writer";

/// The organisation and its access token.
pub const ORGANISATION: &str = "acme";
pub const SHARED: &str = "dckr_oat_shared";

/// A user whose password is for the registry alone, since single sign-on is enforced.
pub const SSO_USER: &str = "bob";
pub const PASSWORD: &str = "correct horse";

/// A token of the registry that was got by OIDC, with the organisation as user.
pub const OIDC: &str = "eyJhbGciOiJSUzI1NiJ9.e30.c2ln";

/// What may be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Power {
    Reads,
    Writes,
    Deletes,
}

/// A token of the API.
struct Jwt {
    power: Power,
    /// How many requests it is good for.
    uses: usize,
}

/// One with the user and the organisation.
pub struct Hub {
    pub store: Store,
    rules: Rules,
    users: Users,
    tokens: Tokens,
    /// What the API lets in: name and secret.
    accounts: BTreeMap<(String, String), Power>,
    jwts: BTreeMap<String, Jwt>,
    /// How many requests a token of the API is good for.
    pub uses: usize,
    /// Repositories that not everybody may see.
    pub private: BTreeSet<String>,
    /// How many tags a page has at most.
    pub page: usize,
    /// Tags that the API does not list yet.
    pub late: BTreeSet<String>,
    /// Tags of which the API does not say what they name.
    pub undigested: BTreeSet<String>,
    /// A tag that is removed after so many pages.
    pub vanishing: Option<(usize, String)>,
    /// Expressions that keep tags of all repositories.
    pub immutable: Vec<String>,
}

impl Hub {
    pub fn new() -> Self {
        let users = [(USER, ADMIN), (ORGANISATION, SHARED), (SSO_USER, PASSWORD)];
        let mut users = Users::new(&users);
        users.add("writer", WRITER);
        users.add("oidc", OIDC);
        let accounts = [
            (USER, ADMIN, Power::Deletes),
            ("writer", WRITER, Power::Writes),
            (ORGANISATION, SHARED, Power::Reads),
        ];
        let accounts =
            accounts.map(|(name, secret, power)| ((name.to_owned(), secret.to_owned()), power));
        let rules = Rules {
            untag: Untag::Refused((405, "UNSUPPORTED")),
            delete: Delete::RefusedWhileTagged((403, "DENIED")),
            child: Some((403, "DENIED")),
            cap: Cap::Clamped(1000),
            ..Rules::default()
        };
        let deletes = |subject: &str, _: &str, action: &str| match action {
            "pull" => true,
            "push" => !subject.is_empty(),
            _ => subject == USER,
        };
        Self {
            store: Store::new(),
            rules,
            users,
            tokens: Tokens::new("registry.docker.io")
                .at("https://auth.docker.io/token")
                .allowing(deletes),
            accounts: accounts.into_iter().collect(),
            jwts: BTreeMap::new(),
            uses: usize::MAX,
            private: BTreeSet::new(),
            page: 100,
            late: BTreeSet::new(),
            undigested: BTreeSet::new(),
            vanishing: None,
            immutable: Vec::new(),
        }
    }

    /// Lets a tag be kept by a rule.
    pub fn keep(&mut self, tag: &'static str) {
        self.immutable.push(tag.to_owned());
        let rule = Immutable::new(move |_, name| name == tag, (403, "DENIED"));
        self.rules.immutable = Some(rule);
    }

    /// Lets the registry delete what has tags, as the example of its description does.
    pub fn deletes_what_is_tagged(&mut self) {
        self.rules.delete = Delete::RemovesTags;
    }

    /// Lets the registry delete nothing, as before 2025.
    pub fn deletes_nothing(&mut self) {
        self.rules.delete = Delete::Refused((405, "UNSUPPORTED"));
    }

    fn registry(&mut self, request: &Request) -> Answer {
        if let Some(target) = Target::of(request) {
            // Who deletes must be allowed all three.
            let actions = match target.action {
                "delete" => "pull,push,delete",
                other => other,
            };
            let checked = self.tokens.check(request, &target.repository, actions);
            if let Err(refused) = checked {
                return refused;
            }
        }
        v2(request, &mut self.store, &self.rules).unwrap_or_else(|| Answer::new(404))
    }

    fn api(&mut self, request: &Request) -> Answer {
        let path = request.segments().into_iter().map(decoded);
        let path: Vec<String> = path.collect();
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        if request.line() == ("POST", "/v2/auth/token") {
            return self.log_in(&request.json());
        }
        let power = match self.power(request) {
            Ok(power) => power,
            Err(refused) => return refused,
        };
        match (request.method.as_str(), path.as_slice()) {
            ("GET", ["v2", "namespaces", ns, "repositories", name]) => {
                self.describe(&format!("{ns}/{name}"), power)
            }
            ("POST", ["v2", "namespaces", ns, "repositories"]) => {
                self.create(ns, &request.json(), power)
            }
            (
                "GET",
                ["v2", "namespaces", ns, "repositories", name, "tags"]
                | ["v2", "repositories", ns, name, "tags"],
            ) => self.tags(request, &format!("{ns}/{name}"), power),
            ("DELETE", ["v2", "repositories", ns, name, "tags", tag, ""]) => {
                self.untag(&format!("{ns}/{name}"), tag, power)
            }
            ("DELETE", ["v2", "repositories", ns, name, ""]) => {
                self.remove(&format!("{ns}/{name}"), power)
            }
            _ => detail(404, "page not found"),
        }
    }

    fn log_in(&mut self, asked: &Value) -> Answer {
        let field = |name: &str| asked[name].as_str().unwrap_or_default().to_owned();
        let account = (field("identifier"), field("secret"));
        let Some(power) = self.accounts.get(&account).copied() else {
            // What was sent may come back.
            return detail(
                401,
                &format!("Incorrect authentication credentials: {}", account.1),
            );
        };
        let token = format!("jwt-{}", self.jwts.len() + 1);
        let uses = self.uses;
        self.jwts.insert(token.clone(), Jwt { power, uses });
        Answer::new(200).json(&json!({"access_token": token}))
    }

    /// What whoever asks may do; `None` for those who are not known.
    fn power(&mut self, request: &Request) -> Result<Option<Power>, Answer> {
        let Some(token) = request.bearer() else {
            return Ok(None);
        };
        match self.jwts.get_mut(&token) {
            Some(jwt) if jwt.uses > 0 => {
                jwt.uses -= 1;
                Ok(Some(jwt.power))
            }
            _ => Err(detail(401, "token is expired")),
        }
    }

    /// Whether somebody is shown a repository.
    fn shows(&self, name: &str, power: Option<Power>) -> bool {
        let there = self.store.repository(name).is_some();
        there && (power.is_some() || !self.private.contains(name))
    }

    fn describe(&self, name: &str, power: Option<Power>) -> Answer {
        if !self.shows(name, power) {
            return message(404, "object not found");
        }
        let (enabled, rules) = (!self.immutable.is_empty(), &self.immutable);
        Answer::new(200).json(&json!({
            "name": name,
            "immutable_tags_settings": {"enabled": enabled, "rules": rules},
        }))
    }

    fn create(&mut self, namespace: &str, asked: &Value, power: Option<Power>) -> Answer {
        if power < Some(Power::Writes) {
            return refused(power);
        }
        let name = format!("{namespace}/{}", asked["name"].as_str().unwrap());
        if self.store.repository(&name).is_some() {
            let taken = json!({"text": "Repository with this name already exists", "fields": {}});
            return Answer::new(400).json(&taken);
        }
        self.store.create(&name);
        if asked["is_private"] == true {
            self.private.insert(name.clone());
        }
        Answer::new(201).json(&json!({"name": name}))
    }

    fn tags(&mut self, request: &Request, name: &str, power: Option<Power>) -> Answer {
        if !self.shows(name, power) {
            return message(404, "object not found");
        }
        let number = |key: &str, default| {
            let given = request.parameter(key);
            given.map_or(default, |text| text.parse::<usize>().unwrap())
        };
        let (page, size) = (number("page", 1), number("page_size", 10).min(self.page));
        let repository = self.store.repository(name).unwrap();
        let mut tags: Vec<_> = repository.tags.iter().collect();
        tags.retain(|(tag, _)| !self.late.contains(*tag));
        tags.sort_by_key(|(_, named)| std::cmp::Reverse(named.pushed));
        let count = tags.len();
        if page > 1 && (page - 1) * size >= count {
            return message(404, "object not found");
        }
        let shown = tags.iter().skip((page - 1) * size).take(size);
        let results = shown.map(|(tag, named)| {
            let manifest = &repository.manifests[&named.digest];
            let mut found = json!({
                "name": tag, "digest": named.digest, "media_type": manifest.media_type,
                "content_type": "image", "full_size": manifest.size(), "tag_status": "active",
                "last_updated": time(named.pushed), "tag_last_pushed": time(named.pushed),
                "tag_last_pulled": "0001-01-01T00:00:00Z",
                "images": [
                    {"os": "linux", "architecture": "amd64", "variant": null, "size": 1},
                    {"os": "unknown", "architecture": "unknown", "variant": ""},
                ],
            });
            if self.undigested.contains(*tag) {
                found["digest"] = Value::Null;
                found["media_type"] = Value::Null;
            }
            found
        });
        let results: Vec<Value> = results.collect();
        let next = (page * size < count).then(|| {
            let (host, next) = ("https://hub.docker.com", page + 1);
            format!("{host}/v2/repositories/{name}/tags?page={next}&page_size={size}")
        });
        if let Some((after, tag)) = self.vanishing.take() {
            match after {
                0 | 1 => _ = self.store.untag(name, &tag),
                _ => self.vanishing = Some((after - 1, tag)),
            }
        }
        let body = json!({"count": count, "next": next, "previous": null, "results": results});
        Answer::new(200).json(&body)
    }

    fn untag(&mut self, name: &str, tag: &str, power: Option<Power>) -> Answer {
        if power < Some(Power::Deletes) {
            return refused(power);
        }
        if self.immutable.iter().any(|rule| rule == tag) {
            return detail(403, "tag is immutable");
        }
        match self.store.untag(name, tag) {
            true => Answer::new(204),
            false => detail(404, "tag not found"),
        }
    }

    fn remove(&mut self, name: &str, power: Option<Power>) -> Answer {
        if power < Some(Power::Deletes) {
            return refused(power);
        }
        match self.store.repositories.remove(name) {
            Some(_) => Answer::new(202).json(&json!({})),
            None => detail(404, "object not found"),
        }
    }
}

impl Vendor for Hub {
    fn answer(&mut self, request: &Request) -> Answer {
        match request.host.as_str() {
            "auth.docker.io" => self.tokens.answer(request, &self.users),
            "hub.docker.com" => self.api(request),
            _ => self.registry(request),
        }
    }
}

fn refused(power: Option<Power>) -> Answer {
    match power {
        None => detail(401, "authentication required"),
        Some(_) => detail(403, "access denied: insufficient scope"),
    }
}

fn detail(status: u16, text: &str) -> Answer {
    Answer::new(status).json(&json!({"detail": text}))
}

fn message(status: u16, text: &str) -> Answer {
    Answer::new(status).json(&json!({"message": text, "errinfo": {}}))
}

fn time(seconds: u64) -> String {
    let time = Timestamp::from_second(i64::try_from(seconds).unwrap());
    time.unwrap().to_string()
}
