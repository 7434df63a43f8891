//! Something goes wrong with each request once.

use std::collections::HashSet;
use std::path::Path;
use std::time::Duration;

use dockside::cleanup::apply::Outcome;

use super::deck::Contents;
use super::each;
use super::judge::word;
use super::line::Trouble;
use super::world::{Patience, Ran, World};

/// Of these one happens to some of the requests; all of them happen to each where
/// `EVERY_REQUEST` is set, which takes many minutes.
const TROUBLES: [Trouble; 8] = [
    Trouble::Lost,
    Trouble::Status(500),
    Trouble::Kill,
    Trouble::Status(403),
    Trouble::Drop,
    Trouble::Dead,
    Trouble::Hang,
    Trouble::Limited,
];

/// Prime, so that different kinds of requests are met.
const SOME: usize = 5;

/// More requests than any of these cleanups takes.
const MOST: usize = 400;

/// What is left by a run, by which another one goes on.
type Left = (Contents, Option<String>);

#[test]
fn whatever_happens_to_a_request() {
    let every = std::env::var_os("EVERY_REQUEST").is_some();
    let wrong = each(|world| {
        let (mut wrong, mut known) = (Vec::new(), HashSet::new());
        for (turn, at) in (1..).step_by(if every { 1 } else { SOME }).enumerate() {
            assert!(at < MOST);
            let all = TROUBLES.iter().cycle().skip(turn + world.stand.brand.len());
            let mut was_reached = false;
            for trouble in all.take(if every { TROUBLES.len() } else { 1 }) {
                let (reached, found) = once(world, *trouble, at, &mut known);
                was_reached |= reached;
                let about = format!("{} {trouble:?} {at}", world.stand.brand);
                wrong.extend(found.into_iter().map(|one| format!("{about}: {one}")));
            }
            if !was_reached {
                break;
            }
        }
        wrong
    });
    assert_eq!(wrong, "");
}

impl Trouble {
    fn patience(self) -> Patience {
        match self {
            Self::Hang => Patience {
                request: Duration::from_millis(300),
                ..Patience::ONCE
            },
            Self::Limited => Patience {
                retries: Duration::from_secs(60),
                ..Patience::ONCE
            },
            _ => Patience::ONCE,
        }
    }
}

/// Whether there was such a request, and what is wrong.
fn once(
    world: &World,
    trouble: Trouble,
    at: usize,
    known: &mut HashSet<Left>,
) -> (bool, Vec<String>) {
    let home = tempfile::tempdir().unwrap();
    let journal = home.path().join("journal");
    world.refill(&world.start);
    let kill = world.line.arm(trouble, at);
    let ran = world.cleanup(trouble.patience(), Some(&journal), Some(&kill));
    let count = world.line.disarm();
    let mut wrong = world.losses();
    if let (Some(plan), Some(outcomes)) = (&ran.plan, &ran.outcomes) {
        // What is removed counts as failed where it could not be seen that nothing needs it.
        // At Artifactory that is looked at after each of its folders.
        let is_open = matches!(trouble, Trouble::Lost | Trouble::Hang)
            || at == count
            || world.stand.brand == "artifactory";
        wrong.extend(world.untruths(plan, outcomes, is_open));
    }
    if matches!(trouble, Trouble::Dead | Trouble::Limited) {
        let is_over = |one: &Outcome| matches!(one, Outcome::Done | Outcome::Gone);
        let all = ran.outcomes.iter().flatten();
        let open = all.filter(|one| !is_over(one)).map(word);
        wrong.extend(ran.error.clone().into_iter().chain(open));
        wrong.extend(world.unfinished(false));
        return (count >= at, wrong);
    }
    wrong.extend(go_on(world, &ran, &journal, known));
    (count >= at, wrong)
}

/// Goes on with the plan; and, from the same point, cleans up anew. What is wrong.
fn go_on(world: &World, ran: &Ran, journal: &Path, known: &mut HashSet<Left>) -> Vec<String> {
    let (half, left) = (world.store(), world.contents());
    let mut wrong = Vec::new();
    if let Some(plan) = &ran.plan {
        let noted = std::fs::read_to_string(journal).unwrap_or_default();
        let steps: Vec<&str> = noted.lines().skip(1).collect();
        if known.insert((left.clone(), Some(format!("{steps:?} {:?}", plan.steps)))) {
            let outcomes = world.resume(plan, Some(journal));
            wrong.extend(world.losses());
            // A plan that knew less leaves what it did not know.
            if plan.steps == world.plan.steps {
                let is_over = |one: &&Outcome| matches!(one, Outcome::Done | Outcome::Gone);
                let open = outcomes.iter().filter(|one| !is_over(one));
                wrong.extend(open.map(|one| world.deck.named(&word(one))));
                wrong.extend(world.unfinished(false));
            }
            let wrong = wrong.iter_mut();
            wrong.for_each(|one| *one = format!("gone on with: {one}"));
            world.refill(&half);
        }
    }
    if known.insert((left, None)) {
        let again = world.cleanup(Patience::ONCE, None, None);
        let found = again.error.into_iter().chain(world.losses());
        let found = found.chain(world.unfinished(true));
        wrong.extend(found.map(|one| format!("done anew: {one}")));
    }
    wrong
}
