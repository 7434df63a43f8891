//! What is found out of a repository, and with which requests.

mod bench;
mod brands;
mod closer;
mod gaps;
mod leftovers;
mod real;

use dockside::cleanup::Graph;
use dockside::cleanup::inventory::Inventory;
use dockside::registry::Brand;

use crate::oci::run;

/// The first look.
fn survey(brand: &dyn Brand) -> Graph {
    run(Inventory::new(brand, 4, None).survey()).unwrap_or_else(|error| panic!("{error}"))
}
