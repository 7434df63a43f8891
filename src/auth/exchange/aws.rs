//! Credentials for Amazon ECR.

use futures_util::future::BoxFuture;

use super::{Exchange, Made};
use crate::auth::{Context, Error};

/// Amazon ECR.
pub struct Aws;

impl Exchange for Aws {
    fn name(&self) -> &'static str {
        "aws"
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
