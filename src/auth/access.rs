//! Being let in to one registry as one user: challenges, and the tokens got for them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use reqwest::header::{HeaderMap, WWW_AUTHENTICATE};

use super::challenge::{self, Challenge, offered};
use super::credential::Credential;
use super::error::Error;
use super::identity::Identity;
use super::keychain::Found;
use super::scope::{Scope, Scopes};
use super::slot::{Asking, Refusal, Slot};
use super::token::Service;
use crate::address::{DOCKER_HUB, is_docker_hub};
use crate::http::{Authorization, Budget, Client, Host};
use crate::secret::Secret;

/// How many tokens are kept. One has a few kilobytes, and a run that goes through thousands of
/// repositories comes back to few of them.
const MAX_TOKENS: usize = 500;

/// The longest list of scopes of a challenge that is listened to, in bytes; it becomes part of
/// an address.
const MAX_SCOPE: usize = 4096;

/// One user at one registry. A clone shares the tokens.
#[derive(Clone)]
pub struct Access(Arc<Shared>);

struct Shared {
    client: Client,
    host: Host,
    /// The registry's name, for people.
    registry: String,
    identity: Identity,
    origin: String,
    way: Mutex<Option<Way>>,
    tokens: Mutex<HashMap<Scopes, Arc<Slot>>>,
}

/// How the registry wants to be told.
#[derive(Clone)]
enum Way {
    Basic,
    Bearer(Arc<Service>),
}

impl Access {
    /// Nobody has been asked for anything yet. `client` is that of the registry.
    pub fn new(client: Client, host: Host, found: Found) -> Self {
        let registry = if is_docker_hub(host.as_str()) {
            DOCKER_HUB.to_owned()
        } else {
            host.to_string()
        };
        let origin = found.origin.clone();
        let identity = Identity::of(found, &registry);
        Self(Arc::new(Shared {
            client,
            host,
            registry,
            identity,
            origin,
            way: Mutex::default(),
            tokens: Mutex::default(),
        }))
    }

    /// Where the credential was found, for people.
    pub fn origin(&self) -> &str {
        &self.0.origin
    }

    /// What to send with a request that needs these scopes. Before the registry has said how it
    /// wants to be told, that is nothing; afterwards it is Basic credentials, or a token for
    /// exactly this set of scopes, fetched once however many requests wait for it, and again
    /// before it expires.
    ///
    /// # Errors
    /// The token service refuses or does not answer.
    pub async fn authorization(
        &self,
        scopes: &[Scope],
        budget: &Budget,
    ) -> Result<Option<Authorization>, Error> {
        if let Identity::Token(token) = &self.0.identity {
            return Ok(Some(Authorization::Bearer(token.clone())));
        }
        let way = lock(&self.0.way).clone();
        match way {
            Some(Way::Basic) => {
                let user = self.0.identity.user().await?;
                user.map(|user| basic(&user)).transpose()
            }
            Some(Way::Bearer(service)) if self.may_ask(scopes) => {
                let slot = self.slot(scopes);
                let user = self.0.identity.user().await?;
                let asking = self.asking(&service, user.as_deref(), budget);
                let token = slot.token(asking).await?;
                Ok(token.map(Authorization::Bearer))
            }
            // Perhaps the registry does not ask for a login for this.
            _ => Ok(None),
        }
    }

    /// What to send after an answer of 401 (or of 403 to a token that may have expired) to a
    /// request that was sent with `sent`. The scope is that of the challenge, joined with
    /// `scopes`. `None` when nothing better can be sent: the answer is final.
    ///
    /// # Errors
    /// The token service refuses or does not answer; a push (a scope with more than `pull`)
    /// without any credential, which is never tried anonymously.
    pub async fn challenged(
        &self,
        headers: &HeaderMap,
        scopes: &[Scope],
        sent: Option<&Authorization>,
        budget: &Budget,
    ) -> Result<Option<Authorization>, Error> {
        if let Identity::Token(token) = &self.0.identity {
            let unsent = sent.is_none();
            return Ok(unsent.then(|| Authorization::Bearer(token.clone())));
        }
        let values = headers.get_all(WWW_AUTHENTICATE);
        let challenges = challenge::parse(values.iter().map(|value| value.as_bytes()));
        let of = |scheme| challenges.iter().find(|found| found.scheme == scheme);
        let bearer = of("bearer").filter(|bearer| bearer.parameter("realm").is_some());
        let sent = match sent {
            Some(Authorization::Bearer(token)) => Some(token),
            Some(Authorization::Basic(_)) if bearer.is_none() => return Ok(None),
            _ => None,
        };
        let (service, refusal) = match bearer {
            Some(bearer) => (self.service(bearer)?, self.refusal(bearer, sent)),
            None if of("basic").is_some() => return self.by_basic().await.map(Some),
            None if challenges.is_empty() => {
                let way = lock(&self.0.way).clone();
                let (Some(Way::Bearer(service)), Some(_)) = (way, sent) else {
                    return Ok(None);
                };
                let refusal = Refusal {
                    sent,
                    asked: None,
                    is_insufficient: false,
                };
                (service, refusal)
            }
            None => {
                return Err(Error::NoScheme {
                    registry: self.0.registry.clone(),
                    offered: offered(&challenges),
                });
            }
        };
        if !self.may_ask(scopes) {
            return Err(self.not_logged_in());
        }
        let slot = self.slot(scopes);
        let user = self.0.identity.user().await?;
        let asking = self.asking(&service, user.as_deref(), budget);
        let token = slot.better(&refusal, asking).await?;
        Ok(token.map(Authorization::Bearer))
    }

    /// Takes note that a request with these scopes, sent with `sent`, was not refused: when that
    /// is refused later, it has ended, and another one helps.
    pub fn accepted(&self, scopes: &[Scope], sent: Option<&Authorization>) {
        let (Some(Authorization::Bearer(token)), false) = (sent, scopes.is_empty()) else {
            return;
        };
        let slot = lock(&self.0.tokens).get(&Scopes::from(scopes)).cloned();
        if let Some(slot) = slot {
            slot.accepted(token);
        }
    }

    /// Takes note of how the registry wants to be told, from the headers of any answer, so that
    /// the next request need not be refused first.
    pub fn learn(&self, headers: &HeaderMap) {
        let values = headers.get_all(WWW_AUTHENTICATE);
        let challenges = challenge::parse(values.iter().map(|value| value.as_bytes()));
        let of = |scheme| challenges.iter().find(|found| found.scheme == scheme);
        let bearer = of("bearer").filter(|bearer| bearer.parameter("realm").is_some());
        match bearer {
            // A realm that cannot be used is an error of the request that needs a token.
            Some(bearer) => _ = self.service(bearer),
            None if of("basic").is_some() => *lock(&self.0.way) = Some(Way::Basic),
            None => {}
        }
    }

    /// What the last token for these scopes grants, as far as it can be known (the `access`
    /// claim of a JWT, the `scope` of the answer): for an error that shows asked and granted.
    pub fn granted(&self, scopes: &[Scope]) -> Option<String> {
        let slot = lock(&self.0.tokens).get(&Scopes::from(scopes)).cloned();
        slot?.granted()
    }

    /// Whether the last token for these scopes grants all of them; `None` where there is none, or
    /// where it does not say what it is for.
    pub fn covers(&self, scopes: &[Scope]) -> Option<bool> {
        let slot = lock(&self.0.tokens).get(&Scopes::from(scopes)).cloned();
        slot?.covers()
    }

    /// Whether a token may be asked for: without a login only to read.
    fn may_ask(&self, scopes: &[Scope]) -> bool {
        let is_nobody = matches!(self.0.identity, Identity::Nobody);
        !is_nobody || scopes.iter().all(Scope::is_pull)
    }

    /// The service of a challenge, which counts from now on.
    fn service(&self, challenge: &Challenge) -> Result<Arc<Service>, Error> {
        let mut way = lock(&self.0.way);
        if let Some(Way::Bearer(known)) = &*way
            && known.is_named_by(challenge)
        {
            return Ok(Arc::clone(known));
        }
        let Shared {
            client,
            host,
            registry,
            ..
        } = &*self.0;
        let service = Arc::new(Service::named_by(challenge, client, host, registry)?);
        *way = Some(Way::Bearer(Arc::clone(&service)));
        Ok(service)
    }

    fn refusal<'a>(&self, challenge: &Challenge, sent: Option<&'a Secret>) -> Refusal<'a> {
        let scope = challenge.parameter("scope");
        let scope = scope.filter(|scope| scope.len() <= MAX_SCOPE);
        let mut asked = Scopes::parse(scope.unwrap_or_default());
        if matches!(self.0.identity, Identity::Nobody) {
            // Some registries ask everybody for more than the request needs.
            asked.keep_pull();
        }
        Refusal {
            sent,
            asked: Some(asked),
            // RFC 6750, section 3.1.
            is_insufficient: challenge.parameter("error") == Some("insufficient_scope"),
        }
    }

    async fn by_basic(&self) -> Result<Authorization, Error> {
        *lock(&self.0.way) = Some(Way::Basic);
        match self.0.identity.user().await? {
            Some(user) => basic(&user),
            None => Err(self.not_logged_in()),
        }
    }

    fn asking<'a>(
        &'a self,
        service: &'a Service,
        credential: Option<&'a Credential>,
        budget: &'a Budget,
    ) -> Asking<'a> {
        Asking {
            service,
            credential,
            origin: &self.0.origin,
            budget,
        }
    }

    fn slot(&self, scopes: &[Scope]) -> Arc<Slot> {
        let scopes = Scopes::from(scopes);
        let mut tokens = lock(&self.0.tokens);
        if tokens.len() >= MAX_TOKENS && !tokens.contains_key(&scopes) {
            // Those that somebody waits for stay.
            tokens.retain(|_, slot| Arc::strong_count(slot) > 1);
        }
        let slot = tokens.entry(scopes);
        let slot = slot.or_insert_with_key(|scopes| Arc::new(Slot::new(scopes.clone())));
        Arc::clone(slot)
    }

    fn not_logged_in(&self) -> Error {
        Error::NotLoggedIn {
            registry: self.0.registry.clone(),
            origin: self.0.origin.clone(),
            message: None,
        }
    }
}

fn basic(user: &Credential) -> Result<Authorization, Error> {
    user.check()?;
    Ok(Authorization::Basic(user.basic()))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
