//! Repositories: made and removed by their own calls.

use serde_json::json;

use super::{World, private};

#[test]
fn create_repository_once() {
    let world = World::new();
    let name = private("team/app");
    let done = world.run(&["repository", "create", &name]);
    assert_eq!(done, (0, format!("created {name}\n"), String::new()));
    let (code, output, _) = world.run(&["repository", "create", &name]);
    assert_eq!((code, output), (0, format!("unchanged {name}\n")));
    let input = json!({"registryId": "012345678901", "repositoryName": "team/app"});
    assert_eq!(
        world.seen(),
        [
            format!("CreateRepository {input} 200"),
            format!("CreateRepository {input} 400"),
        ]
    );
}

#[test]
fn delete_repository_with_its_images() {
    let world = World::new();
    world.aws().store.push_image("app", Some("v1"), "one");
    let name = private("app");
    let words = ["repository", "delete", &name, "--with-images"];
    let (code, output, said) = world.run(&words);
    assert_eq!((code, output), (0, format!("deleted {name}\n")), "{said}");
    assert!(world.aws().store.repository("app").is_none());
    let (code, _, said) = world.run(&words);
    assert_eq!(
        (code, said),
        (0, format!("dockside: note: {name} is already gone\n"))
    );
}

#[test]
fn create_repository_needs_the_right() {
    let world = World::new();
    world.aws().denied.insert("ecr:CreateRepository".to_owned());
    let name = private("app");
    let done = world.run(&["repository", "create", &name]);
    let said = format!(
        "dockside: error: {name}: Amazon ECR does not allow this (status 400): \
         AccessDeniedException: User: arn:aws:sts::012345678901:assumed-role/ci/job is not \
         authorized to perform: ecr:CreateRepository because no identity-based policy allows the \
         ecr:CreateRepository action\n\
         dockside: hint: this needs the permission ecr:CreateRepository\n"
    );
    assert_eq!(done, (4, String::new(), said));
}
