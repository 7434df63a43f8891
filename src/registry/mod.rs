//! What a brand of registry does differently; one file per brand.
//!
//! Everything that the distribution API defines is in [`crate::oci`]. What it leaves to the
//! registry, deleting one tag above all, and what a vendor's own API does better is asked of a
//! [`Brand`]. [`Brands`] finds out which one a repository has: by its registry's host
//! ([`Family::is_host`]), else by what that answers ([`Shown`]). [`Inventory`] finds out what
//! tags name where no API of the brand's says it.

mod access;
mod acr;
pub mod api;
mod artifactory;
mod basic;
mod brand;
mod brands;
mod clock;
mod default;
mod dockerhub;
mod doomed;
mod dummy;
mod ecr;
mod error;
mod gcr;
mod gitea;
mod github;
mod gitlab;
mod harbor;
mod image;
mod inventory;
mod locks;
mod named;
mod nexus;
mod place;
mod quay;
mod referrers;
mod refusal;
mod remembered;
mod secret_kind;
mod shown;
mod zot;

pub use access::{Advice, Case, Purpose, Trouble, advice};
pub use brand::{Brand, Created, Family, Listed, Listing, Sweep, Tagged, Takes};
pub use brands::{Brands, By, Recognised};
pub use default::Default;
pub use doomed::{DoomedList, is_doomed_list};
pub use dummy::{Dummy, is_dummy, may_be_dummy};
pub use error::Error;
pub use image::{Config, Execution, MAX_CONFIG, is_image_config, read};
pub use inventory::{Facts, Inventory, total};
pub use place::{Place, Settings};
pub use referrers::{is_referrers_tag, unlist};
pub use refusal::{Refusal, Why};
pub use secret_kind::SecretKind;
pub use shown::Shown;

/// All brands, in the order in which what a registry shows is held against them.
static FAMILIES: &[&dyn Family] = &[
    &ecr::Ecr,
    &acr::Acr,
    &dockerhub::DockerHub,
    &gcr::Gcr,
    &github::Github,
    &gitlab::Gitlab,
    &harbor::Harbor,
    &artifactory::Artifactory,
    &quay::Quay,
    &nexus::Nexus,
    &gitea::Gitea,
    &zot::Zot,
    &default::Plain,
];

/// The names of all brands, as `--repo-container-registry` takes them.
pub fn names() -> Vec<&'static str> {
    FAMILIES.iter().map(|family| family.name()).collect()
}

/// The brand whose registries have such hosts, if the host alone tells.
pub fn family_of_host(registry: &str) -> Option<&'static dyn Family> {
    FAMILIES
        .iter()
        .copied()
        .find(|family| family.is_host(registry))
}

/// The brand of this name.
pub fn family(name: &str) -> Option<&'static dyn Family> {
    FAMILIES
        .iter()
        .copied()
        .find(|family| family.name() == name)
}

/// Whether it is no brand in particular, which is mostly distribution.
pub fn is_plain(family: &dyn Family) -> bool {
    family.name() == default::Plain.name()
}
