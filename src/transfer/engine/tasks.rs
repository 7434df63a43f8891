//! Pieces of work that are done some at a time.

use tokio::task::JoinSet;

use super::blocking::joined;
use crate::transfer::error::Error;

/// Work on some items, of which a bounded number is under way. When it is dropped, what is under
/// way is stopped.
pub(super) struct Tasks<I, W, T> {
    waiting: Option<I>,
    work: W,
    running: JoinSet<Result<T, Error>>,
    limit: usize,
}

impl<I, W, F, T> Tasks<I, W, T>
where
    I: Iterator,
    W: Fn(I::Item) -> F,
    F: Future<Output = Result<T, Error>> + Send + 'static,
    T: Send + 'static,
{
    /// Nothing begins before the first [`Self::next`].
    pub(super) fn new(limit: usize, items: I, work: W) -> Self {
        Self {
            waiting: Some(items),
            work,
            running: JoinSet::new(),
            limit: limit.max(1),
        }
    }

    /// The next outcome, in the order in which they come about. After a failure nothing more
    /// begins, and what is under way is waited for.
    pub(super) async fn next(&mut self) -> Option<Result<T, Error>> {
        while self.running.len() < self.limit
            && let Some(item) = self.waiting.as_mut().and_then(Iterator::next)
        {
            self.running.spawn((self.work)(item));
        }
        let outcome = joined(self.running.join_next().await?);
        if outcome.is_err() {
            self.waiting = None;
        }
        Some(outcome)
    }

    /// Lets nothing more begin; what has not begun is handed back.
    pub(super) fn stop(&mut self) -> impl Iterator<Item = I::Item> {
        self.waiting.take().into_iter().flatten()
    }

    /// All outcomes.
    ///
    /// # Errors
    /// The first failure, after everything under way has come to its end.
    pub(super) async fn all(mut self) -> Result<Vec<T>, Error> {
        let (mut outcomes, mut failure) = (Vec::new(), None);
        while let Some(outcome) = self.next().await {
            match outcome {
                Ok(outcome) => outcomes.push(outcome),
                Err(error) => {
                    failure.get_or_insert(error);
                }
            }
        }
        failure.map_or(Ok(outcomes), Err)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Arc, Mutex};

    use super::Tasks;
    use crate::transfer::error::Error;

    #[tokio::test]
    async fn a_bounded_number_is_under_way() {
        let running = Arc::new(AtomicUsize::new(0));
        let most = Arc::new(AtomicUsize::new(0));
        let counters = (Arc::clone(&running), Arc::clone(&most));
        let tasks = Tasks::new(3, 0..20, move |number| {
            let (running, most) = counters.clone();
            async move {
                most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                tokio::task::yield_now().await;
                running.fetch_sub(1, Ordering::SeqCst);
                Ok(number)
            }
        });
        let mut outcomes = tasks.all().await.unwrap();
        outcomes.sort_unstable();
        assert_eq!(outcomes, (0..20).collect::<Vec<_>>());
        assert_eq!(most.load(Ordering::SeqCst), 3);
    }

    #[tokio::test]
    async fn after_a_failure_nothing_begins() {
        let begun = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&begun);
        let tasks = Tasks::new(1, 0..20, move |number| {
            seen.lock().unwrap().push(number);
            async move {
                if number == 2 {
                    Err(Error::Stopped)
                } else {
                    Ok(())
                }
            }
        });
        assert!(matches!(tasks.all().await, Err(Error::Stopped)));
        assert_eq!(*begun.lock().unwrap(), [0, 1, 2]);
    }
}
