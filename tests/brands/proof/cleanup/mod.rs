//! Whatever happens to a cleanup, at each of its requests once, on every brand: nothing that is
//! kept is lost, the report is true, and another run finishes the work.

mod deck;
mod faults;
mod judge;
mod line;
mod world;

use self::world::World;
use super::stand::Stand;

/// Does something with each brand, all at the same time; what is wrong.
fn each(work: impl Fn(&World) -> Vec<String> + Sync) -> String {
    let found = std::thread::scope(|scope| {
        let work = &work;
        let brands = Stand::all().into_iter();
        let threads = brands.map(|stand| scope.spawn(move || work(&World::new(stand))));
        let threads: Vec<_> = threads.collect();
        let found = threads.into_iter().map(|thread| thread.join().unwrap());
        found.collect::<Vec<_>>()
    });
    found.concat().join("\n")
}
