//! Where Nexus's REST API is, and which of its repositories an image is in.

use reqwest::Method;
use serde::Deserialize;

use super::Image;
use super::address::{below, parts};
use crate::registry::api::{Answer, Api, Ask};
use crate::registry::basic::login_of;
use crate::registry::error::Error;
use crate::registry::refusal::Why;

/// What the user can say when nothing else does.
const ADVICE: &str = "give the repository's URL as Nexus shows it: --repo-api \
                      https://NEXUS/repository/NAME (or DOCKSIDE_REPO_API)";

/// A Nexus.
pub(super) struct Server {
    pub(super) api: Api,
    /// The repository, if the user named it.
    named: Option<String>,
    /// Whether the API is at the registry's own address, where the first part of a path may be
    /// the repository's name.
    is_registry: bool,
}

/// Where an image is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Home {
    /// The repository.
    pub(super) repository: String,
    /// `hosted`, `proxy` or `group`.
    pub(super) kind: String,
    /// The image's name there.
    pub(super) image: String,
}

/// A repository. Settings have `docker`, which only administrators may read.
#[derive(Deserialize)]
struct Known {
    name: String,
    format: String,
    #[serde(rename = "type")]
    kind: String,
    docker: Option<Connectors>,
}

/// How docker reaches a repository.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Connectors {
    http_port: Option<u16>,
    https_port: Option<u16>,
    subdomain: Option<String>,
}

impl Connectors {
    /// Whether one of them is this registry.
    fn reach(&self, registry: &str) -> bool {
        let port = registry
            .rsplit_once(':')
            .and_then(|(_, port)| port.parse().ok());
        let ports = [self.http_port, self.https_port];
        let by_port = port.is_some() && ports.contains(&port);
        let label = registry.split_once('.').map(|(label, _)| label);
        by_port || (label.is_some() && self.subdomain.as_deref() == label)
    }
}

impl Image {
    /// The REST API; `None` where it is not beside the registry and nobody says where.
    ///
    /// # Errors
    /// No answer, or the address cannot be used.
    pub(super) async fn server(&self) -> Result<Option<&Server>, Error> {
        let server = self.server.get_or_try_init(|| self.find_server()).await?;
        Ok(server.as_ref())
    }

    async fn find_server(&self) -> Result<Option<Server>, Error> {
        let remote = self.base.remote();
        let registry = remote.url("/");
        let (root, named) = match self.place.api() {
            Some(given) => parts(given),
            None => (registry.clone(), None),
        };
        let timeout = remote.retry_timeout();
        let api = Api::below(remote.client(), below(&root), "Nexus", timeout)?;
        if self.place.api().is_none() {
            let status = Ask::new(Method::GET, api.url(&["status"]), self.subject());
            if api.send(&status).await?.status != 200 {
                return Ok(None);
            }
        }
        let is_registry = root.host() == registry.host()
            && root.port_or_known_default() == registry.port_or_known_default();
        Ok(Some(Server {
            api: match login_of(remote)? {
                Some(login) => api.authorized(login),
                None => api,
            },
            named,
            is_registry,
        }))
    }

    /// [`Self::server`], which is needed.
    pub(super) async fn needed_server(&self) -> Result<&Server, Error> {
        let server = self.server().await?;
        server.ok_or_else(|| self.missing("Nexus's REST API is not beside this registry"))
    }

    /// Where the image is.
    ///
    /// # Errors
    /// That cannot be told, or may not be asked for.
    pub(super) async fn home(&self) -> Result<&Home, Error> {
        self.home.get_or_try_init(|| self.find_home()).await
    }

    async fn find_home(&self) -> Result<Home, Error> {
        let server = self.needed_server().await?;
        let known = self.known(server, "repositories").await?;
        let path = self.place.path();
        if let Some((name, is_in_path)) = self.named(server) {
            let found = known.iter().find(|one| one.name == name);
            let image = path.split_once('/').filter(|_| is_in_path);
            if let Some(found) = found {
                return Ok(Home {
                    repository: found.name.clone(),
                    kind: found.kind.clone(),
                    image: image.map_or(path, |(_, image)| image).to_owned(),
                });
            }
            if server.named.is_some() {
                return Err(self.missing(&format!("Nexus shows no repository for images {name}")));
            }
        }
        let unknown = || self.missing("which of Nexus's repositories this is cannot be told");
        let settings = match self.known(server, "repositorySettings").await {
            Err(Error::Refused(refusal)) if matches!(refusal.status, 401 | 403 | 404) => {
                return Err(unknown());
            }
            settings => settings?,
        };
        let registry = self.place.registry();
        let mut found = settings.into_iter().filter(|one| {
            let docker = one.docker.as_ref();
            docker.is_some_and(|docker| docker.reach(registry))
        });
        match (found.next(), found.next()) {
            (Some(found), None) => Ok(Home {
                repository: found.name,
                kind: found.kind,
                image: path.to_owned(),
            }),
            _ => Err(unknown()),
        }
    }

    /// The repository's name as the user or the path says it, and whether the path has it.
    pub(super) fn named<'a>(&'a self, server: &'a Server) -> Option<(&'a str, bool)> {
        let first = self.place.path().split_once('/').map(|(first, _)| first);
        let first = first.filter(|_| server.is_registry);
        match &server.named {
            Some(named) => Some((named, first == Some(named))),
            None => Some((first?, true)),
        }
    }

    /// Whether Nexus has a repository of this name.
    pub(super) async fn has(&self, server: &Server, name: &str) -> Result<bool, Error> {
        let known = self.known(server, "repositories").await?;
        Ok(known.iter().any(|one| one.name == name))
    }

    /// The repositories of images that may be seen.
    async fn known(&self, server: &Server, list: &str) -> Result<Vec<Known>, Error> {
        let ask = Ask::new(Method::GET, server.api.url(&[list]), self.subject());
        let answer = server.api.send(&ask).await?;
        if answer.status != 200 {
            return Err(answer.refused(None));
        }
        let mut known: Vec<Known> = answer.json()?;
        known.retain(|one| one.format == "docker");
        Ok(known)
    }

    pub(super) fn missing(&self, what: &str) -> Error {
        Error::Missing {
            subject: self.subject(),
            what: what.to_owned(),
            advice: ADVICE.to_owned(),
        }
    }

    /// Why Nexus did not do something to this repository; `action` is that of its privileges.
    pub(super) fn refused(&self, answer: &Answer, repository: &str, action: &str) -> Error {
        let privilege = format!("the privilege nx-repository-view-docker-{repository}-{action}");
        let why = match answer.status {
            403 => Some(Why::NotAllowed {
                needs: Some(privilege),
            }),
            400 | 405 if action == "delete" => Some(Why::Protected),
            _ => None,
        };
        match answer.refused(why) {
            Error::Refused(refusal) if refusal.why == Why::Protected => Error::Refused(
                refusal.advising("the repository's deployment policy keeps it: change that first"),
            ),
            error => error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Connectors;

    #[test]
    fn connectors() {
        let all = Connectors {
            http_port: Some(8082),
            https_port: Some(8443),
            subdomain: Some("images".to_owned()),
        };
        let none = Connectors {
            http_port: None,
            https_port: None,
            subdomain: None,
        };
        for (registry, expected) in [
            ("n.example.com:8082", true),
            ("n.example.com:8443", true),
            ("images.n.example.com", true),
            ("images.n.example.com:443", true),
            ("n.example.com:8081", false),
            ("n.example.com", false),
            ("localhost", false),
        ] {
            assert_eq!(all.reach(registry), expected, "{registry}");
            assert!(!none.reach(registry), "{registry}");
        }
    }
}
