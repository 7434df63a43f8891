//! Which repositories a command is about.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::shard::Wish;
use crate::cli::repository::repository;
use crate::env::Env;
use crate::error::{Exit, Explain, Failure};
use crate::oci::Repository;
use crate::report::Report;
use crate::text::printable;

/// The most bytes that a list of repositories has: some 100,000 names.
const MAX_LIST: u64 = 8 << 20;

/// The repositories.
#[derive(clap::Args, Debug, Clone)]
pub(in crate::cli) struct RepositoriesArgs {
    /// The repositories [env: WERF_REPO, if none is named]
    #[arg(value_name = "REPO")]
    repositories: Vec<String>,

    /// The same, as werf has it
    #[arg(long, value_name = "REPO")]
    repo: Option<String>,

    /// Read repositories from this file, one a line; `-` is standard input, # begins a comment
    #[arg(long = "repositories", value_name = "FILE")]
    list: Option<PathBuf>,

    /// Do the I-th of N parts of the repositories alone, or that which the variables of the CI
    /// system say: `auto`, in an indexed Job of Kubernetes `auto/N`
    #[arg(long, value_name = "I/N")]
    shard: Option<Wish>,
}

/// Why it is not known which repositories are meant.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("no repository is named")]
    Nothing,
    #[error("cannot read {}", .0.display())]
    List(PathBuf, #[source] std::io::Error),
    #[error("{}:{line}: {why}", path.display())]
    Line {
        path: PathBuf,
        line: usize,
        why: String,
    },
}

impl Explain for Error {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Nothing => {
                Some("name repositories, or a file of them with --repositories".to_owned())
            }
            Self::List(..) | Self::Line { .. } => None,
        }
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Nothing | Self::Line { .. } => Exit::Usage,
            Self::List(..) => Exit::Failed,
        }
    }
}

impl RepositoriesArgs {
    /// The repository that secrets of the brand are for, as werf has it.
    pub(in crate::cli) fn repo(&self) -> Option<&str> {
        self.repo.as_deref()
    }

    /// Whether there is one at most, named as werf has it.
    pub(in crate::cli) fn is_as_werf_has_it(&self) -> bool {
        self.repositories.is_empty() && self.list.is_none()
    }

    /// Each of them once, in their order. A part of them may be empty.
    ///
    /// # Errors
    /// None is named, one is no repository, or the list cannot be read.
    pub(in crate::cli) fn all(
        &self,
        env: &Env,
        report: Report,
    ) -> Result<Vec<Repository>, Failure> {
        let mut all: Vec<Repository> = Vec::new();
        for text in self.repositories.iter().chain(&self.repo) {
            all.push(repository(text)?);
        }
        if let Some(path) = &self.list {
            all.extend(read(path)?);
        }
        if all.is_empty()
            && self.list.is_none()
            && let Some(text) = env.utf8("WERF_REPO")
        {
            all.push(repository(text)?);
        }
        if all.is_empty() {
            return Err(Error::Nothing.into());
        }
        let mut seen = std::collections::HashSet::new();
        all.retain(|one| seen.insert(one.clone()));
        if let Some(shard) = self.shard {
            let (shard, before) = (shard.resolve(env)?, all.len());
            all.retain(|one| shard.contains(one));
            report.note(format!(
                "{} of {before} repositories are this part",
                all.len()
            ));
        }
        Ok(all)
    }
}

fn read(path: &Path) -> Result<Vec<Repository>, Failure> {
    let failed = |source| Error::List(path.to_owned(), source);
    let mut text = String::new();
    if path == Path::new("-") {
        let mut input = std::io::stdin().lock().take(MAX_LIST);
        input.read_to_string(&mut text).map_err(failed)?;
    } else {
        let file = std::fs::File::open(path).map_err(failed)?;
        let mut input = file.take(MAX_LIST);
        input.read_to_string(&mut text).map_err(failed)?;
    }
    if text.len() as u64 == MAX_LIST {
        return Err(failed(std::io::ErrorKind::FileTooLarge.into()).into());
    }
    let lines = text.lines().enumerate();
    let named = lines.filter_map(|(at, line)| {
        let name = line.split('#').next().unwrap_or_default().trim();
        (!name.is_empty()).then_some((at + 1, name))
    });
    named
        .map(|(line, name)| {
            repository(name).map_err(|failure| {
                Error::Line {
                    path: path.to_owned(),
                    line,
                    why: printable(failure.message()),
                }
                .into()
            })
        })
        .collect()
}
