//! What a deployment needs of registries: images by their digests ([`images`]), and a secret with
//! which a cluster may pull them.

pub mod images;
