//! How a cleanup ends.

use super::report_args::{Report, Run};
use crate::cleanup::apply::Outcome;
use crate::error::{Exit, Explain, Failure};
use crate::report;

/// Not all was done; what was not has been said.
#[derive(Debug, thiserror::Error)]
enum Incomplete {
    #[error("{failed} of {all} repositories could not be cleaned")]
    Repositories {
        failed: usize,
        all: usize,
        exit: Exit,
    },
    #[error("{failed} of {all} removals failed")]
    Failed { failed: usize, all: usize },
    #[error("{left} of {all} removals were not begun")]
    NotBegun { left: usize, all: usize },
}

impl Explain for Incomplete {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Repositories { .. } => None,
            Self::Failed { .. } => Some("what stayed is tried again by the next run".to_owned()),
            Self::NotBegun { .. } => {
                Some("run it again, or go on with `dockside cleanup apply --resume`".to_owned())
            }
        }
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Repositories { exit, .. } => *exit,
            Self::Failed { .. } | Self::NotBegun { .. } => Exit::Partly,
        }
    }
}

/// Says what kept repositories from being cleaned.
///
/// # Errors
/// Not all was done: with the exit code of the failures where they agree and nothing was done
/// beside, 3 where guards refused and nothing failed, else 5. What went wrong after all removals of
/// the only repository speaks for itself.
pub(super) fn verdict(mut report: Report, said: report::Report) -> Result<(), Failure> {
    let all = report.runs.len();
    let steps = Steps::of(&report.runs);
    let mut failures: Vec<Failure> = Vec::new();
    for run in &mut report.runs {
        failures.extend(run.failure.take().or(run.refusal.take()));
    }
    let exit = exit(&failures, all);
    if all == 1
        && (steps.done == 0 || steps.failed + steps.left == 0)
        && let Some(only) = failures.pop()
    {
        return Err(only);
    }
    for failure in &failures {
        said.failure(failure);
    }
    match (failures.len(), steps) {
        (
            0,
            Steps {
                failed: 0, left: 0, ..
            },
        ) => Ok(()),
        (
            0,
            Steps {
                failed: 0,
                left,
                all,
                ..
            },
        ) => Err(Incomplete::NotBegun { left, all }.into()),
        (0, Steps { failed, all, .. }) => Err(Incomplete::Failed { failed, all }.into()),
        (failed, steps) => {
            let is_rest_done = steps.failed + steps.left == 0;
            let exit = if is_rest_done { exit } else { Exit::Partly };
            Err(Incomplete::Repositories { failed, all, exit }.into())
        }
    }
}

fn exit(failures: &[Failure], all: usize) -> Exit {
    let mut exits = failures.iter().map(Failure::exit);
    let Some(first) = exits.next() else {
        return Exit::Done;
    };
    let agreed = exits.all(|exit| exit == first);
    match first {
        // Nothing failed then: what guards allowed was done.
        Exit::Refused if agreed => Exit::Refused,
        first if agreed && failures.len() == all => first,
        _ => Exit::Partly,
    }
}

/// What became of all steps.
#[derive(Clone, Copy, Default)]
struct Steps {
    all: usize,
    done: usize,
    failed: usize,
    left: usize,
}

impl Steps {
    fn of(runs: &[Run]) -> Self {
        let mut steps = Self::default();
        for outcome in runs.iter().flat_map(|run| &run.outcomes) {
            steps.all += 1;
            match outcome {
                Outcome::Failed(_) => steps.failed += 1,
                Outcome::NotBegun => steps.left += 1,
                Outcome::Done | Outcome::Gone => steps.done += 1,
                Outcome::Skipped(_) => {}
            }
        }
        steps
    }
}
