//! `push`, `pull` and `copy` with a fault at every request.

use std::fs;

use super::content::{
    IMAGES, archive_flaws, flaws, layout_blob, listed, registry_flaws, tagged, unpacked,
};
use super::requests::{Operation, fail_everywhere};
use super::stage::Stage;

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn nothing(_: &Stage) -> Vec<String> {
    Vec::new()
}

/// The target has no tag but the old one, or one that is complete: a registry that lies about what
/// it has just stored has stored it.
fn untouched(stage: &Stage) -> Vec<String> {
    match tagged(&stage.target, "to", "v1") {
        Some(digest) => registry_flaws(&stage.target, "to", "v1", &digest),
        None => Vec::new(),
    }
}

fn has_single(stage: &Stage) -> Vec<String> {
    registry_flaws(&stage.target, "to", "v1", &IMAGES.single)
}

fn has_index(stage: &Stage) -> Vec<String> {
    registry_flaws(&stage.target, "to", "v1", &IMAGES.index)
}

const PUSH: Operation = Operation {
    before: |_| {},
    arguments: |stage| words(&["push", &IMAGES.argument("single"), &stage.to("to:v1")]),
    faulty: |stage| &stage.target,
    done: has_single,
    failed: untouched,
    prints: false,
};

#[test]
fn pushes_of_an_image() {
    fail_everywhere(&PUSH);
}

#[test]
fn pushes_of_an_index() {
    fail_everywhere(&Operation {
        before: |stage| IMAGES.put(&stage.target, "to", "v1", &IMAGES.old),
        arguments: |stage| words(&["push", &IMAGES.argument("index"), &stage.to("to:v1")]),
        done: has_index,
        ..PUSH
    });
}

/// What killed or failed work must not leave.
fn left_over(stage: &Stage) -> Vec<String> {
    let mut found = Vec::new();
    for directory in [stage.place(), stage.place().join("layout")] {
        for file in fs::read_dir(directory).into_iter().flatten() {
            let name = file.unwrap().file_name().into_string().unwrap();
            if name.contains(".dockside-") {
                found.push(format!("{name} is left"));
            }
        }
    }
    found
}

const PULL: Operation = Operation {
    before: |stage| IMAGES.put(&stage.source, "from", "v1", &IMAGES.index),
    arguments: |stage| words(&["pull", &stage.from("from:v1"), "oci:layout:v1"]),
    faulty: |stage| &stage.source,
    done: |stage| {
        let layout = stage.place().join("layout");
        let names = listed(&fs::read(layout.join("index.json")).unwrap());
        let mut found = left_over(stage);
        if names != [&*IMAGES.index] {
            found.push(format!("it lists {names:?}"));
        }
        found.extend(flaws(&|digest| layout_blob(&layout, digest), &IMAGES.index));
        found
    },
    failed: |stage| {
        let layout = stage.place().join("layout");
        let mut found = left_over(stage);
        if let Ok(index) = fs::read(layout.join("index.json")) {
            let names = listed(&index);
            if !names.is_empty() {
                found.push(format!("it lists {names:?}"));
            }
        }
        for blob in fs::read_dir(layout.join("blobs/sha256"))
            .into_iter()
            .flatten()
        {
            let name = blob.unwrap().file_name().into_string().unwrap();
            // Manifests come after all they list, and so are complete too.
            let digest = format!("sha256:{name}");
            found.extend(flaws(&|digest| layout_blob(&layout, digest), &digest));
        }
        found
    },
    prints: true,
};

#[test]
fn pulls_to_a_layout() {
    fail_everywhere(&PULL);
}

#[test]
fn pulls_to_an_archive() {
    fail_everywhere(&Operation {
        arguments: |stage| words(&["pull", &stage.from("from:v1"), "oci-archive:a.tar:v1"]),
        done: |stage| {
            let mut found = left_over(stage);
            found.extend(archive_flaws(&stage.place().join("a.tar"), &IMAGES.index));
            found
        },
        failed: empty_place,
        ..PULL
    });
}

#[test]
fn pulls_for_docker() {
    fail_everywhere(&Operation {
        before: |stage| IMAGES.put(&stage.source, "from", "v1", &IMAGES.single),
        arguments: |stage| words(&["pull", &stage.from("from:v1"), "docker-archive:a.tar"]),
        done: |stage| {
            let archive = stage.place().join("a.tar");
            let mut found = left_over(stage);
            found.extend(archive_flaws(&archive, &IMAGES.single));
            if !unpacked(&archive).contains_key("manifest.json") {
                found.push("it has no manifest.json".to_owned());
            }
            found
        },
        failed: empty_place,
        ..PULL
    });
}

fn empty_place(stage: &Stage) -> Vec<String> {
    let files = fs::read_dir(stage.place()).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    names.map(|name| format!("{name} is left")).collect()
}

const COPY: Operation = Operation {
    before: |stage| {
        IMAGES.put(&stage.source, "from", "v1", &IMAGES.index);
        IMAGES.put(&stage.target, "to", "v1", &IMAGES.old);
    },
    arguments: |stage| words(&["copy", &stage.from("from:v1"), &stage.to("to:v1")]),
    faulty: |stage| &stage.target,
    done: has_index,
    failed: untouched,
    prints: false,
};

#[test]
fn copies_to_a_target_that_fails() {
    fail_everywhere(&COPY);
}

#[test]
fn copies_from_a_source_that_fails() {
    fail_everywhere(&Operation {
        faulty: |stage| &stage.source,
        ..COPY
    });
}

#[test]
fn copies_within_a_registry() {
    fail_everywhere(&Operation {
        before: |stage| IMAGES.put(&stage.target, "from", "v1", &IMAGES.index),
        arguments: |stage| words(&["copy", &stage.to("from:v1"), &stage.to("to:v1")]),
        ..COPY
    });
}

fn with_referrers(stage: &Stage) {
    IMAGES.put(&stage.source, "from", "v1", &IMAGES.index);
    IMAGES.put(&stage.source, "from", "", &IMAGES.referrer);
    let signature = format!("sha256-{}.sig", &IMAGES.index["sha256:".len()..]);
    IMAGES.put(&stage.source, "from", &signature, &IMAGES.old);
}

fn has_referrers(stage: &Stage) -> Vec<String> {
    let mut found = has_index(stage);
    let target = &stage.target;
    let signature = format!("sha256-{}.sig", &IMAGES.index["sha256:".len()..]);
    found.extend(registry_flaws(target, "to", &signature, &IMAGES.old));
    if target.manifest("to", &IMAGES.referrer).is_none() {
        found.push("the referrer is missing".to_owned());
    }
    found
}

const REFERRERS: Operation = Operation {
    before: with_referrers,
    arguments: |stage| {
        let (from, to) = (stage.from("from:v1"), stage.to("to:v1"));
        words(&["copy", "--referrers", &from, &to])
    },
    done: has_referrers,
    failed: untouched,
    ..COPY
};

#[test]
fn copies_of_referrers_to_a_target_that_fails() {
    fail_everywhere(&REFERRERS);
}

#[test]
fn copies_of_referrers_from_a_source_that_fails() {
    fail_everywhere(&Operation {
        faulty: |stage| &stage.source,
        ..REFERRERS
    });
}

const ALL_TAGS: Operation = Operation {
    before: |stage| {
        IMAGES.put(&stage.source, "from", "v1", &IMAGES.single);
        IMAGES.put(&stage.source, "from", "v2", &IMAGES.old);
        IMAGES.put(&stage.target, "to", "v1", &IMAGES.old);
    },
    arguments: |stage| {
        let (from, to) = (stage.from("from"), stage.to("to"));
        words(&["copy", "--all-tags", &from, &to])
    },
    done: |stage| {
        let mut found = has_single(stage);
        found.extend(registry_flaws(&stage.target, "to", "v2", &IMAGES.old));
        found
    },
    failed: |stage| {
        let tags = [("v1", &IMAGES.single), ("v2", &IMAGES.old)];
        let named = |tag| tagged(&stage.target, "to", tag);
        let there = tags
            .into_iter()
            .filter(|(tag, digest)| named(tag).as_ref() == Some(digest));
        let complete =
            there.flat_map(|(tag, digest)| registry_flaws(&stage.target, "to", tag, digest));
        let other = (named("v1").as_ref() != Some(&IMAGES.single)).then(|| untouched(stage));
        complete.chain(other.into_iter().flatten()).collect()
    },
    ..COPY
};

#[test]
fn copies_of_all_tags_to_a_target_that_fails() {
    fail_everywhere(&ALL_TAGS);
}

#[test]
fn copies_of_all_tags_from_a_source_that_fails() {
    fail_everywhere(&Operation {
        faulty: |stage| &stage.source,
        ..ALL_TAGS
    });
}

#[test]
fn what_is_only_read() {
    for arguments in [
        |stage: &Stage| words(&["tags", &stage.from("from")]),
        |stage: &Stage| words(&["tags", "--long", &stage.from("from")]),
        |stage: &Stage| words(&["inspect", &stage.from("from:v1")]),
        |stage: &Stage| words(&["inspect", "--raw", &stage.from("from:v1")]),
    ] {
        fail_everywhere(&Operation {
            before: with_referrers,
            arguments,
            done: nothing,
            failed: nothing,
            ..PULL
        });
    }
}
