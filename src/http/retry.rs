//! Whether and when to try again.

use std::time::{Duration, Instant, SystemTime};

use reqwest::header::{HeaderMap, RETRY_AFTER};

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

/// Whether an answer with this status may be different next time.
pub fn is_transient(status: u16) -> bool {
    matches!(status, 408 | 429 | 500 | 502 | 503 | 504)
}

/// For how long an answer asks to be left alone.
pub(super) fn wish(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?;
    retry_after(value, SystemTime::now())
}

/// The value of `Retry-After`: seconds of any size, or one of the three dates of RFC 9110,
/// section 5.6.7. Dates that have passed are zero; anything else is `None`.
pub fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::{Budget, SHORTEST_ATTEMPT, back_off, jittered, retry_after};
    use crate::http::Cause;

    #[test]
    fn retries_alone_take_no_time_from_attempts() {
        let whole = Duration::from_secs(15);
        let nothing = Duration::ZERO;
        assert_eq!(Budget::of_retries(nothing).limit(whole), whole);
        assert_eq!(Budget::new(nothing).limit(whole), SHORTEST_ATTEMPT);
    }

    #[test]
    fn retry_after_has_four_forms() {
        // Sun, 06 Nov 1994 08:49:37 GMT, the example of RFC 9110.
        let date = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        let now = date - Duration::from_secs(90);
        let read = |value| retry_after(value, now).map(|wait| wait.as_secs());
        assert_eq!(read("0"), Some(0));
        assert_eq!(read(" 120 "), Some(120));
        assert_eq!(read("99999999999999999999999999"), Some(u64::MAX));
        assert_eq!(read("Sun, 06 Nov 1994 08:49:37 GMT"), Some(90));
        assert_eq!(read("Sunday, 06-Nov-94 08:49:37 GMT"), Some(90));
        assert_eq!(read("Sun Nov  6 08:49:37 1994"), Some(90));
        assert_eq!(read("Sun, 06 Nov 1994 08:00:00 GMT"), Some(0));
        for value in ["", "-1", "1.5", "soon", "1e9", "+5"] {
            assert_eq!(read(value), None, "{value:?}");
        }
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
