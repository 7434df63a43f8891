//! Tags.

use jiff::Timestamp;

use super::id::Id;
use crate::oci::{Algorithm, Digest, Tag};
use crate::registry::is_referrers_tag;

/// A tag, and what it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// The tag.
    pub tag: Tag,
    /// The manifest that it names.
    pub node: Id,
    /// When the tag was written, where the registry says that of tags.
    pub pushed: Option<Timestamp>,
    /// What kind of tag it is.
    pub kind: Kind,
}

/// What a tag is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Somebody's name for an image: policies are about these.
    Image,
    /// The list of what refers to a manifest (`sha256-HEX`; OCI distribution specification 1.1,
    /// "Referrers Tag Schema"). It lives and dies with that manifest, and so does what it lists.
    Referrers(Id),
    /// What cosign says of a manifest (`sha256-HEX.sig`, `.att`, `.sbom`), or another tool in the
    /// same manner (regclient's digest tags, `sha256-HEX.ANYTHING`). It lives and dies with that.
    Cosign(Id),
    /// The list of what refers to a manifest whose digest is too long for a tag (SHA-512), and was
    /// cut short there: it cannot be told which. It stays.
    Cut,
    /// A tag of any kind that was to be removed, and names a dummy since that was cut off
    /// ([`Node::is_dummy`](super::Node::is_dummy)). It goes.
    Leftover,
}

/// Whether a tag is somebody's name for an image, by its text.
pub(in crate::cleanup) fn is_image(tag: &Tag) -> bool {
    referring(tag).is_none() && !is_referrers_tag(tag)
}

/// What a tag that is no name of an image refers to, and whether it is one of cosign's.
pub(in crate::cleanup) fn referring(tag: &Tag) -> Option<(Digest, bool)> {
    let (stem, is_cosign) = match tag.as_str().split_once('.') {
        Some((stem, _)) => (stem, true),
        None => (tag.as_str(), false),
    };
    let (algorithm, hex) = stem.split_once('-')?;
    // A longer digest is cut short in a tag, and cannot be told from it.
    (algorithm == Algorithm::Sha256.name()).then_some(())?;
    let digest = format!("{algorithm}:{hex}").parse().ok()?;
    Some((digest, is_cosign))
}
