//! Harbor: robots, members of projects.

use crate::registry::{Advice, Case, Purpose, Trouble};

pub(super) fn advise(case: &Case<'_>, trouble: Trouble) -> Option<Advice> {
    let project = case.path().split('/').next().unwrap_or_default();
    Some(match trouble {
        Trouble::Refused => Advice::new(
            "the secret is wrong or has ended; users of an identity provider need their CLI secret",
            "renew the robot's secret, or use the CLI secret of the user's profile",
        ),
        Trouble::Denied(purpose) => {
            let what = match purpose {
                Purpose::Pull => "Pull repository",
                Purpose::Push => "Push repository",
                Purpose::Delete => "Delete artifact and Delete tag",
            };
            Advice::new(
                format!("the robot or member has no such permission in the project {project}"),
                format!("give it the permission {what} in the project {project}, or another role"),
            )
        }
        Trouble::NoRepository => Advice::new(
            "nothing was pushed there yet, or this login may not see it",
            format!("check the name; a push makes the repository, and never the project {project}"),
        ),
        Trouble::Nobody => return None,
    })
}
