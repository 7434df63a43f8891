//! Amazon ECR.

use super::brand::{Brand, Family};
use super::error::Error;
use super::place::Place;
use super::shown::Shown;

/// Amazon ECR.
pub struct Ecr;

impl Family for Ecr {
    fn name(&self) -> &'static str {
        "ecr"
    }

    fn title(&self) -> &'static str {
        "Amazon ECR"
    }

    fn is_host(&self, _registry: &str) -> bool {
        false
    }

    fn is_shown(&self, _registry: &str, _shown: &Shown) -> Option<String> {
        None
    }

    fn open(&self, place: Place) -> Result<Box<dyn Brand>, Error> {
        Ok(Box::new(place.base()))
    }
}
