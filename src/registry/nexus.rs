//! Sonatype Nexus.

use super::brand::{Brand, Family};
use super::error::Error;
use super::place::Place;
use super::shown::Shown;

/// Sonatype Nexus.
pub struct Nexus;

impl Family for Nexus {
    fn name(&self) -> &'static str {
        "nexus"
    }

    fn title(&self) -> &'static str {
        "Sonatype Nexus"
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
