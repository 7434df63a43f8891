//! Indexes, and what they list.

use super::{APP, Bench};

#[test]
fn untag_breaks_no_index() {
    for queries in [true, false] {
        let bench = Bench::start();
        bench.artifactory.lock().unwrap().queries = queries;
        let child = bench.push("amd64", "one");
        {
            let store = &mut bench.artifactory.lock().unwrap().store;
            store.push_index(APP, Some("multi"), &[&child]);
        }
        let tag = format!("{}:amd64", bench.name());
        let (code, output, said) = bench.run(&["untag", &tag]);
        assert_eq!((code, output), (0, format!("untagged {tag}\n")), "{said}");
        assert_eq!(bench.tags(), ["multi"]);
        assert!(bench.has(&child));
        let config = {
            let state = bench.artifactory.lock().unwrap();
            let repository = &state.store.repositories[APP];
            let config = repository.find(&child).unwrap().json()["config"]["digest"].clone();
            repository.blobs.contains_key(config.as_str().unwrap())
        };
        assert!(config, "its blobs are there too");
    }
}

#[test]
fn untag_of_an_index_leaves_what_it_lists() {
    for takes_children in [false, true] {
        let bench = Bench::start();
        bench.artifactory.lock().unwrap().takes_children = takes_children;
        let (index, children) = bench.push_index("multi", ["one", "two"]);
        let tag = format!("{}:multi", bench.name());
        let (code, output, said) = bench.run(&["untag", &tag]);
        assert_eq!((code, output), (0, format!("untagged {tag}\n")), "{said}");
        assert_eq!(bench.tags(), [""; 0]);
        assert!(bench.has(&index));
        assert!(children.iter().all(|child| bench.has(child)));
    }
}

#[test]
fn delete_of_an_index_leaves_what_others_use() {
    for takes_children in [false, true] {
        let bench = Bench::start();
        bench.artifactory.lock().unwrap().takes_children = takes_children;
        let (index, children) = bench.push_index("multi", ["one", "two"]);
        bench
            .artifactory
            .lock()
            .unwrap()
            .store
            .tag(APP, &children[0], "amd64");
        let name = bench.name();
        let (code, _, said) = bench.run(&["delete", &format!("{name}:multi")]);
        assert_eq!(code, 0, "{said}");
        assert_eq!(bench.tags(), ["amd64"]);
        assert!(!bench.has(&index));
        assert!(bench.has(&children[0]));
        // Nothing else listed it.
        assert_eq!(bench.has(&children[1]), !takes_children);
    }
}
