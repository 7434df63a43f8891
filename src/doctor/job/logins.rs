//! Logins in the file that a helper hides.

use super::Check;
use crate::doctor::Ward;
use crate::doctor::finding::Remark;

/// Logins of `config.json` that docker does not look at.
pub(super) struct Logins;

impl Check for Logins {
    fn name(&self) -> &'static str {
        "hidden-logins"
    }

    fn look(&self, ward: &Ward) -> Vec<Remark> {
        let config = ward.source().load().unwrap_or_default();
        let hidden = config.credentials().filter_map(|(key, _)| {
            let (helper, by) = config.helper_and_key(key)?;
            Some(
                Remark::warning(format!(
                    "the login for {key} in config.json is hidden by the helper {helper} ({by})"
                ))
                .because("docker asks the helper alone, and does not look at the entry of auths")
                .cure(format!(
                    "log in again, so that {helper} keeps the login, or remove it from {by}"
                )),
            )
        });
        hidden.collect()
    }
}
