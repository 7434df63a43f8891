//! Moving any number of images at once.

use std::path::PathBuf;
use std::sync::Arc;

use super::error::Error;
use super::place::Place;
use super::progress::Progress;
use crate::oci::{Digest, Platform, Registries};

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
    /// How many bytes were sent for it, without what was there before.
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
pub struct Engine {}

impl Engine {
    /// An engine for one run.
    pub fn new(_registries: Registries, _wishes: Wishes, _progress: Arc<dyn Progress>) -> Self {
        todo!()
    }

    /// Moves all images at the same time; results are in the order of images and targets. One
    /// that fails does not stop the others.
    pub async fn run(&self, _images: Vec<Image>) -> Vec<Result<Moved, Error>> {
        todo!()
    }
}
