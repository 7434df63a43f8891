//! What a deployment needs of registries: images by their digests ([`images`]), and a secret with
//! which a cluster may pull them ([`PullSecret`], made of [`logins`]).

#[cfg(feature = "kubernetes")]
mod apply;
mod error;
pub mod images;
mod logins;
mod pull_secret;

#[cfg(feature = "kubernetes")]
pub use apply::Cluster;
pub use error::Error;
pub use logins::{Login, logins};
pub use pull_secret::PullSecret;
