//! Progress of a cleanup: what it does now, how far it is, how fast, and how long it still takes.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Show;
use super::bars::{GUESS, length};
use crate::cleanup::{Progress, Stage};
use crate::report::Report;

/// How often a terminal is drawn.
const DRAWN: Duration = Duration::from_millis(100);

/// How often a log gets a line. A cleanup may take hours, and a line has to be worth its place; CI
/// systems end jobs that are silent for some minutes.
const LOGGED: Duration = Duration::from_secs(10);

/// How often a log gets a line when nothing moves.
const STILL_THERE: Duration = Duration::from_secs(30);

/// Counts, and shows the counts as a bar or as lines.
pub(super) struct Cleaning {
    /// Where lines go; without, there is a bar.
    lines: Option<Report>,
    began: Instant,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    list: Work,
    read: Work,
    remove: Work,
    /// What was worked at last.
    now: Option<Stage>,
    bar: Option<ProgressBar>,
    /// What the last line said, and when.
    said: Option<(String, Duration)>,
    is_over: bool,
}

/// The work of a stage.
#[derive(Debug, Clone, Copy, Default)]
struct Work {
    found: u64,
    over: u64,
    /// How long it was worked at: repositories take turns at the stages.
    time: Duration,
    /// Since when it is worked at.
    since: Option<Duration>,
}

impl Cleaning {
    /// Lines of a log, or else a bar of a terminal.
    pub(super) fn new(lines: Option<Report>) -> Self {
        Self {
            lines,
            began: Instant::now(),
            state: Mutex::default(),
        }
    }
}

impl Progress for Cleaning {
    fn found(&self, stage: Stage, items: u64) {
        if let Ok(mut state) = self.state.lock() {
            state.begin(stage, self.began.elapsed()).found += items;
        }
    }

    fn over(&self, stage: Stage, items: u64) {
        if let Ok(mut state) = self.state.lock() {
            state.begin(stage, self.began.elapsed()).over += items;
        }
    }
}

impl Show for Cleaning {
    fn every(&self) -> Duration {
        match self.lines {
            Some(_) => LOGGED,
            None => DRAWN,
        }
    }

    fn tick(&self) {
        let Ok(mut state) = self.state.lock() else {
            return;
        };
        let now = self.began.elapsed();
        let Some((stage, work)) = state.current().filter(|_| !state.is_over) else {
            return;
        };
        let text = text(stage, work, now);
        match &self.lines {
            None => state.draw(work, text),
            Some(report) => {
                let is_new = state.said.as_ref().is_none_or(|(said, at)| {
                    *said != text && work.moves() || now.saturating_sub(*at) >= STILL_THERE
                });
                if is_new {
                    report.tell(&text);
                    state.said = Some((text, now));
                }
            }
        }
    }

    fn pause(&self, write: &mut dyn FnMut()) {
        let state = self.state.lock().ok();
        match state.and_then(|state| state.bar.clone()) {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    fn finish(&self) {
        if let Ok(mut state) = self.state.lock() {
            state.is_over = true;
            if let Some(bar) = state.bar.take() {
                bar.finish_and_clear();
                bar.set_draw_target(ProgressDrawTarget::hidden());
            }
        }
    }
}

impl State {
    fn work(&mut self, stage: Stage) -> &mut Work {
        match stage {
            Stage::List => &mut self.list,
            Stage::Read => &mut self.read,
            Stage::Remove => &mut self.remove,
        }
    }

    /// The stage is worked at from now on.
    fn begin(&mut self, stage: Stage, now: Duration) -> &mut Work {
        if self.now != Some(stage) {
            if let Some(before) = self.now {
                self.work(before).rest(now);
            }
            self.now = Some(stage);
            self.work(stage).since = Some(now);
        }
        self.work(stage)
    }

    fn current(&mut self) -> Option<(Stage, Work)> {
        let stage = self.now?;
        Some((stage, *self.work(stage)))
    }

    fn draw(&mut self, work: Work, text: String) {
        let bar = self.bar.get_or_insert_with(|| {
            let style = ProgressStyle::with_template("[{bar:24}] {msg}");
            let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
            let target = ProgressDrawTarget::stderr();
            let style = style.progress_chars("=> ");
            ProgressBar::with_draw_target(Some(0), target).with_style(style)
        });
        bar.set_message(text);
        bar.set_length(work.found.max(work.over));
        bar.set_position(work.over);
    }
}

impl Work {
    fn rest(&mut self, now: Duration) {
        if let Some(since) = self.since.take() {
            self.time += now.saturating_sub(since);
        }
    }

    /// How long it was worked at, in milliseconds.
    fn millis(mut self, now: Duration) -> u128 {
        self.rest(now);
        self.time.as_millis().max(1)
    }

    /// Whether there is anything left to do.
    fn moves(self) -> bool {
        self.found > self.over
    }
}

/// `removed 120 of 4000, 35/s, 1 min 50 s left`
fn text(stage: Stage, work: Work, now: Duration) -> String {
    let what = match stage {
        Stage::List => "tags listed",
        Stage::Read => "manifests read",
        Stage::Remove => "removed",
    };
    let (over, found) = (work.over, work.found.max(work.over));
    let millis = work.millis(now);
    let in_time = |items: u64| u128::from(items) * 1000 / millis;
    let text = format!("{what}: {over} of {found}, {}/s", in_time(over));
    let left = u128::from(found - over) * millis / 1000;
    let left = left.checked_div(u128::from(over)).unwrap_or_default();
    match u64::try_from(left) {
        Ok(seconds) if seconds > 0 && millis >= GUESS.as_millis() => {
            format!("{text}, {} left", length(seconds))
        }
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Stage, State, text};

    fn after(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn counts_rate_and_time_left() {
        let mut state = State::default();
        state.begin(Stage::Remove, after(0)).found += 4_000;
        let (stage, work) = state.current().unwrap();
        assert_eq!(text(stage, work, after(1)), "removed: 0 of 4000, 0/s");
        state.begin(Stage::Remove, after(5)).over += 350;
        let (stage, work) = state.current().unwrap();
        assert_eq!(
            text(stage, work, after(10)),
            "removed: 350 of 4000, 35/s, 1 min 44 s left"
        );
    }

    #[test]
    fn a_stage_that_rests_gets_no_slower() {
        let mut state = State::default();
        let list = state.begin(Stage::List, after(0));
        (list.found, list.over) = (200, 100);
        state.begin(Stage::Read, after(10)).found = 1;
        state.begin(Stage::List, after(100)).over += 0;
        let (stage, work) = state.current().unwrap();
        let expected = "tags listed: 100 of 200, 10/s, 10 s left";
        assert_eq!(text(stage, work, after(100)), expected);
    }

    #[test]
    fn more_may_be_done_than_was_found() {
        let mut state = State::default();
        state.begin(Stage::Read, after(0)).over = 7;
        let (stage, work) = state.current().unwrap();
        assert_eq!(text(stage, work, after(7)), "manifests read: 7 of 7, 1/s");
    }
}
