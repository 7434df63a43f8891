//! Gitea and Forgejo: access tokens and job tokens.

use super::{Advice, Case, Trouble};

pub(super) fn advise(case: &Case<'_>, trouble: Trouble) -> Option<Advice> {
    let token = "use an access token with the scope write:package, of a user who may write to the owner's packages";
    Some(match (trouble, case.job_token()) {
        (Trouble::Refused | Trouble::Denied(_), Some(variable)) => Advice::new(
            format!("{variable} may push packages in new versions of the forge alone"),
            token,
        ),
        (Trouble::Refused, None) => Advice::new(
            "the password or token is wrong or has ended; a user with two-factor authentication \
             needs a token",
            token,
        ),
        _ => return None,
    })
}
