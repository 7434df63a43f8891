//! Plans that nothing disturbs, and what they meet that changed before they began.

use super::servers::servers;
use super::stage::{STEPS, Stage, options, words};
use dockside::cleanup::apply::Options;
use std::time::Duration;

#[test]
fn all_that_is_planned_goes_and_nothing_else() {
    for server in &*servers() {
        let stage = Stage::new(server);
        let outcomes = stage.run(&options()).unwrap().outcomes;
        assert_eq!(words(&outcomes), ["done"; STEPS]);
        assert_eq!(stage.losses(), [""; 0]);
        assert_eq!(stage.left(), [""; 0]);
        let again = stage.run(&options()).unwrap().outcomes;
        for word in words(&again) {
            assert!(["gone", "done"].contains(&word.as_str()), "{word}");
        }
        assert_eq!(stage.losses(), [""; 0]);
    }
}

#[test]
fn what_came_after_the_plan_keeps_what_it_needs() {
    for server in &*servers() {
        let stage = Stage::new(server);
        stage.here().tag(&stage.doomed, "release");
        stage
            .here()
            .index(Some("new"), &[stage.child.on("linux", "amd64")]);
        stage.here().bare(Some("old0"), "somebody's new image");
        let moved = stage.here().named("old0").unwrap();
        let outcomes = stage.run(&options()).unwrap().outcomes;
        assert_eq!(stage.losses(), [""; 0]);
        assert!(stage.is_there(&stage.child));
        assert!(stage.is_there(&stage.doomed));
        assert_eq!(stage.here().named("old0"), Some(moved.clone()));
        let release = "skipped: the tag release was written after the plan was made";
        let expected = [
            "done",
            &format!("skipped: the tag old0 now names {moved}"),
            "done",
            "done",
            release,
            "skipped: the tag new was written after the plan was made",
            "done",
            release,
        ];
        assert_eq!(words(&outcomes), expected);
        assert_eq!(stage.lies(&outcomes), [""; 0]);
        let signature = stage.gone.last().unwrap();
        assert!(stage.here().named(signature).is_some());
    }
}

#[test]
fn nothing_is_begun_after_the_deadline() {
    for server in &*servers() {
        let stage = Stage::new(server);
        let options = Options {
            deadline: Some(Duration::ZERO),
            ..options()
        };
        let outcomes = stage.run(&options).unwrap().outcomes;
        assert_eq!(words(&outcomes), ["not begun"; STEPS]);
        assert_eq!(stage.left().len(), stage.gone.len());
    }
}
