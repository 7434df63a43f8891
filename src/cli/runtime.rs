//! Where requests run, and what stops them.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::error::{Exit, Explain, Failure};
use crate::oci::Registries;

/// Threads that carry requests. TLS and hashing of two connections go on at once; more threads
/// than that cost start-up and memory, and the machines of CI jobs have two cores.
const WORKERS: usize = 2;

/// How long what blocks (a write to a disk, a name that is resolved) may go on after a signal.
const LAST_WRITES: Duration = Duration::from_secs(1);

/// How long a step under way may go on after a signal: a few requests to a registry that
/// answers. CI systems kill ten seconds after SIGTERM.
const LAST_STEP: Duration = Duration::from_secs(5);

/// Why work ended before it was done.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("cannot start threads for requests")]
    Runtime(#[source] std::io::Error),
    #[error("cannot listen to signals")]
    Signals(#[source] std::io::Error),
    #[error("stopped by {}", if *.0 == Exit::Interrupted { "an interrupt" } else { "SIGTERM" })]
    Stopped(Exit),
}

impl Explain for Error {
    fn exit(&self) -> Exit {
        match self {
            Self::Stopped(exit) => *exit,
            Self::Runtime(_) | Self::Signals(_) => Exit::Failed,
        }
    }
}

/// Whether the process was told to stop, for work that must not be broken off in the middle of a
/// step.
#[derive(Debug, Clone, Default)]
pub(super) struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Whether no other step is to be begun.
    pub(super) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Runs work to its end. On Ctrl-C or SIGTERM it is dropped where it is, and open uploads are
/// cancelled.
///
/// # Errors
/// Those of the work; a signal, with the exit code 130 or 143.
pub(super) fn run<T>(
    registries: &Registries,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    drive(registries, &Stop::default(), Duration::ZERO, work)
}

/// The same for work of several steps, each of which is to be finished once it has begun: after a
/// signal it has five seconds more, and begins no other.
///
/// # Errors
/// As [`run`].
pub(super) fn run_steps<T, F: Future<Output = Result<T, Failure>>>(
    registries: &Registries,
    work: impl FnOnce(Stop) -> F,
) -> Result<T, Failure> {
    let stop = Stop::default();
    let work = work(stop.clone());
    drive(registries, &stop, LAST_STEP, work)
}

fn drive<T>(
    registries: &Registries,
    stop: &Stop,
    grace: Duration,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .enable_all()
        .build()
        .map_err(Error::Runtime)?;
    let outcome = runtime.block_on(until_signal(registries, stop, grace, work));
    if matches!(outcome, Ok(Outcome::Done(_))) {
        // A name that is still being resolved must not delay the result.
        runtime.shutdown_background();
    } else {
        runtime.shutdown_timeout(LAST_WRITES);
    }
    match outcome? {
        Outcome::Done(result) => result,
        Outcome::Stopped(exit) => Err(Error::Stopped(exit).into()),
    }
}

/// How work ended.
enum Outcome<T> {
    Done(Result<T, Failure>),
    Stopped(Exit),
}

async fn until_signal<T>(
    registries: &Registries,
    stop: &Stop,
    grace: Duration,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<Outcome<T>, Error> {
    let mut signals = Signals::new().map_err(Error::Signals)?;
    let mut work = Box::pin(work);
    let exit = tokio::select! {
        biased;
        exit = signals.next() => exit,
        result = &mut work => return Ok(Outcome::Done(result)),
    };
    stop.set();
    let ending = async {
        let _ = tokio::time::timeout(grace, &mut work).await;
        drop(work);
        registries.cancel_uploads().await;
    };
    // Who asks twice does not want to wait.
    tokio::select! {
        () = ending => {}
        _ = signals.next() => {}
    }
    Ok(Outcome::Stopped(exit))
}

/// The signals that stop the process.
#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) -> Exit {
        tokio::select! {
            _ = self.interrupt.recv() => Exit::Interrupted,
            _ = self.terminate.recv() => Exit::Terminated,
        }
    }
}

/// Elsewhere there is Ctrl-C only.
#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> Exit {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        Exit::Interrupted
    }
}
