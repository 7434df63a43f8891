//! What keeps a repository of werf's from being judged.

use crate::cleanup::policy::Fault;
use crate::error::{Exit, Explain};

/// Something about the project that has to be known.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Error {
    /// A template may make images that the repository has metadata of.
    #[error("werf.yaml:{}:{}: a template may make other images here, and templates are not executed", .0.line, .0.column)]
    Images(Fault),
    /// A template makes the name of the project.
    #[error("werf.yaml:{}:{}: a template makes the project's name, and templates are not executed", .0.line, .0.column)]
    Project(Fault),
}

impl Explain for Error {
    fn hint(&self) -> Option<String> {
        let option = match self {
            Self::Images(_) => "name all images with --images NAME,NAME",
            Self::Project(_) => "name the project with --project NAME",
        };
        Some(format!(
            "{option}; where a template decides what is kept too, write the policy down in a \
             dockside.yaml, and name it with --policy"
        ))
    }

    fn exit(&self) -> Exit {
        Exit::Usage
    }
}
