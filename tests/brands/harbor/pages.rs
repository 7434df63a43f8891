//! Lists in pages.

use dockside::registry::Error;

use super::{Bench, ROBOT};
use crate::oci;

/// Pushes `count` images, each with its tag.
fn push_many(bench: &Bench, count: usize) {
    let store = &mut bench.harbor.lock().unwrap().store;
    for number in 0..count {
        let words = format!("image {number}");
        store.push_image("team/a/app", Some(&format!("v{number:03}")), &words);
    }
}

#[test]
fn list_in_pages_of_a_hundred() {
    let bench = Bench::start(ROBOT);
    push_many(&bench, 250);
    let listing = oci::run(bench.brand().listing(8)).unwrap().unwrap();
    let tags: Vec<String> = listing
        .entries
        .iter()
        .map(|one| one.tags[0].to_string())
        .collect();
    let expected: Vec<String> = (0..250).map(|number| format!("v{number:03}")).collect();
    assert_eq!(tags, expected);
    assert_eq!(bench.rest().len(), 3);
}

#[test]
fn list_that_shrinks_is_read_again() {
    let bench = Bench::start(ROBOT);
    push_many(&bench, 250);
    let mut is_first = true;
    bench.harbor.lock().unwrap().before_page = Box::new(move |store, page| {
        if page == 2 && std::mem::take(&mut is_first) {
            let digest = store.digest("team/a/app", "v000").unwrap();
            store.remove("team/a/app", &digest);
        }
    });
    let listing = oci::run(bench.brand().listing(8)).unwrap().unwrap();
    assert_eq!(listing.entries.len(), 249);
    assert_eq!(bench.rest().len(), 2 + 3);
}

#[test]
fn list_that_may_not_be_whole_is_an_error() {
    for (counts, links) in [(true, false), (false, false)] {
        let bench = Bench::start(ROBOT);
        push_many(&bench, 150);
        {
            let mut state = bench.harbor.lock().unwrap();
            (state.counts, state.links) = (counts, links);
        }
        let error = oci::run(bench.brand().listing(8)).unwrap_err();
        assert!(matches!(error, Error::Answer { .. }), "{error}");
    }
    let bench = Bench::start(ROBOT);
    push_many(&bench, 150);
    bench.harbor.lock().unwrap().counts = false;
    let listing = oci::run(bench.brand().listing(8)).unwrap().unwrap();
    assert_eq!(listing.entries.len(), 150);
}
