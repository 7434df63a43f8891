//! Google Artifact Registry: a registry, a REST API whose deletions take their time, and the
//! services that give out access tokens.

mod identity;
mod registry;
mod rest;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::support::spec::Spec;
use crate::support::vendor::{
    Answer, Delete, Immutable, Network, Request, Rules, Store, Tokens, Vendor,
};

pub use identity::{ACCOUNT, EMAIL, Keys, PROVIDER, REFRESH_TOKEN, assertion};
pub use rest::API;

/// Holds what is sent to its services against their descriptions.
pub fn describe(network: &Network) {
    for (host, description) in [
        (API, "artifactregistry"),
        ("sts.googleapis.com", "sts"),
        ("iamcredentials.googleapis.com", "iamcredentials"),
    ] {
        let file = format!("google/{description}.v1.discovery.json");
        network.spec(host, Spec::find(&file));
    }
}

/// An access token that is always good.
pub const TOKEN: &str = "ya29.given";

/// Google, with the repository `r` of the project `p`, in the location `us`.
pub struct Google {
    /// Images, by `PROJECT/REPOSITORY/IMAGE`.
    pub store: Store,
    /// The repositories of Artifact Registry, by `PROJECT/REPOSITORY`.
    pub repositories: BTreeSet<String>,
    /// How many images or tags the registry lists at most.
    pub limit: usize,
    /// Whether the registry's list says that it goes on.
    pub links: bool,
    /// Whether the registry lists tags as all others do.
    pub is_plain: bool,
    /// How many versions or tags a page of the REST API has at most.
    pub page: usize,
    /// Whether the token of every second page is that of the first one.
    pub repeats: bool,
    /// How often an operation is looked at before it is done.
    pub polls: usize,
    /// Whether what is refused is refused by the operation.
    pub refuses_late: bool,
    /// Permissions that nobody has.
    pub denied: BTreeSet<&'static str>,
    /// Versions that a package's deletion leaves, and says that it left.
    pub failing: BTreeSet<String>,
    /// How many seconds the access tokens live that are given out.
    pub lifetime: u64,
    /// The key of the service account.
    pub keys: Option<Keys>,
    is_immutable: Arc<AtomicBool>,
    rules: Rules,
    tokens: Tokens,
    access: BTreeMap<String, Instant>,
    operations: BTreeMap<String, rest::Operation>,
}

impl Google {
    pub fn new() -> Self {
        let is_immutable = Arc::new(AtomicBool::new(false));
        let rule = Arc::clone(&is_immutable);
        let rule = Immutable::new(
            move |_, _| rule.load(Ordering::Relaxed),
            (400, "MANIFEST_INVALID"),
        );
        Self {
            store: Store::new(),
            repositories: BTreeSet::from(["p/r".to_owned()]),
            limit: 10_000,
            links: false,
            is_plain: false,
            page: 1000,
            repeats: false,
            polls: 1,
            refuses_late: false,
            denied: BTreeSet::new(),
            failing: BTreeSet::new(),
            lifetime: 3600,
            keys: None,
            rules: Rules {
                delete: Delete::RefusedWhileTagged((400, "GOOGLE_MANIFEST_DANGLING_TAG")),
                child: Some((400, "GOOGLE_MANIFEST_DANGLING_PARENT_IMAGE")),
                immutable: Some(rule),
                create: Some((404, "NAME_UNKNOWN")),
                ..Rules::default()
            },
            is_immutable,
            tokens: Tokens::new("registry"),
            access: BTreeMap::new(),
            operations: BTreeMap::new(),
        }
    }

    /// Lets tags neither be moved nor deleted.
    pub fn keep_tags(&self) {
        self.is_immutable.store(true, Ordering::Relaxed);
    }

    fn keeps_tags(&self) -> bool {
        self.is_immutable.load(Ordering::Relaxed)
    }

    /// Gives out an access token.
    fn grant(&mut self, kind: &str) -> String {
        let token = format!("ya29.{kind}-{}", self.access.len() + 1);
        let ends = Instant::now() + Duration::from_secs(self.lifetime);
        self.access.insert(token.clone(), ends);
        token
    }

    /// Whether an access token is good.
    fn knows(&self, token: &str) -> bool {
        let lives = self
            .access
            .get(token)
            .is_some_and(|ends| Instant::now() < *ends);
        lives || token == TOKEN
    }

    /// Lets all access tokens end that were given out.
    pub fn expire(&mut self) {
        self.access.clear();
    }
}

impl Vendor for Google {
    fn answer(&mut self, request: &Request) -> Answer {
        match request.host.as_str() {
            "oauth2.googleapis.com" => self.oauth(request),
            "sts.googleapis.com" => self.sts(request),
            "iamcredentials.googleapis.com" => self.iam(request),
            host if host.starts_with("artifactregistry.") => self.rest(request),
            host if host.ends_with(".pkg.dev") || host.ends_with("gcr.io") => {
                self.registry(request)
            }
            _ => self.metadata(request),
        }
    }
}
