//! One token for one set of scopes, asked for once however many requests wait for it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::credential::Credential;
use super::error::Error;
use super::grant::Grant;
use super::scope::Scopes;
use super::token::{Question, Service};
use crate::http::Budget;
use crate::secret::Secret;

/// A token that replaced a refused one, and is refused within this time without ever having been
/// accepted, is refused for another reason than its age: a third one would not help.
const SETTLED: Duration = Duration::from_secs(30);

/// How often a registry may ask for more than it was told about. Each time costs a request to
/// the token service, and a registry could go on for ever.
const MAX_WIDENED: u8 = 4;

/// The place of one token.
pub(super) struct Slot {
    /// Held by whoever asks the token service.
    gate: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

struct State {
    scopes: Scopes,
    widened: u8,
    held: Option<Held>,
    /// What the last question came to, if not to a token.
    failure: Option<Arc<Error>>,
    /// How many questions have been answered.
    answers: u64,
}

struct Held {
    token: Secret,
    /// What it is for, as far as that is known.
    scopes: Option<Scopes>,
    since: Instant,
    /// When it is to be renewed.
    due: Instant,
    /// Whether requests have been made with it that did not wait for it. Until then nothing
    /// says that it was ever any good.
    is_reused: bool,
    /// Whether a request that was made with it was not refused.
    is_accepted: bool,
    replaces_refused: bool,
}

/// A request that was refused.
pub(super) struct Refusal<'a> {
    /// The token that it was sent with.
    pub sent: Option<&'a Secret>,
    /// What the challenge asks for; `None` without a challenge.
    pub asked: Option<Scopes>,
    /// Whether the registry says that the token is good, but not for this.
    pub is_insufficient: bool,
}

/// How a token is asked for.
pub(super) struct Asking<'a> {
    /// Whom.
    pub service: &'a Service,
    /// As whom; as nobody in particular without it.
    pub credential: Option<&'a Credential>,
    /// Where the credential was found, or looked for.
    pub origin: &'a str,
    /// For how long.
    pub budget: &'a Budget,
}

/// What to do about a request that needs a token.
enum Next {
    Use(Secret),
    Ask { replaces_refused: bool },
    Fail(Arc<Error>),
    GiveUp,
}

impl Slot {
    /// The place of a token for these scopes.
    pub(super) fn new(scopes: Scopes) -> Self {
        Self {
            gate: tokio::sync::Mutex::default(),
            state: Mutex::new(State {
                scopes,
                widened: 0,
                held: None,
                failure: None,
                answers: 0,
            }),
        }
    }

    /// A token for a request that has not been made yet.
    pub(super) async fn token(&self, asking: Asking<'_>) -> Result<Option<Secret>, Error> {
        if let Some(token) = self.state().reuse() {
            return Ok(Some(token));
        }
        self.renew(None, asking).await
    }

    /// A better token for a request that was refused; `None` when there can be none.
    pub(super) async fn better(
        &self,
        refusal: &Refusal<'_>,
        asking: Asking<'_>,
    ) -> Result<Option<Secret>, Error> {
        self.renew(Some(refusal), asking).await
    }

    /// A request that was made with this token was not refused.
    pub(super) fn accepted(&self, token: &Secret) {
        let mut state = self.state();
        let held = state.held.as_mut().filter(|held| held.token == *token);
        if let Some(held) = held {
            held.is_accepted = true;
        }
    }

    /// What the token grants, if that is known.
    pub(super) fn granted(&self) -> Option<String> {
        let state = self.state();
        Some(state.held.as_ref()?.scopes.as_ref()?.to_string())
    }

    /// Whether the token grants all that it was asked for, if that is known.
    pub(super) fn covers(&self) -> Option<bool> {
        let state = self.state();
        let granted = state.held.as_ref()?.scopes.as_ref()?;
        Some(granted.covers(&state.scopes))
    }

    async fn renew(
        &self,
        refusal: Option<&Refusal<'_>>,
        asking: Asking<'_>,
    ) -> Result<Option<Secret>, Error> {
        let seen = self.state().answers;
        let _gate = self.gate.lock().await;
        let next = self.state().next(refusal, seen);
        let replaces_refused = match next {
            Next::Use(token) => return Ok(Some(token)),
            Next::Fail(error) => return Err(Error::Shared(error)),
            Next::GiveUp => return Ok(None),
            Next::Ask { replaces_refused } => replaces_refused,
        };
        let scopes = self.state().scopes.clone();
        let question = Question {
            credential: asking.credential,
            origin: Some(asking.origin),
            scopes: &scopes,
            offline: false,
        };
        let answer = asking.service.ask(&question, asking.budget).await;
        self.state().keep(answer, replaces_refused).map(Some)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The token, while it need not be renewed.
    fn reuse(&mut self) -> Option<Secret> {
        let held = self.held.as_mut();
        let held = held.filter(|held| Instant::now() < held.due)?;
        held.is_reused = true;
        Some(held.token.clone())
    }

    /// Decides, while nobody else asks. `seen` is how many answers there were when the request
    /// began to wait.
    fn next(&mut self, refusal: Option<&Refusal<'_>>, seen: u64) -> Next {
        let asked = refusal.and_then(|refusal| refusal.asked.as_ref());
        let is_wider = asked.is_some_and(|asked| self.widen(asked));
        let ask = |replaces_refused| Next::Ask { replaces_refused };
        if is_wider {
            return ask(false);
        }
        if let Some(error) = &self.failure
            && (error.is_final() || self.answers != seen)
        {
            return Next::Fail(Arc::clone(error));
        }
        let Some(held) = &self.held else {
            return ask(false);
        };
        let refusal = refusal.filter(|refusal| refusal.sent == Some(&held.token));
        match refusal {
            None if Instant::now() < held.due => Next::Use(held.token.clone()),
            None => ask(false),
            Some(_) if Instant::now() >= held.due => ask(true),
            Some(refusal) if held.was_good() && !self.is_insufficient(held, refusal) => ask(true),
            Some(_) => Next::GiveUp,
        }
    }

    /// Whether a token is refused for what it is not for: another of its kind would be, too.
    fn is_insufficient(&self, held: &Held, refusal: &Refusal<'_>) -> bool {
        let grants_less = held
            .scopes
            .as_ref()
            .is_some_and(|granted| !granted.covers(&self.scopes));
        refusal.is_insufficient || refusal.asked.is_none() || grants_less
    }

    /// Takes in what a registry asks for beyond what it was told about.
    fn widen(&mut self, asked: &Scopes) -> bool {
        if self.scopes.covers(asked) || self.widened == MAX_WIDENED {
            return false;
        }
        self.widened += 1;
        self.scopes.join(asked);
        true
    }

    fn keep(
        &mut self,
        answer: Result<Grant, Error>,
        replaces_refused: bool,
    ) -> Result<Secret, Error> {
        self.answers += 1;
        let grant = answer.map_err(|error| {
            let error = Arc::new(error);
            self.failure = Some(Arc::clone(&error));
            Error::Shared(error)
        })?;
        self.failure = None;
        let since = Instant::now();
        self.held = Some(Held {
            token: grant.token.clone(),
            scopes: grant.scopes,
            since,
            due: since + grant.usable,
            is_reused: false,
            is_accepted: false,
            replaces_refused,
        });
        Ok(grant.token)
    }
}

impl Held {
    /// Whether the registry has, by all that is known, accepted the token before.
    fn was_good(&self) -> bool {
        self.is_accepted
            || self.is_reused && !(self.replaces_refused && self.since.elapsed() < SETTLED)
    }
}
