//! How many requests a host is asked at once, and when it is left alone.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::clock::is_limit;
use super::error::Cause;
use super::retry;

/// For how long a host is left alone at most, whatever it asks for: who waits for longer asks
/// again, which is one request, and hears how things are by then.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// How many answers in a row without a wish for fewer requests let one more be under way.
const RUN: u32 = 16;

/// The limiter of one host.
///
/// There are two queues, with the same number of places: one for requests whose body is at
/// hand, one for those that send a stream. A place is held until the headers of the answer are
/// there, not until its body is read. So who holds a place of the first queue waits for nothing
/// but the server, and who holds one of the second waits for the server and for whatever fills
/// the stream, which may need a place of the first queue, or an answer's body: no circle,
/// whatever the number of places. (A stream that is filled only while another stream to the same
/// host flows would make one.) How many bodies are read at once is up to who reads them.
pub(super) struct Limiter {
    requests: Queue,
    streams: Queue,
    /// The first pause when the host does not say for how long.
    pause: Duration,
    state: Mutex<State>,
}

/// Which queue a request waits in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Its body, if any, is at hand.
    Request,
    /// It sends a stream.
    Stream,
}

/// The right to have one request under way.
pub(super) struct Permit {
    limiter: Arc<Limiter>,
    kind: Kind,
    place: Option<OwnedSemaphorePermit>,
    /// How often the host had asked for fewer requests when this one began.
    epoch: u32,
}

struct Queue {
    places: Arc<Semaphore>,
    /// How many places that are taken will go when they are given back.
    debt: Mutex<usize>,
}

struct State {
    /// How many places each queue has.
    places: usize,
    /// How many it has at most.
    most: usize,
    /// When the host may be asked again, and the status with which it asked for that.
    pause: Option<(Instant, u16)>,
    /// How often the host asked for fewer requests.
    epoch: u32,
    /// How often it did so in a row.
    refusals: u32,
    /// How many answers in a row were none of that kind.
    successes: u32,
}

impl Limiter {
    /// A limiter with `jobs` places, which is at least one. `pause` is the first pause after a
    /// wish for fewer requests that names no time.
    pub(super) fn new(jobs: usize, pause: Duration) -> Self {
        Self {
            requests: Queue::new(jobs),
            streams: Queue::new(jobs),
            pause,
            state: Mutex::new(State {
                places: jobs,
                most: jobs,
                pause: None,
                epoch: 0,
                refusals: 0,
                successes: 0,
            }),
        }
    }

    /// Waits for a place, then for the end of the pause that the host asked for.
    ///
    /// # Errors
    /// That pause is longer than `patience`.
    pub(super) async fn enter(
        self: &Arc<Self>,
        kind: Kind,
        patience: Duration,
    ) -> Result<Permit, Cause> {
        // An error means a semaphore that was closed, which none of these ever is.
        let place = Arc::clone(&self.queue(kind).places).acquire_owned().await;
        let mut permit = Permit {
            limiter: Arc::clone(self),
            kind,
            place: place.ok(),
            epoch: 0,
        };
        loop {
            let (pause, epoch) = {
                let state = self.state();
                (state.pause, state.epoch)
            };
            permit.epoch = epoch;
            let Some((until, status)) = pause.filter(|(until, _)| *until > Instant::now()) else {
                return Ok(permit);
            };
            let asked = until.saturating_duration_since(Instant::now());
            if asked > patience {
                return Err(Cause::Wait {
                    status,
                    asked,
                    left: patience,
                });
            }
            tokio::time::sleep_until(until).await;
        }
    }

    fn queue(&self, kind: Kind) -> &Queue {
        match kind {
            Kind::Request => &self.requests,
            Kind::Stream => &self.streams,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn queues(&self) -> [&Queue; 2] {
        [&self.requests, &self.streams]
    }
}

impl Permit {
    /// Takes note of an answer.
    pub(super) fn answered(&self, status: u16, retry_after: Option<Duration>) {
        if is_limit(status, retry_after) {
            self.refused(status, retry_after);
        } else {
            self.served();
        }
    }

    /// Half of the places, and none of them to be used for a while. What had been under way
    /// already when the host asked for fewer requests is refused for the same reason, and
    /// halves nothing.
    fn refused(&self, status: u16, retry_after: Option<Duration>) {
        let mut state = self.limiter.state();
        state.successes = 0;
        let late = self.epoch != state.epoch;
        if !late {
            state.epoch = state.epoch.wrapping_add(1);
            state.refusals = state.refusals.saturating_add(1);
            let places = (state.places / 2).max(1);
            for queue in self.limiter.queues() {
                queue.shrink(state.places - places);
            }
            state.places = places;
        }
        let pause = match retry_after {
            Some(asked) => asked.min(LONGEST_PAUSE),
            None => retry::back_off(state.refusals, self.limiter.pause),
        };
        let until = Instant::now() + pause;
        if state.pause.is_none_or(|(known, _)| known < until) {
            state.pause = Some((until, status));
        }
    }

    /// One more place after a run of these.
    fn served(&self) {
        let mut state = self.limiter.state();
        state.refusals = 0;
        if state.places == state.most {
            return;
        }
        state.successes += 1;
        if state.successes == RUN {
            state.successes = 0;
            state.places += 1;
            for queue in self.limiter.queues() {
                queue.grow();
            }
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if let Some(place) = self.place.take() {
            self.limiter.queue(self.kind).give_back(place);
        }
    }
}

impl Queue {
    fn new(places: usize) -> Self {
        Self {
            places: Arc::new(Semaphore::new(places)),
            debt: Mutex::default(),
        }
    }

    fn debt(&self) -> MutexGuard<'_, usize> {
        self.debt.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn shrink(&self, by: usize) {
        let mut debt = self.debt();
        *debt += by - self.places.forget_permits(by);
    }

    fn grow(&self) {
        let mut debt = self.debt();
        match debt.checked_sub(1) {
            Some(less) => *debt = less,
            None => self.places.add_permits(1),
        }
    }

    fn give_back(&self, place: OwnedSemaphorePermit) {
        let mut debt = self.debt();
        if let Some(less) = debt.checked_sub(1) {
            *debt = less;
            place.forget();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use futures_util::FutureExt;

    use super::{Kind, Limiter, Permit, RUN};
    use crate::http::Cause;

    const SHORT: Duration = Duration::from_millis(1);

    fn limiter(jobs: usize) -> Arc<Limiter> {
        Arc::new(Limiter::new(jobs, SHORT))
    }

    fn now(limiter: &Arc<Limiter>, kind: Kind) -> Option<Permit> {
        let entered = limiter.enter(kind, Duration::MAX).now_or_never()?;
        Some(entered.unwrap())
    }

    /// As many as get a place at once.
    fn all(limiter: &Arc<Limiter>) -> Vec<Permit> {
        std::iter::from_fn(|| now(limiter, Kind::Request)).collect()
    }

    fn runtime() -> tokio::runtime::Runtime {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_time().build().unwrap()
    }

    /// Waits for the end of the pause.
    async fn rest(limiter: &Arc<Limiter>) {
        let permit = limiter.enter(Kind::Request, Duration::MAX).await;
        permit.unwrap();
    }

    #[test]
    fn a_place_that_is_given_back_is_taken() {
        let limiter = limiter(2);
        let mut permits = all(&limiter);
        assert_eq!(permits.len(), 2);
        permits.pop();
        assert_eq!(all(&limiter).len(), 1);
    }

    #[test]
    fn a_stream_and_what_fills_it_pass_a_single_place() {
        let limiter = limiter(1);
        let stream = now(&limiter, Kind::Stream).unwrap();
        let source = now(&limiter, Kind::Request).unwrap();
        assert!(now(&limiter, Kind::Stream).is_none());
        assert!(now(&limiter, Kind::Request).is_none());
        drop((stream, source));
        assert!(now(&limiter, Kind::Stream).is_some());
    }

    #[test]
    fn refusals_of_what_was_under_way_count_once() {
        let limiter = limiter(8);
        runtime().block_on(async {
            let permits = all(&limiter);
            for permit in &permits {
                permit.answered(429, Some(SHORT));
            }
            // Places that are taken cannot go before they are given back.
            drop(permits);
            rest(&limiter).await;
            assert_eq!(all(&limiter).len(), 4);

            for left in [2, 1, 1] {
                let permit = now(&limiter, Kind::Request).unwrap();
                permit.answered(503, Some(SHORT));
                drop(permit);
                rest(&limiter).await;
                assert_eq!(all(&limiter).len(), left);
            }
        });
    }

    #[test]
    fn a_run_of_answers_brings_a_place_back() {
        let limiter = limiter(4);
        runtime().block_on(async {
            now(&limiter, Kind::Request).unwrap().answered(429, None);
            rest(&limiter).await;
            assert_eq!(all(&limiter).len(), 2);
            for places in [3, 4, 4] {
                for _ in 0..RUN {
                    // A failure of the server's is no wish for fewer requests.
                    now(&limiter, Kind::Request).unwrap().answered(503, None);
                }
                assert_eq!(all(&limiter).len(), places);
            }
        });
    }

    #[test]
    fn a_pause_is_for_all_and_not_forever() {
        let limiter = limiter(4);
        let busy = now(&limiter, Kind::Request).unwrap();
        busy.answered(429, Some(Duration::from_secs(1_000_000)));
        for kind in [Kind::Request, Kind::Stream] {
            let patience = Duration::from_secs(30);
            let outcome = limiter.enter(kind, patience).now_or_never().unwrap();
            match outcome.err().unwrap() {
                Cause::Wait {
                    status,
                    asked,
                    left,
                } => {
                    assert_eq!((status, left), (429, patience));
                    assert!(asked > patience && asked <= super::LONGEST_PAUSE);
                }
                other => panic!("{other:?}"),
            }
        }
    }
}
