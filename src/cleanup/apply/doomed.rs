//! Writes down at the registry what is going to have no tags, so that another run finds it after a
//! kill: where manifests are listed by their tags alone.

use futures_util::{StreamExt as _, stream};

use super::Outcome;
use super::run::Run;
use crate::cleanup::plan::{Action, Step};
use crate::oci::media_type::OCI_INDEX;
use crate::oci::{self, Descriptor, Target};
use crate::registry::{self, DoomedList};

/// How many manifests one list has at most: each takes some 170 bytes of the 4 MiB that registries
/// take (OCI distribution specification 1.1, "Pushing Manifests").
const MOST: usize = 10_000;

impl<'a> Run<'a> {
    /// Lists all manifests that are still to be deleted. Without such a list, which a registry may
    /// refuse, the work is done as well.
    pub(super) async fn list_doomed(&mut self) {
        let open = self.open().into_iter().map(|(_, step)| step);
        let open: Vec<&Step> = open.filter(|step| step.action == Action::Delete).collect();
        for steps in open.chunks(MOST) {
            match self.list(steps).await {
                Ok(()) => {}
                // What an index lists has to be there; a killed run may have deleted some of it.
                Err(registry::Error::Oci(oci::Error::Refused { .. })) => {
                    let there = self.there(steps).await;
                    if there.is_empty() || there.len() == steps.len() {
                        continue;
                    }
                    if let Err(error) = self.list(&there).await
                        && !matches!(error, registry::Error::Oci(oci::Error::Refused { .. }))
                    {
                        return self.stop(error);
                    }
                }
                Err(error) => return self.stop(error),
            }
        }
    }

    async fn list(&mut self, steps: &[&Step]) -> Result<(), registry::Error> {
        let Some(first) = steps.first() else {
            return Ok(());
        };
        let manifests = steps.iter().map(|step| {
            // Of what is not known it is found out later whether it lists anything.
            let kind = step.media_type.as_deref().unwrap_or(OCI_INDEX);
            Descriptor::new(kind, step.digest.clone(), 0)
        });
        let manifests: Vec<Descriptor> = manifests.collect();
        let subject = self.plan.repository.at(first.digest.clone());
        let list = DoomedList::new(&manifests, &subject)?;
        self.drift.expect(&list.tag, list.manifest.digest());
        let target = Target::Tag(list.tag);
        let remote = self.brand.remote();
        remote.put_manifest(&target, &list.manifest).await?;
        self.lists.push(list.manifest.digest().clone());
        Ok(())
    }

    /// Those of them that are there, or may be.
    async fn there(&self, steps: &[&'a Step]) -> Vec<&'a Step> {
        let remote = self.brand.remote();
        let looks = steps.iter().map(|step| async move {
            let head = remote.head(&Target::Digest(step.digest.clone())).await;
            (*step, !matches!(head, Ok(None)))
        });
        let looks = stream::iter(looks).buffered(self.jobs);
        let there = looks.filter_map(|(step, is_there)| async move { is_there.then_some(step) });
        there.collect().await
    }

    /// Removes the lists, unless something has lost its tags and is still there. A list that stays
    /// is a leftover that the next run finishes.
    pub(super) async fn drop_lists(&mut self) {
        if self.leaves_untagged() {
            return;
        }
        for list in std::mem::take(&mut self.lists) {
            // What is said to have failed may be done, and is a leftover if not.
            let _ = self.brand.delete(&list).await;
        }
    }

    /// Whether no tag leads any longer to something that is still to be deleted.
    fn leaves_untagged(&self) -> bool {
        let mut steps = self.plan.steps.iter().enumerate();
        steps.any(|(at, step)| {
            let is_over = matches!(
                self.outcome(at),
                Some(Outcome::Done | Outcome::Gone | Outcome::Skipped(_))
            );
            let has_tags = step.tags.iter().any(|tag| !self.drift.has_removed(tag));
            step.action == Action::Delete && !is_over && !has_tags
        })
    }
}
