//! What a blob's check knew at some offsets, so that it can go on from there.

use super::digest::Verifier;

/// The distance between two offsets at first, in bytes: what is got again at most.
const STEP: u64 = 4 * 1024 * 1024;

/// How many are kept; then every other one is forgotten.
const MOST: usize = 128;

/// States of a check, at growing offsets.
pub(super) struct Marks {
    step: u64,
    kept: Vec<Verifier>,
}

impl Default for Marks {
    fn default() -> Self {
        Self {
            step: STEP,
            kept: Vec::new(),
        }
    }
}

impl Marks {
    /// The last state at or before the offset `from`, if there is any.
    pub(super) fn before(&self, from: u64) -> Option<Verifier> {
        let mut kept = self.kept.iter().rev();
        kept.find(|state| state.seen() <= from).cloned()
    }

    /// Keeps a state, if it is far enough from the last one.
    pub(super) fn note(&mut self, state: &Verifier) {
        let last = self.kept.last().map_or(0, Verifier::seen);
        if state.seen() < last.saturating_add(self.step) {
            return;
        }
        self.kept.push(state.clone());
        if self.kept.len() >= MOST {
            let mut odd = true;
            self.kept.retain(|_| {
                odd = !odd;
                odd
            });
            self.step = self.step.saturating_mul(2);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST, Marks};
    use crate::oci::{Digest, Verifier};

    const SMALL: u64 = 8;

    fn marks() -> Marks {
        Marks {
            step: SMALL,
            ..Marks::default()
        }
    }

    #[test]
    fn a_check_goes_on_from_the_last_state_before_an_offset() {
        let bytes = [7; SMALL as usize];
        let mut whole = Verifier::new(Digest::of(&[7; 3 * SMALL as usize]), None);
        let mut marks = marks();
        for _ in 0..3 {
            whole.update(&bytes).unwrap();
            marks.note(&whole);
            marks.note(&whole);
        }
        assert!(marks.before(SMALL - 1).is_none());
        let seen = |from| marks.before(from).map(|state| state.seen());
        assert_eq!(seen(SMALL), Some(SMALL));
        assert_eq!(seen(3 * SMALL - 1), Some(2 * SMALL));
        let mut rest = marks.before(2 * SMALL + 5).unwrap();
        rest.update(&bytes).unwrap();
        assert_eq!(rest.finish(), Ok(()));
    }

    #[test]
    fn few_are_kept_of_however_many() {
        let mut marks = marks();
        let bytes = [0; SMALL as usize];
        let mut check = Verifier::new(Digest::of(b""), None);
        let most = 5 * MOST as u64;
        for _ in 0..most {
            check.update(&bytes).unwrap();
            marks.note(&check);
            assert!(marks.kept.len() < MOST);
        }
        assert!(marks.kept.iter().map(Verifier::seen).is_sorted());
        let last = marks.before(u64::MAX).unwrap().seen();
        assert!(last >= most * SMALL - marks.step, "{last}");
    }
}
