//! Where a credentials file says that somebody else's token is: in a file, or at an address.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use reqwest::Method;
use reqwest::header::{HeaderName, HeaderValue};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::file::contents;
use crate::auth::identity_service::IdentityService;
use crate::auth::{Context, Error};
use crate::http::{Call, Host};
use crate::secret::Secret;

/// The longest file with a token that is read, in bytes.
const MAX_FILE: u64 = 1024 * 1024;

/// `credential_source`, of which one field is there.
#[derive(Deserialize)]
pub(super) struct Source {
    file: Option<PathBuf>,
    url: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    format: Format,
    executable: Option<Value>,
}

/// What the token is wrapped in.
#[derive(Default, Deserialize)]
struct Format {
    r#type: Option<String>,
    subject_token_field_name: Option<String>,
}

impl Source {
    /// The token.
    ///
    /// # Errors
    /// It is not there, or cannot be had; a program that would make it is not run.
    pub(super) async fn token(
        &self,
        context: &Context,
        bad: &(impl Fn(String) -> Error + Sync),
    ) -> Result<Secret, Error> {
        let text = match (&self.file, &self.url) {
            (Some(file), _) => from_file(file).map_err(bad)?,
            (None, Some(url)) => self.asked(url, context, bad).await?,
            _ => return Err(bad(self.unknown().to_owned())),
        };
        self.format.token(&text).map(Secret::new).map_err(bad)
    }

    fn unknown(&self) -> &'static str {
        if self.executable.is_some() {
            return "wants a program to be run for a token: a login runs no programs that a file \
                    names";
        }
        "has its token from a source that is not known: only `file` and `url` are"
    }

    /// Asks the address. Its headers may hold a secret, such as the one by which GitHub gives out
    /// ID tokens.
    async fn asked(
        &self,
        address: &str,
        context: &Context,
        bad: &(impl Fn(String) -> Error + Sync),
    ) -> Result<Vec<u8>, Error> {
        let url = Url::parse(address).map_err(|_| bad("names no address".to_owned()))?;
        let client = context.http.client(Host::of(&url)?);
        let mut call = Call::new(Method::GET, url);
        let mut secrets = Vec::new();
        for (name, value) in &self.headers {
            let (Ok(name), Ok(mut header)) =
                (name.parse::<HeaderName>(), HeaderValue::from_str(value))
            else {
                return Err(bad("has a header that cannot be sent".to_owned()));
            };
            // Whichever of them is secret, a redirect takes none of them elsewhere.
            header.set_sensitive(true);
            if name == reqwest::header::AUTHORIZATION {
                if !client.permits(&call.url) {
                    return Err(bad("would send a secret without TLS".to_owned()));
                }
                let secret = value
                    .split_once(' ')
                    .map_or(value.as_str(), |(_, secret)| secret);
                secrets.push(Secret::new(secret));
            }
            call.headers.insert(name, header);
        }
        let advice = "the credentials file may be of a job that is over";
        let name = "the source of the identity that is to be exchanged";
        let service = IdentityService::new(context, name).advising(Some(advice.to_owned()));
        let secrets: Vec<&Secret> = secrets.iter().collect();
        Ok(service.bytes(&client, &call, &secrets).await?.into())
    }
}

fn from_file(file: &Path) -> Result<Vec<u8>, String> {
    contents(file, MAX_FILE).map_err(|reason| format!("names {}, which {reason}", file.display()))
}

impl Format {
    /// The token in the text.
    fn token(&self, text: &[u8]) -> Result<String, String> {
        let none = || "leads to something that is no token".to_owned();
        if self.r#type.as_deref() != Some("json") {
            let text = std::str::from_utf8(text).map_err(|_| none())?.trim();
            return (!text.is_empty()).then(|| text.to_owned()).ok_or_else(none);
        }
        let field = self.subject_token_field_name.as_deref();
        let json: Value = serde_json::from_slice(text).map_err(|_| none())?;
        let token = field.and_then(|field| json.get(field)?.as_str());
        token.map(str::to_owned).ok_or_else(none)
    }
}

#[cfg(test)]
mod tests {
    use super::{Format, Source};

    #[test]
    fn tokens_are_text_or_a_field() {
        let plain = Format::default();
        assert_eq!(plain.token(b" a.b.c\n").unwrap(), "a.b.c");
        let json = Format {
            r#type: Some("json".to_owned()),
            subject_token_field_name: Some("value".to_owned()),
        };
        assert_eq!(json.token(br#"{"value":"a.b.c"}"#).unwrap(), "a.b.c");
        for (format, text) in [
            (&plain, &b""[..]),
            (&plain, b" \n"),
            (&plain, b"\xff"),
            (&json, b""),
            (&json, b"a.b.c"),
            (&json, b"{}"),
            (&json, br#"{"value":1}"#),
            (&json, br#"[{"value":"a"}]"#),
        ] {
            let error = format.token(text).unwrap_err();
            assert_eq!(error, "leads to something that is no token", "{text:?}");
        }
    }

    #[test]
    fn programs_are_not_run() {
        let source = |text| serde_json::from_str::<Source>(text).unwrap().unknown();
        assert_eq!(
            source(r#"{"executable":{"command":"/bin/sh"}}"#),
            "wants a program to be run for a token: a login runs no programs that a file names"
        );
        assert_eq!(
            source(r#"{"environment_id":"aws1"}"#),
            "has its token from a source that is not known: only `file` and `url` are"
        );
    }
}
