//! The program itself, killed at each request of `cleanup apply` once.

use std::cmp::Ordering;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use dockside::cleanup::plan::{self, Action};

use super::between::Instead;
use super::everywhere::everywhere;
use super::stage::Stage;
use crate::support::dockside;
use crate::support::job::text;
use crate::support::wait::until;

/// The program, on its way to do the plan of a stage.
fn program(stage: &Stage, home: &Path, words: &[&str]) -> Command {
    let mut command = dockside(home);
    let brand = ["--repo-container-registry", &stage.plan.brand];
    command.current_dir(home).args(words).args(brand);
    command.args([
        "--max-delete",
        "100%",
        "--jobs",
        "4",
        "--retry-timeout",
        "0s",
        "--progress",
        "none",
    ]);
    command
}

/// Kills a run that does the plan at this request, which is still done; how many there were.
fn killed(stage: &Stage, home: &Path, number: usize) -> usize {
    let mut file = Vec::new();
    plan::write(std::slice::from_ref(&stage.plan), &mut file).unwrap();
    std::fs::write(home.join("plan.json"), file).unwrap();
    let mut command = program(stage, home, &["cleanup", "apply", "plan.json"]);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let child = Arc::new(Mutex::new(None));
    let victim = Arc::clone(&child);
    stage.line.before(move |at, _| {
        let victim = Arc::clone(&victim);
        match at.cmp(&number) {
            Ordering::Less => Instead::Pass,
            Ordering::Equal => Instead::Then(Box::new(move || kill(&victim))),
            Ordering::Greater => Instead::Drop,
        }
    });
    {
        // Its first request waits for this, if that is the one.
        let mut child = child.lock().unwrap();
        *child = Some(command.spawn().unwrap());
    }
    let ended = || match &mut *child.lock().unwrap() {
        Some(child) => child.try_wait().unwrap().is_some(),
        None => false,
    };
    until("the end of the program", ended);
    let count = stage.line.count();
    stage.line.before(|_, _| Instead::Pass);
    assert_eq!(stage.losses(), [""; 0], "{} {number}", stage.host);
    count
}

fn kill(child: &Mutex<Option<Child>>) {
    if let Some(child) = &mut *child.lock().unwrap() {
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

/// A second run, which has to do the rest.
fn finished(stage: &Stage, home: &Path, number: usize, words: &[&str]) {
    let output = program(stage, home, words).output().unwrap();
    let said = text(&output.stderr);
    let about = format!("{} {number}: {}{said}", stage.host, text(&output.stdout));
    assert_eq!(output.status.code(), Some(0), "{about}");
    assert_eq!(stage.losses(), [""; 0], "{about}");
    let mut left = stage.left();
    // A signature whose subject is gone is no image: a policy that says nothing of such leaves it.
    left.retain(|tag| words.contains(&"apply") || !tag.starts_with("sha256-"));
    assert_eq!(left, [""; 0], "{about}");
}

#[test]
fn a_killed_run_is_resumed() {
    everywhere(2, |stage, number| {
        let home = tempfile::tempdir().unwrap();
        let count = killed(stage, home.path(), number);
        let words = ["cleanup", "apply", "plan.json", "--resume"];
        finished(stage, home.path(), number, &words);
        count
    });
}

#[test]
fn what_a_killed_run_has_left_is_done_by_another_cleanup() {
    everywhere(2, |stage, number| {
        let home = tempfile::tempdir().unwrap();
        let count = killed(stage, home.path(), number);
        let repository = stage.plan.repository.to_string();
        let keep = ["--keep-tag", "stays", "--keep-tag", "whole"];
        let words = [&["cleanup", &repository][..], &keep].concat();
        finished(stage, home.path(), number, &words);
        // Nobody kept a plan or a journal: the registry itself says what has lost its tags.
        if stage.plan.brand == "default" {
            let steps = stage.plan.steps.iter();
            let doomed = steps.filter(|step| step.action == Action::Delete);
            let digests = doomed.map(|step| step.digest.to_string());
            let is_left = |digest: &String| {
                *digest != stage.signature.digest && stage.here().named(digest).is_some()
            };
            let left: Vec<String> = digests.filter(is_left).collect();
            assert_eq!(left, [""; 0], "{} {number}", stage.host);
        }
        count
    });
}
