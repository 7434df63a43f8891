//! A closer look, and what a second run saves.

use dockside::cleanup::inventory::Inventory;
use dockside::cleanup::{Fact, Graph, Id};
use dockside::registry::Default;
use serde_json::json;

use crate::cleanup::scene::Scene;
use crate::oci::{open, run};
use crate::support::vendor::{Local, Request, Rules, Store, shared, v2};

/// A registry of no brand with a scene in it.
fn serve(scene: &Scene, referrers: bool) -> Local {
    let mut store = Store::new();
    scene.store(&mut store, "app");
    let rules = Rules {
        referrers,
        ..Rules::default()
    };
    Local::start(&shared(move |request: &Request| {
        v2(request, &mut store, &rules).unwrap()
    }))
}

/// The facts about what has these names.
fn wanted(scene: &Scene, graph: &Graph, facts: &[(&str, Fact)]) -> Vec<(Id, Fact)> {
    let id = |name: &str| graph.find(&scene.digest(name)).unwrap();
    facts.iter().map(|(name, fact)| (id(name), *fact)).collect()
}

/// The requests since, by what they were for.
fn seen(scene: &Scene, local: &Local) -> Vec<String> {
    let seen = local.seen();
    local.forget();
    let mut seen: Vec<String> = seen
        .iter()
        .map(|line| {
            let line = line.replace(&local.host(), "").replace("/v2/app/", "");
            scene.named(&line)
        })
        .collect();
    seen.sort();
    seen
}

const EVERYTHING: [(&str, Fact); 6] = [
    ("index", Fact::Config),
    ("plain", Fact::Manifest),
    ("plain", Fact::Created),
    ("signature", Fact::Created),
    ("index", Fact::Referrers),
    ("plain", Fact::Referrers),
];

#[test]
fn facts_are_asked_for_once() {
    let scene = Scene::whole();
    let local = serve(&scene, true);
    let brand = Default::new(open(&local.host(), "app"));
    run(async {
        let inventory = Inventory::new(&brand, 4, None);
        let mut graph = inventory.survey().await.unwrap();
        assert_eq!(
            seen(&scene, &local),
            [
                "GET manifests/index 200",
                "GET manifests/list 200",
                "GET tags/list 200",
                "HEAD manifests/FOR-index 200",
                "HEAD manifests/FOR-index.sig 200",
                "HEAD manifests/main 200",
                "HEAD manifests/same 200",
                "HEAD manifests/v1 200",
            ]
        );
        let wanted = wanted(&scene, &graph, &EVERYTHING);
        inventory.look(&mut graph, &wanted).await.unwrap();
        assert_eq!(
            seen(&scene, &local),
            [
                "GET blobs/config 200",
                "GET blobs/config 200",
                "GET blobs/config 200",
                "GET manifests/amd 200",
                "GET manifests/plain 200",
                "GET manifests/report 200",
                "GET manifests/sbom 200",
                "GET manifests/signature 200",
                "GET referrers/index 200",
                "GET referrers/plain 200",
            ]
        );
        let made = "read-with-config image created=2024-05-01T10:00:00.123Z";
        let labels = r#"labels={"made":"here"}"#;
        assert_eq!(
            scene.lines(&graph),
            [
                &format!("amd {made} {labels}"),
                "arm named image",
                "att named image",
                // Of its first image that is no attestation.
                &format!(
                    "index read-with-config index created=2024-05-01T10:00:00.123Z \
                     asked_for_referrers=true {labels} [att amd arm]"
                ),
                "list read index [sbom]",
                &format!("plain {made} asked_for_referrers=true {labels}"),
                "report read image artifact_type=example/report of=index",
                "sbom read image artifact_type=example/sbom of=index",
                &format!("signature {made} {labels}"),
                "FOR-index.sig: signature",
                "FOR-index: list",
                "main: plain",
                "same: plain",
                "v1: index",
            ]
        );
        inventory.look(&mut graph, &wanted).await.unwrap();
        assert_eq!(seen(&scene, &local), [""; 0]);
    });
}

#[test]
fn a_second_run_asks_heads_only() {
    let scene = Scene::whole();
    let local = serve(&scene, false);
    let directory = tempfile::tempdir().unwrap();
    let go = || {
        let brand = Default::new(open(&local.host(), "app"));
        run(async {
            let cache = Some(directory.path().join("cache"));
            let inventory = Inventory::new(&brand, 4, cache);
            let mut graph = inventory.survey().await.unwrap();
            let wanted = wanted(&scene, &graph, &EVERYTHING);
            inventory.look(&mut graph, &wanted).await.unwrap();
            assert_eq!(inventory.cache_failure(), None);
            (scene.lines(&graph), seen(&scene, &local))
        })
    };
    let (first, asked) = go();
    assert!(asked.iter().any(|line| line.starts_with("GET blobs/")));
    assert!(asked.iter().any(|line| line.starts_with("GET referrers/")));
    let (second, asked) = go();
    assert_eq!(second, first);
    assert_eq!(
        asked,
        [
            // Whether there is such an API.
            "GET referrers/index 404",
            "GET tags/list 200",
            "HEAD manifests/FOR-index 200",
            "HEAD manifests/FOR-index.sig 200",
            "HEAD manifests/main 200",
            "HEAD manifests/same 200",
            "HEAD manifests/v1 200",
        ]
    );
}

#[test]
fn an_annotation_saves_the_config_and_dates_stay_as_they_are() {
    let mut scene = Scene::default();
    let dated = |date: &str| json!({"annotations": {"org.opencontainers.image.created": date}});
    scene.image("said", &["said"], &dated("2026-01-02T03:04:05+01:00"));
    scene.image("zero", &["zero"], &dated("1970-01-01T00:00:00Z"));
    scene.image("odd", &["odd"], &dated("yesterday"));
    let local = serve(&scene, true);
    let brand = Default::new(open(&local.host(), "app"));
    run(async {
        let inventory = Inventory::new(&brand, 4, None);
        let mut graph = inventory.survey().await.unwrap();
        let facts = ["said", "zero", "odd"].map(|name| (name, Fact::Created));
        let wanted = wanted(&scene, &graph, &facts);
        local.forget();
        inventory.look(&mut graph, &wanted).await.unwrap();
        let said =
            |date: &str| format!(r#"labels={{"org.opencontainers.image.created":"{date}"}}"#);
        assert_eq!(
            scene.lines(&graph),
            [
                "odd read-with-config image created=2024-05-01T10:00:00.123Z \
                 labels={\"made\":\"here\",\"org.opencontainers.image.created\":\"yesterday\"}",
                &format!(
                    "said read image created=2026-01-02T02:04:05Z {}",
                    said("2026-01-02T03:04:05+01:00")
                ),
                &format!(
                    "zero read image created=1970-01-01T00:00:00Z {}",
                    said("1970-01-01T00:00:00Z")
                ),
                "odd: odd",
                "said: said",
                "zero: zero",
            ]
        );
        // Three manifests, and the config of the one that says no date.
        assert_eq!(local.seen().len(), 3 + 1);
    });
}
