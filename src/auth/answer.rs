//! What registries and token services say about themselves and their refusals.

use super::credential::Credential;
use crate::http::{Answer, Said};

/// The header by which registries have made themselves known since `docker 1.6`; the OCI
/// specification no longer asks for it.
const API_VERSION: &str = "docker-distribution-api-version";

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
        status => crate::http::retry::is_transient(status, &answer.headers),
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
