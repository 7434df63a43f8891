//! Branches, tags and their dates.

use dockside::cleanup::git::Named;

use super::repository::{NOW, Place};

#[test]
fn dates_of_references() {
    let (_place, origin) = Place::new();
    origin.commit("1", 100);
    origin.git(&["tag", "light"]);
    origin.annotate("annotated", "HEAD", 30);
    origin.annotate("nested", "annotated", 20);
    origin.branch("a/b");
    origin.commit("2", 50);
    let tree = origin.git(&["rev-parse", "HEAD^{tree}"]);
    origin.git(&["tag", "on-tree", &tree]);
    let history = origin.open().unwrap();
    let mut found: Vec<_> = history
        .references
        .iter()
        .map(|found| (found.kind, found.name.as_str(), (NOW - found.date) / 3600))
        .collect();
    found.sort();
    assert_eq!(
        found,
        [
            (Named::Branch, "a/b", 50),
            (Named::Branch, "main", 100),
            (Named::Tag, "annotated", 30),
            (Named::Tag, "light", 100),
            (Named::Tag, "nested", 20),
        ]
    );
    assert_eq!(history.notes, ["the git tag on-tree leads to no commit"]);
}

#[test]
fn hostile_names_are_names() {
    let (place, origin) = Place::new();
    origin.commit("1", 1);
    let long = "x".repeat(200);
    let hostile = [
        "v1-$(id)",
        "a'b\"c",
        "ветка/один",
        "-x",
        "`x`",
        &long,
        "a@b",
    ];
    for name in hostile {
        origin.git(&["update-ref", &format!("refs/heads/{name}"), "HEAD"]);
    }
    let clone = place.clone("clone", &[]);
    let names = super::repository::names(&clone.open().unwrap());
    let mut expected: Vec<String> = hostile.map(str::to_owned).into();
    expected.push("main".to_owned());
    expected.sort();
    assert_eq!(names, expected);
}

/// A branch that origin has no longer is dead, though the clone still follows it; one that only
/// the clone has lives. Where both have one, origin's counts.
#[test]
fn origin_says_which_of_its_branches_live() {
    let (place, origin) = Place::new();
    origin.commit("1", 9);
    origin.git(&["branch", "old"]);
    let clone = place.clone("clone", &[]);
    origin.git(&["branch", "-D", "old"]);
    clone.branch("mine");
    clone.commit("2", 1);
    clone.checkout("main");
    clone.commit("3", 1);
    let history = clone.open().unwrap();
    assert_eq!(super::repository::names(&history), ["main", "mine"]);
    let main = origin.git(&["rev-parse", "main"]);
    let mut found = history.references.iter();
    let found = found.find(|reference| reference.name == "main").unwrap();
    assert_eq!(found.commit.to_string(), main);
    // What is checked out lives, too.
    let head = clone.git(&["rev-parse", "HEAD"]);
    assert_eq!(history.head.unwrap().to_string(), head);
    let offline = super::repository::names(&clone.offline().unwrap());
    assert_eq!(offline, ["main", "mine", "old"]);
}
