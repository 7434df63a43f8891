//! A purge removes what werf made.

use super::project::Project;

fn full() -> Option<Project> {
    let project = Project::new()?;
    let repo = &project.repo;
    let c1 = project.commit("c1", 50);
    let stage = project.build("app", &c1, 50);
    let other = repo.stage("other", 60, &[]);
    repo.index("index", &[&stage, &other]);
    repo.custom("v1", &stage, repo);
    repo.import("1", &stage, "sum");
    repo.rejected(&other);
    repo.service();
    repo.tag(&other, "latest");
    repo.copy(&stage, &project.finals);
    project.finals.tag(&stage, "v1");
    project.finals.tag(&stage, "mine");
    Some(project)
}

#[test]
fn all_that_werf_made_goes() {
    let Some(project) = full() else { return };
    let address = project.finals.address();
    let (code, out, errors) = project.run(
        "purge",
        "",
        &["--yes", "--final-repo", &address, "--progress=none"],
    );
    assert_eq!(code, 0, "{out}{errors}");
    let expected = ["cleanup", "client-id", "latest", "sync-server"];
    assert_eq!(project.repo.left(), expected);
    assert_eq!(project.finals.left(), ["mine"]);
}

#[test]
fn what_is_in_use_is_not_purged() {
    let Some(project) = full() else { return };
    let before = project.repo.left();
    let list = project.in_use(&[format!("{}:v1", project.repo.address())]);
    let (code, out, errors) = project.run("purge", "", &["--yes", "--in-use", &list]);
    assert_eq!(code, 3, "{out}{errors}");
    assert_eq!(project.repo.left(), before);
}

#[test]
fn a_dry_run_changes_nothing() {
    let Some(project) = full() else { return };
    let before = project.repo.left();
    let (code, _, errors) = project.run("purge", "", &["--dry-run", "--progress=none"]);
    let expected = "dockside: note: what werf made goes: it is a project of werf's (werf.yaml)\n";
    assert_eq!((code, errors.as_str()), (0, expected));
    assert_eq!(project.repo.left(), before);
}
