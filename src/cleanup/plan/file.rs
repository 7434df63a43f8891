//! Plans as a file.

use std::collections::HashSet;
use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use super::{Action, Plan, VERSION};
use crate::error::{Exit, Explain};
use crate::oci::Repository;
use crate::text::printable;

/// Why a file is no plan that can be executed.
#[derive(Debug, thiserror::Error)]
pub enum BadPlan {
    /// It is no JSON, or has other members than a plan has.
    #[error("this is no plan: {}", printable(.0.to_string()))]
    Json(serde_json::Error),
    /// It has another form.
    #[error("this plan has the form {0}, and {VERSION} is the one that is understood")]
    Version(u64),
    /// It contradicts itself.
    #[error("the plan for {repository} contradicts itself: {what}")]
    Contradiction {
        /// The repository of the plan.
        repository: Repository,
        /// What is wrong.
        what: String,
    },
}

impl Explain for BadPlan {
    fn hint(&self) -> Option<String> {
        Some("make it anew with `dockside cleanup --dry-run --plan FILE`".to_owned())
    }

    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

#[derive(Serialize)]
struct Written<'a> {
    plans: &'a [Plan],
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    plans: Vec<Plan>,
}

/// The versions alone, of a document of whatever form.
#[derive(Deserialize)]
struct Versions {
    plans: Vec<Version>,
}

#[derive(Deserialize)]
struct Version {
    version: u64,
}

/// Writes plans, one for each repository, as one JSON document: `{"plans": [...]}`. It is written
/// piece by piece, so `to` should be buffered.
///
/// # Errors
/// Those of `to`.
pub fn write(plans: &[Plan], mut to: impl Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut to, &Written { plans })?;
    to.write_all(b"\n")
}

/// Reads what [`write`] has written. People may have taken steps out, or changed reasons.
///
/// # Errors
/// It is no such document, or one that contradicts itself.
pub fn read(document: &[u8]) -> Result<Vec<Plan>, BadPlan> {
    let plans = match serde_json::from_slice(document) {
        Ok(Document { plans }) => plans,
        Err(error) => {
            let versions = serde_json::from_slice::<Versions>(document);
            let versions = versions.map(|document| document.plans).unwrap_or_default();
            let mut versions = versions.iter().map(|plan| plan.version);
            return Err(match versions.find(|found| *found != u64::from(VERSION)) {
                Some(found) => BadPlan::Version(found),
                None => BadPlan::Json(error),
            });
        }
    };
    for plan in &plans {
        if plan.version != VERSION {
            return Err(BadPlan::Version(plan.version.into()));
        }
        check(plan).map_err(|what| BadPlan::Contradiction {
            repository: plan.repository.clone(),
            what,
        })?;
    }
    Ok(plans)
}

/// What is wrong with a plan.
fn check(plan: &Plan) -> Result<(), String> {
    let mut tags = HashSet::new();
    let mut deleted = HashSet::new();
    let mut rank = 0;
    for step in &plan.steps {
        if step.rank < rank {
            return Err(format!(
                "{} comes after a step of a higher rank",
                step.digest
            ));
        }
        rank = step.rank;
        match step.action {
            Action::Untag if step.tags.len() != 1 => {
                let count = step.tags.len();
                return Err(format!("{} is untagged with {count} tags", step.digest));
            }
            Action::Untag => {}
            Action::Delete if !deleted.insert(&step.digest) => {
                return Err(format!("{} is deleted twice", step.digest));
            }
            Action::Delete => {}
        }
        if let Some(tag) = step.tags.iter().find(|tag| !tags.insert(*tag)) {
            return Err(format!("the tag {tag} goes twice"));
        }
    }
    for kept in &plan.kept {
        if deleted.contains(&kept.digest) {
            return Err(format!("{} is both kept and deleted", kept.digest));
        }
        if let Some(tag) = kept.tags.iter().find(|tag| tags.contains(tag)) {
            return Err(format!("the tag {tag} both stays and goes"));
        }
    }
    Ok(())
}
