//! Progress for terminals: one bar for everything, and a line for each of some blobs.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Show;
use super::tally::{Counts, Tally, rate};
use crate::oci::{Descriptor, Digest};
use crate::size;
use crate::transfer::{Event, Progress};

/// How often the terminal is drawn: often enough to look alive, and nothing that costs time.
const EVERY: Duration = Duration::from_millis(100);

/// How long it takes to know how fast it goes.
pub(super) const GUESS: Duration = Duration::from_secs(2);

/// How many blobs have a line. A blob may be at work for each of the jobs; these are enough to
/// see what takes long.
const BLOBS: usize = 6;

/// Draws bars.
#[derive(Default)]
pub(super) struct Bars {
    tally: Tally,
    drawing: Mutex<Drawing>,
}

#[derive(Default)]
struct Drawing {
    /// Made when there is something to show.
    bars: Option<Drawn>,
    /// Blobs that are at work: size and bytes moved, in the order in which they began.
    active: BTreeMap<u64, (Digest, u64, u64)>,
    began: u64,
    over: bool,
}

struct Drawn {
    all: MultiProgress,
    total: ProgressBar,
    blobs: Vec<ProgressBar>,
}

impl Progress for Bars {
    fn event(&self, event: Event<'_>) {
        self.tally.count(&event);
        let Ok(mut drawing) = self.drawing.lock() else {
            return;
        };
        match event {
            Event::Bytes(blob, bytes) => drawing.moved(blob, bytes),
            Event::Again(blob, bytes) => drawing.again(blob, bytes),
            Event::Moved(blob) | Event::Present(blob) => drawing.done(blob),
            Event::Found(_) | Event::Image(_) => {}
        }
    }
}

impl Show for Bars {
    fn every(&self) -> Duration {
        EVERY
    }

    fn tick(&self) {
        let (counts, time) = self.tally.counts();
        if let Ok(mut drawing) = self.drawing.lock()
            && !drawing.over
            && counts != Counts::default()
        {
            drawing.draw(&counts, time);
        }
    }

    fn pause(&self, write: &mut dyn FnMut()) {
        let drawing = self.drawing.lock().ok();
        let all = drawing.and_then(|drawing| Some(drawing.bars.as_ref()?.all.clone()));
        match all {
            Some(all) => all.suspend(write),
            None => write(),
        }
    }

    fn finish(&self) {
        let Ok(mut drawing) = self.drawing.lock() else {
            return;
        };
        drawing.over = true;
        if let Some(drawn) = drawing.bars.take() {
            // A terminal that is gone needs no cleaning.
            let _ = drawn.all.clear();
            drawn.all.set_draw_target(ProgressDrawTarget::hidden());
        }
    }
}

impl Drawing {
    fn find(&mut self, blob: &Descriptor) -> Option<(u64, &mut (Digest, u64, u64))> {
        let mut active = self.active.iter_mut();
        active
            .find(|(_, (digest, ..))| *digest == blob.digest)
            .map(|(began, state)| (*began, state))
    }

    fn moved(&mut self, blob: &Descriptor, bytes: u64) {
        if let Some((_, (.., moved))) = self.find(blob) {
            *moved = moved.saturating_add(bytes);
            return;
        }
        self.began += 1;
        let state = (blob.digest.clone(), blob.size, bytes);
        self.active.insert(self.began, state);
    }

    fn again(&mut self, blob: &Descriptor, bytes: u64) {
        if let Some((_, (.., moved))) = self.find(blob) {
            *moved = moved.saturating_sub(bytes);
        }
    }

    fn done(&mut self, blob: &Descriptor) {
        if let Some((began, _)) = self.find(blob) {
            self.active.remove(&began);
        }
    }

    fn draw(&mut self, counts: &Counts, time: Duration) {
        let drawn = self.bars.get_or_insert_with(Drawn::new);
        drawn.total.set_message(total(counts, time));
        drawn.total.set_length(counts.total.max(counts.moved));
        drawn.total.set_position(counts.moved);
        let lines: Vec<String> = self.active.values().take(BLOBS).map(line).collect();
        drawn.show(&lines);
    }
}

impl Drawn {
    fn new() -> Self {
        let all = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
        let bar = ProgressStyle::with_template("[{bar:24}] {msg}");
        let style = bar.unwrap_or_else(|_| ProgressStyle::default_bar());
        let style = style.progress_chars("=> ");
        let total = all.add(ProgressBar::new(0).with_style(style));
        Self {
            all,
            total,
            blobs: Vec::new(),
        }
    }

    fn show(&mut self, lines: &[String]) {
        while self.blobs.len() > lines.len() {
            if let Some(last) = self.blobs.pop() {
                self.all.remove(&last);
            }
        }
        while self.blobs.len() < lines.len() {
            let message = ProgressStyle::with_template("{msg}");
            let style = message.unwrap_or_else(|_| ProgressStyle::default_spinner());
            let bar = ProgressBar::new_spinner().with_style(style);
            self.blobs.push(self.all.add(bar));
        }
        for (bar, line) in self.blobs.iter().zip(lines) {
            bar.set_message(line.clone());
        }
    }
}

/// All work, with the time that is left when the rest goes as fast as what is done.
fn total(counts: &Counts, time: Duration) -> String {
    let rate = rate(counts.moved, time);
    let left = counts.total.saturating_sub(counts.moved);
    let text = counts.text(counts.moved, time);
    match left.checked_div(rate) {
        Some(seconds) if left > 0 && time >= GUESS => format!("{text}, {} left", length(seconds)),
        _ => text,
    }
}

/// A blob at work. The digest comes last: it is what a narrow terminal cuts.
fn line((digest, size, moved): &(Digest, u64, u64)) -> String {
    let (moved, size) = (size::human(*moved), size::human(*size));
    format!("  {moved:>7} of {size:>7}  {digest}")
}

/// A length of time in two units at most.
pub(super) fn length(seconds: u64) -> String {
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    match (hours, minutes) {
        (0, 0) => format!("{seconds} s"),
        (0, _) => format!("{minutes} min {} s", seconds % 60),
        _ => format!("{hours} h {} min", minutes % 60),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Drawing, length, line, total};
    use crate::cli::progress::tally::Counts;
    use crate::oci::{Descriptor, media_type};

    fn blob(letter: &str, size: u64) -> Descriptor {
        let digest = format!("sha256:{}", letter.repeat(64)).parse().unwrap();
        Descriptor::new(media_type::OCI_LAYER, digest, size)
    }

    #[test]
    fn blobs_at_work_have_lines() {
        let (a, b) = (blob("a", 2_000_000), blob("b", 5_000_000));
        let mut drawing = Drawing::default();
        drawing.moved(&a, 1_000_000);
        drawing.moved(&b, 10);
        drawing.moved(&a, 500_000);
        drawing.again(&a, 1_000_000);
        let lines =
            |drawing: &Drawing| -> Vec<String> { drawing.active.values().map(line).collect() };
        let expected = [
            format!("   500 kB of 2.00 MB  {}", a.digest),
            format!("     10 B of 5.00 MB  {}", b.digest),
        ];
        assert_eq!(lines(&drawing), expected);
        drawing.done(&a);
        assert_eq!(lines(&drawing), expected[1..]);
    }

    #[test]
    fn the_time_that_is_left() {
        let counts = Counts {
            blobs: 45,
            done: 12,
            total: 1_200_000_000,
            moved: 300_000_000,
            images: 0,
        };
        assert_eq!(
            total(&counts, Duration::from_secs(10)),
            "12/45 blobs, 300 MB of 1.20 GB, 30.0 MB/s, 30 s left"
        );
        let nothing = Counts::default();
        assert_eq!(
            total(&nothing, Duration::ZERO),
            "0/0 blobs, 0 B of 0 B, 0 B/s"
        );
        assert_eq!(length(61), "1 min 1 s");
        assert_eq!(length(7_260), "2 h 1 min");
    }
}
