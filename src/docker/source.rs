//! The docker config directory that the user has. It is read, never written to.

use std::path::{Path, PathBuf};

use super::config::Config;
use super::error::Error;
use super::file;
use super::job_directory::JobDirectory;
use super::store;
use crate::env::Env;

/// The user's docker config directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Where it is; it need not exist. `None` without a home directory.
    pub directory: Option<PathBuf>,
    /// What named it, for people.
    pub named_by: &'static str,
}

impl Source {
    /// Finds it: the option's value, then the variables of werf and docker, then the home
    /// directory. Where that is the private directory of a job, this is the directory that
    /// the job's was made from: private directories are not copied. One that says nothing of
    /// that, or that was removed since, is passed over.
    pub fn locate(option: Option<&Path>, env: &Env) -> Self {
        candidates(option, env)
            .find_map(|found| match JobDirectory::containing(&found.directory) {
                Some(job) => Some(Self {
                    directory: Some(job.source()?),
                    named_by: "the job's directory",
                }),
                None if JobDirectory::is_gone(&found.directory) => None,
                None => Some(found.into()),
            })
            .unwrap_or(NOWHERE)
    }

    /// The docker config directory in force, even if it is a job's: where `docker login`
    /// would write.
    pub fn named(option: Option<&Path>, env: &Env) -> Self {
        candidates(option, env).next().map_or(NOWHERE, Self::from)
    }

    /// Reads its config; one that does not exist is empty.
    ///
    /// # Errors
    /// It cannot be read, or is not a docker config.
    pub fn load(&self) -> Result<Config, Error> {
        let Some(directory) = self.directory.as_deref() else {
            return Ok(Config::default());
        };
        if directory.is_file() {
            return Err(Error::NotADirectory {
                path: directory.to_owned(),
                named_by: self.named_by,
            });
        }
        store::load(directory)
    }
}

/// Without a home directory.
const NOWHERE: Source = Source {
    directory: None,
    named_by: HOME,
};

const HOME: &str = "the home directory";

/// A directory that something names.
struct Candidate {
    directory: PathBuf,
    named_by: &'static str,
}

impl From<Candidate> for Source {
    fn from(candidate: Candidate) -> Self {
        Self {
            directory: Some(candidate.directory),
            named_by: candidate.named_by,
        }
    }
}

/// The directories that are named, the one in force first.
fn candidates(option: Option<&Path>, env: &Env) -> impl Iterator<Item = Candidate> {
    let home = env.path("HOME").or_else(std::env::home_dir);
    [
        (option.map(Path::to_owned), "--docker-config"),
        (env.path("WERF_DOCKER_CONFIG"), "WERF_DOCKER_CONFIG"),
        (env.path("DOCKER_CONFIG"), "DOCKER_CONFIG"),
        (home.map(|home| home.join(".docker")), HOME),
    ]
    .into_iter()
    .filter_map(|(directory, named_by)| {
        let directory = file::absolute(&directory?);
        Some(Candidate {
            directory,
            named_by,
        })
    })
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::Source;
    use crate::env::Env;

    #[test]
    fn the_nearest_name_wins() {
        let env = |names: &[&str]| -> Env {
            let all = [
                ("WERF_DOCKER_CONFIG", "/werf"),
                ("DOCKER_CONFIG", "/docker"),
                ("HOME", "/home/me"),
            ];
            all.into_iter()
                .filter(|(name, _)| names.contains(name))
                .collect()
        };
        let all = env(&["WERF_DOCKER_CONFIG", "DOCKER_CONFIG", "HOME"]);
        let found = |option: Option<&str>, env: &Env| {
            let source = Source::locate(option.map(Path::new), env);
            (source.directory, source.named_by)
        };
        let expected = |path: &str, name| (Some(PathBuf::from(path)), name);
        assert_eq!(
            found(Some("/given"), &all),
            expected("/given", "--docker-config")
        );
        assert_eq!(found(None, &all), expected("/werf", "WERF_DOCKER_CONFIG"));
        assert_eq!(
            found(None, &env(&["DOCKER_CONFIG", "HOME"])),
            expected("/docker", "DOCKER_CONFIG")
        );
        assert_eq!(
            found(None, &env(&["HOME"])),
            expected("/home/me/.docker", "the home directory")
        );
    }
}
