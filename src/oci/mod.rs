//! The client of the distribution API: references, manifests, blobs, uploads (OCI distribution
//! specification 1.1).
//!
//! [`Registries`] is what a run knows of all registries: one connection pool, one keychain,
//! one limiter per host. [`Remote`] is one repository there.

mod blobs;
mod byte_range;
mod content;
mod descriptor;
mod digest;
mod download;
mod error;
mod exchange;
mod extension;
mod feed;
mod lanes;
pub mod link;
mod location;
mod login;
mod manifest;
mod manifests;
mod marks;
pub mod media_type;
mod nullable;
mod open_uploads;
mod pages;
mod platform;
mod probe;
mod raw_manifest;
mod reference;
mod referrers;
mod refusal;
mod registries;
mod remote;
mod retries;
mod rights;
mod sending;
mod session;
mod tag_scan;
mod tags;
mod uploads;

pub use content::{Chunks, Content, ReadError};
pub use descriptor::Descriptor;
pub use digest::{Algorithm, BadDigest, Digest, Hasher, Mismatch, Verifier};
pub use error::{BadContent, Error};
pub use extension::{Extended, Extension, Ping};
pub use manifest::{
    BadManifest, Content as ManifestContent, MAX_DESCRIPTORS, MAX_MANIFEST, Manifest,
};
pub use manifests::{Head, Stored};
pub use open_uploads::Upload;
pub use platform::{BadPlatform, Platform};
pub use probe::Allowance;
pub use reference::{BadReference, Reference, Repository, Tag, Target};
pub use refusal::code;
pub use registries::{Options, Registries};
pub use remote::Remote;
pub use tags::Tags;
pub use uploads::Started;
