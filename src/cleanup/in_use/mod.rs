//! Which images are in use: what clusters run, or a list that was made there.
//!
//! [`find`] asks the clusters (`clusters`, which the feature `kubernetes` builds in) and reads the
//! lists; [`InUseRule`] keeps what they name. Nobody knows what a cluster runs that was not read to
//! the end, so whatever cannot be read is an error, and nothing is deleted.

#[cfg(feature = "kubernetes")]
mod clusters;
mod document;
mod error;
mod find;
mod name;
mod rule;
mod settings;
#[cfg(feature = "kubernetes")]
mod usage;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

#[cfg(feature = "kubernetes")]
pub use clusters::resources;
pub use error::Error;
pub use find::{Limits, find};
pub use rule::{InUseRule, RULE};
pub use settings::Settings;

/// What is in use, as `in-use export` writes it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InUse {
    /// The form of this document: 1.
    pub version: u32,
    /// When it was found out: before the first request.
    pub taken: Timestamp,
    /// Where: contexts of a kube config, or the cluster that the export ran in (`in-cluster`).
    pub sources: Vec<String>,
    /// Images as they are written there (with tag, digest or both), and digests as the nodes
    /// report them (`REPOSITORY@DIGEST`), each with what uses it
    /// (`CONTEXT/NAMESPACE/KIND/NAME`): the first ten, and how many more there are.
    pub images: BTreeMap<String, Vec<String>>,
}
