//! Plans that are done on real registries: what goes, what stays, and what a fault, a kill or a
//! pusher at any moment changes in that.

pub(super) mod between;
mod everywhere;
mod faults;
mod kills;
mod lists;
mod needed;
mod outcomes;
mod races;
pub(super) mod servers;
pub(super) mod stage;
mod undo;
