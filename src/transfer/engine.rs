//! Moving any number of images at once.

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
    /// To where; all targets get it with one reading.
    pub targets: Vec<Place>,
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
