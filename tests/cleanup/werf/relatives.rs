//! What stages were made from.

use super::project::Project;
use super::repository::Stage;

const PARENT: &str = "werf.io/parent-stage-id";
const BASE: &str = "werf.io/base-image-id";

/// A project with a stage that its branch keeps, which has these labels.
fn kept(project: &Project, labels: &[(&str, &str)]) {
    let c1 = project.commit("c1", 50);
    let last = project.repo.stage("last", 50, labels);
    project.repo.metadata("app", &c1, &last);
}

#[test]
fn ancestors_stay() {
    let Some(project) = Project::new() else {
        return;
    };
    let repo = &project.repo;
    let first = repo.stage("first", 60, &[]);
    let config = repo.config_of(&first);
    let second = repo.stage("second", 59, &[(BASE, &config)]);
    let third = repo.put(&Stage {
        words: "third",
        hours: 58,
        image: &repo.config_of(&second),
        ..Stage::default()
    });
    repo.stage("beside", 58, &[(PARENT, &second)]);
    kept(&project, &[(PARENT, &third)]);
    let expected = ["first", "last", "meta app c1 last", "second", "third"];
    assert_eq!(project.left(""), expected);
}

/// What was imported stays by the checksum, whoever keeps the stage, and with its ancestors.
#[test]
fn sources_of_imports_and_dependencies_stay() {
    let Some(project) = Project::new() else {
        return;
    };
    let repo = &project.repo;
    let below = repo.stage("below", 60, &[]);
    let source = repo.stage("source", 60, &[(PARENT, &below)]);
    let again = repo.stage("again", 59, &[]);
    let other = repo.stage("other", 60, &[]);
    let named = repo.stage("named", 60, &[]);
    let needed = repo.stage("needed", 60, &[]);
    repo.import("1", &source, "sum");
    repo.import("2", &again, "sum");
    repo.import("3", &other, "other sum");
    repo.import("4", "external-image:alpine", "sum of alpine");
    repo.import("5", &format!("{}-1611836746968", "a".repeat(56)), "gone");
    let (sum, by_name, dependency) = (
        format!("werf-import-checksum-{}", "1".repeat(64)),
        format!("werf-import-source-stage-id-{}", "2".repeat(64)),
        format!("werf-dependency-stage-id-{}", "3".repeat(64)),
    );
    let external = format!("werf-import-source-stage-id-{}", "4".repeat(64));
    let labels = [
        (sum.as_str(), "sum"),
        (by_name.as_str(), named.as_str()),
        (external.as_str(), "external-image:alpine"),
        (dependency.as_str(), needed.as_str()),
    ];
    kept(&project, &labels);
    let expected = [
        "again",
        "below",
        "import 1",
        "import 2",
        "import 4",
        "last",
        "meta app c1 last",
        "named",
        "needed",
        "source",
    ];
    assert_eq!(project.left(""), expected);
}

#[test]
fn platforms_stay_with_their_index() {
    let Some(project) = Project::new() else {
        return;
    };
    let repo = &project.repo;
    let below = repo.stage("below", 60, &[]);
    let amd = repo.stage("amd", 50, &[(PARENT, &below)]);
    let arm = repo.stage("arm", 50, &[]);
    let alone = repo.stage("alone", 50, &[]);
    let old = repo.stage("old", 50, &[]);
    let new = repo.stage("new", 1, &[]);
    let index = repo.index("index", &[&amd, &arm]);
    repo.index("unused", &[&alone, &amd]);
    // One of its platforms is new.
    repo.index("fresh", &[&old, &new]);
    let c1 = project.commit("c1", 50);
    repo.metadata("app", &c1, &index);
    let expected = [
        "amd",
        "arm",
        "below",
        "fresh",
        "index",
        "meta app c1 index",
        "new",
        "old",
    ];
    assert_eq!(project.left(""), expected);
}

/// An image below may have been made long ago, or a builder may make a date up.
#[test]
fn what_was_stored_a_moment_ago_is_new_whatever_its_date_is() {
    let Some(project) = Project::new() else {
        return;
    };
    project.commit("c1", 1);
    let stage = |words, hours, created| {
        project.repo.put(&Stage {
            words,
            hours,
            created,
            ..Stage::default()
        })
    };
    stage("stored now", 0, Some(10_000));
    stage("made now", 100, Some(0));
    stage("old", 100, Some(100));
    assert_eq!(project.left(""), ["made now", "stored now"]);
    let more = ["--keep-stages-built-within-last-n-hours", "0"];
    project.clean("", &more);
    assert_eq!(project.repo.left(), [""; 0]);
}
