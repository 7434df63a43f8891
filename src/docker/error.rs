//! What can fail in this room.

use std::io;
use std::path::{Path, PathBuf};

use super::helper;
use crate::error::{Exit, Explain};

/// Why a docker config or a job's directory could not be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or directory could not be read.
    #[error("cannot read {path}")]
    Read {
        /// What.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file or directory could not be made or changed.
    #[error("cannot write {path}")]
    Write {
        /// What.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A directory could not be removed.
    #[error("cannot remove {path}")]
    Remove {
        /// What.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The lock of a directory could not be taken.
    #[error("cannot lock {path}")]
    Lock {
        /// The directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A docker config is not one.
    #[error("{origin}:{line}:{column}: {what}")]
    Parse {
        /// The file or the variable.
        origin: String,
        /// The line, from 1.
        line: usize,
        /// The column, in bytes, from 1; 0 where a line has just begun.
        column: usize,
        /// What is wrong there; never the text itself, which may be a secret.
        what: String,
    },
    /// `DOCKER_AUTH_CONFIG` was asked for but has no value.
    #[error("DOCKER_AUTH_CONFIG is not set, or empty")]
    NoAuthConfig,
    /// Every directory that could hold job directories is somebody else's.
    #[error("no private directory can be made in {parent}: every name is taken")]
    NoPlace {
        /// The directory for temporary files.
        parent: PathBuf,
    },
    /// Where the job's directory should be there is something else.
    #[error("{path} is not a directory that belongs to this user alone")]
    NotPrivate {
        /// What was found.
        path: PathBuf,
    },
    /// A file where docker's config directory should be.
    #[error("{path} is a file, and {named_by} must name a directory")]
    NotADirectory {
        /// The file.
        path: PathBuf,
        /// What names it.
        named_by: &'static str,
    },
    /// The job's directory is being removed again and again while it is made.
    #[error("{path} was removed while it was made")]
    Vanished {
        /// The job's directory.
        path: PathBuf,
    },
    /// A name that would leave the job's directory.
    #[error("{name:?} is not the name of a file in the job's directory")]
    BadFileName {
        /// The name.
        name: String,
    },
    /// A directory whose name `PATH` cannot hold.
    #[error("{path} cannot be on PATH: its name has a separator or a line end")]
    NotOnPath {
        /// The directory.
        path: PathBuf,
    },
    /// A credential helper failed.
    #[error(transparent)]
    Helper(#[from] helper::Error),
}

impl Error {
    pub(super) fn read(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Read { path, source }
    }

    pub(super) fn write(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Write { path, source }
    }

    pub(super) fn remove(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Remove { path, source }
    }

    pub(super) fn lock(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Lock { path, source }
    }
}

impl Explain for Error {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Parse { origin, .. } if origin == "DOCKER_AUTH_CONFIG" => Some(
                "it must hold a docker config in JSON, or the path of a file with one".to_owned(),
            ),
            Self::Parse { .. } => Some(
                "repair the file, or name another directory with --docker-config; docker itself \
                 would go on as if the file were empty"
                    .to_owned(),
            ),
            Self::NoAuthConfig => Some(
                "set DOCKER_AUTH_CONFIG to the JSON of a docker config, or to the path of one"
                    .to_owned(),
            ),
            Self::NotADirectory { .. } => {
                Some("name the directory that holds config.json".to_owned())
            }
            Self::NoPlace { .. } | Self::NotPrivate { .. } => Some(
                "name a directory of your own with --tmp-dir; somebody may have made the other \
                 one on purpose"
                    .to_owned(),
            ),
            Self::Read { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => Some(
                "is HOME another user's? set HOME to a directory of this user, or name another \
                 docker config directory with --docker-config"
                    .to_owned(),
            ),
            Self::Helper(error) => error.hint(),
            _ => None,
        }
    }

    fn exit(&self) -> Exit {
        match self {
            Self::NoAuthConfig => Exit::Usage,
            Self::NoPlace { .. } | Self::NotPrivate { .. } => Exit::Refused,
            Self::NotADirectory { .. } => Exit::Usage,
            _ => Exit::Failed,
        }
    }
}
