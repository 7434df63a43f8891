//! What kind of registry it is.

use super::auth::Auth;

/// What kind of registry it is. The default one is open, and does everything right.
#[derive(Debug, Clone)]
pub struct Behaviour {
    /// Who gets in.
    pub auth: Auth,
    /// Whether it has the referrers API, and lists what has a subject by itself.
    pub referrers_api: bool,
    /// Whether answers have `Docker-Content-Digest`.
    pub digest_header: bool,
    /// Whether an empty list of tags is `null`.
    pub null_tags: bool,
    /// The most tags of one page, also when no `n` is given.
    pub page: Option<usize>,
    /// How it goes from page to page.
    pub pages: Pages,
    /// What the address of an upload looks like.
    pub location: Location,
    /// Whether blobs come from another port, which refuses requests with `Authorization`.
    pub redirects: bool,
    /// What becomes of a mount.
    pub mounts: Mounts,
    /// Whether answers to HEAD have `Content-Length`.
    pub head_length: bool,
    /// Whether `Range` of GET is honoured.
    pub ranges: bool,
    /// The longest body of an upload's PUT and PATCH, in bytes; longer ones get 413 at once.
    pub longest_body: Option<usize>,
    /// `OCI-Chunk-Min-Length`, in bytes: shorter chunks but the last get 400.
    pub shortest_chunk: Option<usize>,
    /// The status for a tag that names something else already.
    pub immutable: Option<u16>,
    /// What can be deleted.
    pub deletes: Deletes,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            auth: Auth::Open,
            referrers_api: true,
            digest_header: true,
            null_tags: false,
            page: None,
            pages: Pages::Linked,
            location: Location::Absolute,
            redirects: false,
            mounts: Mounts::Taken,
            head_length: true,
            ranges: true,
            longest_body: None,
            shortest_chunk: None,
            immutable: None,
            deletes: Deletes::All,
        }
    }
}

/// How a list of tags goes from page to page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pages {
    /// `Link` with a relative URL to the next page, none on the last.
    Linked,
    /// Also on the last page, to an empty one (Gitea).
    LastLinked,
    /// Each page begins with the last tag of the one before.
    Overlapping,
    /// `Link` always leads to the first page.
    Looping,
}

/// What the address of an upload looks like. It changes with each answer, and the old one is
/// refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Location {
    /// A whole URL.
    Absolute,
    /// A path.
    Relative,
    /// A path with a query, without which it is refused.
    Query,
}

/// What becomes of `POST .../blobs/uploads/?mount=DIGEST&from=REPOSITORY`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mounts {
    /// The blob is mounted if it is there.
    Taken,
    /// An upload is opened, whatever is there.
    Ignored,
    /// Only from the same repository; from others an upload is opened.
    Own,
    /// From other repositories it is refused with this status.
    Refused(u16),
}

/// What can be deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deletes {
    /// Tags and manifests.
    All,
    /// Manifests only; tags get 400 (distribution 2.8).
    Digests,
    /// Nothing: 405.
    Nothing,
}
