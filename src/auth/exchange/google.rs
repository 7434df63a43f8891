//! Credentials for Google Artifact Registry.

use futures_util::future::BoxFuture;

use super::{Exchange, Made};
use crate::auth::{Context, Error};

/// Google Artifact Registry.
pub struct Google;

impl Exchange for Google {
    fn name(&self) -> &'static str {
        "google"
    }

    fn is_for(&self, _registry: &str, _context: &Context) -> bool {
        false
    }

    fn is_ready(&self, _registry: &str, _context: &Context) -> Option<String> {
        None
    }

    fn make<'a>(
        &'a self,
        registry: &'a str,
        _context: &'a Context,
    ) -> BoxFuture<'a, Result<Made, Error>> {
        Box::pin(async move {
            Err(Error::NoIdentity {
                registry: registry.to_owned(),
                looked: String::new(),
                advice: "",
            })
        })
    }
}
