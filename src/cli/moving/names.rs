//! What images are called at their targets when the user does not say it.

use std::collections::HashSet;

use super::Misuse;
use crate::oci::{Reference, Tag, Target};
use crate::transfer::Place;

/// The tag that a reference means: `latest` when it has neither tag nor digest.
pub(in crate::cli) fn tag_of(reference: &Reference) -> Option<Tag> {
    match reference.target() {
        Target::Tag(tag) => Some(tag),
        Target::Digest(_) => reference.tag.clone(),
    }
}

/// The reference with the tag that it means.
pub(in crate::cli) fn with_tag(reference: Reference) -> Reference {
    Reference {
        tag: tag_of(&reference),
        ..reference
    }
}

/// The name of an image in a layout or archive, if one was written.
pub(in crate::cli) fn name_of(place: &Place) -> Option<&str> {
    match place {
        Place::Registry(_) => None,
        Place::Layout { name, .. }
        | Place::LayoutArchive { name, .. }
        | Place::DockerArchive { name, .. } => name.as_deref(),
    }
}

/// The same layout or archive, and this image in it.
pub(in crate::cli) fn named(place: Place, name: Option<String>) -> Place {
    match place {
        Place::Registry(_) => place,
        Place::Layout { directory, .. } => Place::Layout { directory, name },
        Place::LayoutArchive { file, .. } => Place::LayoutArchive { file, name },
        Place::DockerArchive { file, .. } => Place::DockerArchive { file, name },
    }
}

/// A layout or archive as the target of an image of a registry. Where no name is written it is the
/// image's tag, or its whole reference: in what `docker load` reads, and where `in_full`.
pub(in crate::cli) fn local_target(target: &Place, source: &Reference, in_full: bool) -> Place {
    let name = name_of(target).map(str::to_owned).or_else(|| {
        let tag = tag_of(source)?;
        let in_full = in_full || matches!(target, Place::DockerArchive { .. });
        Some(if in_full {
            source.repository.tagged(tag).to_string()
        } else {
            tag.to_string()
        })
    });
    named(target.clone(), name)
}

/// Makes sure that no two images get the same name.
pub(in crate::cli) fn distinct<'a>(targets: impl Iterator<Item = &'a Place>) -> Result<(), Misuse> {
    let mut seen = HashSet::new();
    let is_named = |place: &&Place| matches!(place, Place::Registry(_)) || name_of(place).is_some();
    for target in targets.filter(is_named) {
        let text = target.to_string();
        if seen.contains(&text) {
            return Err(Misuse::new(
                format!("{text} is a target twice"),
                "give each image a name of its own",
            ));
        }
        seen.insert(text);
    }
    Ok(())
}
