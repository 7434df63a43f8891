//! Work on other threads and tasks, and what becomes of it.

use tokio::task::JoinError;

use crate::transfer::error::Error;

/// Does what blocks on a thread that may.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    joined(tokio::task::spawn_blocking(work).await)
}

/// The outcome of a task. One that panicked has its panic here; one that was not run is one of a
/// runtime that ends.
pub(super) fn joined<T>(outcome: Result<Result<T, Error>, JoinError>) -> Result<T, Error> {
    match outcome.map_err(JoinError::try_into_panic) {
        Ok(outcome) => outcome,
        Err(Ok(panic)) => std::panic::resume_unwind(panic),
        Err(Err(_)) => Err(Error::Stopped),
    }
}
