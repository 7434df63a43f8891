//! What there is to see while images move: bars on a terminal, now and then a line elsewhere.

mod bars;
mod lines;
mod tally;

use std::io::IsTerminal as _;
use std::sync::Arc;

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

/// Shows progress until it is told that everything is over.
pub(super) trait Watch: Progress {
    /// Writes something else in between.
    fn pause(&self, write: &mut dyn FnMut()) {
        write();
    }

    /// Takes down what is there to be seen. Events that still come show nothing.
    fn finish(&self) {}
}

impl Watch for () {}

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
