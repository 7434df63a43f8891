//! `untag`: by the tag alone, and never the last tag.

use serde_json::json;

use super::{World, batch, describe, private};
use crate::support::vendor::{Answer, Request};

#[test]
fn untag_keeps_image_and_siblings() {
    let world = World::new();
    let digest = world.aws().store.push_image("team/app", Some("v1"), "one");
    world.aws().store.tag("team/app", &digest, "latest");
    let done = world.run(&["untag", &private("team/app:v1")]);
    let said = format!("untagged {}\n", private("team/app:v1"));
    assert_eq!(done, (0, said, String::new()));
    assert_eq!(world.aws().store.tags("team/app"), ["latest"]);
    let id = json!([{"imageTag": "v1"}]);
    assert_eq!(
        world.seen(),
        [
            format!("{} 200", describe("team/app", "v1")),
            format!("{} 200", batch("team/app", &id)),
        ]
    );
}

#[test]
fn untag_of_the_last_tag_is_refused() {
    let world = World::new();
    world.aws().store.push_image("app", Some("v1"), "one");
    let done = world.run(&["untag", &private("app:v1")]);
    let said = format!(
        "dockside: error: {}: this registry cannot remove the last tag of an image and keep the \
         image\n\
         dockside: hint: ECR deletes an image with its last tag: `dockside delete` removes both, \
         and a tag that `dockside tag` adds first keeps it\n",
        private("app:v1")
    );
    assert_eq!(done, (1, String::new(), said));
    assert_eq!(world.aws().store.tags("app"), ["v1"]);
    assert_eq!(world.seen(), [format!("{} 200", describe("app", "v1"))]);
    assert_eq!(world.run(&["untag", &private("app:v1"), "--dry-run"]), done);
}

/// Each of the two would take the other's tag for one that stays.
#[test]
fn untag_of_all_tags_at_once_keeps_one() {
    let world = World::new();
    let digest = world.aws().store.push_image("app", Some("a"), "one");
    world.aws().store.tag("app", &digest, "b");
    let names = [private("app:a"), private("app:b")];
    let (code, _, said) = world.run(&["untag", &names[0], &names[1]]);
    assert_eq!(code, 5, "{said}");
    assert!(said.contains("cannot remove the last tag"), "{said}");
    assert_eq!(world.aws().store.tags("app").len(), 1);
    assert_eq!(world.aws().store.manifests("app").len(), 1);
}

#[test]
fn untag_of_what_is_gone() {
    let world = World::new();
    world.aws().store.push_image("app", Some("v1"), "one");
    for name in [private("app:v2"), private("none:v1")] {
        let (code, output, said) = world.run(&["untag", &name]);
        let expected = format!("dockside: note: {name} is already gone\n");
        assert_eq!((code, output.as_str(), said), (0, "", expected));
    }
}

#[test]
fn untag_puts_back_what_was_pushed_meanwhile() {
    let world = World::new();
    let old = world.aws().store.push_image("app", Some("v1"), "old");
    world.aws().store.tag("app", &old, "other");
    // The tag moves between the look and the deletion.
    let aws = world.aws.clone();
    let api = "api.ecr.eu-central-1.amazonaws.com";
    let mover = move |request: &Request| -> Answer {
        let target = request.header("x-amz-target").unwrap_or_default();
        let mut aws = aws.lock().unwrap();
        if target.ends_with("BatchDeleteImage") {
            let new = aws.store.push_image("app", Some("v1"), "new");
            aws.store.tag("app", &new, "kept");
        }
        crate::support::vendor::Vendor::answer(&mut *aws, request)
    };
    world.network.answer(api, mover);
    let done = world.run(&["untag", &private("app:v1")]);
    let said = format!(
        "dockside: error: {} was pushed anew while it was being removed, and stays\n\
         dockside: hint: run the command again if it is to go too\n",
        private("app:v1")
    );
    assert_eq!(done, (1, String::new(), said));
    assert_eq!(world.aws().store.tags("app"), ["kept", "other", "v1"]);
}

/// A cleanup says of the one tag that it cannot remove why, and does all the rest.
#[test]
fn the_last_tag_of_a_child_fails_alone() {
    let world = World::new();
    let child = world.aws().store.push_image("app", Some("child"), "one");
    world.aws().store.push_index("app", Some("kept"), &[&child]);
    for tag in ["old", "older"] {
        world.aws().store.push_image("app", Some(tag), tag);
    }
    let name = private("app");
    let words = ["cleanup", &name, "--keep-tag", "kept", "--progress", "none"];
    let (code, output, said) = world.run(&[&words[..], &["--max-delete", "100%"]].concat());
    let report = format!(
        "{name} (ecr)\n\
        \u{20} removed             manifests    tags     bytes\n\
        \u{20}   no rule keeps it          2       2   1.98 kB  old, older\n\
        \u{20} stays\n\
        \u{20}   --keep-tag                1       1     289 B  kept\n\
        \u{20}   needed                    1       0     888 B\n\
        \u{20} 2 manifests and 2 tags removed, 2 manifests and 1 tag stay, 1 step failed; 3.15 kB before\n\
        \u{20} failed: child: {name}:child: this registry cannot remove the last tag of an image and \
         keep the image\n\
        \u{20} note: The registry frees the space by itself.\n"
    );
    let errors = "dockside: error: 1 of 3 removals failed\n\
                  dockside: hint: what stayed is tried again by the next run\n";
    assert_eq!((code, output, said), (5, report, errors.to_owned()));
    assert_eq!(world.aws().store.tags("app"), ["child", "kept"]);
    assert_eq!(world.aws().store.manifests("app").len(), 2);
}
