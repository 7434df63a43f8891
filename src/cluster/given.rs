//! What is said of clusters beside the files of kube configs.

use std::path::PathBuf;

use crate::secret::Secret;

/// What options and variables say of clusters, as werf has them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Given {
    /// The text of a kube config, in place of files.
    pub config: Option<Secret>,
    /// A cluster that is asked beside those of the kube config.
    pub server: Option<Server>,
    /// Whether the certificates of all clusters are believed unchecked.
    pub insecure: bool,
}

/// A cluster by its address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// The address of its API server.
    pub address: String,
    /// The token for it.
    pub token: Option<Secret>,
    /// A file with the token, where that is not given itself.
    pub token_file: Option<PathBuf>,
    /// The certificates of its authority in PEM, in base64.
    pub authority: Option<String>,
}
