//! Docker Hub: passwords, personal and organization access tokens.

use crate::registry::{Advice, Case, Purpose, SecretKind, Trouble};

pub(super) fn advise(case: &Case<'_>, trouble: Trouble) -> Option<Advice> {
    Some(match trouble {
        Trouble::Refused if case.secret == Some(SecretKind::Password) => Advice::new(
            "the secret does not look like an access token, and Docker Hub takes no password of an \
             account with two-factor authentication or single sign-on",
            "make an access token at Docker Hub > Account settings > Personal access tokens, and \
             log in with that",
        ),
        Trouble::Refused => Advice::new(
            "the access token was removed, has ended, or is of another user",
            "make a new one at Docker Hub > Account settings > Personal access tokens",
        ),
        Trouble::Denied(Purpose::Push) => Advice::new(
            "the access token is read-only, or the user may not write to the repository",
            "make an access token with Read & Write, and give its user the permission at the \
             repository's Collaborators or Permissions",
        ),
        Trouble::NoRepository | Trouble::Denied(Purpose::Pull) => Advice::new(
            "the repository does not exist, or is private and this user may not see it",
            "check the name, and that the user is a collaborator or a member of the organization",
        ),
        _ => return None,
    })
}
