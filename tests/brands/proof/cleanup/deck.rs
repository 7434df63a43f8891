//! A small repository in which everything is mixed that a cleanup must tell apart.

use std::collections::{BTreeMap, BTreeSet};

use dockside::oci::Digest;

use crate::support::vendor::Store;

/// The tags that stay.
pub const KEPT: [&str; 3] = ["v1", "arm", "main"];

/// The names of the manifests, by their digests.
#[derive(Default, Clone)]
pub struct Deck(BTreeMap<String, String>);

impl Deck {
    /// What stays: the index `v1` of two images, of which one has a tag too, and another that
    /// goes; `main`, whose second tag goes, with a signature and a referrer. What goes: the index
    /// `old`, which shares an image with `v1`, and has one with a tag; `one`, with a signature;
    /// `two`, which has two tags, with a referrer; and `alone`, which has no tag.
    pub fn fill(store: &mut Store, path: &str) -> Self {
        let mut deck = Self::default();
        let mut put = |name: &str, digest: String| {
            deck.0.insert(digest.clone(), name.to_owned());
            digest
        };
        let amd = put("amd", store.push_image(path, None, "amd"));
        let arm = put("arm", store.push_image(path, Some("arm"), "arm"));
        store.tag(path, &arm, "arm-old");
        put("v1", store.push_index(path, Some("v1"), &[&amd, &arm]));
        let main = put("main", store.push_image(path, Some("main"), "main"));
        store.tag(path, &main, "same");
        let tag = signature(&main);
        put("main's signature", store.push_image(path, Some(&tag), "1"));
        put("main's referrer", store.push_referrer(path, &main));
        let first = put("old-amd", store.push_image(path, None, "old-amd"));
        let second = store.push_image(path, Some("old-s390x"), "old-s390x");
        let second = put("old-s390x", second);
        let children = [first.as_str(), &second, &arm];
        put("old", store.push_index(path, Some("old"), &children));
        let one = put("one", store.push_image(path, Some("one"), "one"));
        let tag = signature(&one);
        put("one's signature", store.push_image(path, Some(&tag), "2"));
        let two = put("two", store.push_image(path, Some("two"), "two"));
        store.tag(path, &two, "deux");
        put("two's referrer", store.push_referrer(path, &two));
        put("alone", store.push_image(path, None, "alone"));
        deck
    }

    /// The name of a manifest; the digest of one that came later.
    pub fn name<'a>(&'a self, digest: &'a str) -> &'a str {
        self.0.get(digest).map_or(digest, String::as_str)
    }

    /// The digest of a manifest.
    pub fn digest(&self, name: &str) -> &str {
        let mut all = self.0.iter();
        all.find(|(_, one)| *one == name).unwrap().0
    }

    /// The text with names in place of digests.
    pub fn named(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (digest, name) in &self.0 {
            text = text.replace(digest, &format!("<{name}>"));
            text = text.replace(&signature(digest), &format!("<{name}>.sig"));
        }
        text
    }

    /// What a repository has.
    pub fn contents(&self, store: &Store, path: &str) -> Contents {
        let name = |digest: &str| self.name(digest).to_owned();
        let manifests = store.manifests(path).into_iter();
        let tags = store.tags(path).into_iter();
        let named = |tag: String| {
            let digest = store.digest(path, &tag).unwrap();
            (self.named(&tag), name(&digest))
        };
        Contents {
            manifests: manifests.map(|one| name(&one.digest)).collect(),
            tags: tags.map(named).collect(),
            incomplete: self.incomplete(store, path),
        }
    }

    /// The manifests that lack a blob or, if they are indexes, a part.
    fn incomplete(&self, store: &Store, path: &str) -> BTreeSet<String> {
        let Some(repository) = store.repository(path) else {
            return BTreeSet::new();
        };
        let is_whole = |one: &&crate::support::vendor::Manifest| {
            let json = one.json();
            let layers = json["layers"].as_array().into_iter().flatten();
            let mut blobs = layers
                .chain([&json["config"]])
                .filter_map(|blob| blob["digest"].as_str());
            let mut children = one.children().into_iter();
            blobs.all(|blob| repository.blobs.contains_key(blob))
                && children.all(|child| repository.manifests.contains_key(&child))
        };
        let all = repository.manifests.values();
        let lacking = all.filter(|one| !is_whole(one));
        lacking
            .map(|one| self.name(&one.digest).to_owned())
            .collect()
    }
}

/// cosign's tag for the signature of a manifest.
fn signature(digest: &str) -> String {
    let digest: Digest = digest.parse().unwrap();
    format!("{}.sig", digest.to_string().replace(':', "-"))
}

/// What is in a repository, by names.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Contents {
    /// What each tag names.
    pub tags: BTreeMap<String, String>,
    /// The manifests.
    pub manifests: BTreeSet<String>,
    /// Those that cannot be pulled whole.
    pub incomplete: BTreeSet<String>,
}
