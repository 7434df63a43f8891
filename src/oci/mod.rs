//! The client of the distribution API: references, manifests, blobs, uploads (OCI distribution
//! specification 1.1).
//!
//! [`Registries`] is what a run knows of all registries: one connection pool, one keychain,
//! one limiter per host. [`Remote`] is one repository there.

mod content;
mod descriptor;
mod digest;
mod error;
pub mod link;
mod manifest;
pub mod media_type;
mod nullable;
mod platform;
mod raw_manifest;
mod reference;
mod registries;
mod remote;

pub use content::{Chunks, Content, ReadError};
pub use descriptor::Descriptor;
pub use digest::{Algorithm, BadDigest, Digest, Hasher, Mismatch, Verifier};
pub use error::{BadContent, Error};
pub use manifest::{
    BadManifest, Content as ManifestContent, MAX_DESCRIPTORS, MAX_MANIFEST, Manifest,
};
pub use platform::{BadPlatform, Platform};
pub use reference::{BadReference, Reference, Repository, Tag, Target};
pub use registries::{Options, Registries};
pub use remote::{Head, Remote, Started, Stored, Tags, Upload};
