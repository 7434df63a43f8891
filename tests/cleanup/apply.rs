//! Plans that are done on real registries: what goes, what stays, and what a fault, a kill or a
//! pusher at any moment changes in that.

mod between;
mod faults;
mod outcomes;
mod races;
pub(super) mod stage;
mod undo;
