//! What registries and token services say about themselves and their refusals.

use serde::Deserialize;

use super::credential::Credential;
use crate::http::Answer;
use crate::text::printable;

/// The longest message that is repeated, in characters.
const MAX_MESSAGE: usize = 300;

/// The header by which registries have made themselves known since `docker 1.6`; the OCI
/// specification no longer asks for it.
const API_VERSION: &str = "docker-distribution-api-version";

/// The shapes of a refusal: the `errors` of the distribution API, the `details` of Docker
/// Hub's token service, `error_description` of OAuth2, and the `message` of many others.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Refusal {
    errors: Vec<Item>,
    details: Option<String>,
    error_description: Option<String>,
    message: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Item {
    code: Option<String>,
    message: Option<String>,
}

/// What a server says about its refusal.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Said {
    /// The codes of the `errors`, in order, fit to be shown.
    pub codes: Vec<String>,
    /// The first thing that was said, or the code where nothing was, fit to be shown.
    pub message: Option<String>,
}

impl Said {
    /// What a body says; nothing when it has none of the known shapes. `hide` takes secrets out
    /// of text.
    pub fn read(body: &[u8], hide: impl Fn(&str) -> String) -> Self {
        let refusal: Refusal = serde_json::from_slice(body).unwrap_or_default();
        let fit = |text: &str| shortened(&printable(hide(text)));
        let codes = refusal.errors.iter().take(MAX_CODES);
        let codes = codes.filter_map(|item| item.code.as_deref().map(fit));
        let codes = codes.collect();
        let items = refusal.errors.into_iter();
        let message = items
            .filter_map(|item| item.message.or(item.code))
            .find(|text| !text.is_empty())
            .or(refusal.details)
            .or(refusal.error_description)
            .or(refusal.message)
            .filter(|text| !text.is_empty());
        Self {
            codes,
            message: message.as_deref().map(fit),
        }
    }
}

/// How many codes of one refusal are kept.
const MAX_CODES: usize = 10;

/// The first [`MAX_MESSAGE`] characters.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(MAX_MESSAGE) {
        Some(_) => text.chars().take(MAX_MESSAGE).chain(['…']).collect(),
        None => text.to_owned(),
    }
}

/// What the server says about its refusal, fit to be shown; should it repeat what it was sent,
/// without the secret.
pub(super) fn message(answer: &Answer, credential: Option<&Credential>) -> Option<String> {
    let hide = |text: &str| match credential {
        Some(credential) => credential.hidden_in(text),
        None => text.to_owned(),
    };
    Said::read(&answer.body, hide).message
}

/// Whether this can be a registry's answer to `GET /v2/`: a login is asked for, or the API
/// shows itself by its header or by not being a web page. Anything that will not last counts,
/// since it says nothing.
pub(super) fn is_registry(answer: &Answer) -> bool {
    match answer.status {
        401 => true,
        200 => {
            let page = answer
                .header("content-type")
                .is_some_and(|kind| kind.trim_start().starts_with("text/html"));
            answer.header(API_VERSION).is_some() || !page
        }
        status => crate::http::retry::is_transient(status),
    }
}

#[cfg(test)]
mod tests {
    use super::{Credential, is_registry, message};
    use crate::http::Answer;

    fn answer(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> Answer {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        Answer {
            url: "https://registry.example.com/v2/".parse().unwrap(),
            status,
            headers: headers.collect(),
            body: body.into(),
            whole: true,
        }
    }

    #[test]
    fn messages_are_found_and_made_safe() {
        let credential = Credential {
            registry: String::new(),
            username: "u".to_owned(),
            secret: "hunter2".into(),
            kind: String::new(),
            scheme: None,
        };
        let said = |body: &str| message(&answer(401, &[], body), Some(&credential));
        assert_eq!(
            said(r#"{"errors":[{"code":"UNAUTHORIZED","message":"no\u001b[31m\n"}]}"#).unwrap(),
            "no\\u{1b}[31m\\n"
        );
        assert_eq!(said(r#"{"errors":[{"code":"DENIED","message":""}]}"#), None);
        assert_eq!(said(r#"{"errors":[{"code":"DENIED"}]}"#).unwrap(), "DENIED");
        assert_eq!(said(r#"{"details":"incorrect"}"#).unwrap(), "incorrect");
        assert_eq!(
            said(r#"{"error":"invalid_grant","error_description":"expired"}"#).unwrap(),
            "expired"
        );
        assert_eq!(said("<html>"), None);
        assert_eq!(said(r#"{"errors":"x"}"#), None);
        let long = said(&format!(r#"{{"message":"{}"}}"#, "é".repeat(1000))).unwrap();
        assert_eq!(long, format!("{}…", "é".repeat(300)));
    }

    #[test]
    fn web_pages_are_no_registries() {
        let html = [("content-type", "text/html; charset=utf-8")];
        let old = [html[0], ("docker-distribution-api-version", "registry/2.0")];
        assert!(is_registry(&answer(401, &html, "")));
        assert!(is_registry(&answer(200, &old, "")));
        assert!(is_registry(&answer(200, &[], "")));
        assert!(is_registry(&answer(503, &html, "")));
        assert!(!is_registry(&answer(200, &html, "")));
        assert!(!is_registry(&answer(404, &[], "")));
        assert!(!is_registry(&answer(400, &[], "")));
    }
}
