//! Policies: which references count, and how many images of each. The first ones are the scenarios
//! of werf's own tests.

use dockside::cleanup::git::{Limit, Operator};

use super::repository::{Images, Place, Repo, branches, last, rule, tags, within};

const ALL: Limit = Limit {
    last: None,
    within: None,
    operator: Operator::And,
};

/// Branches `b1` to `b4`, of which each has a commit of its own, 10, 20, 30 and 40 hours old; and
/// an image of each.
fn four() -> (Place, Repo, Images) {
    let (place, origin) = Place::new();
    origin.commit("root", 100);
    let mut images = Images::new();
    for at in 1..=4 {
        origin.checkout("main");
        origin.branch(&format!("b{at}"));
        let commit = origin.commit(&format!("of {at}"), at * 10);
        images.add(&[&format!("i{at}")], Some(&commit));
    }
    (place, origin, images)
}

fn both(count: u32, hours: u64, operator: Operator) -> Limit {
    Limit {
        operator,
        last: last(count).last,
        within: within(hours).within,
    }
}

#[test]
fn limits_of_references() {
    let (_place, origin, images) = four();
    for (limit, expected) in [
        (ALL, vec!["i1", "i2", "i3", "i4"]),
        (last(1), vec!["i1"]),
        (last(0), vec![]),
        (within(25), vec!["i1", "i2"]),
        (both(3, 15, Operator::Or), vec!["i1", "i2", "i3"]),
        (both(1, 25, Operator::Or), vec!["i1", "i2"]),
        (both(3, 15, Operator::And), vec!["i1"]),
        (both(1, 25, Operator::And), vec!["i1"]),
        // One part alone is all with `Or`.
        (
            Limit {
                operator: Operator::Or,
                ..last(1)
            },
            vec!["i1", "i2", "i3", "i4"],
        ),
        // Exactly as old as the limit is too old.
        (within(20), vec!["i1"]),
    ] {
        let policy = vec![branches("b.", limit, last(1))];
        // What is checked out lives anyway, and is none of these.
        origin.checkout("main");
        let rule = rule(origin.open().unwrap(), &[], policy, &[]);
        assert_eq!(images.kept(&rule), expected, "{limit:?}");
    }
}

#[test]
fn limits_of_images() {
    let (_place, origin) = Place::new();
    let mut images = Images::new();
    for at in (1..=4).rev() {
        let commit = origin.commit(&format!("{at}"), at * 10);
        // Two images of one commit are one.
        images.add(&[&format!("i{at}")], Some(&commit));
        images.add(&[&format!("j{at}")], Some(&commit));
    }
    origin.git(&["checkout", "-q", "--orphan", "other"]);
    origin.commit("other", 1);
    for (limit, expected) in [
        (ALL, vec!["i1", "i2", "i3", "i4", "j1", "j2", "j3", "j4"]),
        (last(1), vec!["i1", "j1"]),
        (last(2), vec!["i1", "i2", "j1", "j2"]),
        (last(0), vec![]),
        (within(25), vec!["i1", "i2", "j1", "j2"]),
        (both(1, 25, Operator::Or), vec!["i1", "i2", "j1", "j2"]),
        (
            both(3, 15, Operator::Or),
            vec!["i1", "i2", "i3", "j1", "j2", "j3"],
        ),
        (both(1, 25, Operator::And), vec!["i1", "j1"]),
        (both(3, 15, Operator::And), vec!["i1", "j1"]),
    ] {
        let policy = vec![branches("main", ALL, limit)];
        let rule = rule(origin.open().unwrap(), &[], policy, &[]);
        assert_eq!(images.kept(&rule), expected, "{limit:?}");
    }
}

/// An image of several commits counts by the latest that was reached.
#[test]
fn an_image_of_several_commits_is_as_new_as_the_latest() {
    let (_place, origin) = Place::new();
    let first = origin.commit("1", 30);
    let second = origin.commit("2", 20);
    let third = origin.commit("3", 10);
    let mut images = Images::new();
    let tags = [&first, &third].map(|commit| format!("a-{commit}"));
    images.add(&[&tags[0], &tags[1]], None);
    images.add(&[&format!("b-{second}")], None);
    origin.git(&["checkout", "-q", "--detach", &first]);
    let templates = ["a-{sha}", "b-{sha}"];
    let policy = vec![branches("main", ALL, last(1))];
    let rule = rule(origin.open().unwrap(), &templates, policy, &[]);
    let mut expected = tags.to_vec();
    expected.sort();
    assert_eq!(images.kept(&rule), expected);
}

#[test]
fn the_last_policy_that_selects_a_reference_counts() {
    let (_place, origin) = Place::new();
    let mut images = Images::new();
    for at in (1..=3).rev() {
        let commit = origin.commit(&format!("{at}"), at * 10);
        images.add(&[&format!("i{at}")], Some(&commit));
    }
    origin.branch("old");
    origin.git(&["reset", "-q", "--hard", "HEAD~1"]);
    origin.git(&["checkout", "-q", "--orphan", "other"]);
    origin.commit("other", 1);
    let kept = |policies| {
        let rule = rule(origin.open().unwrap(), &[], policies, &[]);
        images.kept(&rule)
    };
    let all = || branches(".*", ALL, ALL);
    assert_eq!(kept(vec![all()]), ["i1", "i2", "i3"]);
    assert_eq!(
        kept(vec![all(), branches(".*", ALL, last(1))]),
        ["i1", "i2"]
    );
    // Names are matched as a whole.
    assert_eq!(kept(vec![branches("ol", ALL, ALL)]), [""; 0]);
    assert_eq!(kept(vec![branches("main|ol", ALL, last(1))]), ["i1"]);
    // A policy whose limit leaves a branch out leaves it to the one before.
    let newest = branches("main|old", last(1), last(0));
    assert_eq!(
        kept(vec![branches("main|old", ALL, last(1)), newest]),
        ["i2"]
    );
}

#[test]
fn tags_count_for_their_commit_alone() {
    let (_place, origin) = Place::new();
    let mut images = Images::new();
    for at in (1..=3).rev() {
        let commit = origin.commit(&format!("{at}"), at * 10);
        images.add(&[&format!("i{at}")], Some(&commit));
    }
    origin.annotate("v1", "HEAD~1", 5);
    origin.git(&["tag", "v2", "HEAD~2"]);
    origin.git(&["checkout", "-q", "--orphan", "other"]);
    origin.commit("other", 1);
    let kept = |limit| {
        let policy = vec![tags("v.*", limit, last(10))];
        images.kept(&rule(origin.open().unwrap(), &[], policy, &[]))
    };
    assert_eq!(kept(ALL), ["i2", "i3"]);
    // By its own date the annotated tag is the newest.
    assert_eq!(kept(last(1)), ["i2"]);
}

/// A history of merges: whatever parent a commit is reached by, it is reached.
#[test]
fn all_parents_are_followed() {
    let (_place, origin) = Place::new();
    let mut commits = vec![origin.commit("root", 90)];
    for name in ["a", "b", "c"] {
        origin.checkout("main");
        origin.branch(name);
        commits.push(origin.commit(name, 80));
    }
    origin.checkout("a");
    // Criss-cross: each is merged into the other.
    let before = origin.git(&["rev-parse", "a"]);
    commits.push(origin.merge(&["b"], 70));
    origin.checkout("b");
    commits.push(origin.merge(&[&before], 69));
    origin.checkout("main");
    commits.push(origin.merge(&["a", "b", "c"], 50));
    for name in ["a", "b", "c"] {
        origin.git(&["branch", "-D", name]);
    }
    let tags: Vec<String> = (0..commits.len()).map(|at| format!("i{at}")).collect();
    let images: Vec<_> = tags.iter().map(String::as_str).collect();
    let images: Vec<_> = images
        .into_iter()
        .zip(commits.iter().map(String::as_str))
        .collect();
    let images = Images::of(&images);
    for with_graph in [false, true] {
        if with_graph {
            origin.git(&["commit-graph", "write", "--reachable"]);
        }
        let policy = vec![branches("main", ALL, ALL)];
        let rule = rule(origin.open().unwrap(), &[], policy, &[]);
        assert_eq!(images.kept(&rule), tags, "{with_graph}");
    }
}

#[test]
fn rewritten_history_is_dead() {
    let (place, origin) = Place::new();
    let root = origin.commit("root", 90);
    let old = origin.commit("old", 20);
    let clone = place.clone("clone", &[]);
    origin.git(&["reset", "-q", "--hard", &root]);
    let new = origin.commit("new", 10);
    let images = Images::of(&[("new", &new), ("old", &old), ("root", &root)]);
    clone.git(&["checkout", "-q", "--detach", &root]);
    clone.git(&["branch", "-D", "main"]);
    let policy = vec![branches(".*", ALL, ALL)];
    let rule = rule(clone.complete().unwrap(), &[], policy, &[]);
    assert_eq!(images.kept(&rule), ["new", "root"]);
}

/// As werf's "image of an untracked branch": what was never pushed is kept here nevertheless.
#[test]
fn without_policies_all_that_lives_counts() {
    let (place, origin) = Place::new();
    let pushed = origin.commit("1", 30);
    let clone = place.clone("clone", &[]);
    clone.branch("mine");
    let mine = clone.commit("2", 20);
    clone.checkout("main");
    let gone = "0123456789abcdef0123456789abcdef01234567";
    let images = Images::of(&[("gone", gone), ("mine", &mine), ("pushed", &pushed)]);
    let rule = rule(clone.open().unwrap(), &[], vec![], &[]);
    assert_eq!(images.kept(&rule), ["mine", "pushed"]);
}

#[test]
fn a_commit_that_is_not_there_stops_everything() {
    let (_place, origin) = Place::new();
    let first = origin.commit("1", 30);
    let second = origin.commit("2", 20);
    origin.commit("3", 10);
    let (directory, file) = second.split_at(2);
    let lost = origin.path.join(".git/objects").join(directory).join(file);
    std::fs::remove_file(lost).unwrap();
    let gone = "0123456789abcdef0123456789abcdef01234567";
    let images = Images::of(&[("first", &first), ("gone", gone)]);
    let rule = rule(origin.open().unwrap(), &[], vec![], &[]);
    assert_eq!(images.kept(&rule), ["first", "gone"]);
    let error = rule.failure().unwrap().to_string();
    let start = format!("the commit {second} cannot be read: ");
    assert!(error.starts_with(&start), "{error}");
}
