//! Credentials for Quay.

use futures_util::future::BoxFuture;

use super::{Exchange, Made};
use crate::auth::{Context, Error};

/// Quay.
pub struct Quay;

impl Exchange for Quay {
    fn name(&self) -> &'static str {
        "quay"
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
