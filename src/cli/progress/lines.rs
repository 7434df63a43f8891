//! Progress for logs: a line every few seconds, in a group where the CI system has groups.

use std::sync::Mutex;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::Show;
use super::tally::{Counts, Tally};
use crate::ci::{Edge, Group, System};
use crate::report::Report;
use crate::transfer::{Event, Progress};

/// How often there is a line: what is done sooner needs none, and a push of an hour has no more
/// than a reader can skip.
const EVERY: Duration = Duration::from_secs(3);

/// How often there is a line when nothing moves. CI systems end jobs that are silent for some
/// minutes (CircleCI and Travis after ten).
const STILL_THERE: Duration = Duration::from_secs(30);

/// Writes lines.
pub(super) struct Lines {
    tally: Tally,
    title: &'static str,
    system: Option<&'static dyn System>,
    report: Report,
    shown: Mutex<Shown>,
}

/// What has been written.
#[derive(Default)]
struct Shown {
    /// Whether a group is open.
    open: bool,
    /// Whether everything is over.
    over: bool,
    /// What the last line said.
    counts: Counts,
    /// When that was, from the start.
    at: Duration,
}

impl Lines {
    /// Lines of a command, `title`, for a job of this CI system.
    pub(super) fn new(
        title: &'static str,
        system: Option<&'static dyn System>,
        report: Report,
    ) -> Self {
        Self {
            tally: Tally::default(),
            title,
            system,
            report,
            shown: Mutex::default(),
        }
    }

    fn close(&self, shown: &mut Shown) {
        if shown.open {
            shown.open = false;
            self.edge(Edge::Close);
        }
    }

    fn edge(&self, edge: Edge) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let group = Group {
            title: self.title,
            seconds: now.unwrap_or_default().as_secs(),
        };
        if let Some(text) = self.system.and_then(|system| system.group(edge, group)) {
            self.report.commands(text.as_bytes());
        }
    }
}

impl Progress for Lines {
    fn event(&self, event: Event<'_>) {
        self.tally.count(&event);
    }
}

impl Show for Lines {
    fn every(&self) -> Duration {
        EVERY
    }

    fn tick(&self) {
        let Ok(mut shown) = self.shown.lock() else {
            return;
        };
        let (counts, now) = self.tally.counts();
        let since = now.saturating_sub(shown.at);
        if shown.over || (counts == shown.counts && since < STILL_THERE) {
            return;
        }
        if !shown.open {
            shown.open = true;
            self.edge(Edge::Open);
        }
        let bytes = counts.moved.saturating_sub(shown.counts.moved);
        self.report.tell(counts.text(bytes, since));
        (shown.counts, shown.at) = (counts, now);
    }

    /// Results belong to no group, which may be shown folded.
    fn pause(&self, write: &mut dyn FnMut()) {
        if let Ok(mut shown) = self.shown.lock() {
            self.close(&mut shown);
        }
        write();
    }

    fn finish(&self) {
        if let Ok(mut shown) = self.shown.lock() {
            self.close(&mut shown);
            shown.over = true;
        }
    }
}
