//! Services of Google's, and what they are sent.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::general_purpose::GeneralPurpose;
use base64::engine::{DecodePaddingMode, GeneralPurposeConfig};
use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use url::Url;

use crate::auth::identity_service;
use crate::http::{Body, Call};

/// A form to be processed.
pub(super) fn form(url: Url, fields: &[(&str, &str)]) -> Call {
    let mut call = Call::new(Method::POST, url);
    identity_service::form(&mut call, fields);
    call
}

/// JSON to be processed.
pub(super) fn json(url: Url, body: &serde_json::Value) -> Call {
    let mut call = Call::new(Method::POST, url);
    let kind = HeaderValue::from_static("application/json");
    call.headers.insert(CONTENT_TYPE, kind);
    call.body = Body::Bytes(body.to_string().into());
    call
}

/// The address of a service of Google's that a credentials file names: whoever could write the
/// file shall not be sent secrets.
///
/// # Errors
/// It is another's; why it cannot be used.
pub(super) fn google(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).ok().filter(|url| url.scheme() == "https");
    let is_google = |url: &Url| {
        let host = url.host_str().unwrap_or_default();
        // Older keys name accounts.google.com as the token service.
        let known = host.ends_with(".googleapis.com") || host == "accounts.google.com";
        known && url.port().is_none() && url.username().is_empty()
    };
    let shown: String = text.chars().take(MAX_SHOWN).collect();
    url.filter(is_google)
        .ok_or_else(|| format!("names {shown:?}, which is no service of googleapis.com"))
}

/// How much of a bad address is shown, in characters.
const MAX_SHOWN: usize = 100;

/// Decodes base64, with padding or without.
pub(super) fn base64(text: &str) -> Option<Vec<u8>> {
    const ENGINE: GeneralPurpose = GeneralPurpose::new(
        &STANDARD,
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
    );
    let text: String = text.split_ascii_whitespace().collect();
    ENGINE.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::google;

    #[test]
    fn secrets_go_to_google_only() {
        for good in [
            "https://oauth2.googleapis.com/token",
            "https://sts.googleapis.com/v1/token",
            "https://accounts.google.com/o/oauth2/token",
        ] {
            assert!(google(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "http://oauth2.googleapis.com/token",
            "https://oauth2.googleapis.com.evil.example/token",
            "https://evilgoogleapis.com/token",
            "https://oauth2.googleapis.com:444/token",
            "https://oauth2.googleapis.com@evil.example/token",
            "https://user@oauth2.googleapis.com/token",
        ] {
            assert!(google(bad).is_err(), "{bad}");
        }
    }
}
