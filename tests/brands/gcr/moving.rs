//! Images are pulled and pushed.

use super::{APP, HOST, World};

#[test]
fn copy_pulls_and_pushes() {
    let world = World::new();
    let digest = world
        .google()
        .store
        .push_image("p/r/app", Some("v1"), "one");
    let to = format!("{HOST}/p/r/other:v2");
    let (code, _, said) = world.run(&["copy", &format!("{APP}:v1"), &to, "--quiet"]);
    assert_eq!((code, said.as_str()), (0, ""));
    assert_eq!(world.google().store.digest("p/r/other", "v2"), Some(digest));
}
