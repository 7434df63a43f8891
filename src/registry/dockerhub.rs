//! Docker Hub.

use super::brand::{Brand, Family};
use super::error::Error;
use super::place::Place;
use super::shown::Shown;

/// Docker Hub.
pub struct DockerHub;

impl Family for DockerHub {
    fn name(&self) -> &'static str {
        "dockerhub"
    }

    fn title(&self) -> &'static str {
        "Docker Hub"
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
