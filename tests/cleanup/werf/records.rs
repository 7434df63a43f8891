//! Records, and tags that others have written.

use super::project::Project;
use super::repository::Stage;

#[test]
fn records_go_with_what_they_are_about() {
    let Some(project) = Project::new() else {
        return;
    };
    let repo = &project.repo;
    let c1 = project.commit("c1", 50);
    let kept = project.build("app", &c1, 50);
    let gone = repo.stage("gone", 50, &[]);
    let lost = format!("{}-1611836746968", "b".repeat(56));
    repo.call(&lost, "lost");
    for (stage, alias, sum) in [(&kept, "v2", "1"), (&gone, "v1", "2")] {
        repo.custom(alias, stage, repo);
        repo.import(sum, stage, sum);
    }
    repo.metadata("app", &"0".repeat(40), &gone);
    repo.metadata("app", &"0".repeat(40), &lost);
    repo.metadata("other", &c1, &lost);
    repo.service();
    let expected = [
        "app@c1",
        "cleanup",
        "client-id",
        "custom-tag-meta-v2",
        "import 1",
        "managed-image-app",
        "meta app c1 app@c1",
        "sync-server",
        "v2",
    ];
    assert_eq!(project.left(""), expected);
}

/// werf takes all tags of that length for stages, whoever made them.
#[test]
fn what_werf_has_not_made_stays() {
    let Some(project) = Project::new() else {
        return;
    };
    let repo = &project.repo;
    let c1 = project.commit("c1", 50);
    project.build("app", &c1, 50);
    let stage = repo.stage("old", 60, &[]);
    for tag in [
        "g".repeat(56),
        format!("word-{}", "0".repeat(65)),
        "latest".to_owned(),
    ] {
        let foreign = repo.put(&Stage {
            words: &tag,
            hours: 60,
            project: Some(""),
            ..Stage::default()
        });
        repo.tag(&foreign, &tag);
    }
    // A tag that somebody gave to a stage, without a record of it, keeps the image alone.
    repo.tag(&stage, "mine");
    repo.put(&Stage {
        words: "of another project",
        hours: 60,
        project: Some("q"),
        ..Stage::default()
    });
    let mut left = project.left("");
    left.retain(|name| !name.ends_with("app@c1"));
    let mut expected = vec![
        "g".repeat(56),
        // The two names of each image that says nothing of werf.
        "g".repeat(56),
        "latest".to_owned(),
        "latest".to_owned(),
        "managed-image-app".to_owned(),
        "mine".to_owned(),
        "of another project".to_owned(),
        format!("word-{}", "0".repeat(65)),
        format!("word-{}", "0".repeat(65)),
    ];
    expected.sort();
    assert_eq!(left, expected);
}

#[test]
fn a_custom_tag_that_names_something_else_stays() {
    let Some(project) = Project::new() else {
        return;
    };
    let repo = &project.repo;
    project.commit("c1", 50);
    let (old, other) = (repo.stage("old", 60, &[]), repo.stage("other", 60, &[]));
    repo.custom("moved", &old, repo);
    repo.tag(&other, "moved");
    // What is left of a stage whose own tag has gone already.
    repo.left_over("left-over");
    assert_eq!(project.left(""), ["moved"]);
}

#[test]
fn what_is_in_use_stays_by_any_of_its_names() {
    let Some(project) = Project::new() else {
        return;
    };
    let repo = &project.repo;
    project.commit("c1", 50);
    let below = repo.stage("below", 60, &[]);
    let by_stage = repo.stage("by stage", 60, &[("werf.io/parent-stage-id", &below)]);
    let by_alias = repo.stage("by alias", 60, &[]);
    let unused = repo.stage("unused", 60, &[]);
    let broken = repo.stage("broken", 60, &[]);
    let gone = repo.stage("broken and unused", 1, &[]);
    repo.custom("v1", &by_alias, repo);
    repo.custom("v0", &unused, repo);
    repo.metadata("app", &"0".repeat(40), &by_stage);
    for stage in [&broken, &gone] {
        repo.rejected(stage);
    }
    let used = [&by_stage, "v1", &broken].map(|tag| format!("{}:{tag}", repo.address()));
    let list = project.in_use(&used);
    project.clean("", &["--in-use", &list]);
    let commit = "0".repeat(40);
    let expected = [
        "below".to_owned(),
        "broken".to_owned(),
        "by alias".to_owned(),
        "by stage".to_owned(),
        "custom-tag-meta-v1".to_owned(),
        format!("meta app {commit} by stage"),
        "rejected broken".to_owned(),
        "v1".to_owned(),
    ];
    assert_eq!(project.repo.left(), expected);
}

#[test]
fn a_list_of_what_is_kept_may_name_custom_tags() {
    let Some(project) = Project::new() else {
        return;
    };
    let repo = &project.repo;
    project.commit("c1", 50);
    let (one, two) = (repo.stage("one", 60, &[]), repo.stage("two", 60, &[]));
    repo.stage("three", 60, &[]);
    repo.custom("v1", &two, repo);
    let list = project.place.root.path().join("keep");
    std::fs::write(&list, format!("# kept\n{one}\n\nv1\n")).unwrap();
    project.clean("", &["--keep-list", list.to_str().unwrap()]);
    let expected = ["custom-tag-meta-v1", "one", "two", "v1"];
    assert_eq!(repo.left(), expected);
}
