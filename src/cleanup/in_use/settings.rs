//! What a policy says of clusters.

use std::path::PathBuf;

use crate::cluster::Given;

/// Where it is found out what is in use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// Whether clusters are asked.
    pub clusters: bool,
    /// The kube config, if not the usual one.
    pub kube_config: Option<PathBuf>,
    /// What is said of clusters beside it.
    pub given: Given,
    /// Contexts of it; all, if none is named.
    pub contexts: Vec<String>,
    /// Namespaces; all, if none is named.
    pub namespaces: Vec<String>,
    /// Whether of each context the namespace that it names is asked alone, if it names one and no
    /// others are.
    pub own_namespaces: bool,
    /// Lists that `in-use export` has written.
    pub files: Vec<PathBuf>,
    /// Other names of repositories, as clusters write them: `HOST/PATH` and the `REPO` that is
    /// meant. A prefix stands for all below it.
    pub same_as: Vec<(String, String)>,
}
