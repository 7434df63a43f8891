//! The first answer of a registry.

use std::time::SystemTime;

use reqwest::header::{CONTENT_TYPE, DATE, HeaderMap};
use url::Url;

use crate::http::Reply;

/// What a registry answers to `GET /v2/` without a login.
pub(super) struct Contact {
    /// The address that answered.
    pub(super) url: Url,
    /// The status code.
    pub(super) status: u16,
    /// All headers.
    pub(super) headers: HeaderMap,
    /// When the answer came.
    pub(super) at: SystemTime,
}

/// What registries have shown themselves by since `docker 1.6`.
const API_VERSION: &str = "docker-distribution-api-version";

impl Contact {
    pub(super) fn of(reply: Reply) -> Self {
        Self {
            url: reply.url.clone(),
            status: reply.status,
            headers: reply.headers.clone(),
            at: SystemTime::now(),
        }
    }

    /// Whether a registry answers so: a login is asked for, or what comes is no web page.
    pub(super) fn is_registry(&self) -> bool {
        let page = self
            .header(CONTENT_TYPE.as_str())
            .is_some_and(|kind| kind.trim_start().starts_with("text/html"));
        match self.status {
            401 => true,
            200 => self.header(API_VERSION).is_some() || !page,
            _ => false,
        }
    }

    /// The value of a header, when it is text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The time by the registry's clock.
    pub(super) fn date(&self) -> Option<SystemTime> {
        httpdate::parse_http_date(self.header(DATE.as_str())?).ok()
    }
}
