//! GitHub Packages.

use super::brand::{Brand, Family};
use super::error::Error;
use super::place::Place;
use super::shown::Shown;

/// GitHub Packages.
pub struct Github;

impl Family for Github {
    fn name(&self) -> &'static str {
        "github"
    }

    fn title(&self) -> &'static str {
        "GitHub Packages"
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
