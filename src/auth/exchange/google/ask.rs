//! Asking Google's identity services.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::general_purpose::GeneralPurpose;
use base64::engine::{DecodePaddingMode, GeneralPurposeConfig};
use bytes::Bytes;
use reqwest::Method;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use serde::de::DeserializeOwned;
use url::Url;
use url::form_urlencoded::Serializer;

use crate::auth::{Context, Error};
use crate::http::{self, Body, Budget, Call, Client, Host, MAX_BODY, Said, Setup};
use crate::secret::Secret;

/// A request to a service of Google's.
pub(super) struct Ask<'a> {
    /// The registry that a credential is made for, for people.
    pub(super) registry: &'a str,
    /// Who is asked, for people.
    pub(super) service: &'a str,
    /// What is asked.
    pub(super) call: Call,
    /// The secrets that it carries, which a refusal may repeat.
    pub(super) secrets: &'a [&'a Secret],
    /// What to do when it is refused.
    pub(super) advice: &'a str,
}

impl Ask<'_> {
    /// The answer. To a secret's sake only where a secret may be sent.
    ///
    /// # Errors
    /// None came, a refusal, or an answer that is something else than it should be.
    pub(super) async fn of<T: DeserializeOwned>(
        self,
        client: &Client,
        context: &Context,
    ) -> Result<T, Error> {
        let bytes = self.bytes(client, context).await?;
        serde_json::from_slice(&bytes).map_err(|_| Error::Token {
            request: self.request(),
            reason: "the answer is not what it should be",
        })
    }

    /// The body of the answer.
    ///
    /// # Errors
    /// As [`Self::of`].
    pub(super) async fn bytes(&self, client: &Client, context: &Context) -> Result<Bytes, Error> {
        let budget = Budget::of_retries(context.retry_timeout);
        let failed = |source| Error::Http {
            registry: self.registry.to_owned(),
            source,
        };
        let reply = client.persist(&self.call, &budget).await.map_err(failed)?;
        let status = reply.status;
        let body = reply.bytes(MAX_BODY).await.map_err(|cause| {
            failed(http::Error {
                request: self.request(),
                attempts: 1,
                spent: budget.spent(),
                proxy: None,
                cause: Box::new(cause),
            })
        })?;
        let body = body.ok_or_else(|| Error::Token {
            request: self.request(),
            reason: "the answer is too long",
        })?;
        if status == 200 {
            return Ok(body);
        }
        let hide = |text: &str| {
            let hide = |text: String, secret: &&Secret| text.replace(secret.expose(), "***");
            self.secrets.iter().fold(text.to_owned(), hide)
        };
        Err(Error::Exchange {
            service: self.service.to_owned(),
            status,
            message: Said::read(&body, hide).message,
            advice: Some(self.advice.to_owned()),
        })
    }

    fn request(&self) -> String {
        format!(
            "{} {}{}",
            self.call.method,
            self.call.url.host_str().unwrap_or_default(),
            self.call.url.path()
        )
    }
}

/// A form to be processed.
pub(super) fn form(url: Url, fields: &[(&str, &str)]) -> Call {
    let form = Serializer::new(String::new()).extend_pairs(fields).finish();
    post(url, form.into(), "application/x-www-form-urlencoded")
}

/// JSON to be processed.
pub(super) fn json(url: Url, body: &serde_json::Value) -> Call {
    post(url, body.to_string().into(), "application/json")
}

fn post(url: Url, body: Bytes, kind: &'static str) -> Call {
    let mut call = Call::new(Method::POST, url);
    call.headers
        .insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    call.headers
        .insert(ACCEPT, HeaderValue::from_static("application/json"));
    call.body = Body::Bytes(body);
    call
}

/// The client for the host of a URL.
///
/// # Errors
/// A URL without a host.
pub(super) fn client(url: &Url, context: &Context) -> Result<Client, Setup> {
    Ok(context.http.client(Host::of(url)?))
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
