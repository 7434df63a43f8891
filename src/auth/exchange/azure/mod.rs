//! Credentials for Azure Container Registry.

use futures_util::future::BoxFuture;

use super::{Exchange, Made};
use crate::auth::{Context, Error};

/// Azure Container Registry.
pub struct Azure;

impl Exchange for Azure {
    fn name(&self) -> &'static str {
        "azure"
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
