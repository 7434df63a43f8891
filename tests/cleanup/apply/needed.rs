//! What turns out to be needed after it was removed comes back, and nobody is told that it is gone.

use std::sync::Mutex;

use dockside::cleanup::apply::{Options, Outcome, Watch};

use super::between::Instead;
use super::servers::{Server, servers};
use super::stage::{Stage, options, words};
use crate::support::repository::Repository;

/// Takes note of what it is told.
#[derive(Default)]
struct Told(Mutex<Vec<(usize, String)>>);

impl Watch for Told {
    fn over(&self, step: usize, outcome: &Outcome) {
        let words = words(std::slice::from_ref(outcome)).concat();
        self.0.lock().unwrap().push((step, words));
    }

    fn revoked(&self, step: usize, outcome: &Outcome) {
        let words = words(std::slice::from_ref(outcome)).concat();
        self.0
            .lock()
            .unwrap()
            .push((step, format!("after all {words}")));
    }
}

#[test]
fn a_child_of_an_index_that_came_during_its_removal() {
    /// The step of the child.
    const CHILD: usize = 5;
    for server in servers()
        .iter()
        .filter(|one| !matches!(one, Server::Zot(_)))
    {
        let home = tempfile::tempdir().unwrap();
        let stage = Stage::new(server);
        let (host, name, child) = (stage.host.clone(), stage.name.clone(), stage.child.clone());
        stage.line.before(move |_, head| {
            let is_removal = head.method == "DELETE" && head.target.ends_with(&child.digest);
            if is_removal {
                let there = Repository {
                    host: &host,
                    name: &name,
                };
                there.index(Some("new"), &[child.on("linux", "amd64")]);
            }
            Instead::Pass
        });
        let journal = home.path().join("plan.journal");
        let options = Options {
            journal: Some(journal.clone()),
            resume: true,
            ..options()
        };
        let told = Told::default();
        let applied = stage.run_with(&options, std::time::Duration::ZERO, &told);
        let applied = applied.unwrap();
        assert!(applied.failure.is_none(), "{applied:?}");
        let why = "skipped: the tag new was written after the plan was made";
        let mut expected = ["done"; super::stage::STEPS];
        expected[CHILD] = why;
        assert_eq!(words(&applied.outcomes), expected);
        assert!(stage.is_there(&stage.child));
        assert!(stage.here().named("new").is_some());
        let told = told.0.into_inner().unwrap().into_iter();
        let told: Vec<String> = told.filter(|one| one.0 == CHILD).map(|one| one.1).collect();
        assert_eq!(told, ["done", &format!("after all {why}")]);
        let noted = std::fs::read_to_string(&journal).unwrap();
        assert!(
            noted.contains(&format!("{{\"back\":{CHILD}}}\n")),
            "{noted}"
        );

        stage.line.before(|_, _| Instead::Pass);
        let again = stage.run(&options).unwrap();
        assert_eq!(words(&again.outcomes), expected);
    }
}

/// What was tagged again stays with the tag alone that says something of it, though the manifest of
/// that tag stays in any case.
#[test]
fn a_signature_that_is_another_tag_of_what_stays() {
    for server in &*servers() {
        let mut stage = Stage::new(server);
        let signature = format!("sha256-{}.sig", &stage.doomed.digest["sha256:".len()..]);
        let shared = stage.plan.steps.last_mut().unwrap();
        shared.action = dockside::cleanup::plan::Action::Untag;
        let digest = shared.digest.to_string();
        stage.here().tag(&stage.signature, "shared");
        stage.here().tag(&stage.doomed, "release");
        let outcomes = stage.run(&options()).unwrap().outcomes;
        let why = "skipped: the tag release was written after the plan was made";
        assert_eq!([&words(&outcomes)[4], &words(&outcomes)[7]], [why, why]);
        assert_eq!(stage.here().named(&signature), Some(digest));
    }
}
