//! One attempt of one request: sent, redirected, waited for.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH, HeaderValue};
use reqwest::{Method, RequestBuilder, Response};
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::body::{Flow, Step};
use super::call::{Authorization, Call, Lane};
use super::error::Cause;
use super::message::shown;
use super::reply::{Reply, Sending};
use super::settings::Limits;
use super::transport::Transport;

/// How many redirects are followed: as many as Go's client, and so docker, follows.
const MAX_REDIRECTS: usize = 10;

/// How an attempt is made.
#[derive(Clone, Copy)]
pub(super) struct Terms {
    /// Its time limits.
    pub(super) limits: Limits,
    /// How long it may wait for the end of a pause that the host has asked for.
    pub(super) patience: Duration,
    /// Whether a redirect to another origin is an error, rather than followed without
    /// `Authorization`.
    pub(super) stays: bool,
}

impl Transport {
    /// Sends a request to `url` and follows redirects: those of GET and HEAD anywhere that
    /// [`Transport::permits`], elsewhere without `Authorization` and secret headers, which do not come back; others
    /// only within the origin, when method and body stay (307, 308) and the body can be sent
    /// again.
    pub(super) async fn attempt(
        &self,
        call: &Call,
        url: &Url,
        terms: Terms,
    ) -> Result<Reply, Cause> {
        let mut here = url.clone();
        let mut authorized = true;
        for _ in 0..=MAX_REDIRECTS {
            // An address of this kind has come from a server, not from the user.
            if !self.permits(&here) {
                break;
            }
            let (response, sending) = self.exchange(call, &here, authorized, terms.limits).await?;
            let Some(target) = target(&response) else {
                let idle = terms.limits.idle;
                return Ok(Reply::new(url.clone(), response, idle, sending));
            };
            let home = target.origin() == here.origin();
            let same = matches!(response.status().as_u16(), 307 | 308) && call.body.is_whole();
            here = target;
            authorized &= home;
            let follow = if call.is_safe() {
                home || !terms.stays
            } else {
                home && same
            };
            if !follow {
                break;
            }
        }
        Err(Cause::Redirect(shown(&here)))
    }

    /// Sends a request to `url` and waits for the headers of the answer.
    async fn exchange(
        &self,
        call: &Call,
        url: &Url,
        authorized: bool,
        limits: Limits,
    ) -> Result<(Response, Sending), Cause> {
        let client = self.carrier(url, call.lane)?;
        let request = client.request(call.method.clone(), url.clone());
        let headers = call.headers.iter();
        // Some services take their secrets in headers of their own.
        let headers = headers.filter(|(_, value)| authorized || !value.is_sensitive());
        let headers = headers.map(|(name, value)| (name.clone(), value.clone()));
        let mut request = request.headers(headers.collect());
        if let Some(authorization) = call.authorization.as_ref().filter(|_| authorized) {
            request = with(request, authorization)?;
        }
        let (body, flow) = call.body.send();
        if !call.body.is_empty() {
            request = request.body(reqwest::Body::wrap(body));
        } else if matches!(call.method, Method::POST | Method::PUT | Method::PATCH) {
            request = request.header(CONTENT_LENGTH, 0);
        }
        let sending = Sending(flow);
        let patience = Patience::new(call, limits);
        match patience.wait(request.send(), &sending.0).await? {
            Ok(response) => {
                self.answered(url, call.lane, response.version());
                Ok((response, sending))
            }
            Err(error) => Err(match sending.0.take_error() {
                Some(error) => Cause::Body(error),
                None => self.cause(&error, url),
            }),
        }
    }
}

/// How long each step of a request may take.
struct Patience {
    started: Instant,
    /// Until the body is asked for, or for one without a body until the answer.
    start: Duration,
    /// Between two pieces.
    idle: Duration,
    /// From the last piece to the answer.
    answer: Duration,
}

impl Patience {
    fn new(call: &Call, limits: Limits) -> Self {
        let bulk = call.lane == Lane::Bulk && !call.is_safe();
        let answer = if bulk || call.body.is_stream() {
            limits.upload
        } else {
            limits.request
        };
        Self {
            started: Instant::now(),
            start: if call.body.is_empty() {
                answer
            } else {
                limits.request
            },
            idle: limits.idle,
            answer,
        }
    }

    /// When patience ends, as things are, and what it had been. A source that has nothing to
    /// give is not the server's fault, and has limits of its own.
    fn end(&self, step: Step) -> (Instant, Duration) {
        let (since, limit) = match step {
            Step::Unasked => (self.started, self.start),
            Step::Dry => (Instant::now(), self.idle),
            Step::Taken(at) => (at, self.idle),
            Step::Done(at) => (at, self.answer),
        };
        (since + limit, limit)
    }

    async fn wait<T>(&self, answer: impl Future<Output = T>, flow: &Flow) -> Result<T, Cause> {
        let mut answer = pin!(answer);
        loop {
            // The next step, which nobody reports, may have less time than this one.
            let look = self.end(flow.step()).0.min(Instant::now() + self.idle);
            if let Ok(answer) = timeout_at(look, &mut answer).await {
                return Ok(answer);
            }
            let (end, limit) = self.end(flow.step());
            if end <= Instant::now() {
                return Err(Cause::Timeout(limit));
            }
        }
    }
}

fn with(request: RequestBuilder, authorization: &Authorization) -> Result<RequestBuilder, Cause> {
    match authorization {
        Authorization::Basic(basic) => {
            Ok(request.basic_auth(&basic.username, Some(basic.password.expose())))
        }
        Authorization::Bearer(token) => {
            let value = format!("Bearer {}", token.expose());
            let mut value = HeaderValue::try_from(value).map_err(|_| Cause::Token)?;
            value.set_sensitive(true);
            Ok(request.header(AUTHORIZATION, value))
        }
    }
}

/// Where a redirect leads; `None` when the answer is none.
fn target(response: &Response) -> Option<Url> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = response.headers().get(reqwest::header::LOCATION)?;
    response.url().join(location.to_str().ok()?).ok()
}
