//! The same repository at each brand's emulator.

use super::bench::{self, Bench};
use super::survey;
use crate::cleanup::scene::Scene;

/// What a brand's repository looks like, and what was asked for it.
fn look(open: fn(&Scene) -> Bench) -> (Vec<String>, Vec<String>) {
    let scene = Scene::whole();
    let bench = open(&scene);
    bench.forget();
    let graph = survey(bench.brand.as_ref());
    (scene.lines(&graph), bench.seen())
}

#[test]
fn all() {
    let brands: [(&str, fn(&Scene) -> Bench); 12] = [
        ("ecr", bench::ecr),
        ("acr", bench::acr),
        ("dockerhub", bench::dockerhub),
        ("google", bench::google),
        ("github", bench::github),
        ("gitlab", bench::gitlab),
        ("harbor", bench::harbor),
        ("quay", bench::quay),
        ("artifactory", bench::artifactory),
        ("nexus", bench::nexus),
        ("gitea", bench::gitea),
        ("zot", bench::zot),
    ];
    for (name, open) in brands {
        eprintln!("======== {name}");
        match std::panic::catch_unwind(|| look(open)) {
            Ok((lines, seen)) => {
                eprintln!("{}\n--\n{}", lines.join("\n"), seen.join("\n"));
            }
            Err(_) => eprintln!("PANIC"),
        }
    }
}
