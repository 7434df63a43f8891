//! What there is to see while images move: bars on a terminal, now and then a line elsewhere.

mod bars;
mod cleaning;
mod lines;
mod tally;

use std::future::Future;
use std::io::IsTerminal as _;
use std::sync::Arc;
use std::time::Duration;

use self::bars::Bars;
use self::cleaning::Cleaning;
use self::lines::Lines;
pub(super) use self::tally::rate;
use crate::ci::{self, System};
use crate::cleanup;
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

/// Shows the progress of a transfer.
pub(super) trait Watch: Progress + Show {}

impl<T: Progress + Show> Watch for T {}

/// Shows the progress of a cleanup.
pub(super) trait CleanupWatch: cleanup::Progress + Show {}

impl<T: cleanup::Progress + Show> CleanupWatch for T {}

/// Shows progress until it is told that everything is over. Events are only counted, since there
/// are many of them: what is shown changes with the time.
pub(super) trait Show: Send + Sync {
    /// How often [`Show::tick`] is to be called.
    fn every(&self) -> Duration;

    /// Shows how far it is.
    fn tick(&self);

    /// Writes something else in between.
    fn pause(&self, write: &mut dyn FnMut());

    /// Takes down what is there to be seen. Nothing is shown any more.
    fn finish(&self);
}

/// Nothing is shown.
impl Show for () {
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
pub(super) async fn watched<T>(watch: &dyn Show, work: impl Future<Output = T>) -> T {
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
    match form(mode, verbose, system, env) {
        Form::Nothing => Arc::new(()),
        Form::Bars => Arc::new(Bars::default()),
        Form::Lines => Arc::new(Lines::new(title, system, report)),
    }
}

/// The same for a cleanup.
#[expect(dead_code, reason = "for the commands that clean up")]
pub(super) fn watch_cleanup(
    mode: Mode,
    report: Report,
    verbose: bool,
    env: &Env,
) -> Arc<dyn CleanupWatch> {
    let system = ci::detect(env).map(|(system, _)| system);
    match form(mode, verbose, system, env) {
        Form::Nothing => Arc::new(()),
        Form::Bars => Arc::new(Cleaning::new(None)),
        Form::Lines => Arc::new(Cleaning::new(Some(report))),
    }
}

enum Form {
    Nothing,
    Bars,
    Lines,
}

fn form(mode: Mode, verbose: bool, system: Option<&'static dyn System>, env: &Env) -> Form {
    let in_ci = system.is_some() || env.has("CI");
    let terminal = std::io::stderr().is_terminal() && !env.is("TERM", "dumb");
    // Bars and what is explained meanwhile would write over each other.
    let bars = terminal && !verbose;
    match mode {
        Mode::None => Form::Nothing,
        Mode::Tty if bars => Form::Bars,
        Mode::Auto if bars && !in_ci => Form::Bars,
        Mode::Auto | Mode::Tty | Mode::Plain => Form::Lines,
    }
}
