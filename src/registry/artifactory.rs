//! JFrog Artifactory.

use super::brand::{Brand, Family};
use super::error::Error;
use super::place::Place;
use super::shown::Shown;

/// JFrog Artifactory.
pub struct Artifactory;

impl Family for Artifactory {
    fn name(&self) -> &'static str {
        "artifactory"
    }

    fn title(&self) -> &'static str {
        "JFrog Artifactory"
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
