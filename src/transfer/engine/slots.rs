//! One piece of work at a time for each blob of a target, however many images need it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::oci::Digest;
use crate::transfer::error::Error;

/// Which work: a registry or file that is written to, and a blob. One blob goes to one repository
/// of a registry after the other, so that the later ones can mount it.
type Key = (Arc<str>, Digest);

/// How the work failed, and for which repository or file.
pub(super) type Failed = Option<(String, Arc<Error>)>;

type Slot = Arc<tokio::sync::Mutex<Failed>>;

/// All work under way.
#[derive(Default)]
pub(super) struct Slots(Mutex<HashMap<Key, Slot>>);

impl Slots {
    /// The intention to do some work.
    pub(super) fn claim(self: &Arc<Self>, target: &Arc<str>, digest: &Digest) -> Claim {
        let key = (Arc::clone(target), digest.clone());
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = slots.get(&key).cloned();
        Claim {
            is_first: known.is_none(),
            slot: known.unwrap_or_else(|| Arc::clone(slots.entry(key.clone()).or_default())),
            key,
            slots: Arc::clone(self),
        }
    }
}

/// The intention to do some work; whoever has the slot's lock does it.
pub(super) struct Claim {
    /// Whether nobody else had the same in mind.
    pub(super) is_first: bool,
    /// Held while the work is done. Who waited for it looks at what has been done by then.
    pub(super) slot: Slot,
    key: Key,
    slots: Arc<Slots>,
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut slots = self.slots.0.lock().unwrap_or_else(PoisonError::into_inner);
        // The map's and this one; others are made under the same lock only.
        if Arc::strong_count(&self.slot) == 2 {
            slots.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::Slots;
    use crate::oci::Digest;

    #[test]
    fn a_slot_is_shared_while_it_is_claimed() {
        let slots = Arc::new(Slots::default());
        let target: Arc<str> = "r.io".into();
        let first = slots.claim(&target, &Digest::of(b"1"));
        let second = slots.claim(&target, &Digest::of(b"1"));
        let other = slots.claim(&target, &Digest::of(b"2"));
        let elsewhere = slots.claim(&"s.io".into(), &Digest::of(b"1"));
        assert!(first.is_first && !second.is_first && other.is_first && elsewhere.is_first);
        assert!(Arc::ptr_eq(&first.slot, &second.slot));
        drop(first);
        assert!(!slots.claim(&target, &Digest::of(b"1")).is_first);
        drop((second, other, elsewhere));
        assert_eq!(slots.0.lock().unwrap().len(), 0);
    }
}
