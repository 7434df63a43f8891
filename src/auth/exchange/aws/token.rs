//! The password of a registry, for an identity at AWS.

use aws_smithy_types::DateTime;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use jiff::{SignedDuration, Timestamp};

use super::failure::Failure;
use super::host::EcrHost;
use super::session::Session;
use super::{Made, SERVICE};
use crate::auth::{Context, Error};
use crate::docker::{Credential, Kind};

/// How long a password is good at most.
const LIFETIME: SignedDuration = SignedDuration::from_hours(12);

/// Asks for a password; it is good at every registry of the region.
pub(super) async fn make(registry: &str, context: &Context) -> Result<Made, Error> {
    let host = EcrHost::parse(registry);
    let location = host.as_ref().map(EcrHost::location).unwrap_or_default();
    let session = Session::new(context, registry, location);
    let config = session.config().await?;
    let asked = Timestamp::now();
    let (token, expires) = if host == Some(EcrHost::Public) {
        let sent = aws_sdk_ecrpublic::Client::new(&config)
            .get_authorization_token()
            .send();
        let data = match sent.await {
            Ok(answer) => answer.authorization_data,
            Err(error) => return Err(refused(registry, Failure::of(error), PUBLIC_RIGHTS)),
        };
        data.map(|data| (data.authorization_token, data.expires_at))
    } else {
        let sent = aws_sdk_ecr::Client::new(&config)
            .get_authorization_token()
            .send();
        let data = match sent.await {
            Ok(answer) => answer.authorization_data.unwrap_or_default(),
            Err(error) => return Err(refused(registry, Failure::of(error), PRIVATE_RIGHTS)),
        };
        let data = data.into_iter().next();
        data.map(|data| (data.authorization_token, data.expires_at))
    }
    .unwrap_or_default();
    let credential = token.as_deref().and_then(credential);
    Ok(Made {
        credential: credential.ok_or_else(|| Error::Exchange {
            service: SERVICE.to_owned(),
            status: 200,
            message: Some("the answer has no token".to_owned()),
            advice: None,
        })?,
        // By AWS's clock, which may be ahead of this machine's.
        expires: [
            expires.as_ref().and_then(timestamp),
            asked.checked_add(LIFETIME).ok(),
        ]
        .into_iter()
        .flatten()
        .min(),
        origin: session.identity().await?.origin,
    })
}

/// What `GetAuthorizationToken` takes.
const PRIVATE_RIGHTS: &str = "ecr:GetAuthorizationToken on all resources";
const PUBLIC_RIGHTS: &str =
    "ecr-public:GetAuthorizationToken and sts:GetServiceBearerToken on all resources";

/// The user and password in a token.
fn credential(token: &str) -> Option<Credential> {
    let text = String::from_utf8(BASE64_STANDARD.decode(token).ok()?).ok()?;
    let (username, password) = text.split_once(':')?;
    Some(Credential {
        username: username.to_owned(),
        secret: password.into(),
        kind: Kind::Password,
    })
}

fn timestamp(time: &DateTime) -> Option<Timestamp> {
    Timestamp::new(time.secs(), i32::try_from(time.subsec_nanos()).ok()?).ok()
}

fn refused(registry: &str, failure: Failure, rights: &str) -> Error {
    match failure {
        Failure::Refused { status, code, said } => Error::Exchange {
            service: SERVICE.to_owned(),
            status,
            message: Some(said).filter(|said| !said.is_empty()),
            advice: match code.as_str() {
                _ if status >= 500 => None,
                "AccessDeniedException" => Some(format!("the identity needs {rights}")),
                _ => {
                    Some("check that the keys are right, and that they have not expired".to_owned())
                }
            },
        },
        other => failed(registry, other),
    }
}

/// The error of no answer.
pub(super) fn failed(registry: &str, failure: Failure) -> Error {
    let registry = registry.to_owned();
    match failure {
        Failure::Http(source) => Error::Http { registry, source },
        Failure::Answer => Error::Exchange {
            service: SERVICE.to_owned(),
            status: 200,
            message: Some("the answer is something else than it should be".to_owned()),
            advice: None,
        },
        Failure::Other(reason) | Failure::Refused { said: reason, .. } => Error::Identity {
            identity: "an identity at AWS",
            registry,
            reason,
        },
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::prelude::BASE64_STANDARD;

    use super::credential;

    #[test]
    fn tokens_hold_user_and_password() {
        let read = |text: &[u8]| credential(&BASE64_STANDARD.encode(text));
        let found = read(b"AWS:eyJ:x==").unwrap();
        assert_eq!(
            (found.username.as_str(), found.secret.expose()),
            ("AWS", "eyJ:x==")
        );
        assert!(read(b"AWS").is_none());
        assert!(read(b"\xff:x").is_none());
        assert!(credential("no base64!").is_none());
    }
}
