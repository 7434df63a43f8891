//! The same repository at real registries.

use dockside::cleanup::Fact;
use dockside::cleanup::inventory::Inventory;
use dockside::registry::Default;

use super::survey;
use crate::cleanup::scene::Scene;
use crate::oci::{open, run};
use crate::support::registry::{PROGRAM, Registry};
use crate::support::zot::{self, Zot};
use crate::support::{go_program, installed};

/// What there is to see without a list of all manifests.
const SEEN: [&str; 13] = [
    "amd named image",
    "arm named image",
    "att named image",
    "index read index [att amd arm]",
    "list read index [sbom]",
    "plain named image",
    "sbom named image",
    "signature named image",
    "FOR-index.sig: signature",
    "FOR-index: list",
    "main: plain",
    "same: plain",
    "v1: index",
];

#[test]
fn distribution() {
    if !installed(PROGRAM) {
        return;
    }
    let scene = Scene::whole();
    let registry = Registry::open();
    scene.push(registry.host(), "team/app");
    registry.new_requests(1);
    let graph = survey(&Default::new(open(registry.host(), "team/app")));
    assert_eq!(scene.lines(&graph), SEEN);
    // The list, a HEAD for each tag, and the two indexes.
    assert_eq!(registry.new_requests(8).len(), 1 + 5 + 2);
}

#[test]
fn zots() {
    if go_program(zot::PROGRAM).is_none() {
        return;
    }
    let scene = Scene::whole();
    let zot = Zot::start();
    scene.push(zot.host(), "team/app");
    let brand = Default::new(open(zot.host(), "team/app"));
    run(async {
        let inventory = Inventory::new(&brand, 4, None);
        let mut graph = inventory.survey().await.unwrap();
        assert_eq!(scene.lines(&graph), SEEN);
        // What has no tag is known as soon as the registry is asked for it.
        let index = graph.find(&scene.digest("index")).unwrap();
        let wanted = [(index, Fact::Referrers)];
        inventory.look(&mut graph, &wanted).await.unwrap();
        let mut lines = scene.lines(&graph);
        lines.retain(|line| line.contains("of=") || line.contains("asked"));
        assert_eq!(
            lines,
            [
                "index read index asked_for_referrers=true [att amd arm]",
                "report read image artifact_type=example/report of=index",
                "sbom read image artifact_type=example/sbom of=index",
            ]
        );
    });
}
