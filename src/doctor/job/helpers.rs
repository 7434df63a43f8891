//! Credential helpers that are named and are not there.

use std::collections::BTreeSet;

use super::Check;
use crate::docker::{HELPER_NAME, Helper};
use crate::doctor::Ward;
use crate::doctor::finding::Remark;

/// The helpers that the docker config names.
pub(super) struct Helpers;

impl Check for Helpers {
    fn name(&self) -> &'static str {
        "helpers"
    }

    fn look(&self, ward: &Ward) -> Vec<Remark> {
        let config = ward.source().load().unwrap_or_default();
        let mut named: BTreeSet<(&str, String)> = BTreeSet::new();
        named.extend(
            config
                .creds_store()
                .map(|name| (name, "credsStore".to_owned())),
        );
        named.extend(
            config
                .helpers()
                .filter(|(_, name)| !name.is_empty())
                .map(|(host, name)| (name, format!("credHelpers for {host}"))),
        );
        named
            .into_iter()
            .map(|(name, by)| match Helper::find(name, &ward.env) {
                Ok(_) => Remark::ok(format!("docker-credential-{name}, named by {by}, is there")),
                // Its name on PATH is for docker; here it is this very program.
                Err(error) if name == HELPER_NAME => Remark::warning(format!("{error} ({by})"))
                    .because("docker asks it for logins, and fails without it")
                    .cure("put the directory that `dockside ci-env` names first on PATH"),
                Err(error) => Remark::problem(format!("{error} ({by})"))
                    .because(
                        "docker asks that program for logins, and fails where it is not there, \
                         also for images that need no login",
                    )
                    .cure(format!(
                        "install docker-credential-{name}, or remove it from credsStore and \
                         credHelpers of config.json, and log in again"
                    )),
            })
            .collect()
    }
}
