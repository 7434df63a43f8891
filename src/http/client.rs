//! The client for one registry: where it is asked, and how often.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use url::Url;

use super::attempt::Terms;
use super::body::Body;
use super::call::Call;
use super::clock::wish;
use super::error::{Cause, Error};
use super::host::Host;
use super::limiter::{Kind, Limiter};
use super::message::{Answer, Request};
use super::persist::{Attempts, lasting, lasting_answer};
use super::reply::Reply;
use super::retry::Budget;
use super::scheme::Scheme;
use super::settings::{Limits, Settings};
use super::transport::Transport;

/// A client for one registry and what belongs to it. A clone shares its connections.
#[derive(Clone)]
pub struct Client(Arc<Shared>);

struct Shared {
    transport: Transport,
    limiter: Arc<Limiter>,
    scheme: Scheme,
    /// The clients for hosts that the registry refers to.
    others: Mutex<Vec<Client>>,
}

impl Client {
    /// A client for `host`, which `referrer` has named, if it has.
    pub(super) fn new(settings: Settings, host: Host, referrer: Option<&Transport>) -> Self {
        let insecure =
            settings.insecure.contains(&host) || referrer.is_some_and(|referrer| referrer.insecure);
        let scheme = Scheme::new(addresses(&settings, &host, insecure, "/"));
        Self::spoken(settings, host, referrer, insecure, scheme)
    }

    /// A client for a host that has plain HTTP only.
    pub(super) fn plain(mut settings: Settings, host: Host) -> Self {
        settings.insecure = vec![host.clone()];
        let scheme = Scheme::new((host.http("/"), None));
        Self::spoken(settings, host, None, true, scheme)
    }

    fn spoken(
        settings: Settings,
        host: Host,
        referrer: Option<&Transport>,
        insecure: bool,
        scheme: Scheme,
    ) -> Self {
        let limiter = Limiter::new(settings.jobs, settings.limits.pause);
        let referrer = referrer.map(|referrer| referrer.host.clone());
        Self(Arc::new(Shared {
            transport: Transport::new(settings, host, referrer, insecure),
            limiter: Arc::new(limiter),
            scheme,
            others: Mutex::default(),
        }))
    }

    /// Which host it is for.
    pub fn host(&self) -> &Host {
        &self.0.transport.host
    }

    /// A client for a host that the registry refers to. What docker's `certs.d` says about the
    /// registry counts for that host too, and so does the registry being insecure: this is how
    /// docker speaks to a registry's token service.
    pub fn toward(&self, host: Host) -> Client {
        let transport = &self.0.transport;
        let mut others = self.0.others.lock().unwrap_or_else(PoisonError::into_inner);
        let known = others.iter().find(|client| *client.host() == host);
        if let Some(known) = known {
            return known.clone();
        }
        let client = Client::new(transport.settings.clone(), host, Some(transport));
        others.push(client.clone());
        client
    }

    /// The address of `path` at the registry, and the one to try when no registry answers there.
    ///
    /// Plain HTTP is for loopback hosts, which have TLS only exceptionally, and for insecure
    /// ones, of which nothing is known. All others have one address.
    pub fn addresses(&self, path: &str) -> (Url, Option<Url>) {
        let transport = &self.0.transport;
        addresses(
            &transport.settings,
            &transport.host,
            transport.insecure,
            path,
        )
    }

    /// The address of `path` at the registry, as far as is known: of two addresses the likelier
    /// one before the first answer, the right one afterwards. It need not be asked for again:
    /// [`Self::call`] takes either for the right one.
    pub fn url(&self, path: &str) -> Url {
        let mut url = self.0.scheme.base().clone();
        url.set_path(path);
        url
    }

    /// Whether credentials may go to `url` at all: over HTTPS always, in plain HTTP when both the
    /// registry and the machine of `url` are loopback or insecure.
    pub fn permits(&self, url: &Url) -> bool {
        self.0.transport.permits(url)
    }

    /// One attempt of one request, when the host's limiter lets it through. The time limit of
    /// [`Limits`] holds until the headers are there, then for each pause between pieces, in both
    /// directions; a body may take as long as it flows. What sends a stream, and all that is sent
    /// in [`super::Lane::Bulk`], has [`Limits::upload`] for the answer, from the last piece on.
    ///
    /// Redirects of GET and HEAD are followed, elsewhere without `Authorization`; those of other
    /// methods only within the origin, by 307 and 308, when the body is no stream.
    ///
    /// Where the registry has two [addresses](Self::addresses), the first request goes to both,
    /// one after the other, if the first one gives no answer of HTTP; from then on all requests
    /// to either go to the one that answered.
    ///
    /// # Errors
    /// No answer. Any status is an answer, also 429 and 5xx, which the limiter takes note of.
    pub async fn call(&self, call: Call) -> Result<Reply, Cause> {
        let limits = self.0.transport.settings.limits;
        self.attempt(&call, limits, Duration::MAX).await
    }

    /// [`Self::call`], again and again while there is no answer, or one that may change (408,
    /// 429, 500, 502, 503, 504), and the budget lasts. For requests that may be repeated; one
    /// whose body is a stream is not, once the stream has been taken.
    ///
    /// # Errors
    /// No answer that will not change.
    pub async fn persist(&self, call: &Call, budget: &Budget) -> Result<Reply, Error> {
        let settings = &self.0.transport.settings;
        let mut attempts = Attempts::new(settings, budget);
        loop {
            let limits = within(settings.limits, budget);
            let outcome = self.attempt(call, limits, budget.left()).await;
            let outcome = match outcome {
                Ok(reply) => lasting(reply, call).await,
                Err(cause) => Err(cause),
            };
            let cause = match outcome {
                Ok(reply) => return Ok(reply),
                Err(cause) => cause,
            };
            let may = call.body.is_whole();
            attempts
                .failed((&call.method, &call.url), cause, may)
                .await?;
        }
    }

    async fn attempt(
        &self,
        call: &Call,
        limits: Limits,
        patience: Duration,
    ) -> Result<Reply, Cause> {
        let terms = Terms {
            limits,
            patience,
            stays: false,
        };
        // What fills a stream may itself have to wait for the first answer.
        let probe = !call.body.is_stream();
        let way = self.0.scheme.way(&call.url, probe).await;
        let outcome = self.limited(call, &way.url, terms).await;
        let Some(other) = way.other(&outcome) else {
            return outcome;
        };
        let second = self.limited(call, &other, terms).await;
        way.choose(outcome, second)
    }

    /// One attempt, when the limiter lets it through.
    async fn limited(&self, call: &Call, url: &Url, terms: Terms) -> Result<Reply, Cause> {
        let kind = match call.body {
            Body::Stream { .. } => Kind::Stream,
            Body::Empty | Body::Bytes(_) => Kind::Request,
        };
        let permit = self.0.limiter.enter(kind, terms.patience).await?;
        let reply = self.0.transport.attempt(call, url, terms).await?;
        permit.answered(reply.status, wish(&reply.headers));
        Ok(reply)
    }

    /// Sends a request until there is an answer that will not change, or the budget is used up.
    ///
    /// # Errors
    /// No such answer.
    pub async fn send(&self, request: &Request, budget: &Budget) -> Result<Answer, Error> {
        self.send_either(request, None, |_| true, budget).await
    }

    /// Sends a request and, if its answer is not `good`, the other one; again while the better
    /// of the two answers may change and the budget lasts.
    ///
    /// # Errors
    /// No answer, or none that will not change.
    pub async fn send_either(
        &self,
        request: &Request,
        other: Option<&Request>,
        good: impl Fn(&Answer) -> bool,
        budget: &Budget,
    ) -> Result<Answer, Error> {
        let settings = &self.0.transport.settings;
        let mut attempts = Attempts::new(settings, budget);
        loop {
            let (asked, outcome) = self.round(request, other, &good, budget).await;
            let cause = match outcome.and_then(|answer| lasting_answer(answer, asked)) {
                Ok(answer) => return Ok(answer),
                Err(cause) => cause,
            };
            attempts
                .failed((&asked.method, &asked.url), cause, true)
                .await?;
        }
    }

    /// One attempt; when it is not good, one of the other request. The outcome that says most.
    async fn round<'r>(
        &self,
        request: &'r Request,
        other: Option<&'r Request>,
        good: &impl Fn(&Answer) -> bool,
        budget: &Budget,
    ) -> (&'r Request, Result<Answer, Cause>) {
        let outcome = self.exchange(request, budget).await;
        let Some(other) = other.filter(|_| !outcome.as_ref().is_ok_and(good)) else {
            return (request, outcome);
        };
        let second = self.exchange(other, budget).await;
        if second.as_ref().is_ok_and(good) || telling(&second) > telling(&outcome) {
            (other, second)
        } else {
            (request, outcome)
        }
    }

    /// One attempt of a short exchange, which takes no more time than a request may.
    async fn exchange(&self, request: &Request, budget: &Budget) -> Result<Answer, Cause> {
        let limits = within(self.0.transport.settings.limits, budget);
        let terms = Terms {
            limits,
            patience: budget.left(),
            stays: request.is_secret(),
        };
        let exchange = async {
            let reply = self.limited(&request.call(), &request.url, terms).await?;
            Answer::read(reply).await
        };
        match tokio::time::timeout(limits.request, exchange).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Cause::Timeout(limits.request)),
        }
    }
}

/// See [`Client::addresses`].
fn addresses(settings: &Settings, host: &Host, insecure: bool, path: &str) -> (Url, Option<Url>) {
    let (https, http) = (host.https(path), host.http(path));
    if insecure {
        return (https, Some(http));
    }
    if !host.is_loopback() || settings.trust.knows(host) {
        return (https, None);
    }
    if host.as_str().ends_with(":443") {
        return (https, Some(http));
    }
    (http, Some(https))
}

/// The limits of an attempt, of which none is longer than the budget lasts.
fn within(limits: Limits, budget: &Budget) -> Limits {
    Limits {
        request: budget.limit(limits.request),
        upload: budget.limit(limits.upload),
        ..limits
    }
}

/// How much an outcome says about a host: an answer, or a certificate that is not believed,
/// says that this was the right way to speak to it.
fn telling(outcome: &Result<Answer, Cause>) -> u8 {
    match outcome {
        Err(Cause::Certificate { .. } | Cause::Setup(_)) => 2,
        Ok(_) => 1,
        Err(_) => 0,
    }
}
