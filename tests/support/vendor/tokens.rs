//! Who gets in.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::json;

use super::{Answer, Request};

/// Users and their passwords.
#[derive(Debug, Clone, Default)]
pub struct Users(BTreeMap<String, String>);

impl Users {
    /// These.
    pub fn new(users: &[(&str, &str)]) -> Self {
        let owned = |(user, password): &(&str, &str)| ((*user).to_owned(), (*password).to_owned());
        Self(users.iter().map(owned).collect())
    }

    /// Adds one, or gives one another password.
    pub fn add(&mut self, user: &str, password: &str) {
        self.0.insert(user.to_owned(), password.to_owned());
    }

    /// Removes one.
    pub fn remove(&mut self, user: &str) {
        self.0.remove(user);
    }

    /// Whether this is the user's password.
    pub fn knows(&self, user: &str, password: &str) -> bool {
        self.0.get(user).is_some_and(|known| known == password)
    }

    /// The user whose Basic credentials a request has.
    pub fn of(&self, request: &Request) -> Option<String> {
        let (user, password) = request.basic()?;
        self.knows(&user, &password).then_some(user)
    }

    /// The user whose Basic credentials a request has.
    ///
    /// # Errors
    /// There is none: 401, with a challenge of this realm.
    pub fn check(&self, request: &Request, realm: &str) -> Result<String, Answer> {
        self.of(request).ok_or_else(|| {
            let challenge = format!("Basic realm=\"{realm}\"");
            Answer::error(401, "UNAUTHORIZED").header("WWW-Authenticate", challenge)
        })
    }
}

/// Whether a subject may have an action of a repository; the subject of anybody is empty.
type Allowed = dyn Fn(&str, &str, &str) -> bool + Send;

/// Bearer tokens, each for a subject, for scopes, and for so many seconds of the real clock.
pub struct Tokens {
    /// Where they are given out; `/token` of the host that is asked, unless it is said.
    pub realm: Option<String>,
    /// The name of the service.
    pub service: String,
    /// How many seconds a token lives.
    pub lifetime: u64,
    allowed: Box<Allowed>,
    issued: BTreeMap<String, Issued>,
    count: usize,
}

struct Issued {
    subject: String,
    scopes: Vec<Scope>,
    ends: Instant,
}

/// `TYPE:NAME:ACTION,ACTION`; the name may hold colons.
struct Scope {
    name: String,
    actions: Vec<String>,
}

impl Scope {
    fn parse(text: &str) -> Option<Self> {
        let (name, actions) = text.rsplit_once(':')?;
        Some(Self {
            name: name.to_owned(),
            actions: actions.split(',').map(str::to_owned).collect(),
        })
    }

    fn holds(&self, other: &Self) -> bool {
        let holds = |action| self.actions.contains(action) || self.actions.iter().any(|a| a == "*");
        self.name == other.name && other.actions.iter().all(holds)
    }
}

impl Tokens {
    /// Tokens of a service, which live five minutes, and allow users everything.
    pub fn new(service: &str) -> Self {
        Self {
            realm: None,
            service: service.to_owned(),
            lifetime: 300,
            allowed: Box::new(|subject, _, _| !subject.is_empty()),
            issued: BTreeMap::new(),
            count: 0,
        }
    }

    /// Says where they are given out.
    pub fn at(mut self, realm: &str) -> Self {
        self.realm = Some(realm.to_owned());
        self
    }

    /// Says whether a subject (empty: anybody), of a repository, is allowed an action.
    pub fn allowing(mut self, allowed: impl Fn(&str, &str, &str) -> bool + Send + 'static) -> Self {
        self.allowed = Box::new(allowed);
        self
    }

    /// Gives out a token for these scopes, separated by spaces, as far as they are allowed.
    pub fn issue(&mut self, subject: &str, scopes: &str) -> String {
        let scopes = scopes.split_whitespace().filter_map(Scope::parse);
        let scopes = scopes.map(|mut scope| {
            let name = scope.name.split_once(':').map_or("", |(_, name)| name);
            let allowed = |action: &String| (self.allowed)(subject, name, action);
            scope.actions.retain(allowed);
            scope
        });
        let issued = Issued {
            subject: subject.to_owned(),
            scopes: scopes.collect(),
            ends: Instant::now() + Duration::from_secs(self.lifetime),
        };
        self.count += 1;
        let token = format!("{}-token-{}", self.service, self.count);
        self.issued.insert(token.clone(), issued);
        token
    }

    /// The token endpoint of distribution's specification: GET with Basic credentials or without
    /// any, or POST of a form with `grant_type=password`. Who has wrong ones gets 401.
    pub fn answer(&mut self, request: &Request, users: &Users) -> Answer {
        let (subject, scopes) = match request.method.as_str() {
            "GET" => {
                let anybody = request.header("authorization").is_none();
                let subject = users.of(request).or(anybody.then(String::new));
                (subject, request.parameters("scope").join(" "))
            }
            "POST" if request.form("grant_type").as_deref() == Some("password") => {
                let field = |name| request.form(name).unwrap_or_default();
                let user = field("username");
                let known = users.knows(&user, &field("password"));
                (known.then_some(user), field("scope"))
            }
            _ => return Answer::error(405, "UNSUPPORTED"),
        };
        let Some(subject) = subject else {
            return Answer::error(401, "UNAUTHORIZED");
        };
        let token = self.issue(&subject, &scopes);
        let lifetime = self.lifetime;
        let body = json!({"token": token, "access_token": token, "expires_in": lifetime});
        Answer::new(200).json(&body)
    }

    /// Whose token a request has, while it lives; empty for anybody's.
    pub fn subject(&self, request: &Request) -> Option<&str> {
        let issued = self.living_one(request)?;
        Some(&issued.subject)
    }

    fn living_one(&self, request: &Request) -> Option<&Issued> {
        let issued = self.issued.get(&request.bearer()?)?;
        (Instant::now() < issued.ends).then_some(issued)
    }

    /// Whether a request has a token that allows an action of a repository, or several
    /// (`pull,push`). With an empty action any token will do.
    ///
    /// # Errors
    /// It has not: 401, with a challenge.
    pub fn check(&self, request: &Request, repository: &str, action: &str) -> Result<(), Answer> {
        let scope = match action {
            "" => String::new(),
            "push" => format!("repository:{repository}:pull,push"),
            _ => format!("repository:{repository}:{action}"),
        };
        let needed = Scope::parse(&format!("repository:{repository}:{action}"));
        let error = match (self.living_one(request), needed) {
            (Some(_), _) if action.is_empty() => return Ok(()),
            (Some(token), Some(needed)) if token.scopes.iter().any(|s| s.holds(&needed)) => {
                return Ok(());
            }
            (Some(_), _) => "insufficient_scope",
            (None, _) if request.bearer().is_some() => "invalid_token",
            (None, _) => "",
        };
        let realm = format!("{}/token", request.origin());
        let realm = self.realm.as_deref().unwrap_or(&realm);
        let mut challenge = format!("Bearer realm=\"{realm}\",service=\"{}\"", self.service);
        for (name, value) in [("scope", scope.as_str()), ("error", error)] {
            if !value.is_empty() {
                challenge.push_str(&format!(",{name}=\"{value}\""));
            }
        }
        Err(Answer::error(401, "UNAUTHORIZED").header("WWW-Authenticate", challenge))
    }

    /// Lets all tokens end at once.
    pub fn expire(&mut self) {
        self.issued.clear();
    }
}
