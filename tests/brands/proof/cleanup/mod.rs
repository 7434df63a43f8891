//! Whatever happens to a cleanup, at each of its requests once, on every brand: nothing that is
//! kept is lost, the report is true, and another run finishes the work.

mod counts;
mod deck;
mod faults;
mod judge;
mod kill;
mod line;
mod races;
mod world;

use std::path::Path;

use self::world::World;
use super::stand::Stand;

/// Does something with each brand, all at the same time; what is wrong.
fn each(work: impl Fn(&World) -> Vec<String> + Sync) -> String {
    of_each(work).concat().join("\n")
}

/// Does something with each brand, all at the same time; what it came to.
fn of_each<T: Send>(work: impl Fn(&World) -> T + Sync) -> Vec<T> {
    std::thread::scope(|scope| {
        let work = &work;
        let brands = Stand::all().into_iter();
        let threads = brands.map(|stand| scope.spawn(move || work(&World::new(stand))));
        let threads: Vec<_> = threads.collect();
        let found = threads.into_iter().map(|thread| thread.join().unwrap());
        found.collect()
    })
}

/// What is said in a file here.
fn expect(name: &str, found: &str) {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/brands/proof/cleanup");
    let path = Path::new(directory).join(name);
    if std::env::var_os("RENEW_SNAPSHOTS").is_some() {
        std::fs::write(&path, found).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(found, expected, "{name}");
}
