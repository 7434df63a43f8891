//! Whether plans that were made before remove what has come into use since.

use futures_util::{StreamExt as _, stream};
use jiff::Timestamp;

use super::report_args::Run;
use crate::cleanup::in_use::InUseRule;
use crate::cleanup::plan::{Action, Plan, Step};
use crate::cleanup::{Claims, Facts, Graph, Rule as _};
use crate::error::{Exit, Explain, Failure};
use crate::oci::{Digest, Manifest, ManifestContent, Repository, Target};
use crate::registry::{self, Brands};

/// A plan that would remove what has come into use.
#[derive(Debug, thiserror::Error)]
#[error("the plan for {repository} would remove what is in use: {what}")]
struct InUse {
    repository: Repository,
    what: String,
}

impl Explain for InUse {
    fn hint(&self) -> Option<String> {
        Some("make a new plan, with --in-use or --with-kube".to_owned())
    }

    fn exit(&self) -> Exit {
        Exit::Refused
    }

    fn reason(&self) -> Option<&'static str> {
        Some("in-use")
    }
}

/// Refuses the plans that would remove what is in use, by a tag, a digest, that of a config, or
/// that of something which an index lists. What goes is read for that.
pub(super) async fn refuse(
    runs: &mut [Run],
    in_use: Option<&InUseRule>,
    brands: &Brands,
    jobs: usize,
) {
    let Some(in_use) = in_use else {
        return;
    };
    for run in runs {
        if let Some(plan) = run.plan.as_ref().filter(|_| run.refusal.is_none())
            && let Err(failure) = check(plan, in_use, brands, jobs).await
        {
            run.refusal = Some(failure);
        }
    }
}

async fn check(
    plan: &Plan,
    in_use: &InUseRule,
    brands: &Brands,
    jobs: usize,
) -> Result<(), Failure> {
    let mut graph = Graph::new(plan.repository.clone(), plan.brand.clone(), plan.taken);
    for step in &plan.steps {
        // The manifest of a tag that goes alone stays, by whatever digest it is used.
        let node = match step.action {
            Action::Delete => graph.add(&step.digest),
            Action::Untag => graph.add(&Digest::of(b"a tag alone")),
        };
        for tag in &step.tags {
            graph.name(tag.clone(), node, None);
        }
    }
    judge(&graph, in_use)?;
    let going = plan.steps.iter();
    let going = going.filter(|step| step.action == Action::Delete);
    let brand = brands.certain_at(&plan.repository).await?;
    let remote = brand.remote();
    let reads = going.map(|step: &Step| async move {
        let target = Target::Digest(step.digest.clone());
        remote
            .manifest(&target)
            .await
            .map_err(registry::Error::from)
    });
    let mut reads = stream::iter(reads).buffer_unordered(jobs.max(1));
    while let Some(read) = reads.next().await {
        if let Some(manifest) = read? {
            let id = graph.add(manifest.digest());
            graph.learn(id, facts(&manifest));
        }
    }
    Ok(judge(&graph, in_use)?)
}

/// What of a manifest may be in use beside itself.
fn facts(manifest: &Manifest) -> Facts {
    let config = match &manifest.content {
        ManifestContent::Image { config, .. } => config.as_deref(),
        ManifestContent::Index(_) => None,
    };
    let children = manifest.children().iter();
    Facts {
        children: children.map(|child| child.digest.clone()).collect(),
        blobs: config
            .map(|config| (config.digest.clone(), config.size))
            .into_iter()
            .collect(),
        ..Facts::default()
    }
}

fn judge(graph: &Graph, in_use: &InUseRule) -> Result<(), InUse> {
    let mut claims = Claims::default();
    in_use.judge(graph, Timestamp::now(), &mut claims);
    let first = claims
        .kept()
        .iter()
        .find_map(|(_, reason)| claims.reasons().get(reason.index()));
    match first {
        Some(reason) => Err(InUse {
            repository: graph.repository.clone(),
            what: reason.what.clone(),
        }),
        None => Ok(()),
    }
}
