//! How many requests it takes: to find out what is in the small repository, to clean it up, and to
//! find out what is in one of 250 images, all of which stay.

use dockside::cleanup::policy::{Flags, Policy};

use super::line::Trouble;
use super::world::World;
use super::{expect, of_each};
use crate::support::vendor::Store;

/// More than two pages of a hundred.
const MANY: usize = 250;

fn requests_of_many(world: &World) -> usize {
    let mut store = Store::new();
    for number in 0..MANY {
        let tag = format!("t{number}");
        store.push_image(world.stand.path(), Some(&tag), &tag);
    }
    world.refill(&store);
    let flags = Flags {
        tags: vec!["t*".parse().unwrap()],
        ..Flags::default()
    };
    world.line.arm(Trouble::Nothing, 0);
    world.survey(&Policy::simple(&flags).unwrap());
    world.line.disarm()
}

#[test]
fn requests_of_each_brand() {
    let rows = of_each(|world| {
        let (brand, (found, all)) = (world.stand.brand, world.requests);
        let many = requests_of_many(world);
        format!("{brand:11} {found:>9} {:>7} {many:>8}\n", all - found)
    });
    let table = rows.concat();
    let head = "brand       inventory cleanup 250 tags\n";
    expect("counts.txt", &format!("{head}{table}"));
}
