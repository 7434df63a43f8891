//! The process is killed in the middle of a cleanup, at brands that remove images in quite
//! different ways.

use std::cell::RefCell;
use std::process::{Command, Stdio};

use futures_util::FutureExt as _;
use tokio::sync::Notify;

use super::deck::{Contents, KEPT};
use super::each;
use super::line::Trouble;
use super::world::World;
use crate::support::dockside;
use crate::support::wait::until;

const BRANDS: [&str; 4] = ["gitlab", "ecr", "quay", "github"];

/// Which requests it is killed at; all of them where `EVERY_REQUEST` is set. Prime, so that
/// different kinds of requests are met.
const SOME: usize = 13;

fn command(world: &World, more: &[&str]) -> Command {
    let home = world.stand.home.path();
    let mut command = dockside(home);
    command.envs(world.stand.variables.iter().cloned());
    command
        .current_dir(home)
        .args(["cleanup", &world.stand.name]);
    command.args(KEPT.iter().flat_map(|tag| ["--keep-tag", tag]));
    let rest = ["--max-delete", "100%", "--jobs", "1", "--plan", "plan.json"];
    command.args(rest).args(more);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Runs it to its end, or until it is killed.
fn run(mut command: Command, kill: &Notify) -> Option<i32> {
    let child = RefCell::new(command.spawn().unwrap());
    until("the end of the cleanup", || {
        let mut child = child.borrow_mut();
        if kill.notified().now_or_never().is_some() {
            child.kill().unwrap();
        }
        child.try_wait().unwrap().is_some()
    });
    child.into_inner().wait().unwrap().code()
}

/// What is there after a cleanup that nothing disturbs.
fn undisturbed(world: &World) -> Contents {
    world.refill(&world.start);
    assert_eq!(run(command(world, &[]), &Notify::new()), Some(0));
    world.contents()
}

#[test]
fn the_process_is_killed() {
    let wrong = each(|world| {
        let brand = world.stand.brand;
        if !BRANDS.contains(&brand) {
            return Vec::new();
        }
        let end = undisturbed(world);
        let plan = world.stand.home.path().join("plan.json");
        let mut wrong = Vec::new();
        let every = std::env::var_os("EVERY_REQUEST").is_some();
        for at in (1..).step_by(if every { 1 } else { SOME }) {
            let _ = std::fs::remove_file(&plan);
            let _ = std::fs::remove_file(plan.with_extension("json.journal"));
            world.refill(&world.start);
            let kill = world.line.arm(Trouble::Kill, at);
            let code = run(command(world, &[]), &kill);
            let was_reached = world.line.disarm() >= at;
            if code.is_some() == was_reached {
                wrong.push(format!("{brand} {at}: it ended with {code:?}"));
            }
            wrong.extend(
                world
                    .losses()
                    .iter()
                    .map(|one| format!("{brand} {at}: {one}")),
            );
            let more: &[&str] = if plan.exists() { &["--resume"] } else { &[] };
            let code = run(command(world, more), &Notify::new());
            if code != Some(0) || world.contents() != end {
                let now = world.contents();
                wrong.push(format!("{brand} {at}: then {code:?}, {now:?}"));
            }
            if !was_reached {
                break;
            }
        }
        wrong
    });
    assert_eq!(wrong, "");
}
