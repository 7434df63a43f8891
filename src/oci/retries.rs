//! Trying again what only this room knows how to repeat.

use std::time::{Duration, Instant};

use crate::http::{self, Budget, Cause};

/// The first pause before a retry; those that follow are longer.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// What was tried for one piece of work, and how long more may be tried.
pub(super) struct Retries {
    total: Duration,
    budget: Budget,
    attempts: u32,
    failures: u32,
    started: Instant,
}

impl Retries {
    /// Nothing tried yet, and `total` for all retries.
    pub(super) fn new(total: Duration) -> Self {
        Self {
            total,
            budget: Budget::of_retries(total),
            attempts: 0,
            failures: 0,
            started: Instant::now(),
        }
    }

    /// The time that is left.
    pub(super) fn budget(&self) -> &Budget {
        &self.budget
    }

    /// There was progress worth the whole time again for what is left of the work.
    pub(super) fn progressed(&mut self) {
        self.budget = Budget::of_retries(self.total);
        self.failures = 0;
    }

    /// Waits before the next attempt of what failed so.
    ///
    /// # Errors
    /// There is to be none.
    pub(super) async fn pause(&mut self, request: &str, cause: Cause) -> Result<(), http::Error> {
        self.attempts = self.attempts.saturating_add(1);
        self.failures = self.failures.saturating_add(1);
        match self.budget.pause(self.failures, &cause, FIRST_PAUSE) {
            Some(pause) => tokio::time::sleep(pause).await,
            None => return Err(self.failed(request, cause)),
        }
        Ok(())
    }

    fn failed(&self, request: &str, cause: Cause) -> http::Error {
        http::Error {
            request: request.to_owned(),
            attempts: self.attempts,
            spent: self.started.elapsed(),
            proxy: None,
            cause: Box::new(cause),
        }
    }
}
