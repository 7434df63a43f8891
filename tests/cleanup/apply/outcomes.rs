//! Plans that nothing disturbs, and what they meet that changed before they began.

use super::stage::{Stage, options, servers, words};
use dockside::cleanup::apply::Options;
use std::time::Duration;

#[test]
fn all_that_is_planned_goes_and_nothing_else() {
    for server in servers() {
        let stage = Stage::new(&server, "app");
        let outcomes = stage.run(&options(), None).unwrap().unwrap();
        assert_eq!(words(&outcomes), vec!["done"; 13]);
        assert_eq!(stage.losses(), [""; 0]);
        assert_eq!(stage.left(), [""; 0]);
        let again = stage.run(&options(), None).unwrap().unwrap();
        for word in words(&again) {
            assert!(["gone", "done"].contains(&word.as_str()), "{word}");
        }
        assert_eq!(stage.losses(), [""; 0]);
    }
}

#[test]
fn what_came_after_the_plan_keeps_what_it_needs() {
    for server in servers() {
        let stage = Stage::new(&server, "app");
        stage.here().tag(&stage.doomed, "release");
        stage
            .here()
            .index(Some("new"), &[stage.child.on("linux", "amd64")]);
        stage.here().image(Some("old0"), "somebody's new image");
        let moved = stage.here().named("old0").unwrap();
        let outcomes = stage.run(&options(), None).unwrap().unwrap();
        assert_eq!(stage.losses(), [""; 0]);
        assert!(stage.is_there(&stage.child));
        assert!(stage.is_there(&stage.doomed));
        assert_eq!(stage.here().named("old0"), Some(moved.clone()));
        let words = words(&outcomes);
        assert_eq!(words[0], "done");
        assert_eq!(words[1], format!("skipped: the tag old0 now names {moved}"));
        let why = "skipped: the tag release was written after the plan was made";
        assert_eq!(words[9], why);
        let why = "skipped: the tag new was written after the plan was made";
        assert_eq!(words[10], why);
        assert_eq!(words[11], "done");
    }
}

#[test]
fn nothing_is_begun_after_the_deadline() {
    for server in servers() {
        let stage = Stage::new(&server, "app");
        let options = Options {
            deadline: Some(Duration::ZERO),
            ..options()
        };
        let outcomes = stage.run(&options, None).unwrap().unwrap();
        assert_eq!(words(&outcomes), vec!["not begun"; 13]);
        assert_eq!(stage.left().len(), stage.gone.len());
    }
}
