//! What a removal that was cut off has left is known for what it is, by one request.

use dockside::oci::Manifest;
use dockside::oci::media_type::{DOCKER_MANIFEST, OCI_MANIFEST};
use dockside::registry::{Default, Dummy};
use serde_json::json;

use super::survey;
use crate::cleanup::scene::Scene;
use crate::oci::open;
use crate::support::vendor::{Local, Request, Rules, Store, shared, v2};

fn text(manifest: &Manifest) -> String {
    String::from_utf8(manifest.bytes().to_vec()).unwrap()
}

#[test]
fn dummies() {
    let mut scene = Scene::default();
    let subject = "example.com/app:old".parse().unwrap();
    let (new, docker) = (Dummy::new(false, &subject), Dummy::new(true, &subject));
    let (new, docker) = (new.unwrap(), docker.unwrap());
    scene.image("plain", &["main"], &json!({}));
    scene.put(
        "dummy",
        &["old", "older"],
        OCI_MANIFEST,
        text(new.manifest()),
    );
    scene.put(
        "docker",
        &["oldest"],
        DOCKER_MANIFEST,
        text(docker.manifest()),
    );
    let mut store = Store::new();
    scene.store(&mut store, "app");
    let rules = Rules::default();
    let local = Local::start(&shared(move |request: &Request| {
        v2(request, &mut store, &rules).unwrap()
    }));
    let graph = survey(&Default::new(open(&local.host(), "app")));
    let dummies = graph.nodes().filter(|(_, node)| node.is_dummy);
    let dummies: Vec<_> = dummies.map(|(_, node)| node.digest.clone()).collect();
    assert_eq!(dummies, [scene.digest("dummy"), scene.digest("docker")]);
    let images: Vec<_> = graph.images().map(|(_, name)| name.tag.as_str()).collect();
    assert_eq!(images, ["main"]);
    let reads = local.seen();
    let reads = reads
        .iter()
        .filter(|line| line.starts_with("GET") && line.contains("/manifests/"));
    assert_eq!(reads.count(), 2);
    // A record of it knows them as well.
    let mut record = Vec::new();
    graph.to_recorded(&mut record).unwrap();
    let again = dockside::cleanup::Graph::from_recorded(record.as_slice()).unwrap();
    let images: Vec<_> = again.images().map(|(_, name)| name.tag.as_str()).collect();
    assert_eq!(images, ["main"]);
}
