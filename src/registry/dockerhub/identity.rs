//! Who one is at Docker Hub's API (docs.docker.com, "Docker Hub API", authentication).

use std::time::Duration;

use reqwest::Method;
use serde::Deserialize;
use serde_json::json;

use super::Error;
use crate::address::is_docker_hub;
use crate::auth;
use crate::auth::lease::{Fresh, Lease};
use crate::docker::Kind;
use crate::http::{Authorization, Cause, Said};
use crate::registry::Place;
use crate::registry::api::{Api, Ask};
use crate::secret::Secret;

/// How long a token of the API lives (`POST /v2/auth/token`).
const LIFE: Duration = Duration::from_secs(10 * 60);

/// What the secrets of Docker Hub begin with: personal access tokens, those of organisations, and
/// tokens in the form JWT, which are `{"` in base64.
const PERSONAL: &str = "dckr_pat_";
const ORGANISATION: &str = "dckr_oat_";
const JWT: &str = "eyJ";

/// Who one is at the API.
pub(super) enum Identity {
    /// Nobody, which is enough to read what is public; where an account was looked for.
    Nobody { looked: String },
    /// Whoever this token of the API is for.
    Token(Secret),
    /// An account.
    Account(Account),
}

/// An account, whose secret is exchanged for tokens of the API.
pub(super) struct Account {
    /// The name of the user or, for its access tokens, of the organisation.
    name: String,
    secret: Secret,
    /// Whether it was given for the API, rather than for the registry.
    pub(super) for_api: bool,
    token: Lease<Secret>,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
}

impl Identity {
    /// Whoever the settings name, else whoever the docker config does.
    ///
    /// # Errors
    /// A token of a user whose name is not known.
    pub(super) fn of(place: &Place, namespace: &str) -> Result<Self, Error> {
        let settings = &place.settings;
        let user = settings.docker_hub_username.as_deref();
        let found = place.remote.found();
        // What is for another registry must not come here, even when that is called Docker Hub.
        let login = found
            .credential
            .as_ref()
            .filter(|found| is_docker_hub(place.registry()) && found.kind == Kind::Password);
        if let Some(token) = place.trusted(&settings.docker_hub_token) {
            let text = token.expose();
            let name = if text.starts_with(ORGANISATION) {
                user.unwrap_or(namespace)
            } else if text.starts_with(PERSONAL) {
                let known = user.or(login.map(|login| login.username.as_str()));
                known.ok_or_else(|| nameless(place))?
            } else {
                return Ok(Self::Token(token.clone()));
            };
            return Ok(Self::Account(Account::new(name, token, true)));
        }
        if let (Some(user), Some(password)) = (user, place.trusted(&settings.docker_hub_password)) {
            return Ok(Self::Account(Account::new(user, password, true)));
        }
        Ok(match login {
            Some(login) => Self::Account(Account::new(&login.username, &login.secret, false)),
            None => Self::Nobody {
                looked: format!(
                    "no WERF_REPO_DOCKER_HUB_TOKEN, no WERF_REPO_DOCKER_HUB_USERNAME with \
                     WERF_REPO_DOCKER_HUB_PASSWORD, and {}",
                    match found.credential {
                        Some(_) => format!("no user's login in {}", found.origin),
                        None => found.origin.clone(),
                    }
                ),
            },
        })
    }

    /// The token to send, if there is any.
    pub(super) async fn token(&self, api: &Api) -> Result<Option<Secret>, Error> {
        match self {
            Self::Nobody { .. } => Ok(None),
            Self::Token(token) => Ok(Some(token.clone())),
            Self::Account(account) => account.token(api).await.map(Some),
        }
    }

    /// Another token than one that was refused, if there can be one.
    pub(super) async fn renewed(
        &self,
        api: &Api,
        refused: &Secret,
    ) -> Result<Option<Secret>, Error> {
        let Self::Account(account) = self else {
            return Ok(None);
        };
        // Somebody else may have renewed it already.
        let token = account.token(api).await?;
        if token != *refused {
            return Ok(Some(token));
        }
        account.token.forget();
        account.token(api).await.map(Some)
    }

    /// That there is no account, for what takes one.
    ///
    /// # Errors
    /// Always, for nobody.
    pub(super) fn require(&self) -> Result<(), Error> {
        match self {
            Self::Nobody { looked } => Err(Error::Auth(auth::Error::NoIdentity {
                registry: "Docker Hub's API".to_owned(),
                looked: looked.clone(),
                advice: "log in with `dockside login docker.io`, or set \
                         WERF_REPO_DOCKER_HUB_USERNAME and WERF_REPO_DOCKER_HUB_PASSWORD: a user \
                         and a personal access token of the scope Read, Write, Delete",
            })),
            Self::Token(_) | Self::Account(_) => Ok(()),
        }
    }

    /// What a deletion takes that this identity may not have.
    pub(super) fn needs(&self) -> &'static str {
        match self {
            Self::Account(account) if account.secret.expose().starts_with(ORGANISATION) => {
                "a personal access token (scope Read, Write, Delete): access tokens of an \
                 organisation cannot delete"
            }
            _ => {
                "a personal access token of the scope Read, Write, Delete (repo:admin), of a user \
                 who may administer the repository"
            }
        }
    }

    /// What may be the reason that it is not believed.
    pub(super) fn doubt(&self) -> &'static str {
        let secret = match self {
            Self::Nobody { .. } => return "log in with `dockside login docker.io`",
            Self::Token(_) => {
                return "WERF_REPO_DOCKER_HUB_TOKEN is no access token (dckr_pat_...), so it was \
                        sent as it is: such tokens end after 10 minutes; set \
                        WERF_REPO_DOCKER_HUB_USERNAME and WERF_REPO_DOCKER_HUB_PASSWORD instead";
            }
            Self::Account(account) => account.secret.expose(),
        };
        if secret.starts_with(ORGANISATION) {
            "the user name of an access token of an organisation is the organisation's name; the \
             token may have expired"
        } else if secret.starts_with(PERSONAL) {
            "the personal access token is not this user's, is not active any more, or has expired"
        } else if secret.starts_with(JWT) {
            "tokens that are got by OIDC are for the registry only: for its API set \
             WERF_REPO_DOCKER_HUB_USERNAME and WERF_REPO_DOCKER_HUB_PASSWORD, a user and a \
             personal access token"
        } else {
            "the password is wrong, or the organisation enforces single sign-on: use a personal \
             access token in its place"
        }
    }
}

impl Account {
    fn new(name: &str, secret: &Secret, for_api: bool) -> Self {
        Self {
            name: name.to_owned(),
            secret: secret.clone(),
            for_api,
            token: Lease::default(),
        }
    }

    async fn token(&self, api: &Api) -> Result<Secret, Error> {
        self.token.get(|| self.exchange(api)).await
    }

    async fn exchange(&self, api: &Api) -> Result<Fresh<Secret>, Error> {
        let secret = self.secret.expose();
        let body = json!({"identifier": self.name, "secret": secret});
        let url = api.url(&["v2", "auth", "token"]);
        let subject = format!("user {:?}", self.name);
        let ask = Ask::new(Method::POST, url, subject).json(&body);
        let hidden = Authorization::Bearer(self.secret.clone());
        let mut answer = api.send(&ask).await.map_err(|error| match error {
            Error::Http {
                subject,
                service,
                mut source,
            } => {
                if let Cause::Status {
                    said: Some(said), ..
                } = &mut *source.cause
                {
                    *said = hidden.hidden_in(said);
                }
                Error::Http {
                    subject,
                    service,
                    source,
                }
            }
            other => other,
        })?;
        answer.said = Said::to(Some(&hidden), &answer.body);
        if answer.status != 200 {
            return Err(answer.refused(None));
        }
        let granted: Granted = answer.json()?;
        Ok(Fresh {
            value: Secret::new(granted.access_token),
            lasts: Some(LIFE),
        })
    }
}

fn nameless(place: &Place) -> Error {
    Error::Missing {
        subject: place.remote.repository().to_string(),
        what: "the user of the personal access token for Docker Hub's API is not known".to_owned(),
        advice: "set WERF_REPO_DOCKER_HUB_USERNAME to the user's name".to_owned(),
    }
}
