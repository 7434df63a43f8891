//! Records of custom tags (`custom-tag-meta-SLUG`; `pkg/storage/custom_tag_metadata.go`). The slug
//! does not tell the tag: the labels do.

use super::Tag;

/// The longest slug.
const LENGTH: usize = 48;

pub(super) fn read(tag: &str) -> Option<Tag<'_>> {
    let slug = tag.strip_prefix("custom-tag-meta-")?;
    (1..=LENGTH).contains(&slug.len()).then_some(Tag::Custom)
}
