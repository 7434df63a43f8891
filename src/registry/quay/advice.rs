//! Quay: robots and their permissions.

use crate::registry::{Advice, Case, Purpose, Trouble};

pub(super) fn advise(case: &Case<'_>, trouble: Trouble) -> Option<Advice> {
    let path = case.path();
    Some(match trouble {
        Trouble::Refused => Advice::new(
            "the robot's token was regenerated, or the user needs an encrypted password",
            "copy user and token anew from the robot's Credentials & Secrets",
        ),
        Trouble::Denied(Purpose::Pull) => Advice::new(
            "the robot or user may not read the repository",
            format!("give it Read at {path} > Settings > User and robot permissions"),
        ),
        Trouble::Denied(Purpose::Push | Purpose::Delete) => Advice::new(
            "the robot or user may only read",
            format!("give it Write at {path} > Settings > User and robot permissions"),
        ),
        _ => return None,
    })
}
