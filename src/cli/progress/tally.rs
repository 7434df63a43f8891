//! How much of the work is done.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use crate::oci::Descriptor;
use crate::oci::media_type::is_manifest;
use crate::size;
use crate::transfer::Event;

/// Counters that many threads raise.
pub(super) struct Tally {
    started: Instant,
    blobs: AtomicU64,
    done: AtomicU64,
    total: AtomicU64,
    moved: AtomicU64,
    images: AtomicU64,
}

/// The counters at a moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// Blobs that were found.
    pub(super) blobs: u64,
    /// Blobs that are in their places.
    pub(super) done: u64,
    /// The bytes that there are to move.
    pub(super) total: u64,
    /// The bytes that have moved.
    pub(super) moved: u64,
    /// Images that are complete.
    pub(super) images: u64,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            started: Instant::now(),
            blobs: AtomicU64::default(),
            done: AtomicU64::default(),
            total: AtomicU64::default(),
            moved: AtomicU64::default(),
            images: AtomicU64::default(),
        }
    }
}

impl Tally {
    /// Counts an event.
    pub(super) fn count(&self, event: &Event<'_>) {
        let blob = |blob: &Descriptor| u64::from(!is_manifest(&blob.media_type));
        match event {
            Event::Found(found) => {
                self.blobs.fetch_add(blob(found), Relaxed);
                self.total.fetch_add(found.size, Relaxed);
            }
            Event::Bytes(_, bytes) => {
                self.moved.fetch_add(*bytes, Relaxed);
            }
            Event::Again(_, bytes) => lower(&self.moved, *bytes),
            Event::Moved(moved) => {
                self.done.fetch_add(blob(moved), Relaxed);
            }
            Event::Present(present) => {
                self.done.fetch_add(blob(present), Relaxed);
                lower(&self.total, present.size);
            }
            Event::Image(_) => {
                self.images.fetch_add(1, Relaxed);
            }
        }
    }

    /// The counters, and when that was.
    pub(super) fn counts(&self) -> (Counts, Duration) {
        let counts = Counts {
            blobs: self.blobs.load(Relaxed),
            done: self.done.load(Relaxed),
            total: self.total.load(Relaxed),
            moved: self.moved.load(Relaxed),
            images: self.images.load(Relaxed),
        };
        (counts, self.started.elapsed())
    }
}

impl Counts {
    /// The counters as a line, with the rate of `bytes` in `time`.
    pub(super) fn text(&self, bytes: u64, time: Duration) -> String {
        let Self {
            blobs,
            done,
            total,
            moved,
            ..
        } = *self;
        let images = match self.images {
            0 => String::new(),
            // Images that are there already have nothing to move.
            images if blobs == 0 => return format!("{images} images complete"),
            1 => ", 1 image complete".to_owned(),
            images => format!(", {images} images complete"),
        };
        let (moved, total) = (size::human(moved), size::human(total.max(moved)));
        let rate = size::human(rate(bytes, time));
        format!("{done}/{blobs} blobs, {moved} of {total}, {rate}/s{images}")
    }
}

/// Bytes in a second; of no time at all, none.
pub(in crate::cli) fn rate(bytes: u64, time: Duration) -> u64 {
    let millis = time.as_millis().max(1);
    u64::try_from(u128::from(bytes) * 1000 / millis).unwrap_or(u64::MAX)
}

/// Takes off, but not below nothing.
fn lower(counter: &AtomicU64, by: u64) {
    let _ = counter.fetch_update(Relaxed, Relaxed, |value| Some(value.saturating_sub(by)));
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Counts, Tally, rate};
    use crate::oci::{Descriptor, media_type};
    use crate::transfer::Event;

    fn descriptor(media_type: &str, size: u64) -> Descriptor {
        let digest = format!("sha256:{}", "a".repeat(64)).parse().unwrap();
        Descriptor::new(media_type, digest, size)
    }

    #[test]
    fn events_add_up() {
        let tally = Tally::default();
        let layer = descriptor(media_type::OCI_LAYER, 1_000_000);
        let other = descriptor(media_type::OCI_LAYER, 500_000);
        let manifest = descriptor(media_type::OCI_MANIFEST, 1_000);
        for event in [
            Event::Found(&layer),
            Event::Found(&other),
            Event::Found(&manifest),
            Event::Bytes(&layer, 600_000),
            Event::Again(&layer, 600_000),
            Event::Bytes(&layer, 1_000_000),
            Event::Moved(&layer),
            Event::Present(&other),
            Event::Bytes(&manifest, 1_000),
            Event::Moved(&manifest),
            Event::Image("app:v1"),
        ] {
            tally.count(&event);
        }
        let (counts, _) = tally.counts();
        let expected = Counts {
            blobs: 2,
            done: 2,
            total: 1_001_000,
            moved: 1_001_000,
            images: 1,
        };
        assert_eq!(counts, expected);
        assert_eq!(
            counts.text(84_000_000, Duration::from_secs(2)),
            "2/2 blobs, 1.00 MB of 1.00 MB, 42.0 MB/s, 1 image complete"
        );
    }

    #[test]
    fn images_without_blobs_are_all_there_is_to_say() {
        let counts = Counts {
            images: 2_340,
            ..Counts::default()
        };
        let text = counts.text(0, Duration::from_secs(3));
        assert_eq!(text, "2340 images complete");
    }

    #[test]
    fn counters_never_go_below_nothing() {
        let tally = Tally::default();
        let layer = descriptor(media_type::OCI_LAYER, 7);
        tally.count(&Event::Again(&layer, 9));
        tally.count(&Event::Present(&layer));
        let expected = Counts {
            done: 1,
            ..Counts::default()
        };
        assert_eq!(tally.counts().0, expected);
    }

    #[test]
    fn rates() {
        assert_eq!(rate(10, Duration::from_secs(2)), 5);
        assert_eq!(rate(10, Duration::ZERO), 10_000);
        assert_eq!(rate(u64::MAX, Duration::ZERO), u64::MAX);
    }
}
