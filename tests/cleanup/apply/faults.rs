//! At each request once: it fails, it or its answer is lost and the registry with it, it is never
//! answered, or there were too many. Then everything that stays still pulls, the report is true,
//! and a second run does the rest.

use std::time::Duration;

use dockside::cleanup::apply::{Applied, Options, Outcome};

use super::between::Instead;
use super::everywhere::everywhere;
use super::stage::{STEPS, Stage, options, words};
use crate::support::answer::Answer;

/// How many stages are played at the same time where there is something to do all the time, and
/// where they wait.
const BUSY: usize = 2;
const WAITING: usize = 16;

/// Lets this happen at each request; the first run goes on as long as it can.
fn troubled(at_once: usize, trouble: impl Fn(&Stage, usize) + Sync) {
    everywhere(at_once, |stage, number| {
        let home = tempfile::tempdir().unwrap();
        let options = Options {
            journal: Some(home.path().join("plan.journal")),
            resume: true,
            ..options()
        };
        trouble(stage, number);
        let Applied { outcomes, failure } = stage.run(&options).unwrap();
        let count = stage.line.count();
        let about = format!("{} {number}: {outcomes:?} {failure:?}", stage.host);
        assert_eq!(stage.losses(), [""; 0], "{about}");
        assert_eq!(stage.lies(&outcomes), [""; 0], "{about}");
        let is_over = |one: &Outcome| matches!(one, Outcome::Done | Outcome::Gone);
        let is_complete = outcomes.iter().all(is_over) && failure.is_none();
        assert!(is_complete || number <= count, "{about}");
        stage.line.before(|_, _| Instead::Pass);
        let again = stage.run(&options).unwrap();
        let about = format!("{about}, then {again:?}");
        assert!(again.outcomes.iter().all(is_over), "{about}");
        assert!(again.failure.is_none(), "{about}");
        assert_eq!(stage.losses(), [""; 0], "{about}");
        assert_eq!(stage.lies(&again.outcomes), [""; 0], "{about}");
        assert_eq!(stage.left(), [""; 0], "{about}");
        count
    });
}

#[test]
fn a_request_fails() {
    troubled(BUSY, |stage, number| {
        stage.line.before(move |at, _| match at == number {
            true => Instead::Answer(Answer::new(500)),
            false => Instead::Pass,
        });
    });
}

#[test]
fn a_request_is_lost_and_the_registry_with_it() {
    troubled(BUSY, |stage, number| {
        stage.line.before(move |at, _| match at >= number {
            true => Instead::Drop,
            false => Instead::Pass,
        });
    });
}

#[test]
fn an_answer_is_lost() {
    troubled(BUSY, |stage, number| {
        stage.line.before(move |at, _| match at == number {
            true => Instead::Lose,
            false => Instead::Pass,
        });
    });
}

#[test]
fn an_answer_never_comes() {
    troubled(WAITING, |stage, number| {
        stage.patience.set(Duration::from_secs(2)).unwrap();
        stage.line.before(move |at, head| {
            // The end of an upload may take minutes (`http::Limits::upload`).
            let is_upload = head.method == "PUT" && head.target.contains("/blobs/uploads/");
            match at == number {
                true if is_upload => Instead::Drop,
                true => Instead::Hang,
                false => Instead::Pass,
            }
        });
    });
}

#[test]
fn too_many_requests_are_waited_for() {
    everywhere(WAITING, |stage, number| {
        stage.line.before(move |at, _| match at == number {
            true => Instead::Answer(Answer::new(429).header("Retry-After", 1)),
            false => Instead::Pass,
        });
        let applied = stage.run_with(&options(), Duration::from_secs(60), &());
        let applied = applied.unwrap();
        let about = format!("{} {number}: {applied:?}", stage.host);
        assert!(applied.failure.is_none(), "{about}");
        assert_eq!(words(&applied.outcomes), ["done"; STEPS], "{about}");
        assert_eq!(stage.losses(), [""; 0], "{about}");
        assert_eq!(stage.left(), [""; 0], "{about}");
        stage.line.count()
    });
}
