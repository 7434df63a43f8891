//! Whether a registry accepts a credential, asked as `docker login` asks.

use std::time::Duration;

use futures_util::future::join_all;
use reqwest::header::WWW_AUTHENTICATE;

use super::answer::{is_registry, message};
use super::challenge::{self, Challenge, offered};
use super::credential::{Credential, Scheme};
use super::error::Error;
use super::refusal::refused;
use super::scope::Scopes;
use super::token::{Question, Service};
use crate::address::{is_docker_hub, registry_host};
use crate::http::{Answer, Budget, Client, Host, Http, Request};
use crate::secret::Secret;

/// Where Docker Hub's registry answers; under none of the names that users write.
const DOCKER_HUB_REGISTRY: &str = "registry-1.docker.io";

/// A credential that the registry accepts.
#[derive(Debug, Clone, PartialEq)]
pub struct Verified {
    /// How the registry was told; with [`Scheme::None`] it did not ask, and the credential is
    /// neither right nor wrong.
    pub scheme: Scheme,
    /// What to store as `identitytoken` in place of the password, as docker does.
    pub identity_token: Option<Secret>,
}

impl Verified {
    fn by(scheme: Scheme) -> Self {
        Self {
            scheme,
            identity_token: None,
        }
    }
}

/// Checks a credential, with `budget` for all retries together.
///
/// Takes two requests, and one when the scheme is known to be Basic or when the registry asks
/// for no login.
///
/// # Errors
/// The registry refuses the credential, is none, or does not answer.
pub async fn verify(
    http: &Http,
    credential: &Credential,
    budget: Duration,
) -> Result<Verified, Error> {
    credential.check()?;
    let host = api_host(&credential.registry)?;
    let attempt = Attempt {
        client: http.client(host.clone()),
        host,
        credential,
        budget: Budget::new(budget),
    };
    attempt.run().await
}

/// Checks several credentials at the same time, each with its own budget for retries; results
/// are in the order of the input.
///
/// The runtime that carries the requests lives as long as this call.
///
/// # Errors
/// The runtime cannot be started.
pub fn verify_all(
    http: &Http,
    credentials: &[(Credential, Duration)],
) -> Result<Vec<Result<Verified, Error>>, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Error::Runtime)?;
    let checks = credentials
        .iter()
        .map(|(one, budget)| verify(http, one, *budget));
    let results = runtime.block_on(join_all(checks));
    // A name that is still being resolved in the background must not delay the result.
    runtime.shutdown_background();
    Ok(results)
}

/// Where the API of a registry is, from any way to write its name.
///
/// # Errors
/// What is left without scheme and path is not a host with an optional port.
pub fn api_host(registry: &str) -> Result<Host, Error> {
    let name = registry_host(registry)?;
    let host = if is_docker_hub(&name) {
        DOCKER_HUB_REGISTRY
    } else {
        &name
    };
    Ok(Host::parse(host)?)
}

/// One check of one credential.
struct Attempt<'a> {
    client: Client,
    host: Host,
    credential: &'a Credential,
    budget: Budget,
}

impl Attempt<'_> {
    async fn run(&self) -> Result<Verified, Error> {
        let known = self.credential.scheme == Some(Scheme::Basic);
        let answer = self.ping(known).await?;
        match answer.status {
            200 if known && is_registry(&answer) => return Ok(Verified::by(Scheme::Basic)),
            403 if known => return Err(refused(self.credential, None, &answer)),
            401 => {}
            200 if is_registry(&answer) => {}
            status @ (200 | 404) => {
                return Err(Error::NoRegistry {
                    address: answer.url.to_string(),
                    status,
                });
            }
            status => {
                return Err(Error::Unexpected {
                    request: Request::get(answer.url.clone()).to_string(),
                    status,
                    message: message(&answer, Some(self.credential)),
                });
            }
        }
        let challenges = challenge::parse(answer.all(WWW_AUTHENTICATE));
        let of = |scheme| challenges.iter().find(|found| found.scheme == scheme);
        if let Some(bearer) = of("bearer").filter(|bearer| bearer.parameter("realm").is_some()) {
            return self.bearer(bearer).await;
        }
        match (of("basic"), answer.status) {
            (Some(_), _) if known => Err(refused(self.credential, None, &answer)),
            (Some(_), _) => self.basic(&answer).await,
            // Zot names its schemes with a 200, so only silence means that no login is asked for.
            (None, 200) => Ok(Verified::by(Scheme::None)),
            (None, _) => Err(Error::NoScheme {
                registry: self.host.to_string(),
                offered: offered(&challenges),
            }),
        }
    }

    /// Asks for the API's root, at whichever address a registry answers; without credentials
    /// unless the scheme is `known`.
    async fn ping(&self, known: bool) -> Result<Answer, Error> {
        let request = |url| match known {
            true => Request::get(url).with(self.credential.basic()),
            false => Request::get(url),
        };
        let (address, other) = self.client.addresses("/v2/");
        let (first, other) = (request(address), other.map(request));
        self.client
            .send_either(&first, other.as_ref(), is_registry, &self.budget)
            .await
            .map_err(|source| self.failed(source))
    }

    /// Asks again at the address that answered, with user name and password.
    async fn basic(&self, first: &Answer) -> Result<Verified, Error> {
        let request = Request::get(first.url.clone()).with(self.credential.basic());
        let answer = self
            .client
            .send(&request, &self.budget)
            .await
            .map_err(|source| self.failed(source))?;
        match answer.status {
            200 => Ok(Verified::by(Scheme::Basic)),
            401 | 403 => Err(refused(self.credential, None, &answer)),
            status => Err(Error::Unexpected {
                request: request.to_string(),
                status,
                message: message(&answer, Some(self.credential)),
            }),
        }
    }

    async fn bearer(&self, challenge: &Challenge) -> Result<Verified, Error> {
        let registry = &self.credential.registry;
        let service = Service::named_by(challenge, &self.client, &self.host, registry)?;
        let question = Question {
            credential: Some(self.credential),
            origin: None,
            scopes: &Scopes::default(),
            offline: true,
        };
        let grant = service.ask(&question, &self.budget).await?;
        Ok(Verified {
            scheme: Scheme::Bearer,
            identity_token: grant.refresh_token,
        })
    }

    fn failed(&self, source: crate::http::Error) -> Error {
        Error::Http {
            registry: self.credential.registry.clone(),
            source,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::api_host;

    #[test]
    fn docker_hub_answers_elsewhere() {
        let host = |name: &str| api_host(name).unwrap().to_string();
        for name in [
            "docker.io",
            "index.docker.io",
            "https://index.docker.io/v1/",
        ] {
            assert_eq!(host(name), "registry-1.docker.io");
        }
        assert_eq!(host("docker.io.example.com"), "docker.io.example.com");
        assert_eq!(host("r.example.com:443"), "r.example.com:443");
        assert!(api_host("").is_err());
    }
}
