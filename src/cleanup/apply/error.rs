//! Why a plan cannot be begun, or a step cannot be done, apart from what registries say.

use std::io;
use std::path::PathBuf;

use crate::error::{Exit, Explain};
use crate::oci::{Digest, Reference};
use crate::text::printable;
use crate::{registry, transfer};

/// Something that is wrong with a plan, its journal or its backup.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The plan is about something else.
    #[error("the plan is for {plan}, not for {here}")]
    OtherRepository {
        /// The repository of the plan.
        plan: String,
        /// The repository that it was to be done in.
        here: String,
    },
    /// A file cannot be read or written.
    #[error("{}", printable(.path.display().to_string()))]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A journal that belongs to another plan.
    #[error("{} is the journal of another plan", printable(.0.display().to_string()))]
    OtherPlan(PathBuf),
    /// A journal that is damaged before its end.
    #[error("{}: line {line} is damaged", printable(.path.display().to_string()))]
    Damaged {
        /// The journal.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// A place for a backup that cannot be used.
    #[error(transparent)]
    Backup(#[from] Box<transfer::Error>),
    /// Something could not be saved, so it was not deleted.
    #[error("{subject} was not deleted, since it could not be saved")]
    Unsaved {
        /// The manifest.
        subject: Reference,
        /// Why.
        source: Box<transfer::Error>,
    },
    /// Something could not be read to be saved, so it was not deleted.
    #[error("{subject} was not deleted, since it could not be read to be saved")]
    Unread {
        /// The manifest.
        subject: Reference,
        /// Why.
        source: Box<registry::Error>,
    },
    /// A tag that names the same as before, although it was removed.
    #[error("{0} was removed, and is still there")]
    Stays(Reference),
    /// A manifest that was removed, is needed by something that came meanwhile, and could not be put
    /// back.
    #[error("{subject} was removed, is needed again ({needed}), and could not be put back")]
    NotBack {
        /// The manifest.
        subject: Reference,
        /// What needs it, for people.
        needed: String,
        /// Why it could not be put back.
        source: Box<crate::oci::Error>,
    },
    /// A tag that was written while what it names was being removed.
    #[error("{0} is listed and names nothing: what it named was removed while it was written")]
    Dangling(Reference),
    /// Tags that are gone from a manifest that is still there.
    #[error("{0} has lost its tags, and was not deleted any more")]
    Halfway(Reference),
    /// A blob that a restored manifest needs is gone.
    #[error("{subject} cannot come back: its blob {blob} is gone")]
    BlobGone {
        /// The manifest.
        subject: Reference,
        /// The blob.
        blob: Digest,
    },
    /// A manifest that a restored index lists is neither in the registry nor in the backup.
    #[error("{subject} cannot come back: {child}, which it lists, is gone")]
    ChildGone {
        /// The index.
        subject: Reference,
        /// What it lists.
        child: Digest,
    },
}

impl Explain for Fault {
    fn hint(&self) -> Option<String> {
        match self {
            Self::OtherPlan(_) => Some("give another file, or remove this one".to_owned()),
            Self::Damaged { .. } => {
                Some("nothing was done; remove it and make a new plan".to_owned())
            }
            Self::Unread { source, .. } => source.hint(),
            Self::Unsaved { source, .. } => source.hint(),
            Self::Backup(error) => error.hint(),
            Self::NotBack { .. } | Self::Dangling(_) => {
                Some("push it again, or bring it back from a --backup".to_owned())
            }
            Self::Halfway(_) => Some("run the plan again with --resume".to_owned()),
            Self::BlobGone { .. } => Some(
                "the registry has collected it: only who has the image can push it again"
                    .to_owned(),
            ),
            Self::OtherRepository { .. }
            | Self::File { .. }
            | Self::Stays(_)
            | Self::ChildGone { .. } => None,
        }
    }

    fn exit(&self) -> Exit {
        match self {
            Self::OtherRepository { .. } | Self::OtherPlan(_) => Exit::Usage,
            Self::Backup(error) => error.exit(),
            Self::Unread { source, .. } => source.exit(),
            Self::Unsaved { source, .. } => source.exit(),
            Self::Halfway(_) => Exit::Partly,
            _ => Exit::Failed,
        }
    }
}
