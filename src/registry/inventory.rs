//! What tags name, found out with as few requests as there can be.

use std::collections::HashMap;
use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::BoxFuture;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use tokio::sync::{OnceCell, Semaphore};

use super::error::Error;
use super::image::{self, Config, date, is_image_config};
use crate::oci::{
    self, BadContent, Descriptor, Digest, Manifest, ManifestContent, Platform, Remote, Tag, Target,
};

/// The annotation that saves a look at the config.
const CREATED: &str = "org.opencontainers.image.created";

/// How deep indexes of indexes are followed. Nobody is known to make more than two levels.
const MAX_DEPTH: usize = 4;

/// How many manifests an index may list, itself and through others, before its size is not worth
/// knowing: indexes that list each other's parts again and again can be made to have billions.
const MAX_LISTED: usize = 100_000;

/// How many manifests, and configs, are remembered: some 300 bytes each. When there are more, all
/// are forgotten, which costs requests and no mistakes.
const MAX_KNOWN: usize = 4096;

/// What is known of a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Its digest.
    pub digest: Digest,
    /// Its media type.
    pub media_type: String,
    /// What kind of artifact it is, if it is no image.
    pub artifact_type: Option<String>,
    /// When it was made: by its annotation, else by its config; an index without an annotation
    /// was made when its first platform was.
    pub created: Option<String>,
    /// The bytes of all its blobs; of an index, the sum over the manifests that it lists, as far
    /// as the repository has them.
    pub size: u64,
    /// What it runs on; `None` where that is in a config that nothing else had to be read from.
    pub platforms: Option<Vec<Platform>>,
}

/// The manifests of a repository. Each manifest that an index lists, and each config, is asked
/// for once, however often it is named; a tag costs one request, and a config one more unless an
/// annotation says when the image was made.
pub struct Inventory {
    remote: Remote,
    jobs: usize,
    manifests: Known<Option<Outline>>,
    configs: Known<(Option<String>, Option<Platform>)>,
    /// Manifests in memory at the same time.
    room: Semaphore,
}

/// What is kept of a manifest.
#[derive(Debug, Clone)]
struct Outline {
    digest: Digest,
    media_type: String,
    artifact_type: Option<String>,
    created: Option<String>,
    /// The bytes of its blobs.
    size: u64,
    config: Option<Descriptor>,
    children: Arc<[Descriptor]>,
}

impl Outline {
    fn of(manifest: &Manifest) -> Self {
        let config = match &manifest.content {
            ManifestContent::Image { config, .. } => config.as_deref(),
            ManifestContent::Index(_) => None,
        };
        let created = manifest.annotations.get(CREATED);
        // An artifact without a type of its own is known by that of its config.
        let kind = config.map(|config| config.media_type.clone());
        let kind = manifest.artifact_type.clone().or(kind);
        Self {
            digest: manifest.digest().clone(),
            media_type: manifest.media_type().to_owned(),
            artifact_type: kind.filter(|kind| !is_image_config(kind)),
            created: created.and_then(|text| date(text)).map(str::to_owned),
            size: total(manifest),
            config: config
                .filter(|config| is_image_config(&config.media_type))
                .map(plain),
            children: manifest.children().iter().map(plain).collect(),
        }
    }

    fn is_index(&self) -> bool {
        !self.children.is_empty()
    }
}

/// The descriptor without what is not needed to ask for it, and to know a platform.
fn plain(descriptor: &Descriptor) -> Descriptor {
    let mut plain = Descriptor::new(
        descriptor.media_type.clone(),
        descriptor.digest.clone(),
        descriptor.size,
    );
    plain.platform.clone_from(&descriptor.platform);
    plain
}

/// The bytes of a manifest's blobs together, as the manifest says.
pub fn total(manifest: &Manifest) -> u64 {
    let sizes = manifest.blobs().map(|blob| blob.size);
    sizes.fold(0, u64::saturating_add)
}

impl Inventory {
    /// The manifests of `remote`, asked for with `jobs` requests at the same time at most.
    pub fn new(remote: Remote, jobs: usize) -> Self {
        Self {
            remote,
            jobs,
            manifests: Known::default(),
            configs: Known::default(),
            room: Semaphore::new(jobs),
        }
    }

    /// What a tag names; `None` when it is not there.
    ///
    /// # Errors
    /// A request fails, or what comes is damaged.
    pub async fn tagged(&self, tag: &Tag) -> Result<Option<Facts>, Error> {
        match self.ask(&Target::Tag(tag.clone())).await? {
            Some(outline) => Ok(Some(self.facts(outline).await?)),
            None => Ok(None),
        }
    }

    async fn facts(&self, outline: Outline) -> Result<Facts, Error> {
        let mut facts = Facts {
            size: outline.size,
            created: outline.created.clone(),
            digest: outline.digest.clone(),
            media_type: outline.media_type.clone(),
            artifact_type: outline.artifact_type.clone(),
            platforms: None,
        };
        if outline.is_index() {
            let platforms = outline.children.iter().filter_map(runs_on);
            facts.platforms = Some(platforms.cloned().collect());
            let listed = AtomicUsize::new(0);
            facts.size = self.size(outline.clone(), MAX_DEPTH, &listed).await?;
        }
        if facts.created.is_none()
            && let Some(image) = self.first_image(outline, MAX_DEPTH).await?
        {
            facts.created = image.created;
            if let Some(config) = image.config.filter(|_| facts.created.is_none()) {
                let (created, platform) = self.config(&config).await?;
                facts.created = created;
                facts.platforms = facts.platforms.or(platform.map(|one| vec![one]));
            }
        }
        Ok(facts)
    }

    /// The image itself, or the first one that an index lists.
    fn first_image(
        &self,
        outline: Outline,
        depth: usize,
    ) -> BoxFuture<'_, Result<Option<Outline>, Error>> {
        Box::pin(async move {
            if !outline.is_index() {
                return Ok(Some(outline));
            }
            let mut children = outline.children.iter();
            let first = children
                .find(|child| runs_on(child).is_some())
                .or(outline.children.first());
            let Some(first) = first.filter(|_| depth > 0) else {
                return Ok(None);
            };
            match self.child(first).await? {
                Some(child) => self.first_image(child, depth - 1).await,
                None => Ok(None),
            }
        })
    }

    /// The bytes of all blobs below a manifest.
    fn size<'a>(
        &'a self,
        outline: Outline,
        depth: usize,
        listed: &'a AtomicUsize,
    ) -> BoxFuture<'a, Result<u64, Error>> {
        Box::pin(async move {
            if depth == 0 {
                return Ok(outline.size);
            }
            let sizes = (0..outline.children.len()).map(|at| {
                let children = Arc::clone(&outline.children);
                async move {
                    let Some(child) = children.get(at) else {
                        return Ok(0);
                    };
                    if listed.fetch_add(1, Ordering::Relaxed) >= MAX_LISTED {
                        return Err(self.too_many(child));
                    }
                    match self.child(child).await? {
                        Some(child) => self.size(child, depth - 1, listed).await,
                        None => Ok(0),
                    }
                }
            });
            let sizes = stream::iter(sizes).buffer_unordered(self.jobs);
            let add = |sum: u64, size| async move { Ok(sum.saturating_add(size)) };
            sizes.try_fold(outline.size, add).await
        })
    }

    fn too_many(&self, child: &Descriptor) -> Error {
        let reason = format!("the indexes that list it list more than {MAX_LISTED} manifests");
        Error::Oci(oci::Error::Content {
            subject: self
                .remote
                .repository()
                .at(child.digest.clone())
                .to_string(),
            source: BadContent::Answer(reason),
        })
    }

    async fn child(&self, child: &Descriptor) -> Result<Option<Outline>, Error> {
        let target = Target::Digest(child.digest.clone());
        let ask = || self.ask(&target);
        self.manifests.get(&child.digest, ask).await
    }

    async fn ask(&self, target: &Target) -> Result<Option<Outline>, Error> {
        let _room = self.room.acquire().await;
        let manifest = self.remote.manifest(target).await?;
        Ok(manifest.as_ref().map(Outline::of))
    }

    /// When an image was made, and what it runs on.
    async fn config(
        &self,
        config: &Descriptor,
    ) -> Result<(Option<String>, Option<Platform>), Error> {
        let ask = || async {
            let _room = self.room.acquire().await;
            let Some(bytes) = image::read(&self.remote, config).await? else {
                return Ok((None, None));
            };
            let config = Config::parse(&bytes);
            Ok((config.created().map(str::to_owned), config.platform()))
        };
        self.configs.get(&config.digest, ask).await
    }
}

/// The platform, unless it is the `unknown/unknown` of BuildKit's attestations.
fn runs_on(child: &Descriptor) -> Option<&Platform> {
    let platform = child.platform.as_ref()?;
    (platform.os != "unknown").then_some(platform)
}

/// What has been found out already, by digest. Who asks for what is being asked for waits for it.
struct Known<T>(Mutex<HashMap<Digest, Arc<OnceCell<T>>>>);

impl<T> Default for Known<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> Known<T> {
    async fn get<F: Future<Output = Result<T, Error>>>(
        &self,
        digest: &Digest,
        ask: impl FnOnce() -> F,
    ) -> Result<T, Error> {
        let cell = {
            let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if known.len() >= MAX_KNOWN && !known.contains_key(digest) {
                known.clear();
            }
            Arc::clone(known.entry(digest.clone()).or_default())
        };
        cell.get_or_try_init(ask).await.cloned()
    }
}
