//! `DOCKER_AUTH_CONFIG`, which goes before the docker config.

use super::Check;
use crate::docker;
use crate::doctor::Ward;
use crate::doctor::finding::Remark;

/// The logins of the variable, and those that they hide.
pub(super) struct AuthConfig;

impl Check for AuthConfig {
    fn name(&self) -> &'static str {
        "auth-variable"
    }

    fn look(&self, ward: &Ward) -> Vec<Remark> {
        let variable = match docker::variable(&ward.env) {
            None => return Vec::new(),
            Some(Ok(variable)) => variable,
            Some(Err(error)) => {
                return vec![
                    Remark::problem(format!("DOCKER_AUTH_CONFIG cannot be used: {error}"))
                        .because("docker passes over it, so its logins are lost")
                        .cure(
                            "let it hold a docker config in JSON, or the path of a file with one",
                        ),
                ];
            }
        };
        let config = ward.source().load().unwrap_or_default();
        let mut remarks = Vec::new();
        let keys: Vec<&str> = variable.logins().collect();
        if !keys.is_empty() {
            remarks.push(Remark::note(format!(
                "DOCKER_AUTH_CONFIG has logins for {}, which docker from 28.3 on uses before \
                 config.json",
                keys.join(", ")
            )));
        }
        for (key, credential) in variable.credentials() {
            let mut others = config.credentials();
            if others.any(|(other, hidden)| other == key && hidden != credential) {
                remarks.push(
                    Remark::warning(format!(
                        "the login for {key} in DOCKER_AUTH_CONFIG hides another one in config.json"
                    ))
                    .because("the variable goes before the file, and may hold an older login")
                    .cure(
                        "unset DOCKER_AUTH_CONFIG in this job, or remove the entry from it (in \
                         GitLab: Settings > CI/CD > Variables)",
                    ),
                );
            }
        }
        remarks
    }
}
