//! Which images are in use: what clusters run, or a list that was made there.

mod settings;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use settings::Settings;

/// What is in use, as `in-use export` writes it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InUse {
    /// The form of this document: 1.
    pub version: u32,
    /// When it was found out.
    pub taken: Timestamp,
    /// Where: contexts of a kube config, or the cluster that the export ran in.
    pub sources: Vec<String>,
    /// Images as they are written there (with tag, digest or both), and digests as the nodes
    /// report them (`REPOSITORY@DIGEST`), each with what uses it
    /// (`CONTEXT/NAMESPACE/KIND/NAME`).
    pub images: BTreeMap<String, Vec<String>>,
}
