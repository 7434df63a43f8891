//! How many targets ended how, and the line that says so.

use std::time::Duration;

use crate::cli::progress::rate;
use crate::size;

/// How many targets ended how.
#[derive(Debug, Default)]
pub(super) struct Counts {
    /// Targets that name their image now.
    pub(super) written: u64,
    /// Targets that did already.
    pub(super) unchanged: u64,
    /// Targets that were left alone.
    pub(super) kept: u64,
    /// Targets without their image.
    pub(super) failed: u64,
    /// Targets of a dry run.
    pub(super) planned: u64,
    /// What was moved for all of them.
    pub(super) bytes: u64,
}

impl Counts {
    /// How many targets there were.
    pub(super) fn all(&self) -> u64 {
        self.written + self.unchanged + self.kept + self.failed + self.planned
    }

    /// How it went, in a line.
    pub(super) fn summary(&self, time: Duration) -> String {
        let counts = [
            (self.written, "written"),
            (self.unchanged, "unchanged"),
            (self.kept, "kept"),
            (self.failed, "failed"),
        ];
        let counts: Vec<String> = counts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        let counts = if counts.is_empty() {
            "nothing to move".to_owned()
        } else {
            counts.join(", ")
        };
        let seconds = time.as_secs_f64();
        if self.bytes == 0 {
            return format!("{counts} in {seconds:.1} s");
        }
        let bytes = size::human(self.bytes);
        let rate = size::human(rate(self.bytes, time));
        format!("{counts}; {bytes} in {seconds:.1} s, {rate}/s")
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Counts;

    #[test]
    fn the_summary_leaves_out_what_did_not_happen() {
        let time = Duration::from_millis(4_200);
        let counts = Counts {
            written: 2,
            unchanged: 1,
            kept: 1,
            failed: 3,
            planned: 0,
            bytes: 310_000_000,
        };
        assert_eq!(
            counts.summary(time),
            "2 written, 1 unchanged, 1 kept, 3 failed; 310 MB in 4.2 s, 73.8 MB/s"
        );
        let counts = Counts {
            unchanged: 5,
            ..Counts::default()
        };
        assert_eq!(counts.summary(time), "5 unchanged in 4.2 s");
        assert_eq!(Counts::default().summary(time), "nothing to move in 4.2 s");
    }
}
