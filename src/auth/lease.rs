//! Something that is good for a while, and is got again when that is over.

use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long before its end something is got anew: a request that takes long should still find it
/// good.
const MARGIN: Duration = Duration::from_secs(30);

/// For how long what lives for `life` is used, when it should be good for `margin` more: at least
/// for half of its life.
pub(super) fn usable(life: Duration, margin: Duration) -> Duration {
    life.saturating_sub(margin).max(life / 2)
}

/// What was got, with the time it is good for; `None` where no end is known.
pub struct Fresh<T> {
    /// What was got.
    pub value: T,
    /// How long it is good from now on.
    pub lasts: Option<Duration>,
}

/// A place for something that is good for a while. However many ask at once, it is got once.
pub struct Lease<T> {
    gate: tokio::sync::Mutex<()>,
    held: Mutex<Option<Held<T>>>,
}

struct Held<T> {
    value: T,
    due: Option<Instant>,
}

impl<T> Default for Lease<T> {
    fn default() -> Self {
        Self {
            gate: tokio::sync::Mutex::default(),
            held: Mutex::default(),
        }
    }
}

impl<T: Clone> Lease<T> {
    /// What is there, while it is good; else what `get` brings.
    ///
    /// # Errors
    /// Those of `get`.
    pub async fn get<E, F: Future<Output = Result<Fresh<T>, E>>>(
        &self,
        get: impl FnOnce() -> F,
    ) -> Result<T, E> {
        if let Some(value) = self.held() {
            return Ok(value);
        }
        let _gate = self.gate.lock().await;
        if let Some(value) = self.held() {
            return Ok(value);
        }
        let fresh = get().await?;
        let due = fresh
            .lasts
            .map(|lasts| Instant::now() + usable(lasts, MARGIN));
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        *held = Some(Held {
            value: fresh.value.clone(),
            due,
        });
        Ok(fresh.value)
    }

    /// Forgets what is there: it was refused.
    pub fn forget(&self) {
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn held(&self) -> Option<T> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let held = held.as_ref()?;
        let good = held.due.is_none_or(|due| Instant::now() < due);
        good.then(|| held.value.clone())
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    use super::{Fresh, Lease};

    async fn ask(lease: &Lease<u32>, count: &AtomicU32, lasts: Option<Duration>) -> u32 {
        let get = async || {
            Ok::<_, Infallible>(Fresh {
                value: count.fetch_add(1, Ordering::Relaxed),
                lasts,
            })
        };
        lease.get(get).await.unwrap()
    }

    #[tokio::test]
    async fn what_is_good_is_used_again() {
        let (lease, count) = (Lease::default(), AtomicU32::new(0));
        let hour = Some(Duration::from_secs(3600));
        let values = [
            ask(&lease, &count, hour).await,
            ask(&lease, &count, hour).await,
        ];
        assert_eq!(values, [0, 0]);
        lease.forget();
        assert_eq!(ask(&lease, &count, Some(Duration::ZERO)).await, 1);
        assert_eq!(ask(&lease, &count, None).await, 2);
        assert_eq!(ask(&lease, &count, hour).await, 2);
    }
}
