//! At each request once: it fails, the registry answers no more, or the cleaner is killed. Then
//! everything that stays still pulls, and a second run does the rest.

use std::sync::Arc;

use super::stage::{Server, Stage, numbers, options, servers};
use crate::support::http::{Reply, Step};
use dockside::cleanup::apply::{Options, Outcome};

/// More requests than any of these plans takes.
const MOST: usize = 200;

fn everywhere(how: impl Fn(&Stage, usize, &Options) + Sync) {
    std::thread::scope(|scope| {
        for server in servers() {
            let how = &how;
            scope.spawn(move || everywhere_at(&server, how));
        }
    });
}

fn everywhere_at(server: &Server, how: &impl Fn(&Stage, usize, &Options)) {
    for number in numbers() {
        let home = tempfile::tempdir().unwrap();
        let stage = Stage::new(server, &format!("app{number}"));
        let options = Options {
            journal: Some(home.path().join("plan.journal")),
            resume: true,
            ..options()
        };
        how(&stage, number, &options);
        let is_last = stage.line.count() < number;
        assert_eq!(stage.losses(), [""; 0], "{number}");
        stage.line.before(|_, _| None);
        let outcomes = stage.run(&options, None).unwrap().unwrap();
        let is_over = |one: &Outcome| matches!(one, Outcome::Done | Outcome::Gone);
        assert!(outcomes.iter().all(is_over), "{number}: {outcomes:?}");
        assert_eq!(stage.losses(), [""; 0], "{number}");
        assert_eq!(stage.left(), [""; 0], "{number}");
        if is_last {
            break;
        }
        assert!(number < MOST);
    }
}

#[test]
fn a_request_fails() {
    everywhere(|stage, number, options| {
        stage
            .line
            .before(move |at, _| (at == number).then(|| Reply::new(500).into()));
        let _ = stage.run(options, None).unwrap();
    });
}

#[test]
fn an_answer_is_lost_and_the_registry_with_it() {
    everywhere(|stage, number, options| {
        stage
            .line
            .before(move |at, _| (at >= number).then_some(Step::Drop));
        let _ = stage.run(options, None).unwrap();
    });
}

#[test]
fn a_kill() {
    everywhere(|stage, number, options| {
        let kill = Arc::new(tokio::sync::Notify::new());
        let told = Arc::clone(&kill);
        stage.line.before(move |at, _| {
            (at >= number).then(|| {
                told.notify_one();
                Step::Drop
            })
        });
        let _ = stage.run(options, Some(kill));
    });
}
