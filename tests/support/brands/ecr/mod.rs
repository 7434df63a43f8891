//! AWS: ECR, ECR Public and the token service, by botocore's service models and the user guides.

mod api;
mod images;
mod sts;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use serde_json::{Value, json};

use crate::support::spec::Spec;
use crate::support::vendor::{Answer, Network, Request, Rules, Store, Users, Vendor, shared, v2};

/// The account, and its registries.
pub const ACCOUNT: &str = "012345678901";
pub const PRIVATE: &str = "012345678901.dkr.ecr.eu-central-1.amazonaws.com";
pub const PUBLIC: &str = "public.ecr.aws";
/// The account's alias at ECR Public.
pub const ALIAS: &str = "acme";

const API: &str = "api.ecr.eu-central-1.amazonaws.com";
const PUBLIC_API: &str = "api.ecr-public.us-east-1.amazonaws.com";
const STS: [&str; 2] = [
    "sts.eu-central-1.amazonaws.com",
    "sts.us-east-1.amazonaws.com",
];

/// AWS as one account sees it. Repositories of ECR Public have their aliases before their names
/// in the store.
pub struct Aws {
    pub store: Store,
    rules: Rules,
    /// Who may push and pull.
    pub users: Users,
    /// Session tokens by access keys; a key without one is good for ever.
    pub keys: BTreeMap<String, Option<String>>,
    /// Access keys whose time is over.
    pub expired: BTreeSet<String>,
    /// Actions that are not allowed, such as `ecr:CreateRepository`.
    pub denied: BTreeSet<String>,
    /// Digests of images in the archive.
    pub archived: BTreeSet<String>,
    /// When images were pulled last, in seconds since 1970.
    pub pulled: BTreeMap<String, u64>,
    /// What an image cannot be removed for, by its digest: a code of a failure.
    pub broken: BTreeMap<String, &'static str>,
    /// How many images a page has at most.
    pub page: usize,
    /// Whether each page names itself as the next one.
    pub loops: bool,
    /// The ID token that the role trusts.
    pub trusted: String,
    /// How many seconds what the token service gives is good.
    pub lifetime: i64,
    /// How many seconds passwords live; without it there is one, for ever.
    passwords: Option<u64>,
    /// When the newest password ends.
    password_ends: Option<Instant>,
    count: usize,
}

impl Aws {
    /// An account with one key, and the user `AWS` at its registries.
    pub fn new() -> Self {
        let create = Some((404, "NAME_UNKNOWN"));
        Self {
            store: Store::new(),
            rules: Rules {
                create,
                ..Rules::default()
            },
            users: Users::new(&[("AWS", "stored")]),
            keys: BTreeMap::from([("AKIAJOB".to_owned(), None)]),
            expired: BTreeSet::new(),
            denied: BTreeSet::new(),
            archived: BTreeSet::new(),
            pulled: BTreeMap::new(),
            broken: BTreeMap::new(),
            page: 1000,
            loops: false,
            trusted: String::new(),
            lifetime: 3600,
            passwords: None,
            password_ends: None,
            count: 0,
        }
    }

    /// Puts it on a network, where its requests are checked against the models.
    pub fn on(self, network: &Network) -> Arc<Mutex<Self>> {
        let aws = shared(self);
        for host in [API, PUBLIC_API, PRIVATE, PUBLIC].into_iter().chain(STS) {
            network.host(host, &aws);
        }
        network.spec(API, Spec::find("aws-ecr/ecr-2015-09-21.service-2.json"));
        let public = Spec::find("aws-ecr/ecr-public-2020-10-30.service-2.json");
        network.spec(PUBLIC_API, public);
        for host in STS {
            let sts = Spec::find("aws-ecr/sts-2011-06-15.trimmed.service-2.json");
            network.spec(host, sts);
        }
        aws
    }

    /// How many seconds the passwords live that are given out from now on, each another.
    pub fn passwords_live(&mut self, seconds: u64) {
        self.passwords = Some(seconds);
    }

    /// Makes a key, for a session if it has a token.
    fn new_key(&mut self) -> (String, String) {
        self.count += 1;
        let (key, token) = (
            format!("ASIA{}", self.count),
            format!("session-{}", self.count),
        );
        self.keys.insert(key.clone(), Some(token.clone()));
        (key, token)
    }

    /// Whether a request is signed by somebody who is known, for this service and region.
    fn signed(&self, request: &Request, service: &str) -> Result<(), Answer> {
        let authorization = request.header("authorization").unwrap_or_default();
        let credential = authorization
            .strip_prefix("AWS4-HMAC-SHA256 Credential=")
            .and_then(|rest| rest.split(',').next());
        let Some(credential) = credential else {
            return Err(fault(
                "MissingAuthenticationTokenException",
                "Missing token",
            ));
        };
        let parts: Vec<&str> = credential.split('/').collect();
        let region = match service {
            "ecr" => "eu-central-1",
            _ => "us-east-1",
        };
        if parts[2..] != [region, service, "aws4_request"] {
            return Err(fault("InvalidSignatureException", "wrong scope"));
        }
        if self.expired.contains(parts[0]) {
            return Err(fault(
                "ExpiredTokenException",
                "The security token is expired",
            ));
        }
        let token = request.header("x-amz-security-token");
        match self.keys.get(parts[0]) {
            Some(known) if known.as_deref() == token => Ok(()),
            _ => Err(fault(
                "UnrecognizedClientException",
                "The security token included in the request is invalid.",
            )),
        }
    }
}

impl Vendor for Aws {
    fn answer(&mut self, request: &Request) -> Answer {
        match request.host.as_str() {
            API => self.api(request, "ecr"),
            PUBLIC_API => self.api(request, "ecr-public"),
            PRIVATE => self.registry(request, false),
            PUBLIC => self.registry(request, true),
            _ => self.sts(request),
        }
    }
}

impl Aws {
    /// The registry: everybody may pull what is public.
    fn registry(&mut self, request: &Request, is_public: bool) -> Answer {
        if self.password_ends.is_some_and(|end| end <= Instant::now()) {
            self.users.remove("AWS");
        }
        let reads = matches!(request.method.as_str(), "GET" | "HEAD");
        if let Err(refused) = self.users.check(request, "https://ecr.amazonaws.com/")
            && !(is_public && reads && request.path != "/v2/")
        {
            return refused;
        }
        v2(request, &mut self.store, &self.rules).unwrap_or_else(|| Answer::new(404))
    }
}

/// An error of the JSON protocol.
pub fn fault(code: &str, message: &str) -> Answer {
    let body: Value = json!({"__type": code, "message": message});
    Answer::new(400)
        .header("Content-Type", "application/x-amz-json-1.1")
        .header("x-amzn-ErrorType", code)
        .body(body.to_string())
}
