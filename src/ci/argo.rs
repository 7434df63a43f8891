//! Argo Workflows, whose facts reach a container only as text of its template.

use super::System;
use super::job::{Identity, Job};
use crate::env::Env;

/// Argo Workflows.
pub struct Argo;

impl System for Argo {
    fn name(&self) -> &'static str {
        "argo"
    }

    fn title(&self) -> &'static str {
        "Argo Workflows"
    }

    /// Argo's variables are the executor's; the user's container need not have them.
    fn marker(&self, _: &Env) -> Option<String> {
        None
    }

    fn job(&self, env: &Env) -> Job {
        Job {
            job_id: env.text("ARGO_POD_NAME"),
            identity: Identity::new(
                env,
                &["ARGO_POD_NAME"],
                &["ARGO_WORKFLOW_NAME", "ARGO_POD_NAME"],
            ),
            ..Job::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{identity, text};
    use super::*;

    #[test]
    fn a_pod_is_a_job() {
        let env = Env::from_iter([
            ("ARGO_WORKFLOW_NAME", "build-7xk"),
            ("ARGO_POD_NAME", "build-7xk-image-1"),
        ]);
        let expected = Job {
            job_id: text("build-7xk-image-1"),
            identity: identity(&[
                ("ARGO_WORKFLOW_NAME", "build-7xk"),
                ("ARGO_POD_NAME", "build-7xk-image-1"),
            ]),
            ..Job::default()
        };
        assert_eq!(Argo.job(&env), expected);
        assert_eq!(Argo.job(&Env::default()), Job::default());
    }
}
