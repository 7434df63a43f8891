//! What every brand must bear, over all emulators: limits, odd pages, tokens that die, pushes in
//! between, a brand that was only named, and whatever may happen to a cleanup.

mod all;
mod cleanup;
mod limits;
mod named;
mod pages;
mod races;
pub mod stand;
mod tokens;
