//! The same repository at each brand's emulator: what is found out (a line for each manifest and
//! each tag), and with which requests (after the line `--`). A brand is asked for its whole list,
//! and for each index; where it does not say what is an index, for what indexes do not list.

use super::bench::{self, Bench};
use super::survey;
use crate::cleanup::scene::Scene;

/// What a brand's repository looks like, and what was asked for it.
fn look(open: fn(&Scene) -> Bench) -> String {
    let scene = Scene::whole();
    let bench = open(&scene);
    bench.forget();
    let graph = survey(bench.brand.as_ref());
    let mut seen = bench.seen();
    // What is asked for at the same time comes in any order.
    seen.sort();
    let seen = seen.iter().map(|line| scene.named(line));
    let lines = scene.lines(&graph);
    let lines = lines.into_iter().chain(["--".to_owned()]).chain(seen);
    lines.map(|line| line + "\n").collect()
}

#[test]
fn ecr() {
    assert_eq!(look(bench::ecr), include_str!("brands/ecr.txt"));
}

#[test]
fn acr() {
    assert_eq!(look(bench::acr), include_str!("brands/acr.txt"));
}

#[test]
fn dockerhub() {
    assert_eq!(look(bench::dockerhub), include_str!("brands/dockerhub.txt"));
}

#[test]
fn google() {
    assert_eq!(look(bench::google), include_str!("brands/google.txt"));
}

#[test]
fn github() {
    assert_eq!(look(bench::github), include_str!("brands/github.txt"));
}

#[test]
fn gitlab() {
    assert_eq!(look(bench::gitlab), include_str!("brands/gitlab.txt"));
}

#[test]
fn harbor() {
    assert_eq!(look(bench::harbor), include_str!("brands/harbor.txt"));
}

#[test]
fn quay() {
    assert_eq!(look(bench::quay), include_str!("brands/quay.txt"));
}

#[test]
fn artifactory() {
    assert_eq!(
        look(bench::artifactory),
        include_str!("brands/artifactory.txt")
    );
}

#[test]
fn nexus() {
    assert_eq!(look(bench::nexus), include_str!("brands/nexus.txt"));
}

#[test]
fn gitea() {
    assert_eq!(look(bench::gitea), include_str!("brands/gitea.txt"));
}

#[test]
fn zot() {
    assert_eq!(look(bench::zot), include_str!("brands/zot.txt"));
}
