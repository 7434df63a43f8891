//! A plan as a shell script, to be read, and run if somebody wants that.

use std::io::{self, Write};

use shell_escape::unix::escape;

use super::{Action, Plan, Step};
use crate::text::printable;

/// How many references one command gets: what fits on a command line anywhere, and is seen at one
/// glance.
const AT_ONCE: usize = 100;

/// Writes the commands that do what a plan says, in its order. Unlike `dockside cleanup apply`,
/// they do not notice that the repository has changed since.
///
/// # Errors
/// Those of `to`.
pub fn script(plan: &Plan, mut to: impl Write) -> io::Result<()> {
    writeln!(to, "#!/bin/sh")?;
    writeln!(
        to,
        "# What is to be removed from {}, as it was at {}.",
        plan.repository, plan.taken
    )?;
    for gap in &plan.gaps {
        writeln!(to, "# Not read, and kept therefore: {}", printable(gap))?;
    }
    writeln!(to, "set -eu")?;
    let same = |one: &Step, next: &Step| (one.rank, one.action) == (next.rank, next.action);
    for steps in plan
        .steps
        .chunk_by(same)
        .flat_map(|run| run.chunks(AT_ONCE))
    {
        writeln!(to)?;
        for step in steps {
            comment(step, &mut to)?;
        }
        command(plan, steps, &mut to)?;
    }
    Ok(())
}

fn comment(step: &Step, to: &mut impl Write) -> io::Result<()> {
    write!(to, "# {}", step.digest)?;
    for tag in &step.tags {
        write!(to, " {tag}")?;
    }
    writeln!(to, ": {}", printable(&step.reason))
}

fn command(plan: &Plan, steps: &[Step], to: &mut impl Write) -> io::Result<()> {
    let repository = &plan.repository;
    let Some(first) = steps.first() else {
        return Ok(());
    };
    match first.action {
        Action::Untag => write!(to, "dockside untag")?,
        Action::Delete => write!(to, "dockside delete --with-siblings")?,
    }
    for step in steps {
        let reference = match (step.action, step.tags.first()) {
            (Action::Untag, Some(tag)) => repository.tagged(tag.clone()),
            _ => repository.at(step.digest.clone()),
        };
        write!(to, " \\\n  {}", escape(reference.to_string().into()))?;
    }
    writeln!(to)
}
