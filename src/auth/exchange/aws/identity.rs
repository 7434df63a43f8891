//! Who a job is at AWS.

use aws_config::SdkConfig;
use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::imds;
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_ecr::config::Credentials;
use aws_sdk_ecr::config::ProvideCredentials as _;

use super::connector::Connector;
use super::failure::{Failure, causes};
use super::{ROLE, ready};
use crate::auth::id_token::Claims;
use crate::auth::{Context, Error};
use crate::env::Env;
use crate::secret::Secret;

/// Whom an ID token for AWS must name as its audience, by convention.
const AUDIENCE: &str = "sts.amazonaws.com";

/// What AWS's log calls a session when the user has no name for it.
const SESSION: &str = "dockside";

/// What an error calls the service that makes identities.
const STS: &str = "AWS's token service";

/// Somebody at AWS.
#[derive(Clone)]
pub(super) struct Identity {
    /// What requests are signed with.
    pub(super) credentials: Credentials,
    /// Where it comes from, for people.
    pub(super) origin: String,
}

/// Finds out who the job is, in this order: keys in the environment; a role for an ID token of
/// the CI system; all else that AWS's SDKs look for.
pub(super) async fn find(
    context: &Context,
    config: &SdkConfig,
    registry: &str,
) -> Result<Identity, Error> {
    if let Some(identity) = keys(&context.env) {
        return Ok(identity);
    }
    if let Some(role) = role(&context.env)
        && let Some(token) = context.id_tokens().get(AUDIENCE).await?
    {
        return assume(context, config, registry, role, &token).await;
    }
    chain(context, config, registry).await
}

/// The keys of the environment.
fn keys(env: &Env) -> Option<Identity> {
    let credentials = Credentials::new(
        env.utf8("AWS_ACCESS_KEY_ID")?,
        env.utf8("AWS_SECRET_ACCESS_KEY")?,
        env.utf8("AWS_SESSION_TOKEN").map(str::to_owned),
        None,
        "environment",
    );
    Some(Identity {
        credentials,
        origin: "AWS_ACCESS_KEY_ID".to_owned(),
    })
}

/// The role for an ID token of the CI system; with a token in a file it is the SDK's business.
fn role(env: &Env) -> Option<&str> {
    env.utf8(ROLE)
        .filter(|_| !env.has("AWS_WEB_IDENTITY_TOKEN_FILE"))
}

/// Takes on a role by an ID token, which takes no other identity.
async fn assume(
    context: &Context,
    config: &SdkConfig,
    registry: &str,
    role: &str,
    token: &Secret,
) -> Result<Identity, Error> {
    let name = context.env.utf8("AWS_ROLE_SESSION_NAME").unwrap_or(SESSION);
    let sent = aws_sdk_sts::Client::new(config)
        .assume_role_with_web_identity()
        .role_arn(role)
        .role_session_name(name)
        .web_identity_token(token.expose())
        .send();
    let made = match sent.await {
        Ok(answer) => answer.credentials,
        Err(error) => return Err(refused(registry, token, Failure::of(error))),
    };
    let made = made.ok_or_else(|| Error::Exchange {
        service: STS.to_owned(),
        status: 200,
        message: Some("the answer has no credentials".to_owned()),
        advice: None,
    })?;
    let end = made.expiration.try_into().ok();
    let credentials = Credentials::new(
        made.access_key_id,
        made.secret_access_key,
        Some(made.session_token),
        end,
        "web identity",
    );
    Ok(Identity {
        credentials,
        origin: format!("the role {role} by an ID token of the job"),
    })
}

fn refused(registry: &str, token: &Secret, failure: Failure) -> Error {
    match failure {
        Failure::Refused { status, code, said } => {
            let rule = Claims::of(token).map(|claims| claims.rule());
            let advice = [advice(&code).map(str::to_owned), rule];
            let advice: Vec<String> = advice.into_iter().flatten().collect();
            Error::Exchange {
                service: STS.to_owned(),
                status,
                message: Some(said),
                advice: (!advice.is_empty()).then(|| advice.join("; ")),
            }
        }
        other => super::token::failed(registry, other),
    }
}

/// What is to be done about an error of `AssumeRoleWithWebIdentity`.
fn advice(code: &str) -> Option<&'static str> {
    Some(match code {
        "AccessDenied"
        | "AccessDeniedException"
        | "IDPRejectedClaim"
        | "IDPRejectedClaimException" => {
            "the role's trust policy must name the CI system's identity provider"
        }
        "InvalidIdentityToken" | "InvalidIdentityTokenException" => {
            "the account must have an identity provider for the issuer of the job's ID token, with \
             the audience sts.amazonaws.com"
        }
        "ExpiredTokenException" | "ExpiredToken" => {
            "the job's ID token is only good for a while: log in at the job's start"
        }
        "RegionDisabledException" => "switch the region on in the account's settings of STS",
        "ValidationError" => "AWS_ROLE_ARN must be the ARN of a role",
        _ => return None,
    })
}

/// Looks everywhere where AWS's SDKs look: profiles (with SSO, roles and processes), a token in a
/// file, the container's and the machine's own endpoints.
async fn chain(context: &Context, config: &SdkConfig, registry: &str) -> Result<Identity, Error> {
    let provider = ProviderConfig::without_region()
        .with_http_client(Connector::new(&context.http))
        .with_region(config.region().cloned());
    // Outside of EC2 nobody answers there, which should not be waited for several times.
    let imds = imds::Client::builder()
        .configure(&provider)
        .max_attempts(1)
        .build();
    let mut chain = DefaultCredentialsChain::builder()
        .configure(provider)
        .imds_client(imds);
    if let Some(region) = config.region() {
        chain = chain.region(region.clone());
    }
    match chain.build().await.provide_credentials().await {
        Ok(credentials) => Ok(Identity {
            credentials,
            origin: match ready(&context.env) {
                Some(variable) => format!("{variable}, by AWS's chain of identities"),
                None => "AWS's chain of identities".to_owned(),
            },
        }),
        Err(CredentialsError::CredentialsNotLoaded(_)) => Err(none(context, registry)),
        // Nobody has said that there is one: what answers in the place of a machine's endpoint
        // may be anything.
        Err(_) if ready(&context.env).is_none() => Err(none(context, registry)),
        Err(error) => Err(Error::Identity {
            identity: "an identity at AWS",
            registry: registry.to_owned(),
            reason: causes(&error),
        }),
    }
}

fn none(context: &Context, registry: &str) -> Error {
    Error::NoIdentity {
        registry: registry.to_owned(),
        looked: format!(
            "AWS's variables and profiles, and the endpoints of containers and machines have none; \
             {}",
            context.id_tokens().missing(AUDIENCE)
        ),
        advice: "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_ROLE_ARN in a job with \
                 an ID token, or AWS_PROFILE",
    }
}

#[cfg(test)]
mod tests {
    use super::{keys, role};
    use crate::env::Env;

    #[test]
    fn what_the_environment_has() {
        let env = |pairs: &[(&str, &str)]| pairs.iter().copied().collect::<Env>();
        let both = env(&[
            ("AWS_ACCESS_KEY_ID", "AKIA1"),
            ("AWS_SECRET_ACCESS_KEY", "s"),
            ("AWS_SESSION_TOKEN", ""),
        ]);
        let found = keys(&both).unwrap().credentials;
        assert_eq!(
            (
                found.access_key_id(),
                found.secret_access_key(),
                found.session_token()
            ),
            ("AKIA1", "s", None)
        );
        assert!(keys(&env(&[("AWS_ACCESS_KEY_ID", "AKIA1")])).is_none());
        let role_alone = env(&[("AWS_ROLE_ARN", "arn:r")]);
        assert_eq!(role(&role_alone), Some("arn:r"));
        let in_a_file = env(&[
            ("AWS_ROLE_ARN", "arn:r"),
            ("AWS_WEB_IDENTITY_TOKEN_FILE", "/t"),
        ]);
        assert_eq!(role(&in_a_file), None);
    }
}
