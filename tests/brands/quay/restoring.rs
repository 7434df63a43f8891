//! What the time machine has comes back.

use dockside::oci::Digest;

use super::Stage;
use crate::brands::library::at;
use crate::oci;

const APP: &str = "quay.io/acme/app";

#[test]
fn tags_come_back_with_their_manifests() {
    let stage = Stage::admin();
    let gone = stage.push("one", &["v1", "v2"]);
    stage.push("two", &["v3"]);
    for tag in ["v1", "v2"] {
        stage.quay().store.untag("acme/app", tag);
    }
    let brand = at(stage.home.path(), &stage.network.environment(), APP, |_| {});
    let digest: Digest = gone.parse().unwrap();
    let tags = ["v1".parse().unwrap(), "v2".parse().unwrap()];
    assert!(oci::run(brand.restore(&digest, &tags)).unwrap());
    assert_eq!(stage.tags(), ["v1", "v2", "v3"]);
    assert_eq!(stage.quay().store.digest("acme/app", "v2"), Some(gone));
    let never = Digest::of(b"nothing");
    assert!(!oci::run(brand.restore(&never, &tags[..1])).unwrap());
    assert!(!oci::run(brand.restore(&digest, &[])).unwrap());
}

#[test]
fn who_may_not_is_left_to_pushes() {
    let stage = Stage::robot();
    let gone = stage.push("one", &["v1"]);
    let brand = at(stage.home.path(), &stage.network.environment(), APP, |_| {});
    let tags = ["v2".parse().unwrap()];
    assert!(!oci::run(brand.restore(&gone.parse().unwrap(), &tags)).unwrap());
    assert_eq!(stage.tags(), ["v1"]);
}
