//! A purge as werf does it: of what werf made alone.

use std::path::Path;
use std::sync::Arc;

use super::everything;
use crate::cleanup::in_use::InUseRule;
use crate::cleanup::policy::Policy;
use crate::cleanup::werf::PurgeRule;
use crate::cleanup::{Rule, Scope};
use crate::cli::cleanup::{RepositoriesArgs, Rules};
use crate::report::Report;

/// Whether it is meant: in the directory of a project, of a repository that is named as werf has it.
pub(super) fn is_meant(repositories: &RepositoriesArgs, report: Report) -> bool {
    let is_meant = repositories.is_as_werf_has_it() && Path::new("werf.yaml").exists();
    if is_meant {
        report.note("what werf made goes: it is a project of werf's (werf.yaml)");
    }
    is_meant
}

/// What werf made, whatever share of a repository that is. Nothing else goes, with or without tag.
pub(super) fn policy() -> Policy {
    Policy {
        scope: Scope::default(),
        ..everything()
    }
}

/// The rules for a repository. Custom tags may be known from another one.
pub(super) fn rules(in_use: Option<Arc<InUseRule>>, customs: Vec<(String, String)>) -> Rules {
    let in_use = in_use.map(|rule| Box::new(rule) as Box<dyn Rule>);
    let purge = Box::new(PurgeRule { customs }) as _;
    Rules::of(in_use.into_iter().chain([purge]).collect())
}
