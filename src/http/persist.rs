//! Trying again.

use std::time::Instant;

use futures_util::future::BoxFuture;
use reqwest::Method;
use reqwest::header::HeaderMap;
use url::Url;

use super::error::{Cause, Error};
use super::message::named;
use super::retry::{Budget, is_transient, wish};
use super::settings::Settings;

/// Makes attempts until one gives something, there is no sense in another, or the budget is used
/// up. An attempt also says what was asked. `may_repeat` is asked after each failure.
pub(super) async fn repeat<'a, T>(
    settings: &Settings,
    budget: &Budget,
    may_repeat: impl Fn() -> bool,
    mut attempt: impl FnMut() -> BoxFuture<'a, ((&'a Method, &'a Url), Result<T, Cause>)>,
) -> Result<T, Error> {
    let started = Instant::now();
    let mut attempts = 0;
    loop {
        attempts += 1;
        let ((method, url), outcome) = attempt().await;
        let cause = match outcome {
            Ok(found) => return Ok(found),
            Err(cause) => cause,
        };
        let pause = budget.pause(attempts, &cause, settings.limits.pause);
        let Some(pause) = pause.filter(|_| may_repeat()) else {
            return Err(Error {
                request: named(method, url),
                attempts,
                spent: started.elapsed(),
                proxy: settings.proxies.variable(url),
                cause: Box::new(final_cause(cause, budget)),
            });
        };
        tokio::time::sleep(pause).await;
    }
}

/// An answer, unless a later attempt may get another one.
pub(super) fn lasting<T>(answer: T, status: u16, headers: &HeaderMap) -> Result<T, Cause> {
    if is_transient(status) {
        return Err(Cause::Status {
            status,
            retry_after: wish(headers),
        });
    }
    Ok(answer)
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
