//! Whole repositories: the tags of both sides, listed at once.

use std::collections::HashSet;

use futures_util::future::try_join_all;

use super::pairs::Pair;
use crate::cli::moving::{Misuse, Plan, name_of, named};
use crate::error::{Explain, Failure};
use crate::oci::{self, Digest, Reference, Registries, Repository, Tag};
use crate::pattern::Pattern;
use crate::registry::is_referrers_tag;
use crate::transfer::local::{self, Reader};
use crate::transfer::{self, Expectation, Image, Place};

/// Why a repository is not copied.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("no tag of {0} matches")]
    NoMatch(Place),
    #[error("{place} has several images with the tag {tag}")]
    Ambiguous { place: Place, tag: Tag },
    #[error("cannot read {0}")]
    Stopped(Place, #[source] tokio::task::JoinError),
}

impl Explain for Error {
    fn hint(&self) -> Option<String> {
        match self {
            Self::NoMatch(Place::Registry(reference)) => {
                let repository = &reference.repository;
                Some(format!("dockside tags {repository} lists what there is"))
            }
            Self::Ambiguous { .. } => Some("copy them one by one, by their names".to_owned()),
            Self::NoMatch(_) | Self::Stopped(..) => None,
        }
    }
}

/// An image by its tag, and by its name and digest in a layout or archive.
struct Tagged {
    tag: Tag,
    named: Option<(String, Digest)>,
}

/// Makes sure that places are whole repositories, layouts or archives, and that no target is given
/// twice.
pub(super) fn check(pairs: &[Pair]) -> Result<(), Misuse> {
    let is_one = |place: &&Place| match place {
        Place::Registry(reference) => reference.tag.is_some() || reference.digest.is_some(),
        place => name_of(place).is_some(),
    };
    let places = pairs.iter().flat_map(|(source, target)| [source, target]);
    if let Some(place) = places.into_iter().find(is_one) {
        return Err(Misuse::new(
            format!("{place} is one image"),
            "--all-tags and --match copy whole repositories: leave the tag away",
        ));
    }
    let mut targets = HashSet::new();
    for (_, target) in pairs {
        if !targets.insert(target.to_string()) {
            return Err(Misuse::new(
                format!("{target} is a target twice"),
                "copy one repository after the other: their tags may be the same",
            ));
        }
    }
    Ok(())
}

/// Lists the tags of all sources and targets at once, and plans their images. The lists of
/// referrers that clients keep under tags are left out where referrers move with their images.
pub(super) async fn plan(
    registries: &Registries,
    pairs: Vec<Pair>,
    patterns: &[Pattern],
    with_referrers: bool,
) -> Result<Plan, Failure> {
    let together = pairs
        .iter()
        .any(|(_, target)| !matches!(target, Place::Registry(_)));
    let planned = pairs
        .into_iter()
        .map(|pair| one(registries, pair, patterns, with_referrers));
    let images = try_join_all(planned).await?.into_iter().flatten();
    Ok(Plan::lazy(images, together))
}

/// The images of one repository, which are made as they are needed.
async fn one(
    registries: &Registries,
    (source, target): Pair,
    patterns: &[Pattern],
    with_referrers: bool,
) -> Result<impl Iterator<Item = Image> + Send + use<>, Failure> {
    let (tags, there) = tokio::join!(tags(registries, &source), present(registries, &target));
    let (mut tags, there) = (tags?, there?);
    tags.retain(|one| Pattern::any(patterns, one.tag.as_str()));
    if tags.is_empty() && !patterns.is_empty() {
        return Err(Error::NoMatch(source).into());
    }
    if with_referrers {
        // Those are made of what is there and what is moved, not copied over what is there.
        tags.retain(|one| !is_referrers_tag(&one.tag));
    }
    // Registries list in an order of their own, which changes from run to run.
    tags.sort_by(|one, other| one.tag.cmp(&other.tag));
    // An archive may have several names for an image: a tag, and references with it.
    let digest = |one: &Tagged| one.named.as_ref().map(|(_, digest)| digest.clone());
    tags.dedup_by(|next, one| next.tag == one.tag && digest(next) == digest(one));
    let mut pairs = tags.windows(2);
    if let Some([twice, _]) = pairs.find(|pair| matches!(pair, [a, b] if a.tag == b.tag)) {
        let tag = twice.tag.clone();
        return Err(Error::Ambiguous { place: source, tag }.into());
    }
    let image = move |Tagged { tag, named }| {
        let expect = match &there {
            Some(there) if there.contains(&tag) => Expectation::Present,
            Some(_) => Expectation::Absent,
            None => Expectation::Unknown,
        };
        let target_name = match (&source, &target) {
            (Place::Registry(from), Place::DockerArchive { .. }) => {
                from.repository.tagged(tag.clone()).to_string()
            }
            _ => tag.to_string(),
        };
        Image {
            source: at(
                &source,
                &tag,
                named.map(|(name, _)| name).unwrap_or_default(),
            ),
            targets: vec![at(&target, &tag, target_name)],
            expect,
        }
    };
    Ok(tags.into_iter().map(image))
}

/// The image at a place: by tag in a repository, by name elsewhere.
fn at(place: &Place, tag: &Tag, name: String) -> Place {
    match place {
        Place::Registry(reference) => Place::Registry(reference.repository.tagged(tag.clone())),
        place => named(place.clone(), Some(name)),
    }
}

/// The tags of a source.
async fn tags(registries: &Registries, source: &Place) -> Result<Vec<Tagged>, Failure> {
    if let Place::Registry(reference) = source {
        let tags = registries.at(&reference.repository)?.tags().all().await?;
        let tagged = |tag| Tagged { tag, named: None };
        return Ok(tags.into_iter().map(tagged).collect());
    }
    let place = source.clone();
    let names = tokio::task::spawn_blocking(move || names(&place)).await;
    let names = names.map_err(|error| Error::Stopped(source.clone(), error))??;
    Ok(names.into_iter().filter_map(tagged).collect())
}

/// A name that is a tag, or a reference with one; others are no tags.
fn tagged((name, digest): (String, Digest)) -> Option<Tagged> {
    let tag = match name.parse::<Tag>() {
        Ok(tag) => tag,
        Err(_) => name.parse::<Reference>().ok()?.tag?,
    };
    Some(Tagged {
        tag,
        named: Some((name, digest)),
    })
}

fn names(place: &Place) -> Result<Vec<(String, Digest)>, transfer::Error> {
    let reader: Box<dyn Reader> = match place {
        Place::Registry(_) => return Ok(Vec::new()),
        Place::Layout { directory, .. } => local::open_layout(directory)?,
        Place::LayoutArchive { file, .. } | Place::DockerArchive { file, .. } => {
            local::open_archive(file)?
        }
    };
    let names = reader.entries().iter().flat_map(|entry| {
        let digest = &entry.descriptor.digest;
        let names = entry.names.iter();
        names.map(|name| (name.clone(), digest.clone()))
    });
    Ok(names.collect())
}

/// The tags that a target has; `None` when that is not known, which only costs requests. A
/// repository that is still to be made has none.
async fn present(registries: &Registries, target: &Place) -> Result<Option<HashSet<Tag>>, Failure> {
    let Place::Registry(Reference { repository, .. }) = target else {
        return Ok(None);
    };
    match list(registries, repository).await {
        Ok(tags) => Ok(Some(tags.into_iter().collect())),
        Err(oci::Error::NotFound { .. }) => Ok(Some(HashSet::new())),
        // Who may push need not be allowed to list.
        Err(oci::Error::Denied { .. } | oci::Error::Refused { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

async fn list(registries: &Registries, repository: &Repository) -> Result<Vec<Tag>, oci::Error> {
    registries.at(repository)?.tags().all().await
}
