//! Trying again.

use std::time::Instant;

use reqwest::Method;
use reqwest::header::HeaderMap;
use url::Url;

use super::error::{Cause, Error};
use super::message::named;
use super::retry::{Budget, is_transient, wish};
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

/// Why to ask again after an answer: another attempt may get another one.
pub(super) fn transient(status: u16, headers: &HeaderMap) -> Option<Cause> {
    is_transient(status).then(|| Cause::Status {
        status,
        retry_after: wish(headers),
    })
}

/// The server's wish for a pause, in the words of an error when it is what ended the retries.
fn final_cause(cause: Cause, budget: &Budget) -> Cause {
    let left = budget.left();
    match cause {
        Cause::Status {
            status,
            retry_after: Some(asked),
        } if asked > left => Cause::Wait {
            status,
            asked,
            left,
        },
        other => other,
    }
}
