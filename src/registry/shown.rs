//! What a registry shows of itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::auth::challenge;
use crate::oci::Ping;
use crate::text::printable;

/// The longest value that is kept, in bytes.
const MAX_VALUE: usize = 512;

/// What a registry answers to `GET /v2/` without a login. It is remembered from run to run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// The status code.
    pub status: u16,
    /// The token service of the challenge.
    pub realm: Option<String>,
    /// The `service` of the challenge.
    pub service: Option<String>,
    /// Whether it offers the scheme Basic.
    pub basic: bool,
    /// All headers but cookies and dates, names in lower case.
    pub headers: BTreeMap<String, String>,
}

impl Shown {
    /// What an answer shows.
    pub fn of(ping: &Ping) -> Self {
        let values = ping
            .headers
            .get_all(reqwest::header::WWW_AUTHENTICATE)
            .iter();
        let challenges = challenge::parse(values.map(|value| value.as_bytes()));
        let bearer = challenges
            .iter()
            .find(|one| one.scheme == "bearer" && one.parameter("realm").is_some());
        let parameter = |name| {
            let value = bearer.and_then(|bearer| bearer.parameter(name))?;
            (value.len() <= MAX_VALUE).then(|| printable(value))
        };
        let headers = ping.headers.iter().filter_map(|(name, value)| {
            let value = value.to_str().ok()?;
            let kept = !matches!(name.as_str(), "set-cookie" | "date" | "www-authenticate");
            (kept && value.len() <= MAX_VALUE).then(|| (name.to_string(), value.to_owned()))
        });
        Self {
            status: ping.status,
            realm: parameter("realm"),
            service: parameter("service"),
            basic: challenges.iter().any(|one| one.scheme == "basic"),
            headers: headers.collect(),
        }
    }

    /// Whether it is what a registry answers: it lets in, wants a login, or has nothing there.
    /// Anything else (403, 5xx, a redirect) may be from a proxy or a firewall before it, or be
    /// over with the next request, and so says nothing by what it lacks.
    pub fn is_plain(&self) -> bool {
        matches!(self.status, 200..=299 | 401 | 404)
    }

    /// The value of a header, named in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// The address of the token service.
    pub fn realm(&self) -> Option<url::Url> {
        self.realm.as_deref()?.parse().ok()
    }
}
