//! Push and pull, and the repository that a push finds missing.

use serde_json::json;

use super::{World, private};
use crate::support::layout::Layout;

fn layout(world: &World) -> (Layout, String) {
    let mut layout = Layout::create(world.home.path().join("image"));
    let digest = layout.image("v1", &[b"one", b"two", b"three"]);
    (layout, digest)
}

fn creations(world: &World) -> Vec<String> {
    let mut seen = world.seen();
    seen.retain(|line| line.starts_with("CreateRepository"));
    seen
}

#[test]
fn push_makes_the_repository_once() {
    let world = World::new();
    let (layout, digest) = layout(&world);
    let source = layout.image_argument("v1");
    let name = private("team/app:v1");
    let (code, output, said) = world.run(&["push", "--quiet", &source, &name]);
    let expected = format!("{name} {digest} written\n");
    assert_eq!((code, output, said.as_str()), (0, expected, ""));
    assert_eq!(
        world.aws().store.digest("team/app", "v1"),
        Some(digest.clone())
    );
    let input = json!({"registryId": "012345678901", "repositoryName": "team/app"});
    assert_eq!(creations(&world), [format!("CreateRepository {input} 200")]);
    // What is there needs no right to make it.
    world.network.forget();
    let next = private("team/app:v2");
    let (code, output, _) = world.run(&["push", "--quiet", &source, &next]);
    assert_eq!((code, output), (0, format!("{next} {digest} written\n")));
    assert_eq!(creations(&world), [] as [String; 0]);
    let target = format!("oci:{}", world.home.path().join("pulled").display());
    let (code, output, _) = world.run(&["pull", "--quiet", &next, &target]);
    assert_eq!(
        (code, output),
        (0, format!("{target}:v2 {digest} written\n"))
    );
}

#[test]
fn push_in_both_modes_of_images() {
    let world = World::new();
    let (layout, _) = layout(&world);
    let (api, web) = (
        format!("api={}", layout.image_argument("v1")),
        format!("web={}", layout.image_argument("v1")),
    );
    let repo = private("shop");
    for (mode, repositories) in [("multirepo", 2), ("monorepo", 1)] {
        world.network.forget();
        let words = [
            "push",
            "--quiet",
            "--repo",
            &repo,
            "--images-repo-mode",
            mode,
            "--tag",
            "v1",
            &api,
            &web,
        ];
        let (code, _, said) = world.run(&words);
        assert_eq!((code, said.as_str()), (0, ""), "{mode}");
        assert_eq!(creations(&world).len(), repositories, "{mode}");
    }
    let aws = world.aws();
    let tags = ["shop", "shop/api", "shop/web"].map(|name| aws.store.tags(name));
    assert_eq!(tags, [vec!["api-v1", "web-v1"], vec!["v1"], vec!["v1"]]);
}

#[test]
fn push_beside_another_job_that_makes_the_repository() {
    let world = World::new();
    let (layout, digest) = layout(&world);
    let aws = world.aws.clone();
    let racer = move |request: &crate::support::vendor::Request| {
        let mut aws = aws.lock().unwrap();
        if request.body.windows(4).any(|part| part == b"late") {
            aws.store.create("late");
        }
        crate::support::vendor::Vendor::answer(&mut *aws, request)
    };
    world
        .network
        .answer("api.ecr.eu-central-1.amazonaws.com", racer);
    let name = private("late:v1");
    let words = ["push", "--quiet", &layout.image_argument("v1"), &name];
    let (code, output, _) = world.run(&words);
    assert_eq!((code, output), (0, format!("{name} {digest} written\n")));
    let creations = creations(&world);
    assert_eq!(creations.len(), 1);
    assert!(creations[0].ends_with(" 400"), "{creations:?}");
}

#[test]
fn push_without_the_right_to_make_the_repository() {
    let world = World::new();
    world.aws().denied.insert("ecr:CreateRepository".to_owned());
    let (layout, _) = layout(&world);
    let name = private("app:v1");
    let source = layout.image_argument("v1");
    let (code, output, said) = world.run(&["push", "--quiet", &source, &name]);
    assert_eq!((code, output.as_str()), (4, ""));
    let expected = format!(
        "dockside: error: cannot move {source} to {name}: {0} does not exist, and cannot be made: \
         {0}: Amazon ECR does not allow this (status 400): AccessDeniedException",
        private("app")
    );
    assert!(said.starts_with(&expected), "{said}");
    let hint = "dockside: hint: this needs the permission ecr:CreateRepository\n";
    assert!(said.ends_with(hint), "{said}");
}
