//! What there is to see while images move.

use crate::oci::Descriptor;

/// Something happened to a blob or manifest.
#[derive(Debug, Clone)]
pub enum Event<'a> {
    /// It will have to be moved; known sizes add up to a total.
    Found(&'a Descriptor),
    /// So many more bytes of it have moved.
    Bytes(&'a Descriptor, u64),
    /// An attempt failed; so many bytes have to be moved again.
    Again(&'a Descriptor, u64),
    /// It is in its place, moved in this run.
    Moved(&'a Descriptor),
    /// It was there already, or was mounted: nothing had to be moved.
    Present(&'a Descriptor),
    /// An image is complete, under this name.
    Image(&'a str),
}

/// Who watches. Called from many threads, and often: it has to be quick.
pub trait Progress: Send + Sync {
    /// Something happened.
    fn event(&self, event: Event<'_>);
}

/// Nobody watches.
impl Progress for () {
    fn event(&self, _: Event<'_>) {}
}
