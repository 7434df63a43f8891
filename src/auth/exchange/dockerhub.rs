//! Credentials for Docker Hub: an ID token for an organisation's token, by the OIDC connection
//! that the organisation has set up (Docker's manual, "OIDC connections").

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use reqwest::Method;
use serde::Deserialize;

use super::{Exchange, Made, after, sendable};
use crate::address::is_docker_hub;
use crate::auth::id_token::Claims;
use crate::auth::identity_service::{IdentityService, form};
use crate::auth::{Context, Error};
use crate::docker::Credential;
use crate::env::Env;
use crate::http::Call;

/// The identity service, and the path of the exchange.
const HOST: &str = "identity.docker.com";
const PATH: &str = "/oauth/token";

/// The audience that it wants.
const AUDIENCE: &str = "https://identity.docker.com";

/// The hardened images of Docker, where one logs in as at Docker Hub.
const HARDENED: &str = "dhi.io";

/// The connection and the lifetime, as Docker's own action reads them (docker/login-action,
/// `src/dockerhub.ts`).
const CONNECTION: &str = "DOCKERHUB_OIDC_CONNECTIONID";
const LIFETIME: &str = "DOCKERHUB_OIDC_EXPIREIN";

/// What names the organisation.
const ORGANISATIONS: [&str; 2] = ["WERF_REPO_DOCKER_HUB_USERNAME", "DOCKERHUB_USERNAME"];

/// Seconds that a token lives unless another time is asked for: the most that there is, since a
/// password may be handed out at half its life to BuildKit, which keeps it for 290 seconds.
const USUAL_LIFETIME: u64 = 3600;

/// Docker Hub.
pub struct DockerHub;

#[derive(Deserialize)]
struct Answer {
    access_token: String,
    expires_in: Option<u64>,
}

fn organisation(env: &Env) -> Option<&str> {
    ORGANISATIONS.iter().find_map(|variable| env.utf8(variable))
}

fn lifetime(env: &Env) -> Result<u64, Error> {
    let Some(text) = env.utf8(LIFETIME) else {
        return Ok(USUAL_LIFETIME);
    };
    text.parse().map_err(|_| Error::BadVariable {
        variable: LIFETIME,
        what: "a number of seconds",
    })
}

impl Exchange for DockerHub {
    fn name(&self) -> &'static str {
        "dockerhub"
    }

    fn is_for(&self, registry: &str, _context: &Context) -> bool {
        is_docker_hub(registry) || registry == HARDENED
    }

    fn is_ready(&self, _registry: &str, context: &Context) -> Option<String> {
        let ready = context.env.has(CONNECTION) && context.id_tokens().are_present();
        ready.then(|| format!("{CONNECTION} and an ID token"))
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
            let connection = context.env.utf8(CONNECTION).ok_or_else(|| {
                missing(
                    format!("{CONNECTION} is not set"),
                    "set DOCKERHUB_OIDC_CONNECTIONID to the ID of the organisation's OIDC connection",
                )
            })?;
            let organisation = organisation(&context.env).ok_or_else(|| {
                missing(
                    format!("none of {} is set", ORGANISATIONS.join(", ")),
                    "set DOCKERHUB_USERNAME to the organisation's name",
                )
            })?;
            let lifetime = lifetime(&context.env)?;
            let token = context.id_tokens().get(AUDIENCE).await?.ok_or_else(|| {
                missing(
                    context.id_tokens().missing(AUDIENCE),
                    "Docker Hub's connections are for jobs of GitHub Actions with \
                     `permissions: id-token: write`",
                )
            })?;
            let url = context.client(HOST)?.url(PATH);
            let mut call = Call::new(Method::POST, url);
            form(
                &mut call,
                &[
                    (
                        "grant_type",
                        "urn:ietf:params:oauth:grant-type:token-exchange",
                    ),
                    (
                        "subject_token_type",
                        "urn:ietf:params:oauth:token-type:id_token",
                    ),
                    ("subject_token", token.expose()),
                    ("connection_id", connection),
                    ("expires_in", &lifetime.to_string()),
                ],
            );
            let asked = Timestamp::now();
            let advice = Claims::of(&token).map(|claims| claims.rule());
            let service = IdentityService::new(context, "Docker's identity service");
            let answer: Answer = service.advising(advice).ask(call, &[&token]).await?;
            let password = sendable(answer.access_token, HOST)?;
            Ok(Made {
                credential: Credential::password(organisation, password.expose()),
                expires: after(asked, answer.expires_in.unwrap_or(lifetime)),
                origin: format!("the OIDC connection {connection} by the job's ID token"),
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::lifetime;
    use crate::env::Env;

    #[test]
    fn the_lifetime_is_a_number() {
        let of = |text: &str| {
            let env = Env::from_iter([("DOCKERHUB_OIDC_EXPIREIN", text)]);
            lifetime(&env).map_err(|error| error.to_string())
        };
        assert_eq!(of(""), Ok(3600));
        assert_eq!(of("300"), Ok(300));
        let refused = "DOCKERHUB_OIDC_EXPIREIN does not hold a number of seconds".to_owned();
        for odd in ["1h", "-1", "1&x=y"] {
            assert_eq!(of(odd), Err(refused.clone()));
        }
    }
}
