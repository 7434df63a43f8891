//! Clones that are whole, and those that are not.

use dockside::cleanup::git::{Error, Fetch, History};
use dockside::env::Env;
use dockside::error::{Exit, Explain as _};

use super::repository::{Images, Place, Repo, has, names, rule};

/// An origin with two branches, two tags and six commits.
fn origin() -> (Place, Repo) {
    let (place, origin) = Place::new();
    origin.commit("1", 60);
    origin.commit("2", 50);
    origin.git(&["tag", "v1"]);
    origin.branch("feature");
    origin.commit("3", 40);
    origin.commit("4", 30);
    origin.annotate("v2", "HEAD", 29);
    origin.checkout("main");
    origin.commit("5", 20);
    origin.commit("6", 10);
    (place, origin)
}

#[test]
fn whole_clones_are_believed_wherever_they_are_looked_at() {
    let (place, _) = origin();
    let all = ["feature", "main", "v1", "v2"];
    let clone = place.clone("clone", &[]);
    assert_eq!(names(&clone.open().unwrap()), all);
    assert_eq!(names(&clone.offline().unwrap()), all);
    let below = clone.path.join("a/b");
    std::fs::create_dir_all(&below).unwrap();
    assert_eq!(
        names(&History::open(&below, &Fetch::default()).unwrap()),
        all
    );
    for options in [&["--bare"], &["--mirror"]] {
        let bare = place.clone(options[0], options);
        assert_eq!(names(&bare.open().unwrap()), all, "{options:?}");
        assert_eq!(names(&bare.offline().unwrap()), all, "{options:?}");
    }
    let tree = place.root.path().join("tree");
    clone.git(&[
        "worktree",
        "add",
        "-q",
        "--detach",
        tree.to_str().unwrap(),
        "v1",
    ]);
    let tree = Repo { path: tree };
    let history = tree.open().unwrap();
    assert_eq!(names(&history), all);
    let head = tree.git(&["rev-parse", "v1"]);
    assert_eq!(history.head.unwrap().to_string(), head);
    let images = Images::of(&[("new", &tree.git(&["rev-parse", "main~1"]))]);
    for repo in [&tree, &clone] {
        let rule = rule(repo.open().unwrap(), &[], vec![], &[]);
        let kept = images.reasons(&rule);
        assert!(kept[0].1.starts_with("branch main, commit "), "{kept:?}");
    }
}

#[test]
fn a_repository_inside_another_one_is_itself() {
    let (place, outer) = origin();
    let inner = outer.path.join("inner");
    outer.git(&[
        "clone",
        "-q",
        "--separate-git-dir",
        "modules",
        ".",
        inner.to_str().unwrap(),
    ]);
    let history = Repo { path: inner }.open().unwrap();
    assert_eq!(names(&history), ["feature", "main", "v1", "v2"]);
    drop(place);
}

#[test]
fn what_is_no_repository_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let repo = Repo {
        path: directory.path().to_owned(),
    };
    let error = repo.open().unwrap_err();
    assert!(matches!(error, Error::Open { .. }), "{error}");
    assert_eq!(error.exit(), Exit::Refused);
    let (_place, empty) = Place::new();
    let error = empty.open().unwrap_err();
    assert!(matches!(error, Error::Empty { .. }), "{error}");
}

#[test]
fn shallow_clones_are_refused_or_completed() {
    let (place, _) = origin();
    let clone = place.clone("clone", &["--depth", "1"]);
    for history in [clone.open(), clone.offline()] {
        let error = history.unwrap_err();
        let path = clone.path.display();
        assert_eq!(
            error.to_string(),
            format!("{path} is a shallow clone: its history is not known")
        );
        assert_eq!(error.exit(), Exit::Refused);
    }
    let fetch = Fetch {
        env: Env::from_iter([("GITLAB_CI", "true")]),
        ..Fetch::default()
    };
    let error = History::open(&clone.path, &fetch).unwrap_err();
    assert_eq!(
        error.hint().unwrap(),
        "clone all of it (at GitLab: the variable GIT_DEPTH: 0), run `git fetch --unshallow`, or \
         let --git-fetch do it"
    );
    let history = clone.complete().unwrap();
    assert_eq!(names(&history), ["feature", "main", "v1", "v2"]);
    assert!(!has(&clone.path, ".git/shallow"));
    assert_eq!(names(&clone.open().unwrap()), names(&history));
}

#[test]
fn clones_of_one_branch_are_refused_or_completed() {
    let (place, _) = origin();
    let clone = place.clone("clone", &["--single-branch", "--no-tags"]);
    let error = clone.open().unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "{} lacks what origin has: the branch feature, the tag v2",
            clone.path.display()
        )
    );
    assert_eq!(error.exit(), Exit::Refused);
    // Without origin its configuration shows it.
    let error = clone.offline().unwrap_err();
    assert!(matches!(error, Error::Incomplete { .. }), "{error}");
    let history = clone.complete().unwrap();
    assert_eq!(names(&history), ["feature", "main", "v1", "v2"]);
}

/// As GitLab's runner fetches: one reference by its name, and no branch at all.
#[test]
fn a_checkout_of_one_commit_is_refused() {
    let (place, origin) = origin();
    let path = place.root.path().join("checkout");
    std::fs::create_dir(&path).unwrap();
    let checkout = Repo { path };
    checkout.git(&["init", "-q"]);
    let url = format!("file://{}", origin.path.display());
    checkout.git(&["remote", "add", "origin", &url]);
    checkout.git(&[
        "fetch",
        "-q",
        "origin",
        "+refs/heads/main:refs/pipelines/1",
        "--no-tags",
    ]);
    checkout.git(&["checkout", "-q", "--detach", "refs/pipelines/1"]);
    let error = checkout.open().unwrap_err();
    assert!(matches!(error, Error::Incomplete { .. }), "{error}");
    assert_eq!(
        names(&checkout.complete().unwrap()),
        ["feature", "main", "v1", "v2"]
    );
}

#[test]
fn what_was_pushed_since_is_missing_until_it_is_fetched() {
    let (place, origin) = origin();
    let clone = place.clone("clone", &[]);
    origin.commit("7", 1);
    assert!(matches!(clone.open(), Err(Error::Incomplete { .. })));
    let history = clone.complete().unwrap();
    let head = origin.git(&["rev-parse", "main"]);
    let tips = history.references.iter();
    let mut tips = tips.filter(|reference| reference.name == "main");
    assert_eq!(tips.next().unwrap().commit.to_string(), head);
}

#[test]
fn an_origin_that_does_not_answer_is_refused() {
    let (place, origin) = origin();
    let clone = place.clone("clone", &[]);
    std::fs::rename(&origin.path, place.root.path().join("gone")).unwrap();
    for history in [clone.open(), clone.complete()] {
        let error = history.unwrap_err();
        assert!(matches!(error, Error::Program { .. }), "{error}");
        assert_eq!(error.exit(), Exit::Refused);
    }
    assert!(clone.offline().is_ok());
}

#[test]
fn an_origin_without_branches_is_refused() {
    let (place, origin) = origin();
    let clone = place.clone("clone", &[]);
    std::fs::remove_dir_all(&origin.path).unwrap();
    std::fs::create_dir(&origin.path).unwrap();
    origin.git(&["init", "-q"]);
    let error = clone.open().unwrap_err();
    assert!(matches!(error, Error::Vanished { .. }), "{error}");
}

#[test]
fn partial_clones_have_all_commits() {
    let (place, _) = origin();
    for filter in ["--filter=blob:none", "--filter=tree:0"] {
        let clone = place.clone(filter, &[filter, "--no-checkout"]);
        let history = clone.open().unwrap();
        assert_eq!(names(&history), ["feature", "main", "v1", "v2"], "{filter}");
    }
}

#[test]
fn grafts_are_refused() {
    let (place, _) = origin();
    let clone = place.clone("clone", &[]);
    let head = clone.git(&["rev-parse", "HEAD"]);
    std::fs::create_dir_all(clone.path.join(".git/info")).unwrap();
    std::fs::write(clone.path.join(".git/info/grafts"), format!("{head}\n")).unwrap();
    assert!(matches!(clone.open(), Err(Error::Grafts { .. })));
}

/// Tags that only the clone has may be why an image lives.
#[test]
fn completing_removes_nothing() {
    let (place, origin) = origin();
    let clone = place.clone("clone", &["--depth", "1"]);
    clone.git(&["tag", "own"]);
    clone.git(&["branch", "mine"]);
    clone.git(&["config", "fetch.prune", "true"]);
    clone.git(&["config", "fetch.pruneTags", "true"]);
    origin.git(&["tag", "-d", "v1"]);
    let history = clone.complete().unwrap();
    assert_eq!(names(&history), ["feature", "main", "mine", "own", "v2"]);
}

/// Both what a tag named here and what it names at origin live.
#[test]
fn a_tag_that_was_moved_is_two() {
    let (place, origin) = origin();
    let clone = place.clone("clone", &[]);
    let old = origin.git(&["rev-parse", "v1"]);
    let new = origin.commit("7", 1);
    origin.git(&["tag", "-f", "v1"]);
    let history = clone.complete().unwrap();
    let tags = history.references.iter().filter(|tag| tag.name == "v1");
    let mut found: Vec<String> = tags.map(|tag| tag.commit.to_string()).collect();
    found.sort();
    let mut expected = [old, new];
    expected.sort();
    assert_eq!(found, expected);
}
