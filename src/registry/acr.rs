//! Azure Container Registry.

use super::brand::{Brand, Family};
use super::error::Error;
use super::place::Place;
use super::shown::Shown;

/// Azure Container Registry.
pub struct Acr;

impl Family for Acr {
    fn name(&self) -> &'static str {
        "acr"
    }

    fn title(&self) -> &'static str {
        "Azure Container Registry"
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
