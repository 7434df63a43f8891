//! How far a cleanup is, for whoever shows it.

/// What takes time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Finding out which manifest each tag names.
    List,
    /// Reading manifests and configs.
    Read,
    /// Removing tags and manifests.
    Remove,
}

/// Who is told how far it is, from any thread. Both calls are cheap, and may come for every item.
pub trait Progress: Send + Sync {
    /// There is more to do than was known so far.
    fn found(&self, stage: Stage, items: u64);

    /// Some of it is over, whatever became of it.
    fn over(&self, stage: Stage, items: u64);
}

/// Nobody is told.
impl Progress for () {
    fn found(&self, _: Stage, _: u64) {}

    fn over(&self, _: Stage, _: u64) {}
}
