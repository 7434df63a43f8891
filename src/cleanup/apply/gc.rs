//! What still has to happen until a cleanup has freed space.

use crate::registry::{self, Brand};

/// What still has to run, or to pass, until the space is free: one sentence.
pub fn after(brand: &dyn Brand) -> &'static str {
    brand.after_deleting()
}

/// Starts it where the registry has an API for that: what was started, else what has to run.
///
/// # Errors
/// The registry refuses.
pub async fn start_gc(brand: &dyn Brand) -> Result<String, registry::Error> {
    let started = brand.collect_garbage().await?;
    Ok(started.unwrap_or_else(|| brand.after_deleting().to_owned()))
}
