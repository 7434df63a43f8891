//! Moving any number of images at once.

mod blob;
mod blocking;
mod content;
mod creation;
mod delivery;
mod entry;
mod fallback;
mod goal;
mod image;
mod job;
mod known;
mod look;
mod platform;
mod referrers;
mod root;
mod run;
mod sink;
mod slots;
mod source;
mod store;
mod tasks;
mod tree;
mod upload;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

pub use self::look::Look;

use self::image::{Settled, move_image};
use self::run::Run;
use self::tasks::Tasks;
use super::error::Error;
use super::place::Place;
use super::progress::Progress;
use crate::oci::{Digest, Platform, Registries};
use crate::registry::Brands;

/// One image to move.
#[derive(Debug, Clone)]
pub struct Image {
    /// From where. A local place without a name, and a registry place, stand for one image;
    /// where a local place without a name holds several, that is an error that lists them.
    pub source: Place,
    /// To where.
    pub targets: Vec<Place>,
    /// What is known of the targets.
    pub expect: Expectation,
}

impl Image {
    /// An image of whose targets nothing is known.
    pub fn new(source: Place, targets: Vec<Place>) -> Self {
        Self {
            source,
            targets,
            expect: Expectation::Unknown,
        }
    }
}

/// What whoever asks knows of the tags that an image is moved to. It decides what is asked first,
/// nothing else: a wrong expectation costs a request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Expectation {
    /// Nothing. Where an earlier run wrote the tag it is looked at first, else the image is taken
    /// for new.
    #[default]
    Unknown,
    /// The tags are there: both sides are asked for their digests at once, and the image is read
    /// only where they differ.
    Present,
    /// The tags are not there: nobody asks.
    Absent,
}

/// How to move.
#[derive(Debug, Clone, Default)]
pub struct Wishes {
    /// Also what refers to the images, recursively: by the referrers API, its fallback tag,
    /// and the tags of cosign (`sha256-HEX.sig`, `.att`, `.sbom`).
    pub referrers: bool,
    /// Only this platform of indexes; the digest changes unless one child is asked for and
    /// found, which then is moved in place of the index.
    pub platform: Option<Platform>,
    /// Leave tags that are there already as they are.
    pub no_clobber: bool,
    /// How many blobs and manifests move at the same time.
    pub jobs: usize,
    /// The directory of what runs remember of registries ([`super::memory_directory`]); without
    /// it nothing is remembered. It saves requests and changes no result.
    pub memory: Option<PathBuf>,
}

/// What became of one target of one image.
#[derive(Debug, Clone)]
pub struct Moved {
    /// The target, complete.
    pub target: Place,
    /// Its digest there.
    pub digest: Digest,
    /// The digest at the source, when that is another one.
    pub narrowed_from: Option<Digest>,
    /// What was done.
    pub outcome: Outcome,
    /// How many bytes were sent for it, without what was there before, and without what other
    /// images of the run needed too and sent first. Of several names in one repository the first
    /// one has it all.
    pub bytes: u64,
}

/// What was done for a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It names the image now.
    Written,
    /// It named the image already.
    Unchanged,
    /// It names another image, which was left alone (`no_clobber`).
    Kept,
}

/// Moves images.
pub struct Engine(Arc<Run>);

impl Engine {
    /// An engine for one run.
    pub fn new(registries: Registries, wishes: Wishes, progress: Arc<dyn Progress>) -> Self {
        Self(Arc::new(Run::new(registries, wishes, progress)))
    }

    /// The same, which makes the repositories that are not there, where the brand of a registry
    /// wants that.
    pub fn creating(
        registries: Registries,
        wishes: Wishes,
        progress: Arc<dyn Progress>,
        brands: Brands,
    ) -> Self {
        let run = Run::new(registries, wishes, progress);
        Self(Arc::new(run.creating(brands)))
    }

    /// Moves all images at the same time; results are in the order of images and targets. One
    /// that fails does not stop the others. Layouts and archives are finished in the end.
    ///
    /// Whoever drops the future stops everything; uploads are open then
    /// ([`Registries::cancel_uploads`]).
    pub async fn run(&self, images: Vec<Image>) -> Vec<Result<Moved, Error>> {
        let run = &self.0;
        let work = |(number, image)| {
            let run = Arc::clone(run);
            async move { Ok((number, move_image(run, number, image).await)) }
        };
        let mut tasks = Tasks::new(run.jobs(), images.into_iter().enumerate(), work);
        let mut settled = Vec::new();
        while let Some(outcome) = tasks.next().await {
            // Nothing of it fails as a whole but where the runtime ends.
            let Ok(outcome) = outcome else {
                return vec![Err(Error::Stopped)];
            };
            settled.push(outcome);
        }
        settled.sort_by_key(|(number, _)| *number);
        let results = finish(settled.into_iter().flat_map(|(_, targets)| targets)).await;
        run.remember().await;
        results
    }
}

/// Finishes the layouts and archives that were written to. The images of one that cannot be
/// finished have failed.
async fn finish(settled: impl Iterator<Item = Settled>) -> Vec<Result<Moved, Error>> {
    let mut finished: HashMap<PathBuf, Result<(), Arc<Error>>> = HashMap::new();
    let mut results = Vec::new();
    for target in settled {
        results.push(match target {
            Ok((moved, Some(files))) => {
                let outcome = match finished.get(files.path()) {
                    Some(outcome) => outcome.clone(),
                    None => {
                        let outcome = files.finish().await.map_err(Arc::new);
                        finished.insert(files.path().to_owned(), outcome.clone());
                        outcome
                    }
                };
                outcome.map(|()| moved).map_err(Error::Shared)
            }
            Ok((moved, None)) => Ok(moved),
            Err(error) => Err(error),
        });
    }
    results
}
