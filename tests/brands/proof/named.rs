//! A brand that the user named, of a registry that has another.

use super::stand::Stand;
use crate::brands::library::at;

/// zot, called something else.
fn stand() -> (Stand, String) {
    let stand = Stand::of("zot");
    let digest = stand.with(|store, path| store.push_image(path, Some("v1"), "one"));
    (stand, digest)
}

#[test]
fn what_is_still_there_is_never_said_to_be_gone() {
    for brand in dockside::registry::names() {
        for verb in ["untag", "delete"] {
            let (stand, _) = stand();
            let v1 = format!("{}:v1", stand.name);
            let words = [verb, "--repo-container-registry", brand, &v1];
            let (code, output, said) = stand.run(&words);
            let is_there = stand.tags() == ["v1"];
            assert_eq!(code == 0, !is_there, "{brand} {verb}: {output}{said}");
        }
    }
}

/// How a cleanup would go.
fn manners(stand: &Stand, brand: Option<&str>) -> String {
    let brand = at(stand.home.path(), &stand.variables, &stand.name, |said| {
        said.brand = brand.map(str::to_owned);
    });
    format!(
        "{:?} {:?} {} {} {} {} {}",
        brand.sweep(),
        brand.takes(),
        brand.deletes_at_once(),
        brand.counts_reads(),
        brand.lists_late(),
        brand.needs_creating(),
        brand.after_deleting(),
    )
}

#[test]
fn a_brand_that_was_named_is_cleaned_up_as_one_that_was_recognised() {
    for stand in Stand::all() {
        let named = manners(&stand, Some(stand.brand));
        assert_eq!(named, manners(&stand, None), "{}", stand.brand);
    }
}

#[test]
fn untag_says_what_the_registry_does_not_look_like() {
    let (stand, _) = stand();
    let v1 = format!("{}:v1", stand.name);
    // Its storage API answers everything with 404.
    let ran = stand.run(&["untag", "--repo-container-registry", "artifactory", &v1]);
    let expected = format!(
        "dockside: error: {v1} is still there: the registry does not look like JFrog Artifactory\n\
         dockside: hint: name another brand with --repo-container-registry, or none, so that it \
         is found out; if the brand is right, it was pushed again meanwhile\n"
    );
    assert_eq!(ran, (1, String::new(), expected));
    assert_eq!(stand.tags(), ["v1"]);
}
