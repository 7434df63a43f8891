//! What things are referred to by: numbers, which only their graph makes.

/// A manifest of a [`Graph`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id(pub(super) u32);

/// A tag of a [`Graph`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NameId(pub(super) u32);

/// A blob of a [`Graph`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlobId(pub(super) u32);

impl Id {
    /// Its place among [`Graph::nodes`].
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl NameId {
    /// Its place among [`Graph::names`].
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl BlobId {
    /// Its place among [`Graph::blobs`].
    pub fn index(self) -> usize {
        self.0 as usize
    }
}
