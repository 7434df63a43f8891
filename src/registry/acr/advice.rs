//! Azure Container Registry: roles.

use crate::registry::{Advice, Case, Purpose, Trouble};

pub(super) fn advise(_: &Case<'_>, trouble: Trouble) -> Option<Advice> {
    Some(match trouble {
        Trouble::Refused => Advice::new(
            "a refresh token of ACR is good for 3 hours, and the admin user may be switched off",
            "log in again (`dockside ci-env --oidc`), or use a token of the registry that is enabled",
        ),
        Trouble::Denied(purpose) => {
            let role = match purpose {
                Purpose::Pull => "AcrPull (or Container Registry Repository Reader)",
                Purpose::Push => "AcrPush (or Container Registry Repository Writer)",
                Purpose::Delete => "AcrDelete (or Container Registry Repository Contributor)",
            };
            Advice::new(
                "the identity has no role for this at the registry",
                format!("assign {role} to it at the registry"),
            )
        }
        _ => return None,
    })
}
