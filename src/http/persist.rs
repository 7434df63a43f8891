//! Trying again.

use std::time::Instant;

use reqwest::Method;
use url::Url;

use super::call::Call;
use super::clock::wish;
use super::error::{Cause, Error};
use super::message::{Answer, Request, named};
use super::reply::Reply;
use super::retry::{Budget, is_transient};
use super::said::Said;
use super::settings::Settings;

/// The attempts at one request.
pub(super) struct Attempts<'a> {
    settings: &'a Settings,
    budget: &'a Budget,
    started: Instant,
    count: u32,
}

impl<'a> Attempts<'a> {
    /// None was made yet.
    pub(super) fn new(settings: &'a Settings, budget: &'a Budget) -> Self {
        Self {
            settings,
            budget,
            started: Instant::now(),
            count: 0,
        }
    }

    /// The attempt to ask for `url` has failed: waits until it is time for the next one, if
    /// there `may` be one.
    ///
    /// # Errors
    /// There is no sense in another, or no time.
    pub(super) async fn failed(
        &mut self,
        (method, url): (&Method, &Url),
        cause: Cause,
        may: bool,
    ) -> Result<(), Error> {
        self.count += 1;
        let pause = self.settings.limits.pause;
        let pause = self.budget.pause(self.count, &cause, pause);
        let Some(pause) = pause.filter(|_| may) else {
            return Err(Error {
                request: named(method, url),
                attempts: self.count,
                spent: self.started.elapsed(),
                proxy: self.settings.proxies.variable(url),
                cause: Box::new(final_cause(cause, self.budget)),
            });
        };
        tokio::time::sleep(pause).await;
        Ok(())
    }
}

/// An answer that will not change; else why to ask again. What the server says about it is read,
/// for the error that it may become, and so that the connection can be used again.
pub(super) async fn lasting(reply: Reply, call: &Call) -> Result<Reply, Cause> {
    if !is_transient(reply.status, &reply.headers) {
        return Ok(reply);
    }
    let (status, retry_after) = (reply.status, wish(&reply.headers));
    let body = reply.refusal().await;
    Err(Cause::Status {
        status,
        retry_after,
        said: Said::to(call.authorization.as_ref(), &body).message,
    })
}

/// The same of a short exchange.
pub(super) fn lasting_answer(answer: Answer, request: &Request) -> Result<Answer, Cause> {
    if !is_transient(answer.status, &answer.headers) {
        return Ok(answer);
    }
    let said = Said::read(&answer.body, |text| request.hidden_in(text));
    Err(Cause::Status {
        status: answer.status,
        retry_after: wish(&answer.headers),
        said: said.message,
    })
}

/// The server's wish for a pause, in the words of an error when it is what ended the retries.
fn final_cause(cause: Cause, budget: &Budget) -> Cause {
    let left = budget.left();
    match cause {
        Cause::Status {
            status,
            retry_after: Some(asked),
            ..
        } if asked > left => Cause::Wait {
            status,
            asked,
            left,
        },
        other => other,
    }
}
