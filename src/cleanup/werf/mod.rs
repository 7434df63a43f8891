//! Repositories that werf filled: what its tags say, and what of them is kept.
//!
//! werf keeps its books in the repository itself: stages are tagged by digest and time, and records,
//! small images that are there for their tags and labels alone, say which commit a stage was made
//! of, what was imported into it, and which other tags it has. [`Tag`] reads these tags; [`WerfRule`]
//! keeps what werf's policies keep, with all that it was made from, and the records about it;
//! [`FinalRule`] and [`PurgeRule`] are about a final repository, and about a purge. A tag that is not
//! certainly one of werf's own is never removed.
//!
//! The forms are those of werf's source at 73d8d4a: `pkg/storage`, `pkg/image`, `pkg/cleaning`.

mod built;
mod error;
mod final_repo;
mod foreign;
mod images;
mod index;
mod marks;
mod metadata;
mod murmur;
mod purge;
mod records;
mod relatives;
mod rule;
mod settings;
mod tag;
mod when;

pub use error::Error;
pub use final_repo::{FinalRule, Primary};
pub use images::Images;
pub use index::is_filled;
pub use purge::PurgeRule;
pub(in crate::cleanup) use relatives::BASE;
pub use rule::{Git, WerfRule};
pub use settings::Settings;
pub use tag::{Tag, hash, managed};
pub use when::When;
