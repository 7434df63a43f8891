//! Google Artifact Registry.

use super::brand::{Brand, Family};
use super::error::Error;
use super::place::Place;
use super::shown::Shown;

/// Google Artifact Registry.
pub struct Gcr;

impl Family for Gcr {
    fn name(&self) -> &'static str {
        "gcr"
    }

    fn title(&self) -> &'static str {
        "Google Artifact Registry"
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
