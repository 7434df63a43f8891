//! Which images a project has: those of its configuration, and those that are recorded.

use crate::cleanup::whole::ended;

use super::project::Project;

/// A project with one stage that was made of a commit for an image, and no record of that image.
fn unrecorded(image: &str) -> Option<Project> {
    let project = Project::new()?;
    let c1 = project.commit("c1", 50);
    let stage = project.repo.stage("stage", 50, &[]);
    project.repo.metadata(image, &c1, &stage);
    Some(project)
}

const FREELY: [&str; 4] = ["--without-kube", "--max-delete", "100%", "--allow-empty"];

#[test]
fn an_image_of_the_configuration_needs_no_record() {
    let Some(project) = unrecorded("app") else {
        return;
    };
    assert_eq!(project.left(""), ["meta app c1 stage", "stage"]);
}

#[test]
fn an_image_that_is_unknown_keeps_nothing() {
    let Some(project) = unrecorded("other") else {
        return;
    };
    assert_eq!(project.left(""), [""; 0]);
}

#[test]
fn an_image_that_is_recorded_is_known() {
    let Some(project) = unrecorded("other") else {
        return;
    };
    project.repo.managed("other");
    let expected = ["managed-image-other", "meta other c1 stage", "stage"];
    assert_eq!(project.left(""), expected);
}

#[test]
fn images_that_templates_make_have_to_be_named() {
    let Some(project) = unrecorded("other") else {
        return;
    };
    let werf = "project: p\nconfigVersion: 1\n---\n{{- range .all }}\nimage: {{ . }}\n";
    let mut command = project.command_with("cleanup", werf, &FREELY);
    let (code, _, errors) = ended(&mut command);
    let expected = "\
dockside: note: the policy is werf.yaml
dockside: error: werf.yaml:4:1: a template may make other images here, and templates are not executed
dockside: hint: name all images with --images NAME,NAME; where a template decides what is kept too, write the policy down in a dockside.yaml, and name it with --policy
";
    assert_eq!((code, errors.as_str()), (2, expected));
    assert_eq!(project.repo.left(), ["meta other c1 stage", "stage"]);
    let mut command = project.command_with("cleanup", werf, &FREELY);
    let (code, _, errors) = ended(command.args(["--images", "app,other"]));
    assert_eq!(code, 0, "{errors}");
    assert_eq!(project.repo.left(), ["meta other c1 stage", "stage"]);
    // Where all images are known, templates do not matter.
    project.repo.managed("other");
    let (code, _, errors) = ended(&mut project.command_with("cleanup", werf, &FREELY));
    assert_eq!(code, 0, "{errors}");
}

#[test]
fn a_policy_of_dockside_serves_too() {
    let Some(project) = unrecorded("app") else {
        return;
    };
    let c2 = project.commit("c2", 40);
    project.build("app", &c2, 40);
    let werf = "project: p\nconfigVersion: 1\ncleanup: {{ include \"cleanup\" . }}\n";
    let mut command = project.command_with("cleanup", werf, &FREELY);
    let (code, _, errors) = ended(&mut command);
    assert_eq!(code, 2, "{errors}");
    let policy = "version: 1\ngit: {keep: {branches: main, images-per-reference: {last: 1}}}\n";
    let place = project.place.root.path().join("dockside.yaml");
    std::fs::write(&place, policy).unwrap();
    let mut command = project.command_with("cleanup", werf, &FREELY);
    command
        .args([
            "--project",
            "p",
            "--images",
            "app",
            "--git-dir",
            ".",
            "--policy",
        ])
        .arg(&place);
    let (code, _, errors) = ended(&mut command);
    assert_eq!(code, 0, "{errors}");
    let expected = ["app@c2", "managed-image-app", "meta app c2 app@c2"];
    assert_eq!(project.repo.left(), expected);
}
