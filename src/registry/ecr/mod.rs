//! Amazon ECR and ECR Public, by AWS's SDK.
//!
//! A tag is removed by `BatchDeleteImage`, which removes the image too when the tag is its last
//! one; this is refused here. Repositories are not made by a push, unless the account has a
//! template for that.

mod advice;
#[cfg(not(feature = "aws"))]
mod bare;
#[cfg(feature = "aws")]
mod calls;
#[cfg(feature = "aws")]
mod private;
#[cfg(feature = "aws")]
mod public;
#[cfg(feature = "aws")]
mod refused;
#[cfg(feature = "aws")]
mod repository;

use super::access::{Advice, Case, Trouble};
use super::brand::{Brand, Family};
use super::error::Error;
use super::place::Place;
use super::shown::Shown;
use crate::auth::aws::EcrHost;

/// Amazon ECR.
pub struct Ecr;

impl Family for Ecr {
    fn name(&self) -> &'static str {
        "ecr"
    }

    fn title(&self) -> &'static str {
        "Amazon ECR"
    }

    fn is_host(&self, registry: &str) -> bool {
        EcrHost::parse(registry).is_some()
    }

    /// Behind a domain of the customer's own nothing shows it.
    fn is_shown(&self, _: &str, _: &Shown) -> Option<String> {
        None
    }

    #[cfg(feature = "aws")]
    fn open(&self, place: Place) -> Result<Box<dyn Brand>, Error> {
        Ok(Box::new(repository::Repository::open(place)?))
    }

    #[cfg(not(feature = "aws"))]
    fn open(&self, place: Place) -> Result<Box<dyn Brand>, Error> {
        Ok(Box::new(bare::Bare(place.base())))
    }

    fn advise(&self, case: &Case<'_>, trouble: Trouble) -> Option<Advice> {
        advice::advise(case, trouble)
    }

    fn decides_deletes(&self) -> Option<&'static str> {
        Some("IAM decides it, by the action ecr:BatchDeleteImage")
    }
}
