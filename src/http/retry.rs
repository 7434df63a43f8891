//! Whether and when to try again.

use std::time::{Duration, Instant};

use reqwest::header::HeaderMap;

use super::clock::{is_limit, wish};
use super::error::Cause;

/// How long a login may go on trying, unless the caller says otherwise: long enough for a
/// registry that restarts, short enough for somebody who watches the job.
pub const DEFAULT_BUDGET: Duration = Duration::from_secs(60);

/// How long names that cannot be resolved are tried: a resolver that is just starting answers
/// within this, and a misspelt name should not cost a minute.
pub const RESOLVE_LIMIT: Duration = Duration::from_secs(4);

/// What an attempt gets at least: less would not be asking. A handshake and an answer take some
/// seconds where the machine or the registry is busy.
const SHORTEST_ATTEMPT: Duration = Duration::from_secs(5);

/// The longest pause without a `Retry-After`.
const MAX_PAUSE: Duration = Duration::from_secs(8);

/// The time that all retries of one piece of work share.
///
/// It bounds when a retry may begin and, unless it is [for retries alone](Self::of_retries), how
/// long each attempt may take. A request's first attempt is always made, and has a second even
/// when nothing is left.
#[derive(Debug)]
pub struct Budget {
    started: Instant,
    total: Duration,
    bounds_attempts: bool,
}

impl Budget {
    /// A budget that runs from now on.
    pub fn new(total: Duration) -> Self {
        Self {
            started: Instant::now(),
            total,
            bounds_attempts: true,
        }
    }

    /// A budget that leaves each attempt all of its time: whoever wants no retries does not want
    /// slow answers to be failures.
    pub fn of_retries(total: Duration) -> Self {
        Self {
            bounds_attempts: false,
            ..Self::new(total)
        }
    }

    /// What has been used.
    pub fn spent(&self) -> Duration {
        self.started.elapsed()
    }

    /// What is left.
    pub fn left(&self) -> Duration {
        self.total.saturating_sub(self.spent())
    }

    /// How long an attempt may take that has `whole` at most.
    pub fn limit(&self, whole: Duration) -> Duration {
        if self.bounds_attempts {
            whole.min(self.left().max(SHORTEST_ATTEMPT))
        } else {
            whole
        }
    }

    /// How long to pause after `attempts` attempts of which the last ended so; `None` when
    /// there is to be no other. `base` is the longest pause after the first one.
    pub fn pause(&self, attempts: u32, cause: &Cause, base: Duration) -> Option<Duration> {
        let asked = match cause {
            Cause::Status { retry_after, .. } => retry_after.unwrap_or_default(),
            Cause::Resolve(_) if self.spent() >= RESOLVE_LIMIT => return None,
            Cause::Resolve(_) | Cause::Connect(_) | Cause::Timeout(_) | Cause::Broken(_) => {
                Duration::ZERO
            }
            _ => return None,
        };
        // On top of what the server asks for, so that all the jobs that were told the same
        // second do not come back at once.
        let pause = asked.saturating_add(jittered(back_off(attempts, base)));
        (pause < self.left()).then_some(pause)
    }
}

/// `base` doubled with each attempt, up to [`MAX_PAUSE`].
pub(super) fn back_off(attempts: u32, base: Duration) -> Duration {
    let factor = 1_u32.checked_shl(attempts.saturating_sub(1));
    base.saturating_mul(factor.unwrap_or(u32::MAX))
        .min(MAX_PAUSE)
}

/// Anything up to the pause: of all ways to spread those who failed together, this one brings
/// them through with the fewest requests.
fn jittered(pause: Duration) -> Duration {
    // Without randomness from the system there is no jitter, which hurts nobody.
    let random = getrandom::u32().unwrap_or(u32::MAX);
    pause.mul_f64(f64::from(random) / f64::from(u32::MAX))
}

/// Whether an answer may be different next time: by its status, or because it is a rate limit.
pub fn is_transient(status: u16, headers: &HeaderMap) -> bool {
    matches!(status, 408 | 429 | 500 | 502 | 503 | 504) || is_limit(status, wish(headers))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Budget, SHORTEST_ATTEMPT, back_off, jittered};
    use crate::http::Cause;

    #[test]
    fn retries_alone_take_no_time_from_attempts() {
        let whole = Duration::from_secs(15);
        let nothing = Duration::ZERO;
        assert_eq!(Budget::of_retries(nothing).limit(whole), whole);
        assert_eq!(Budget::new(nothing).limit(whole), SHORTEST_ATTEMPT);
    }

    #[test]
    fn pauses_grow_to_a_limit() {
        let base = Duration::from_millis(500);
        let pauses: Vec<u128> = (1..=6).map(|n| back_off(n, base).as_millis()).collect();
        assert_eq!(pauses, [500, 1000, 2000, 4000, 8000, 8000]);
        assert_eq!(back_off(u32::MAX, base).as_secs(), 8);
        for _ in 0..1000 {
            assert!(jittered(base) <= base);
        }
    }

    #[test]
    fn a_pause_must_fit_into_the_budget() {
        let busy = |seconds| Cause::Status {
            status: 429,
            said: None,
            retry_after: Some(Duration::from_secs(seconds)),
        };
        let base = Duration::from_millis(1);
        let budget = Budget::new(Duration::from_secs(60));
        assert!(budget.pause(1, &busy(50), base).unwrap() >= Duration::from_secs(50));
        assert_eq!(budget.pause(1, &busy(61), base), None);
        assert_eq!(budget.pause(1, &busy(u64::MAX), base), None);
        assert!(
            budget
                .pause(1, &Cause::Broken("reset".into()), base)
                .is_some()
        );
        assert_eq!(
            budget.pause(1, &Cause::Protocol("no HTTP".into()), base),
            None
        );
        let spent = Budget::new(Duration::ZERO);
        assert_eq!(spent.pause(1, &Cause::Broken("reset".into()), base), None);
    }
}
