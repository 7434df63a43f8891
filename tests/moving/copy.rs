use std::fs;
use std::path::Path;

use super::{digest, done, remote_digest, run, skopeo, tools};
use crate::support::job::text;
use crate::support::layout::Layout;
use crate::support::registry::Registry;

/// The tags of the repository `app` of [`filled`], in the registry's order.
const TAGS: [&str; 3] = ["dev", "v1.0", "v1.1"];

/// A registry with a repository `app`; the digests of its [`TAGS`].
fn filled(home: &Path) -> (Registry, Vec<String>) {
    let registry = Registry::open();
    let mut layout = Layout::create(home.join("filled"));
    let digests = TAGS.map(|tag| {
        let digest = layout.image(tag, &[b"shared", tag.as_bytes()]);
        let target = format!("docker://{}/app:{tag}", registry.host());
        skopeo(&["copy", &layout.image_argument(tag), &target]);
        digest
    });
    (registry, digests.to_vec())
}

#[test]
fn from_registry_to_registry() {
    if !tools() {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let (source, digests) = filled(home.path());
    let target = Registry::open();
    let from = format!("{}/app", source.host());
    let to = format!("{}/mirror", target.host());
    let copy = [
        "copy",
        &format!("{from}:v1.0"),
        &format!("{to}:v1"),
        &format!("{from}@{}", digests[2]),
        &to,
    ];
    let expected = |what: &str| {
        format!(
            "{to}:v1 {} {what}\n{to}:latest {} {what}\n",
            digests[1], digests[2]
        )
    };
    assert_eq!(done(home.path(), &copy), expected("written"));
    assert_eq!(done(home.path(), &copy), expected("unchanged"));
    assert_eq!(remote_digest(&format!("{to}:v1")), digests[1]);
    assert_eq!(remote_digest(&to), digests[2]);
}

#[test]
fn whole_repositories() {
    if !tools() {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let (source, digests) = filled(home.path());
    let target = Registry::open();
    let from = format!("{}/app", source.host());
    let to = format!("{}/mirror", target.host());
    let lines = |place: &str, which: &[(usize, &str)]| -> String {
        let line =
            |(at, what): &(usize, &str)| format!("{place}:{} {} {what}\n", TAGS[*at], digests[*at]);
        which.iter().map(line).collect()
    };
    let stdout = done(home.path(), &["copy", "--match", "v1.*", &from, &to]);
    assert_eq!(stdout, lines(&to, &[(1, "written"), (2, "written")]));
    let stdout = done(
        home.path(),
        &["copy", "--match", "/^dev$/", "--match", "*.0", &from, &to],
    );
    assert_eq!(stdout, lines(&to, &[(0, "written"), (1, "unchanged")]));
    let stdout = done(home.path(), &["copy", "--all-tags", &from, &to]);
    assert_eq!(stdout, lines(&to, &[0, 1, 2].map(|at| (at, "unchanged"))));

    // Into a layout, and from there to where nothing is yet.
    let layout = format!("oci:{}", home.path().join("layout").display());
    let stdout = done(home.path(), &["copy", "--all-tags", &from, &layout]);
    assert_eq!(stdout, lines(&layout, &[0, 1, 2].map(|at| (at, "written"))));
    assert_eq!(digest(&format!("{layout}:dev")), digests[0]);
    let other = format!("{}/other", target.host());
    let stdout = done(home.path(), &["copy", "--all-tags", &layout, &other]);
    assert_eq!(stdout, lines(&other, &[0, 1, 2].map(|at| (at, "written"))));

    // In a docker-archive each image has three names.
    let archive = format!("docker-archive:{}", home.path().join("all.tar").display());
    done(home.path(), &["copy", "--all-tags", &from, &archive]);
    let third = format!("{}/third", target.host());
    let stdout = done(home.path(), &["copy", "--all-tags", &archive, &third]);
    assert_eq!(stdout, lines(&third, &[0, 1, 2].map(|at| (at, "written"))));

    let output = run(home.path(), &["copy", "--match", "v9*", &from, &to]);
    let expected = format!(
        "dockside: error: no tag of {from} matches\n\
         dockside: hint: dockside tags {from} lists what there is\n"
    );
    assert_eq!(
        (output.status.code(), text(&output.stderr)),
        (Some(1), expected)
    );
}

/// With the referrers themselves, the lists that clients keep of them are made anew: a plain copy
/// would drop what only the target has.
#[test]
fn lists_of_referrers_are_no_images_where_referrers_move() {
    if !tools() {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let (source, _) = filled(home.path());
    let from = format!("{}/app", source.host());
    let list = format!("sha256-{}", "ab".repeat(32));
    done(home.path(), &["tag", &format!("{from}:dev"), &list]);
    let plan = |options: &[&str]| {
        let arguments = [&["copy", "--all-tags", "--dry-run"], options].concat();
        let stdout = done(home.path(), &[&arguments[..], &[&from, "oci:out"]].concat());
        stdout.lines().filter(|line| line.contains(&list)).count()
    };
    assert_eq!(plan(&[]), 1);
    assert_eq!(plan(&["--referrers"]), 0);
}

#[test]
fn a_dry_run_lists_what_a_file_takes() {
    if !tools() {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let (source, digests) = filled(home.path());
    let target = Registry::open();
    let from = format!("{}/app", source.host());
    let to = format!("{}/mirror", target.host());
    let plan = done(
        home.path(),
        &["copy", "--dry-run", "--all-tags", &from, &to],
    );
    let expected: String = TAGS
        .map(|tag| format!("{from}:{tag} {to}:{tag}\n"))
        .concat();
    assert_eq!(plan, expected);
    assert_eq!(
        target.requests(1),
        ["GET /v2/mirror/tags/list 404"],
        "a dry run writes nothing"
    );
    let file = home.path().join("plan");
    fs::write(&file, format!("# planned\n{plan}")).unwrap();
    let stdout = done(home.path(), &["copy", "--file", file.to_str().unwrap()]);
    let expected: String = (0..3)
        .map(|at| format!("{to}:{} {} written\n", TAGS[at], digests[at]))
        .collect();
    assert_eq!(stdout, expected);
}

#[test]
fn between_layouts_and_archives() {
    if !tools() {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let mut layout = Layout::create(home.path().join("layout"));
    let image = layout.index("v1", &["amd64", "arm64"], &[b"one"]);
    let archive = format!("oci-archive:{}", home.path().join("a.tar").display());
    let stdout = done(
        home.path(),
        &["copy", &layout.image_argument("v1"), &archive],
    );
    assert_eq!(stdout, format!("{archive}:v1 {image} written\n"));
    let back = format!("oci:{}", home.path().join("back").display());
    let stdout = done(home.path(), &["copy", &archive, &format!("{back}:w")]);
    assert_eq!(stdout, format!("{back}:w {image} written\n"));
    assert_eq!(digest(&format!("{back}:w")), image);
}

#[test]
fn again_costs_two_requests_an_image_and_the_lists() {
    if !tools() {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let (source, _) = filled(home.path());
    let target = Registry::open();
    let from = format!("{}/app", source.host());
    let to = format!("{}/mirror", target.host());
    done(home.path(), &["copy", "--all-tags", &from, &to]);
    source.new_requests(1);
    target.new_requests(1);
    done(home.path(), &["copy", "--all-tags", &from, &to]);
    for (registry, repository) in [(&source, "app"), (&target, "mirror")] {
        let mut requests = registry.new_requests(4);
        requests.sort();
        let heads = TAGS.map(|tag| format!("HEAD /v2/{repository}/manifests/{tag} 200"));
        let list = format!("GET /v2/{repository}/tags/list 200");
        assert_eq!(requests, [&[list][..], &heads].concat());
    }
}
