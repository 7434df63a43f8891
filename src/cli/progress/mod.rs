//! What there is to see while images move: bars on a terminal, now and then a line elsewhere.

mod bars;
mod lines;
mod tally;

use std::future::Future;
use std::io::IsTerminal as _;
use std::sync::Arc;
use std::time::Duration;

use self::bars::Bars;
use self::lines::Lines;
pub(super) use self::tally::rate;
use crate::ci;
use crate::env::Env;
use crate::report::Report;
use crate::transfer::Progress;

/// What is shown of the progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Mode {
    /// Bars on a terminal, lines in CI and in pipes
    Auto,
    /// Bars, where standard error is a terminal
    Tty,
    /// A line every few seconds
    Plain,
    /// Nothing
    None,
}

/// Shows progress until it is told that everything is over. Events are only counted, since there
/// are many of them: what is shown changes with the time.
pub(super) trait Watch: Progress {
    /// How often [`Watch::tick`] is to be called.
    fn every(&self) -> Duration;

    /// Shows how far it is.
    fn tick(&self);

    /// Writes something else in between.
    fn pause(&self, write: &mut dyn FnMut());

    /// Takes down what is there to be seen. Nothing is shown any more.
    fn finish(&self);
}

/// Nothing is shown.
impl Watch for () {
    fn every(&self) -> Duration {
        Duration::MAX
    }

    fn tick(&self) {}

    fn pause(&self, write: &mut dyn FnMut()) {
        write();
    }

    fn finish(&self) {}
}

/// Waits for work to end, and shows how far it is meanwhile.
pub(super) async fn watched<T>(watch: &dyn Watch, work: impl Future<Output = T>) -> T {
    let mut work = Box::pin(work);
    loop {
        match tokio::time::timeout(watch.every(), &mut work).await {
            Ok(done) => return done,
            Err(_) => watch.tick(),
        }
    }
}

/// What shows the progress of a command, `title`, as the user wants it.
pub(super) fn watch(
    mode: Mode,
    title: &'static str,
    report: Report,
    verbose: bool,
    env: &Env,
) -> Arc<dyn Watch> {
    let system = ci::detect(env).map(|(system, _)| system);
    let in_ci = system.is_some() || env.has("CI");
    let terminal = std::io::stderr().is_terminal() && !env.is("TERM", "dumb");
    // Bars and what is explained meanwhile would write over each other.
    let bars = terminal && !verbose;
    match mode {
        Mode::None => Arc::new(()),
        Mode::Tty if bars => Arc::new(Bars::default()),
        Mode::Auto if bars && !in_ci => Arc::new(Bars::default()),
        Mode::Auto | Mode::Tty | Mode::Plain => Arc::new(Lines::new(title, system, report)),
    }
}
