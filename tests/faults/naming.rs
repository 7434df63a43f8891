//! `tag`, `untag` and `delete` with a fault at every request.

use super::content::{IMAGES, registry_flaws, tagged};
use super::requests::{Operation, fail_everywhere};
use super::stage::Stage;
use crate::support::scripted_registry::Deletes;

fn has(stage: &Stage, tag: &str, digest: &str) -> Vec<String> {
    registry_flaws(&stage.target, "app", tag, digest)
}

fn has_not(stage: &Stage, tag: &str) -> Vec<String> {
    let found = tagged(&stage.target, "app", tag);
    found
        .map(|found| format!("{tag} is {found}"))
        .into_iter()
        .collect()
}

/// Three tags: two of one image, and one of another.
fn three_tags(stage: &Stage) {
    IMAGES.put(&stage.target, "app", "v1", &IMAGES.index);
    IMAGES.put(&stage.target, "app", "v2", &IMAGES.index);
    IMAGES.put(&stage.target, "app", "old", &IMAGES.old);
}

fn all_three(stage: &Stage) -> Vec<String> {
    let images = &*IMAGES;
    let tags = [
        ("v1", &images.index),
        ("v2", &images.index),
        ("old", &images.old),
    ];
    tags.into_iter()
        .flat_map(|(tag, digest)| has(stage, tag, digest))
        .collect()
}

const TAG: Operation = Operation {
    before: three_tags,
    arguments: |stage| {
        ["tag", &stage.to("app:v1"), "new", "old"]
            .map(str::to_owned)
            .into()
    },
    faulty: |stage| &stage.target,
    done: |stage| {
        let tags = ["v1", "v2", "new", "old"];
        tags.into_iter()
            .flat_map(|tag| has(stage, tag, &IMAGES.index))
            .collect()
    },
    failed: |stage| {
        let mut found = has(stage, "v1", &IMAGES.index);
        let (new, old) = (has(stage, "new", &IMAGES.index), has_not(stage, "new"));
        if !new.is_empty() && !old.is_empty() {
            found.extend(new);
        }
        let (new, old) = (
            has(stage, "old", &IMAGES.index),
            has(stage, "old", &IMAGES.old),
        );
        if !new.is_empty() && !old.is_empty() {
            found.extend(new);
        }
        found
    },
    prints: false,
};

#[test]
fn tags() {
    fail_everywhere(&TAG);
}

/// The other tags are what they were. The tag may be gone, since the last request is a check; and
/// where it could not be put back, the error says so.
fn others(stage: &Stage) -> Vec<String> {
    let mut found = has(stage, "v2", &IMAGES.index);
    found.extend(has(stage, "old", &IMAGES.old));
    found
}

const UNTAG: Operation = Operation {
    arguments: |stage| ["untag", &stage.to("app:v1")].map(str::to_owned).into(),
    done: |stage| {
        let mut found = has_not(stage, "v1");
        found.extend(has(stage, "v2", &IMAGES.index));
        found.extend(has(stage, "old", &IMAGES.old));
        found
    },
    failed: others,
    ..TAG
};

#[test]
fn untags() {
    fail_everywhere(&UNTAG);
}

#[test]
fn untags_where_only_manifests_are_deleted() {
    fail_everywhere(&Operation {
        before: |stage| {
            three_tags(stage);
            stage
                .target
                .behave(|behaviour| behaviour.deletes = Deletes::Digests);
        },
        ..UNTAG
    });
}

#[test]
fn deletes() {
    fail_everywhere(&Operation {
        arguments: |stage| {
            let (one, two) = (stage.to("app:v1"), stage.to("app:v2"));
            ["delete", &one, &two].map(str::to_owned).into()
        },
        done: |stage| {
            let mut found = has_not(stage, "v1");
            found.extend(has_not(stage, "v2"));
            found.extend(has(stage, "old", &IMAGES.old));
            found
        },
        failed: all_three,
        ..UNTAG
    });
}
