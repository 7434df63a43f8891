//! What the registry has.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256, Sha512};

use super::auth::Tokens;
use super::behaviour::Behaviour;
use super::fault::{Fault, When};
use super::request::Seen;

/// Everything that changes.
pub struct State {
    pub behaviour: Behaviour,
    pub faults: Vec<(When, Fault)>,
    pub seen: Vec<Seen>,
    pub tokens: Tokens,
    pub uploads: BTreeMap<String, Upload>,
    /// How many uploads have been opened.
    pub opened: usize,
    repositories: BTreeMap<String, Repository>,
}

/// A repository.
#[derive(Default)]
pub struct Repository {
    pub blobs: BTreeMap<String, Vec<u8>>,
    /// Media types and bytes by digest.
    pub manifests: BTreeMap<String, (String, Vec<u8>)>,
    /// Digests by tag.
    pub tags: BTreeMap<String, String>,
}

/// An upload that is open.
pub struct Upload {
    pub repository: String,
    pub bytes: Vec<u8>,
    /// How often its address has changed.
    pub turn: usize,
    /// Whether there was a chunk so short that it must have been the last one.
    pub ended: bool,
}

impl State {
    pub fn new(behaviour: Behaviour) -> Self {
        Self {
            behaviour,
            faults: Vec::new(),
            seen: Vec::new(),
            tokens: Tokens::default(),
            uploads: BTreeMap::new(),
            opened: 0,
            repositories: BTreeMap::new(),
        }
    }

    /// A repository, which is there as soon as it is asked for.
    pub fn repository(&mut self, name: &str) -> &mut Repository {
        self.repositories.entry(name.to_owned()).or_default()
    }
}

impl Repository {
    /// Whether nothing was ever put here.
    pub fn is_new(&self) -> bool {
        self.blobs.is_empty() && self.manifests.is_empty()
    }

    /// Digest, media type and bytes of a manifest, by its tag or digest.
    pub fn find(&self, reference: &str) -> Option<(String, String, Vec<u8>)> {
        let digest = self.tags.get(reference).map_or(reference, String::as_str);
        let (media_type, bytes) = self.manifests.get(digest)?;
        Some((digest.to_owned(), media_type.clone(), bytes.clone()))
    }
}

/// The digest of some bytes, by an algorithm's name.
pub fn digest_of(algorithm: &str, bytes: &[u8]) -> String {
    let hash = match algorithm {
        "sha512" => Sha512::digest(bytes).to_vec(),
        _ => Sha256::digest(bytes).to_vec(),
    };
    let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{algorithm}:{hex}")
}

/// Whether a digest is that of some bytes.
pub fn has_digest(bytes: &[u8], digest: &str) -> bool {
    let (algorithm, _) = digest.split_once(':').unwrap_or_default();
    matches!(algorithm, "sha256" | "sha512") && digest_of(algorithm, bytes) == digest
}
