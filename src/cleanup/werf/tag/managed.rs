//! Managed images (`managed-image-NAME`), and how names of images are written and hashed
//! (`pkg/storage/repo_stages_storage.go`).

use super::Tag;
use crate::cleanup::werf::murmur;
use crate::oci;

/// What stands for what no tag may have.
const WRITTEN: [(&str, &str); 3] = [("__space__", " "), ("__slash__", "/"), ("__plus__", "+")];

/// What stands for the image without a name.
const NAMELESS: &str = "__nameless__";

pub(super) fn read(tag: &str) -> Option<Tag<'_>> {
    let name = tag.strip_prefix("managed-image-")?;
    (!name.is_empty()).then_some(Tag::Managed { name })
}

/// The name of an image that is written so in a tag. A name that no tag can have at all is a slug
/// there, and stays one.
pub fn decoded(written: &str) -> String {
    if written == NAMELESS {
        return String::new();
    }
    let mut name = written.to_owned();
    for (written, meant) in WRITTEN {
        name = name.replace(written, meant);
    }
    name
}

/// The hash by which metadata names an image; `None` for a name that no tag can have: werf makes a
/// slug of it, which its record in the repository tells.
pub fn hash(name: &str) -> Option<u32> {
    let mut written = name.to_owned();
    for (replaced, meant) in WRITTEN {
        written = written.replace(meant, replaced);
    }
    if written.is_empty() {
        NAMELESS.clone_into(&mut written);
    }
    let is_tag = written.parse::<oci::Tag>().is_ok();
    is_tag.then(|| murmur::hash(decoded(&written).as_bytes()))
}
