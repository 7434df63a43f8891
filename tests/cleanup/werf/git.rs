//! What git keeps: the scenarios of werf's own suites.

use super::project::Project;

/// Nothing is kept for being new.
const OLD_TOO: &str = "cleanup: {disableBuiltWithinLastNHoursPolicy: true}";

#[test]
fn a_repository_that_is_not_there_is_clean() {
    let Some(project) = Project::new() else {
        return;
    };
    project.commit("c1", 1);
    assert_eq!(project.left(""), [""; 0]);
}

#[test]
fn what_nothing_uses_goes_when_it_is_old() {
    let Some(project) = Project::new() else {
        return;
    };
    project.commit("c1", 1);
    project.repo.stage("new", 1, &[]);
    project.repo.stage("old", 3, &[]);
    assert_eq!(project.left(""), ["new"]);
    assert_eq!(project.left(OLD_TOO), [""; 0]);
}

#[test]
fn what_a_branch_uses_stays() {
    let Some(project) = Project::new() else {
        return;
    };
    let c1 = project.commit("c1", 50);
    project.build("app", &c1, 50);
    project.repo.stage("unused", 50, &[]);
    let expected = ["app@c1", "managed-image-app", "meta app c1 app@c1"];
    assert_eq!(project.left(""), expected);
    assert_eq!(project.left(OLD_TOO), expected);
}

#[test]
fn only_branches_of_origin_count() {
    let Some(project) = Project::new() else {
        return;
    };
    let c1 = project.commit("c1", 50);
    project.origin.branch("other");
    let c2 = project.commit("c2", 40);
    project.build("app", &c1, 50);
    project.build("app", &c2, 40);
    project.origin.checkout("main");
    let mut command = project.command("cleanup", "", &["--without-kube", "--max-delete", "100%"]);
    // The clone has a branch of its own, where origin has it no longer.
    let clone = super::super::git::repository::Repo {
        path: command.get_current_dir().unwrap().to_owned(),
    };
    clone.git(&["branch", "other", "origin/other"]);
    clone.checkout("other");
    project.origin.git(&["branch", "-D", "other"]);
    assert!(command.status().unwrap().success());
    let expected = ["app@c1", "managed-image-app", "meta app c1 app@c1"];
    assert_eq!(project.repo.left(), expected);
}

#[test]
fn images_of_one_commit_stay_together() {
    let Some(project) = Project::new() else {
        return;
    };
    let c1 = project.commit("c1", 50);
    let c2 = project.commit("c2", 40);
    project.build("app", &c1, 50);
    project.build_as("first", "app", &c2, 40);
    project.build_as("second", "app", &c2, 39);
    let policy = "cleanup: {keepPolicies: [{references: {branch: main}}]}";
    let expected = [
        "first",
        "managed-image-app",
        "meta app c2 first",
        "meta app c2 second",
        "second",
    ];
    assert_eq!(project.left(policy), expected);
}

#[test]
fn tags_of_git_count() {
    let Some(project) = Project::new() else {
        return;
    };
    let mut commits = Vec::new();
    for number in 1..=12 {
        let commit = project.commit(&format!("c{number}"), 500 - number);
        project.origin.git(&["tag", &format!("v{number}")]);
        project.build("app", &commit, 400);
        commits.push(commit);
    }
    // The branch itself is one that does not live.
    project.origin.git(&["branch", "-m", "main", "dull"]);
    let left = project.left("");
    let stages: Vec<&String> = left
        .iter()
        .filter(|name| name.starts_with("app@"))
        .collect();
    let expected = [
        "app@c10", "app@c11", "app@c12", "app@c3", "app@c4", "app@c5", "app@c6", "app@c7",
        "app@c8", "app@c9",
    ];
    assert_eq!(stages, expected);
}

#[test]
fn of_one_branch_the_latest_commit_is_remembered() {
    let Some(project) = Project::new() else {
        return;
    };
    let c1 = project.commit("c1", 50);
    let c2 = project.commit("c2", 40);
    let stage = project.build_as("same", "app", &c1, 50);
    project.repo.metadata("app", &c2, &stage);
    assert_eq!(
        project.left(""),
        ["managed-image-app", "meta app c2 same", "same"]
    );
}

#[test]
fn of_several_branches_each_is_remembered() {
    let Some(project) = Project::new() else {
        return;
    };
    let c1 = project.commit("c1", 50);
    let stage = project.build_as("same", "app", &c1, 50);
    for (branch, hours) in [("a", 40), ("b", 30)] {
        project.origin.checkout("main");
        project.origin.branch(branch);
        let commit = project.commit(&format!("on {branch}"), hours);
        project.repo.metadata("app", &commit, &stage);
    }
    project.origin.checkout("main");
    let expected = [
        "managed-image-app",
        "meta app c1 same",
        "meta app on a same",
        "meta app on b same",
        "same",
    ];
    assert_eq!(project.left(""), expected);
}

#[test]
fn each_image_is_judged_by_itself() {
    let Some(project) = Project::new() else {
        return;
    };
    let c1 = project.commit("c1", 50);
    let c2 = project.commit("c2", 40);
    project.build("app", &c1, 50);
    project.build("app", &c2, 40);
    project.build("web/front", &c1, 50);
    project.build("", &c1, 50);
    let policy = "cleanup: {keepPolicies: [{references: {branch: main}}]}";
    let expected = [
        "@c1",
        "app@c2",
        "managed-image-__nameless__",
        "managed-image-app",
        "managed-image-web__slash__front",
        "meta  c1 @c1",
        "meta app c2 app@c2",
        "meta web/front c1 web/front@c1",
        "web/front@c1",
    ];
    assert_eq!(project.left(policy), expected);
}

#[test]
fn without_the_policy_about_git_commits_count_for_nothing() {
    let Some(project) = Project::new() else {
        return;
    };
    let c1 = project.commit("c1", 50);
    project.build("app", &c1, 1);
    project.build_as("old", "app", &c1, 50);
    project.clean("", &["--without-git"]);
    let expected = ["app@c1", "managed-image-app", "meta app c1 app@c1"];
    assert_eq!(project.repo.left(), expected);
    let disabled = "cleanup: {disableGitHistoryBasedPolicy: true}";
    assert_eq!(project.left(disabled), ["app@c1", "managed-image-app"]);
}

#[test]
fn a_cleanup_that_is_switched_off_removes_no_stage() {
    let Some(project) = Project::new() else {
        return;
    };
    let c1 = project.commit("c1", 50);
    let stage = project.build("app", &c1, 50);
    project.repo.custom("v1", &stage, &project.repo);
    project.repo.import("i", &stage, "sum");
    project.repo.rejected(&stage);
    project.repo.service();
    let expected = [
        "app@c1",
        "cleanup",
        "client-id",
        "custom-tag-meta-v1",
        "import i",
        "rejected app@c1",
        "sync-server",
        "v1",
    ];
    assert_eq!(project.left("cleanup: {disable: true}"), expected);
}
