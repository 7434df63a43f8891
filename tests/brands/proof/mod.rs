//! What every brand must bear, over all emulators: limits, odd pages, tokens that die, pushes in
//! between, and a brand that was only named.

mod all;
mod limits;
mod named;
mod pages;
mod races;
pub mod stand;
mod tokens;
