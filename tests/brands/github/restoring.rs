//! What was deleted comes back.

use dockside::oci::Digest;

use super::World;
use crate::brands::library::at;
use crate::oci;
use crate::support::brands::github::PUSHER;

#[test]
fn versions_come_back_with_their_tags() {
    let world = World::new();
    let gone = world.push("octo/app", Some("v1"), "one");
    world.push("octo/app", Some("v2"), "two");
    let home = world.home.path();
    let brand = at(
        home,
        &world.network.environment(),
        "ghcr.io/octo/app",
        |_| {},
    );
    let digest: Digest = gone.parse().unwrap();
    assert!(!oci::run(brand.restore(&digest, &[])).unwrap());
    assert!(oci::run(brand.delete(&digest)).unwrap());
    assert_eq!(world.tags("octo/app"), ["v2"]);
    assert!(oci::run(brand.restore(&digest, &[])).unwrap());
    assert_eq!(world.tags("octo/app"), ["v1", "v2"]);
    assert_eq!(world.digest("octo/app", "v1"), Some(gone));
}

#[test]
fn who_may_not_is_left_to_pushes() {
    let world = World::with_token(PUSHER);
    world.push("octo/app", Some("v1"), "one");
    let home = world.home.path();
    let brand = at(
        home,
        &world.network.environment(),
        "ghcr.io/octo/app",
        |_| {},
    );
    assert!(!oci::run(brand.restore(&Digest::of(b"nothing"), &[])).unwrap());
    let brand = at(
        home,
        &world.network.environment(),
        "ghcr.io/octo/none",
        |_| {},
    );
    assert!(!oci::run(brand.restore(&Digest::of(b"nothing"), &[])).unwrap());
}
