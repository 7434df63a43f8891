//! What cannot be read is said, and nothing is taken for absent because of it.

use std::time::Duration;

use dockside::cleanup::inventory::Inventory;
use dockside::env::Env;
use dockside::error::Failure;
use dockside::oci::media_type::OCI_INDEX;
use dockside::oci::{Options, Registries};
use dockside::registry::Default;
use dockside::report::Report;

use super::{bench, survey};
use crate::cleanup::scene::Scene;
use crate::oci::run;
use crate::support::vendor::{Fault, Local, Request, Rules, Store, shared, v2};

/// A registry of no brand with a scene in it.
fn serve(scene: &Scene) -> Local {
    let mut store = Store::new();
    scene.store(&mut store, "app");
    let rules = Rules::default();
    Local::start(&shared(move |request: &Request| {
        v2(request, &mut store, &rules).unwrap()
    }))
}

/// The repository there, for somebody who soon gives up.
fn impatient(local: &Local) -> Default {
    let options = Options {
        docker_config: None,
        insecure: Vec::new(),
        jobs: 4,
        retry_timeout: Duration::ZERO,
    };
    let env = Env::from_iter([("HOME", "/nowhere")]);
    let registries = Registries::new(&options, &env, Report::default());
    let repository = format!("{}/app", local.host()).parse().unwrap();
    Default::new(registries.at(&repository).unwrap())
}

/// The gaps after a failure.
fn gaps(scene: &Scene, fault: impl FnOnce(&Local)) -> Vec<String> {
    let local = serve(scene);
    fault(&local);
    let graph = survey(&impatient(&local));
    let mut lines = scene.lines(&graph);
    lines.retain(|line| line.contains("gap") || line.contains("unreadable"));
    lines
        .iter()
        .map(|line| line.replace(&local.host(), "HOST"))
        .collect()
}

#[test]
fn a_page_that_is_missing() {
    let scene = Scene::whole();
    let status = Fault::status(400, &[]);
    let found = gaps(&scene, |local| local.fault(1, "/tags/list", status));
    assert_eq!(
        found,
        ["fatal gap: the list of tags: HOST/app: the registry answered 400"]
    );
    let bench = bench::acr(&scene);
    bench.fault("/_tags", 400);
    let graph = survey(bench.brand.as_ref());
    assert_eq!(
        scene.lines(&graph),
        [
            "fatal gap: the list of the repository: contoso.azurecr.io/team/app: \
          the registry answered 400"
        ]
    );
}

#[test]
fn a_tag_that_cannot_be_looked_at() {
    let scene = Scene::whole();
    let status = Fault::status(500, &[]);
    let found = gaps(&scene, |local| {
        local.fault_always("/manifests/main", status);
    });
    assert_eq!(
        found,
        ["fatal gap: what the tag main names: HOST/app:main: \
          HEAD http://HOST/v2/app/manifests/main failed: \
          the server answered 500 Internal Server Error"]
    );
}

#[test]
fn a_registry_that_answers_no_longer() {
    let mut scene = Scene::default();
    let tags: Vec<String> = (10..30).map(|number| format!("t{number}")).collect();
    let tags: Vec<&str> = tags.iter().map(String::as_str).collect();
    scene.image("one", &tags, &serde_json::json!({}));
    let found = gaps(&scene, |local| {
        local.fault_always("HEAD ", Fault::status(503, &[]));
    });
    assert_eq!(found.len(), 11, "{found:#?}");
    assert_eq!(
        found.last().unwrap(),
        "fatal gap: what the other tags name: 10 others could not be looked at"
    );
}

#[test]
fn an_index_that_cannot_be_read() {
    let mut scene = Scene::whole();
    let broken = r#"{"schemaVersion":2,"manifests":[{}]}"#.to_owned();
    scene.put("broken", &["broken"], OCI_INDEX, broken);
    assert_eq!(
        gaps(&scene, |_| ()),
        [
            "broken unreadable index",
            "gap: broken: HOST/app@broken: what the registry sent is damaged: it is not a \
             manifest: missing field `mediaType` at line 1 column 34: \
             missing field `mediaType` at line 1 column 34",
        ]
    );
}

#[test]
fn nobody_and_nothing() {
    let local = serve(&Scene::default());
    let graph = survey(&impatient(&local));
    assert_eq!((graph.names().len(), graph.gaps.len()), (0, 0));
    local.fault_always("/v2/", Fault::status(403, &[]));
    let brand = impatient(&local);
    let error = run(Inventory::new(&brand, 4, None).survey()).unwrap_err();
    assert_eq!(Failure::from(error).exit() as u8, 4);
}
