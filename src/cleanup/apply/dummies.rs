//! What tags were moved to, so that they go with it ([`registry::Dummy`]).

use super::journal::Line;
use super::run::Run;
use crate::oci::{self, Digest, Remote, Target};
use crate::registry::{self, is_dummy};

impl Run<'_> {
    /// Removes what tags were moved to by a run that was killed, and with it these tags. A request
    /// of that run may be under way still, and make the removal fail or come after it: what is left
    /// is seen by a later look.
    pub(super) async fn finish_moves(&mut self) {
        for (dummy, _) in std::mem::take(&mut self.journal.moves) {
            if self.remove_dummy(&dummy).await.is_ok() {
                self.journal.note(&Line::Moved(dummy));
            }
        }
        self.note();
    }

    /// Removes the dummies that tags were found to name, with these tags.
    pub(super) async fn finish_dummies(&mut self) -> Result<(), registry::Error> {
        for dummy in self.drift.take_dummies() {
            self.remove_dummy(&dummy).await?;
        }
        Ok(())
    }

    /// Deletes the dummy with all its tags. What is said to have failed may be done.
    pub(super) async fn remove_dummy(&self, dummy: &Digest) -> Result<(), registry::Error> {
        let Err(error) = self.brand.base().delete(dummy).await else {
            return Ok(());
        };
        let target = Target::Digest(dummy.clone());
        match self.brand.remote().head(&target).await {
            Ok(None) => Ok(()),
            _ => Err(error),
        }
    }
}

/// Whether a manifest is what tags are moved to so that they go.
pub(super) async fn names_dummy(remote: &Remote, digest: &Digest) -> Result<bool, oci::Error> {
    let manifest = remote.manifest(&Target::Digest(digest.clone())).await?;
    Ok(manifest.is_some_and(|manifest| is_dummy(&manifest.annotations)))
}
