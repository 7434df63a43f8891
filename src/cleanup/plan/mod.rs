//! What goes, in which order, and why: made once, and done exactly so.

mod bytes;
mod file;
mod guard;
mod make;
mod order;
mod origin;
mod reasons;
mod script;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use file::{BadPlan, read, write};
pub use guard::{Refusal, complete, judge};
pub use script::script;

use crate::oci::{Digest, Repository, Tag};

/// The form of the document that [`write`] makes, and [`read`] understands.
pub const VERSION: u32 = 1;

/// The plan for one repository.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The form of this document: [`VERSION`].
    pub version: u32,
    /// The repository.
    pub repository: Repository,
    /// The name of its registry's brand.
    pub brand: String,
    /// When the repository was looked at.
    pub taken: Timestamp,
    /// The digest of the policy, in a form that does not depend on how it was written.
    pub policy: Digest,
    /// The digest of what lived in git then, if the policy asks for it: what lives there later may
    /// keep what goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub git: Option<Digest>,
    /// What is removed, in the order of execution: steps of a lower rank come first.
    pub steps: Vec<Step>,
    /// What stays, and why.
    pub kept: Vec<Kept>,
    /// The bytes of blobs and manifests that nothing in the repository needs when the steps are
    /// done; `None` where manifests that stay were not read, so that it is not known.
    pub freed: Option<u64>,
    /// What these are at most, where they are not known: what stays may need any of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub freed_at_most: Option<u64>,
    /// The bytes of all blobs and manifests before, as far as they are known.
    pub size: Option<u64>,
    /// What could not be read, and was kept therefore.
    pub gaps: Vec<String>,
}

/// One removal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// What is done.
    pub action: Action,
    /// The manifest; of an untag, what the tag names.
    pub digest: Digest,
    /// Of an untag: the tag. Of a deletion: all tags of the manifest, which go with it.
    pub tags: Vec<Tag>,
    /// The manifest's media type, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// Steps of the same rank may be done in any order; indexes go before what they list.
    pub rank: u32,
    /// The tag that it says something about: it goes only if that has gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Tag>,
    /// Why it goes, for people.
    pub reason: String,
    /// Whether it is what a removal left over that was cut off, and no image: guards do not count
    /// it.
    #[serde(default, skip_serializing_if = "is_not")]
    pub leftover: bool,
    /// The bytes of its blobs and of itself, whether or not others need them too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// When the image was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes it so")]
fn is_not(flag: &bool) -> bool {
    !flag
}

/// What a [`Step`] does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Removes one tag; the manifest stays.
    Untag,
    /// Removes a manifest with all its tags.
    Delete,
}

/// Something that stays.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    /// The manifest.
    pub digest: Digest,
    /// Its tags that stay.
    pub tags: Vec<Tag>,
    /// The rule that keeps it, as the policy calls it; `needed` for what belongs to something that
    /// is kept, `left` for what the policy is not about, `unknown` for what could not be read.
    pub rule: String,
    /// What the rule found, for people.
    pub what: String,
    /// The bytes of its blobs and of itself, as far as they are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// When the image was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
}

#[cfg(test)]
mod tests;
