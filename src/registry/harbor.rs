//! Harbor.

use super::brand::{Brand, Family};
use super::error::Error;
use super::place::Place;
use super::shown::Shown;

/// Harbor.
pub struct Harbor;

impl Family for Harbor {
    fn name(&self) -> &'static str {
        "harbor"
    }

    fn title(&self) -> &'static str {
        "Harbor"
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
