//! The credentials of brands: from options of werf's, else from its variables.

use crate::env::Env;
use crate::report::Report;
use crate::secret::Secret;

/// werf's options for secrets, and the variables that are better.
pub(super) const OPTIONS: [(&str, &str); 5] = [
    ("repo-docker-hub-password", "WERF_REPO_DOCKER_HUB_PASSWORD"),
    ("repo-docker-hub-token", "WERF_REPO_DOCKER_HUB_TOKEN"),
    ("repo-github-token", "WERF_REPO_GITHUB_TOKEN"),
    ("repo-harbor-password", "WERF_REPO_HARBOR_PASSWORD"),
    ("repo-quay-token", "WERF_REPO_QUAY_TOKEN"),
];

/// The secrets that were given on the command line, by their variables.
#[derive(Clone, Default)]
pub(super) struct BrandSecrets {
    given: Vec<(&'static str, Secret)>,
}

impl BrandSecrets {
    /// Takes what `value` finds for each option; empty values count as absent.
    pub(super) fn given(value: impl Fn(&str) -> Option<String>) -> Self {
        let given = OPTIONS.iter().filter_map(|(option, variable)| {
            let secret = Secret::new(value(option)?);
            (!secret.is_empty()).then_some((*variable, secret))
        });
        Self {
            given: given.collect(),
        }
    }

    /// Says which of them everybody on the host could see.
    pub(super) fn note_visible(&self, report: &Report) {
        for (option, variable) in OPTIONS {
            if self.given.iter().any(|(given, _)| *given == variable) {
                report.note(format!(
                    "--{option} is visible to every user of the host: set {variable} instead"
                ));
            }
        }
    }

    /// The secret that belongs to a variable.
    pub(super) fn get(&self, variable: &str, env: &Env) -> Option<Secret> {
        let given = self.given.iter().find(|(given, _)| *given == variable);
        let given = given.map(|(_, secret)| secret.clone());
        given.or_else(|| env.utf8(variable).map(Secret::from))
    }

    /// Those of the command line, for the commands that follow.
    pub(super) fn of_options(&self) -> impl Iterator<Item = (&'static str, &Secret)> {
        self.given
            .iter()
            .map(|(variable, secret)| (*variable, secret))
    }
}
