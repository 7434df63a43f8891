//! What a server says about its refusals.

use serde::Deserialize;

use super::call::Authorization;
use crate::text::printable;

/// The longest body of a refusal that is read, in bytes.
pub const MAX_REFUSAL: usize = 64 * 1024;

/// The longest message that is repeated, in characters.
const MAX_MESSAGE: usize = 300;

/// The shapes of a refusal: the `errors` of the distribution API, the `details` of Docker
/// Hub's token service, `error_description` of OAuth2, the `detail` of Docker Hub's API and of
/// RFC 9457, and the `message` of many others.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Refusal {
    errors: Vec<Item>,
    details: Option<String>,
    error_description: Option<String>,
    /// Text, mostly: whatever else it is says nothing.
    detail: Option<serde_json::Value>,
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
    /// What a body says to whoever asked with this authorization; should it repeat that, without
    /// the secret.
    pub fn to(sent: Option<&Authorization>, body: &[u8]) -> Self {
        Self::read(body, |text| match sent {
            Some(sent) => sent.hidden_in(text),
            None => text.to_owned(),
        })
    }

    /// What a body says; nothing when it has none of the known shapes, or is longer than
    /// [`MAX_REFUSAL`]. `hide` takes secrets out of text.
    pub fn read(body: &[u8], hide: impl Fn(&str) -> String) -> Self {
        let body = if body.len() > MAX_REFUSAL { b"" } else { body };
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
            .or_else(|| Some(refusal.detail?.as_str()?.to_owned()))
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

#[cfg(test)]
mod tests {
    use super::{Authorization, MAX_REFUSAL, Said};
    use crate::http::Basic;

    #[test]
    fn what_was_sent_is_not_repeated() {
        let basic = Authorization::Basic(Basic {
            username: "u".to_owned(),
            password: "hunter2".into(),
        });
        let token = Authorization::Bearer("eyJ.a.b".into());
        let body = br#"{"message":"no: hunter2, Basic dTpodW50ZXIy, Bearer eyJ.a.b"}"#;
        let said = |sent| Said::to(Some(sent), body).message.unwrap();
        assert_eq!(said(&basic), "no: ***, Basic ***, Bearer eyJ.a.b");
        assert_eq!(said(&token), "no: hunter2, Basic dTpodW50ZXIy, Bearer ***");
    }

    #[test]
    fn details_of_any_shape() {
        let message = |body: &str| Said::to(None, body.as_bytes()).message;
        assert_eq!(
            message(r#"{"detail":"no","message":"m"}"#).as_deref(),
            Some("no")
        );
        assert_eq!(
            message(r#"{"detail":{"a":1},"message":"m"}"#).as_deref(),
            Some("m")
        );
    }

    #[test]
    fn long_bodies_are_not_read() {
        let body = |length| format!(r#"{{"message":"m"{}}}"#, " ".repeat(length));
        let message = |length| Said::to(None, body(length).as_bytes()).message;
        assert_eq!(message(0).as_deref(), Some("m"));
        assert_eq!(message(MAX_REFUSAL), None);
    }
}
