//! Who one is at a registry, as docker's files and helpers write it.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::general_purpose::GeneralPurpose;
use base64::engine::{DecodePaddingMode, GeneralPurposeConfig};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::secret::Secret;

/// Docker writes padding; other writers of these files leave it out. Go takes any last bits.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// What a registry is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// The user's name; empty for tokens that go without one.
    pub username: String,
    /// The password or token.
    pub secret: Secret,
    /// What the secret is.
    pub kind: Kind,
}

/// What a secret is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Sent with the user's name by Basic authentication, to the registry or its token service.
    Password,
    /// An OAuth2 refresh token, which the token service exchanges.
    IdentityToken,
    /// A bearer token, sent to the registry as it is.
    RegistryToken,
}

impl Credential {
    /// A user with a password.
    pub fn password(username: impl Into<String>, password: impl Into<String>) -> Self {
        Self {
            username: username.into(),
            secret: Secret::new(password),
            kind: Kind::Password,
        }
    }

    /// The entry of `auths`.
    pub(super) fn entry(&self) -> Value {
        let mut entry = Map::new();
        let secret = self.secret.expose();
        let password = if self.kind == Kind::Password {
            secret
        } else {
            ""
        };
        if !self.username.is_empty() {
            let auth = BASE64.encode(format!("{}:{password}", self.username));
            entry.insert("auth".to_owned(), auth.into());
        }
        match self.kind {
            Kind::Password => {}
            Kind::IdentityToken => _ = entry.insert("identitytoken".to_owned(), secret.into()),
            Kind::RegistryToken => _ = entry.insert("registrytoken".to_owned(), secret.into()),
        }
        Value::Object(entry)
    }
}

/// A user's name and password, which need not be UTF-8.
type Pair = (Vec<u8>, Vec<u8>);

/// An entry of `auths` as far as docker reads it.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Entry {
    #[serde(deserialize_with = "decoded")]
    auth: Option<Pair>,
    username: Option<String>,
    password: Option<String>,
    identitytoken: Option<String>,
    registrytoken: Option<String>,
}

impl Entry {
    /// What the entry says, if it says anything; a name or password that is not UTF-8 is not
    /// understood.
    pub(super) fn credential(self) -> Option<Credential> {
        let (username, password) = match self.auth {
            Some((user, password)) => (
                String::from_utf8(user).ok()?,
                String::from_utf8(password).ok()?,
            ),
            None => (
                self.username.unwrap_or_default(),
                self.password.unwrap_or_default(),
            ),
        };
        let filled = |token: Option<String>| token.filter(|token| !token.is_empty());
        let (secret, kind) = if let Some(token) = filled(self.registrytoken) {
            (token, Kind::RegistryToken)
        } else if let Some(token) = filled(self.identitytoken) {
            (token, Kind::IdentityToken)
        } else if username.is_empty() && password.is_empty() {
            return None;
        } else {
            (password, Kind::Password)
        };
        Some(Credential {
            username,
            secret: Secret::new(secret),
            kind,
        })
    }
}

/// An `auth` as docker writes it.
pub(super) fn canonical_auth(auth: &str) -> Option<String> {
    Some(BASE64.encode(bytes(auth)?))
}

/// Line ends within base64 are skipped, as Go skips them.
fn bytes(auth: &str) -> Option<Vec<u8>> {
    BASE64.decode(auth.trim().replace(['\r', '\n'], "")).ok()
}

/// Reads `auth` by docker's rules (docker/cli `cli/config/configfile/file.go`, `decodeAuth`):
/// the name ends at the first colon and is not empty, NULs around the password are dropped.
fn decoded<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Pair>, D::Error> {
    let Some(auth) = Option::<String>::deserialize(deserializer)?.filter(|auth| !auth.is_empty())
    else {
        return Ok(None);
    };
    // The text is not repeated in the error: it is a secret.
    let wrong = || D::Error::custom("auth is not base64 of user:password");
    let bytes = bytes(&auth).ok_or_else(wrong)?;
    let colon = bytes
        .iter()
        .position(|byte| *byte == b':')
        .filter(|at| *at > 0)
        .ok_or_else(wrong)?;
    let (user, password) = bytes.split_at(colon);
    let password = password
        .strip_prefix(b":")
        .unwrap_or_default()
        .iter()
        .copied()
        .skip_while(|byte| *byte == 0);
    let mut password: Vec<u8> = password.collect();
    while password.last() == Some(&0) {
        password.pop();
    }
    Ok(Some((user.to_vec(), password)))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Credential, Entry, Kind};
    use crate::secret::Secret;

    fn read(entry: Value) -> Option<Credential> {
        serde_json::from_value::<Entry>(entry).unwrap().credential()
    }

    #[test]
    fn every_form_of_an_entry_is_read() {
        let user = Some(Credential::password("user", "pa:ss"));
        assert_eq!(read(json!({"auth": "dXNlcjpwYTpzcw=="})), user);
        assert_eq!(read(json!({"auth": "dXNlcjpwYTpzcw"})), user);
        assert_eq!(read(json!({"auth": "dXNlcjpwYTpzcwAA"})), user);
        assert_eq!(read(json!({"username": "user", "password": "pa:ss"})), user);
        assert_eq!(
            read(json!({"auth": "dXNlcjo=", "identitytoken": "refresh"})),
            Some(Credential {
                username: "user".to_owned(),
                secret: Secret::new("refresh"),
                kind: Kind::IdentityToken,
            })
        );
        assert_eq!(
            read(json!({"registrytoken": "bearer"})),
            Some(Credential {
                username: String::new(),
                secret: Secret::new("bearer"),
                kind: Kind::RegistryToken,
            })
        );
        assert_eq!(read(json!({})), None);
        assert_eq!(read(json!({"auth": ""})), None);
    }

    #[test]
    fn a_wrong_entry_is_refused_without_being_repeated() {
        for auth in ["!!!", "dXNlcg==", "OnBhc3M=", "c2VjcmV0LXRva2Vu"] {
            let error = serde_json::from_value::<Entry>(json!({ "auth": auth }))
                .err()
                .unwrap();
            assert_eq!(error.to_string(), "auth is not base64 of user:password");
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        for kind in [Kind::Password, Kind::IdentityToken, Kind::RegistryToken] {
            let credential = Credential {
                username: "üser".to_owned(),
                secret: Secret::new("p:ä$`\""),
                kind,
            };
            assert_eq!(read(credential.entry()), Some(credential));
        }
        assert_eq!(
            Credential::password("user", "pa:ss").entry(),
            json!({"auth": "dXNlcjpwYTpzcw=="})
        );
    }

    #[test]
    fn debug_shows_no_secret() {
        let shown = format!("{:?}", Credential::password("user", "hunter2"));
        assert_eq!(
            shown,
            "Credential { username: \"user\", secret: ***, kind: Password }"
        );
    }
}
