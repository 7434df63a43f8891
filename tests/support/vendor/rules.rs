//! How a brand answers the distribution API.

/// What is answered to something that is refused: the status, and the code in the body.
pub type Refusal = (u16, &'static str);

/// How a brand answers the distribution API; by default as distribution 3 does.
pub struct Rules {
    /// DELETE by tag.
    pub untag: Untag,
    /// DELETE by digest.
    pub delete: Delete,
    /// DELETE of a child of an index that is there, if that is refused.
    pub child: Option<Refusal>,
    /// Which tags cannot be changed.
    pub immutable: Option<Immutable>,
    /// PUT and POST to a repository that is not there, if that does not create it.
    pub create: Option<Refusal>,
    /// Whether there is the referrers API; otherwise it is 404.
    pub referrers: bool,
    /// How many tags a page has when the client does not say.
    pub page: Option<usize>,
    /// How many a page has at most, and what is done when more are asked for.
    pub cap: Cap,
    /// What the list of a repository without tags is.
    pub empty: Empty,
    /// Whether blobs are mounted (201); otherwise an upload is opened (202).
    pub mounts: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            untag: Untag::Removes,
            delete: Delete::RemovesTags,
            child: None,
            immutable: None,
            create: None,
            referrers: true,
            page: None,
            cap: Cap::Clamped(1000),
            empty: Empty::Null,
            mounts: false,
        }
    }
}

/// What DELETE by tag does.
#[derive(Debug, Clone, Copy)]
pub enum Untag {
    /// It removes the tag.
    Removes,
    /// It removes the manifest with all its tags.
    RemovesManifest,
    /// Nothing.
    Refused(Refusal),
}

/// What DELETE by digest does.
#[derive(Debug, Clone, Copy)]
pub enum Delete {
    /// It removes the manifest with all its tags.
    RemovesTags,
    /// It removes the manifest; its tags stay in lists, and name nothing.
    LeavesTags,
    /// It removes what has no tag; the rest is refused.
    RefusedWhileTagged(Refusal),
    /// Nothing.
    Refused(Refusal),
}

/// What is done when more tags are asked for than a page can have.
#[derive(Debug, Clone, Copy)]
pub enum Cap {
    /// The page has so many.
    Clamped(usize),
    /// It is refused.
    Refused(usize, Refusal),
}

/// What the list of a repository without tags is.
#[derive(Debug, Clone, Copy)]
pub enum Empty {
    /// `null`.
    Null,
    /// `[]`.
    List,
    /// 404 `NAME_UNKNOWN`.
    NotFound,
}

/// Whether a repository's tag is meant.
type Holds = dyn Fn(&str, &str) -> bool + Send;

/// Tags that cannot be changed.
pub struct Immutable {
    /// Which ones: of this repository, this tag.
    pub holds: Box<Holds>,
    /// The answer to a push that would let such a tag name something else.
    pub push: Refusal,
    /// The answer to a DELETE of the tag, or of a manifest that has such a tag, if it is refused.
    pub delete: Option<Refusal>,
}

impl Immutable {
    /// Tags that can neither be moved nor be deleted.
    pub fn new(holds: impl Fn(&str, &str) -> bool + Send + 'static, refusal: Refusal) -> Self {
        Self {
            holds: Box::new(holds),
            push: refusal,
            delete: Some(refusal),
        }
    }
}
