//! What runs remember of registries.

use std::path::{Path, PathBuf};

use crate::docker::JobDirectory;
use crate::env::Env;

/// The directory below the user's cache directory, and below a job's.
const DIRECTORY: &str = "dockside";

/// Where a run remembers: in the job's directory where the docker config in force is a job's, else
/// in the user's cache (XDG base directory specification). `docker_config` is the directory that
/// the user named, if any.
pub fn memory_directory(docker_config: Option<&Path>, env: &Env) -> Option<PathBuf> {
    let config = docker_config
        .map(Path::to_owned)
        .or_else(|| env.path("DOCKER_CONFIG"));
    if let Some(job) = config.and_then(|config| JobDirectory::containing(&config)) {
        return Some(job.path().join("registries"));
    }
    let cache = env.path("XDG_CACHE_HOME").filter(|path| path.is_absolute());
    let cache = cache.or_else(|| env.path("HOME").map(|home| home.join(".cache")));
    Some(cache?.join(DIRECTORY))
}
