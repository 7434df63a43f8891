//! What a registry has. Nothing here refuses anything: that is up to the rules of a brand.

use std::collections::BTreeMap;

use dockside::oci::Digest;
use dockside::oci::media_type::{OCI_CONFIG, OCI_INDEX, OCI_LAYER, OCI_MANIFEST};
use serde_json::{Value, json};

use crate::support::repository::{Image, descriptor};

/// What a registry has.
#[derive(Clone)]
pub struct Store {
    pub repositories: BTreeMap<String, Repository>,
    /// The time of the next change, in seconds since 1970; each change takes one second.
    pub clock: u64,
    /// Uploads that are open, by their names.
    pub(super) uploads: BTreeMap<String, (String, Vec<u8>)>,
    /// How many uploads have been opened.
    pub(super) opened: usize,
}

/// A repository.
#[derive(Debug, Clone, Default)]
pub struct Repository {
    pub blobs: BTreeMap<String, Vec<u8>>,
    /// By digest.
    pub manifests: BTreeMap<String, Manifest>,
    pub tags: BTreeMap<String, Tag>,
    /// When it was created, in seconds since 1970.
    pub created: u64,
}

/// A manifest.
#[derive(Debug, Clone)]
pub struct Manifest {
    pub digest: String,
    pub media_type: String,
    pub bytes: Vec<u8>,
    /// When it came first, in seconds since 1970.
    pub pushed: u64,
}

/// A tag.
#[derive(Debug, Clone)]
pub struct Tag {
    pub digest: String,
    /// When there was such a tag first, in seconds since 1970.
    pub created: u64,
    /// When it was pushed last.
    pub pushed: u64,
}

impl Manifest {
    /// What it says; null when it is no JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_default()
    }

    /// The digests of the manifests that it lists, if it is an index.
    pub fn children(&self) -> Vec<String> {
        let manifests = self.json()["manifests"].take();
        let manifests = manifests.as_array().into_iter().flatten();
        let digests = manifests.filter_map(|child| child["digest"].as_str());
        digests.map(str::to_owned).collect()
    }

    /// The digest of its subject.
    pub fn subject(&self) -> Option<String> {
        Some(self.json()["subject"]["digest"].as_str()?.to_owned())
    }

    /// The bytes of its config and layers, and of itself.
    pub fn size(&self) -> u64 {
        let json = self.json();
        let layers = json["layers"].as_array().into_iter().flatten();
        let parts = layers.chain([&json["config"]]);
        let sizes = parts.filter_map(|part| part["size"].as_u64());
        sizes.sum::<u64>() + self.bytes.len() as u64
    }
}

impl Repository {
    /// What a tag or a digest names.
    pub fn find(&self, reference: &str) -> Option<&Manifest> {
        let named = self.tags.get(reference);
        let digest = named.map_or(reference, |tag| tag.digest.as_str());
        self.manifests.get(digest)
    }

    /// The tags of a manifest.
    pub fn tags_of(&self, digest: &str) -> Vec<String> {
        let tags = self.tags.iter().filter(|(_, tag)| tag.digest == digest);
        tags.map(|(name, _)| name.clone()).collect()
    }

    /// The tags of all manifests that have some, by their digests; for lists of many.
    pub fn tags_by_digest(&self) -> BTreeMap<&str, Vec<&str>> {
        let mut all = BTreeMap::<&str, Vec<&str>>::new();
        for (name, tag) in &self.tags {
            all.entry(&tag.digest).or_default().push(name);
        }
        all
    }

    /// The indexes that list a manifest.
    pub fn parents(&self, digest: &str) -> Vec<String> {
        let lists = |manifest: &&Manifest| manifest.children().iter().any(|child| child == digest);
        let parents = self.manifests.values().filter(lists);
        parents.map(|manifest| manifest.digest.clone()).collect()
    }

    /// The manifests whose subject this is.
    pub fn referrers(&self, digest: &str) -> Vec<&Manifest> {
        let refers = |manifest: &&Manifest| manifest.subject().as_deref() == Some(digest);
        self.manifests.values().filter(refers).collect()
    }
}

impl Default for Store {
    fn default() -> Self {
        Self {
            repositories: BTreeMap::new(),
            clock: 1_700_000_000,
            uploads: BTreeMap::new(),
            opened: 0,
        }
    }
}

impl Store {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the time of a change.
    pub fn tick(&mut self) -> u64 {
        self.clock += 1;
        self.clock - 1
    }

    /// A repository, if it is there.
    pub fn repository(&self, name: &str) -> Option<&Repository> {
        self.repositories.get(name)
    }

    /// A repository, which is created if it is not there.
    pub fn create(&mut self, name: &str) -> &mut Repository {
        if !self.repositories.contains_key(name) {
            let created = self.tick();
            let repository = Repository {
                created,
                ..Repository::default()
            };
            self.repositories.insert(name.to_owned(), repository);
        }
        self.repositories.get_mut(name).unwrap()
    }

    /// Stores a blob, and gives its digest.
    pub fn put_blob(&mut self, repository: &str, bytes: impl Into<Vec<u8>>) -> String {
        let bytes = bytes.into();
        let digest = Digest::of(&bytes).to_string();
        let blobs = &mut self.create(repository).blobs;
        blobs.insert(digest.clone(), bytes);
        digest
    }

    /// Stores a manifest, tags it if there is a tag, and gives its digest.
    pub fn put_manifest(
        &mut self,
        repository: &str,
        tag: Option<&str>,
        media_type: &str,
        bytes: &[u8],
    ) -> String {
        let digest = Digest::of(bytes).to_string();
        self.create(repository);
        let manifest = Manifest {
            digest: digest.clone(),
            media_type: media_type.to_owned(),
            bytes: bytes.to_vec(),
            pushed: self.tick(),
        };
        let manifests = &mut self.create(repository).manifests;
        manifests.entry(digest.clone()).or_insert(manifest);
        if let Some(tag) = tag {
            self.tag(repository, &digest, tag);
        }
        digest
    }

    /// Pushes an image of one layer, made of `words`; the same words make the same image.
    pub fn push_image(&mut self, repository: &str, tag: Option<&str>, words: &str) -> String {
        self.push(repository, tag, words, &json!({}))
    }

    /// Pushes an index of these children, for `linux/amd64`, `linux/arm64` and so on.
    pub fn push_index(&mut self, repository: &str, tag: Option<&str>, children: &[&str]) -> String {
        let architectures = ["amd64", "arm64", "arm", "s390x", "ppc64le", "riscv64"];
        let children = children.iter().zip(architectures);
        let children = children.map(|(digest, architecture)| {
            let manifest = self.repositories[repository].find(digest).unwrap();
            let mut child = descriptor(&manifest.media_type, &manifest.bytes);
            child["platform"] = json!({"os": "linux", "architecture": architecture});
            child
        });
        let children: Vec<Value> = children.collect();
        let index = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": children});
        self.put_manifest(repository, tag, OCI_INDEX, index.to_string().as_bytes())
    }

    /// Pushes an artifact whose subject this is.
    pub fn push_referrer(&mut self, repository: &str, subject: &str) -> String {
        let manifest = self.repositories[repository].find(subject).unwrap();
        let more = json!({
            "artifactType": "application/vnd.example.signature",
            "subject": descriptor(&manifest.media_type, &manifest.bytes),
        });
        self.push(repository, None, "signature", &more)
    }

    fn push(&mut self, repository: &str, tag: Option<&str>, words: &str, more: &Value) -> String {
        let image = Image::new(words, more, [OCI_MANIFEST, OCI_CONFIG, OCI_LAYER]);
        self.put_blob(repository, image.config);
        self.put_blob(repository, image.layer);
        let bytes = image.manifest.to_string();
        self.put_manifest(repository, tag, OCI_MANIFEST, bytes.as_bytes())
    }

    /// Lets a tag name a manifest.
    pub fn tag(&mut self, repository: &str, digest: &str, tag: &str) {
        let pushed = self.tick();
        let tags = &mut self.create(repository).tags;
        let created = tags.get(tag).map_or(pushed, |tag| tag.created);
        let digest = digest.to_owned();
        let entry = Tag {
            digest,
            created,
            pushed,
        };
        tags.insert(tag.to_owned(), entry);
    }

    /// Removes a tag; whether it was there.
    pub fn untag(&mut self, repository: &str, tag: &str) -> bool {
        let repository = self.repositories.get_mut(repository);
        repository.is_some_and(|repository| repository.tags.remove(tag).is_some())
    }

    /// Removes a manifest with all its tags; whether it was there.
    pub fn remove(&mut self, repository: &str, digest: &str) -> bool {
        if let Some(repository) = self.repositories.get_mut(repository) {
            repository.tags.retain(|_, tag| tag.digest != digest);
        }
        self.remove_only(repository, digest)
    }

    /// Removes a manifest, whatever names it; whether it was there.
    pub fn remove_only(&mut self, repository: &str, digest: &str) -> bool {
        let repository = self.repositories.get_mut(repository);
        repository.is_some_and(|repository| repository.manifests.remove(digest).is_some())
    }

    /// The names of a repository's tags; none when it is not there.
    pub fn tags(&self, repository: &str) -> Vec<String> {
        let tags = self.repository(repository).into_iter();
        tags.flat_map(|found| found.tags.keys().cloned()).collect()
    }

    /// A repository's manifests, in the order in which they came.
    pub fn manifests(&self, repository: &str) -> Vec<&Manifest> {
        let manifests = self.repository(repository).into_iter();
        let mut found: Vec<_> = manifests.flat_map(|r| r.manifests.values()).collect();
        found.sort_by_key(|manifest| manifest.pushed);
        found
    }

    /// The digest that a tag names.
    pub fn digest(&self, repository: &str, tag: &str) -> Option<String> {
        let tag = self.repository(repository)?.tags.get(tag)?;
        Some(tag.digest.clone())
    }

    /// The indexes that list a manifest.
    pub fn parents(&self, repository: &str, digest: &str) -> Vec<String> {
        let found = self.repository(repository);
        found.map_or_else(Vec::new, |found| found.parents(digest))
    }

    /// The manifests whose subject this is.
    pub fn referrers(&self, repository: &str, digest: &str) -> Vec<&Manifest> {
        let found = self.repository(repository);
        found.map_or_else(Vec::new, |found| found.referrers(digest))
    }
}
