//! What is to be kept, as people say it: `dockside.yaml`, the `cleanup` section of a `werf.yaml`,
//! or flags.

mod limits;

pub use limits::{BadLimit, Limits, MaxDelete};
