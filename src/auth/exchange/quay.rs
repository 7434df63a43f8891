//! Credentials for Quay: an ID token for the password of a robot that is federated with its
//! issuer (quay/quay, `endpoints/oauth/robot_identity_federation.py`).

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use reqwest::Method;
use serde::Deserialize;

use super::{Exchange, Made, after, sendable};
use crate::auth::id_token::Claims;
use crate::auth::identity_service::IdentityService;
use crate::auth::{Context, Error, api_host};
use crate::docker::Credential;
use crate::env::Env;
use crate::http::{Authorization, Basic, Call};

/// The robot, `ORG+NAME`, with the registry before it where that is not quay.io:
/// `quay.example.com/org+name`.
const ROBOT: &str = "DOCKSIDE_QUAY_ROBOT";

/// The audience that the robot's federation wants. Quay itself looks at issuer and subject alone,
/// so that the CI system's own audience is the usual one.
const AUDIENCE: &str = "DOCKSIDE_QUAY_AUDIENCE";

/// The registry of Quay's makers.
const QUAY_IO: &str = "quay.io";

const PATH: &str = "/oauth2/federation/robot/token";

/// Seconds that a robot's token lives.
const LIFETIME: u64 = 3600;

/// Quay.
pub struct Quay;

#[derive(Deserialize)]
struct Answer {
    token: String,
}

/// The registry and the robot that the environment names.
fn named(env: &Env) -> Option<(String, &str)> {
    let value = env.utf8(ROBOT)?;
    Some(match value.rsplit_once('/') {
        Some((registry, robot)) => (registry.to_ascii_lowercase(), robot),
        None => (QUAY_IO.to_owned(), value),
    })
}

impl Exchange for Quay {
    fn name(&self) -> &'static str {
        "quay"
    }

    fn is_for(&self, registry: &str, context: &Context) -> bool {
        registry == QUAY_IO || named(&context.env).is_some_and(|(named, _)| named == registry)
    }

    fn is_ready(&self, registry: &str, context: &Context) -> Option<String> {
        let (named, _) = named(&context.env)?;
        let ready = named == registry && context.id_tokens().are_present();
        ready.then(|| format!("{ROBOT} and an ID token"))
    }

    fn make<'a>(
        &'a self,
        registry: &'a str,
        context: &'a Context,
    ) -> BoxFuture<'a, Result<Made, Error>> {
        Box::pin(async move {
            let missing = |looked: String, advice| Error::NoIdentity {
                registry: registry.to_owned(),
                looked,
                advice,
            };
            let named = named(&context.env).filter(|(named, _)| named == registry);
            let (_, robot) = named.ok_or_else(|| {
                missing(
                    format!("{ROBOT} names no robot of this registry"),
                    "set DOCKSIDE_QUAY_ROBOT to ORG+NAME, or to HOST/ORG+NAME",
                )
            })?;
            let audience = context.env.utf8(AUDIENCE).unwrap_or_default();
            let token = context.id_tokens().get(audience).await?.ok_or_else(|| {
                missing(
                    context.id_tokens().missing(audience),
                    "set DOCKSIDE_QUAY_AUDIENCE to the audience of the job's ID token, or \
                     DOCKSIDE_ID_TOKEN to the token",
                )
            })?;
            let host = api_host(registry)?;
            let mut call = Call::new(Method::GET, context.http.client(host).url(PATH));
            call.authorization = Some(Authorization::Basic(Basic {
                username: robot.to_owned(),
                password: token.clone(),
            }));
            let asked = Timestamp::now();
            let advice = Claims::of(&token).map(|claims| claims.rule());
            let service = IdentityService::new(context, "Quay's robot federation");
            let answer: Answer = service.advising(advice).ask(call, &[&token]).await?;
            let password = sendable(answer.token, registry)?;
            let said = Claims::of(&password).and_then(|claims| claims.expires(asked));
            Ok(Made {
                credential: Credential::password(robot, password.expose()),
                expires: said.or_else(|| after(asked, LIFETIME)),
                origin: format!("the robot {robot} by the job's ID token"),
            })
        })
    }
}
