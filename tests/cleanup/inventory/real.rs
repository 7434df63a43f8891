//! The same repository at real registries.

use dockside::registry::Default;

use super::survey;
use crate::cleanup::scene::Scene;
use crate::oci::open;
use crate::support::registry::{PROGRAM, Registry};
use crate::support::zot::{self, Zot};
use crate::support::{go_program, installed};

#[test]
fn distribution() {
    if !installed(PROGRAM) {
        return;
    }
    let scene = Scene::whole();
    let registry = Registry::open();
    scene.push(registry.host(), "team/app");
    let before = registry.arrived();
    let graph = survey(&Default::new(open(registry.host(), "team/app")));
    assert_eq!(scene.lines(&graph), [""; 0]);
    // The list, a HEAD for each tag, and the two indexes.
    assert_eq!(registry.arrived() - before, 1 + 5 + 2);
}

#[test]
fn zots() {
    if go_program(zot::PROGRAM).is_none() {
        return;
    }
    let scene = Scene::whole();
    let zot = Zot::start();
    scene.push(zot.host(), "team/app");
    let graph = survey(&Default::new(open(zot.host(), "team/app")));
    assert_eq!(scene.lines(&graph), [""; 0]);
}
