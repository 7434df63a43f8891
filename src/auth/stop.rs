//! Signals that end the waiting for registries. The process must not just die of them: a script
//! that evaluates the output would go on.

use std::pin::pin;

use futures_util::future::{Either, pending, select};

use crate::error::Exit;

/// Waits for Ctrl-C or SIGTERM, and says how the process is to end.
pub(super) async fn stop_signal() -> Exit {
    let interrupt = pin!(async {
        if tokio::signal::ctrl_c().await.is_err() {
            pending::<()>().await;
        }
    });
    match select(interrupt, pin!(terminate())).await {
        Either::Left(_) => Exit::Interrupted,
        Either::Right(_) => Exit::Terminated,
    }
}

async fn terminate() {
    #[cfg(unix)]
    if let Ok(mut signals) =
        tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
    {
        signals.recv().await;
        return;
    }
    pending::<()>().await;
}
