//! Credentials for Amazon ECR, by whatever identity a job has at AWS.

mod host;

#[cfg(feature = "aws")]
mod connector;
#[cfg(feature = "aws")]
mod failure;
#[cfg(feature = "aws")]
mod identity;
#[cfg(feature = "aws")]
mod session;
#[cfg(feature = "aws")]
mod token;

use futures_util::future::BoxFuture;

use super::{Exchange, Made};
use crate::auth::{Context, Error};
use crate::env::Env;

#[cfg(feature = "aws")]
pub use failure::Failure;
pub use host::{EcrHost, Location};
#[cfg(feature = "aws")]
pub use session::Session;

/// What an error calls this service.
pub const SERVICE: &str = "Amazon ECR";

/// Variables of which each stands for an identity by itself, as AWS's SDKs read them.
const IDENTITIES: [&str; 6] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
];

/// The role that an ID token of the CI system is exchanged for.
const ROLE: &str = "AWS_ROLE_ARN";

/// Amazon ECR.
pub struct Aws;

impl Exchange for Aws {
    fn name(&self) -> &'static str {
        "aws"
    }

    fn is_for(&self, registry: &str, _: &Context) -> bool {
        EcrHost::parse(registry).is_some()
    }

    fn is_ready(&self, _: &str, context: &Context) -> Option<String> {
        if cfg!(not(feature = "aws")) {
            return None;
        }
        let ready = ready(&context.env);
        ready.map(str::to_owned).or_else(|| {
            let role = context.env.has(ROLE) && context.id_tokens().are_present();
            role.then(|| format!("{ROLE} and an ID token of the job"))
        })
    }

    #[cfg(feature = "aws")]
    fn make<'a>(
        &'a self,
        registry: &'a str,
        context: &'a Context,
    ) -> BoxFuture<'a, Result<Made, Error>> {
        Box::pin(token::make(registry, context))
    }

    #[cfg(not(feature = "aws"))]
    fn make<'a>(&'a self, registry: &'a str, _: &'a Context) -> BoxFuture<'a, Result<Made, Error>> {
        Box::pin(async move {
            Err(Error::NoIdentity {
                registry: registry.to_owned(),
                looked: "this dockside was built without the AWS SDK".to_owned(),
                advice: "use a build with the feature `aws`, or log in with the password that \
                         `aws ecr get-login-password` prints",
            })
        })
    }
}

/// The variable that stands for an identity.
fn ready(env: &Env) -> Option<&'static str> {
    let mut identities = IDENTITIES.iter().copied();
    identities.find(|variable| env.has(variable))
}

#[cfg(all(test, not(feature = "aws")))]
mod tests {
    use std::time::Duration;

    use super::{Aws, Exchange as _};
    use crate::auth::Context;
    use crate::env::Env;
    use crate::error::Explain as _;
    use crate::http::Http;
    use crate::report::Report;

    #[tokio::test]
    async fn a_build_without_the_sdk_says_so() {
        let env = Env::from_iter([("AWS_ACCESS_KEY_ID", "AKIAJOB")]);
        let context = Context {
            http: Http::from_env(&env),
            env,
            report: Report::default(),
            retry_timeout: Duration::ZERO,
        };
        let registry = "012345678901.dkr.ecr.eu-west-1.amazonaws.com";
        assert!(Aws.is_for(registry, &context));
        assert_eq!(Aws.is_ready(registry, &context), None);
        let error = Aws.make(registry, &context).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "there is no identity to log in to {registry} with: this dockside was built \
                 without the AWS SDK"
            )
        );
        assert_eq!(
            error.hint().as_deref(),
            Some(
                "use a build with the feature `aws`, or log in with the password that `aws ecr \
                 get-login-password` prints"
            )
        );
    }
}
