//! GoCD, which knows pipelines and materials, but no branches.

use super::job::{Identity, Job};
use super::refs::only_commit;
use super::web::{base_url, fill, page};
use super::{System, present};
use crate::env::Env;

/// GoCD.
pub struct GoCd;

impl System for GoCd {
    fn name(&self) -> &'static str {
        "gocd"
    }

    fn title(&self) -> &'static str {
        "GoCD"
    }

    fn marker(&self, env: &Env) -> Option<String> {
        present(env, "GO_PIPELINE_LABEL").or_else(|| present(env, "GO_PIPELINE_NAME"))
    }

    fn job(&self, env: &Env) -> Job {
        Job {
            sha: only_commit(env, "GO_REVISION"),
            environment: env.text("GO_ENVIRONMENT_NAME"),
            job_url: page(
                env,
                "${GO_SERVER_URL}/tab/build/detail/${GO_PIPELINE_NAME}/${GO_PIPELINE_COUNTER}/${GO_STAGE_NAME}/${GO_STAGE_COUNTER}/${GO_JOB_NAME}",
            ),
            job_id: fill(
                env,
                "${GO_PIPELINE_NAME}/${GO_PIPELINE_COUNTER}/${GO_STAGE_NAME}/${GO_STAGE_COUNTER}/${GO_JOB_NAME}",
            ),
            server_url: base_url(env, "GO_SERVER_URL"),
            // A stage that is run again counts up its counter.
            identity: Identity::new(
                env,
                &["GO_PIPELINE_NAME", "GO_PIPELINE_COUNTER", "GO_JOB_NAME"],
                &[
                    "GO_SERVER_URL",
                    "GO_PIPELINE_NAME",
                    "GO_PIPELINE_COUNTER",
                    "GO_STAGE_NAME",
                    "GO_STAGE_COUNTER",
                    "GO_JOB_NAME",
                ],
            ),
            ..Job::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{SHA, identity, text};
    use super::*;

    #[test]
    fn a_job_of_a_stage() {
        let env = Env::from_iter([
            ("GO_SERVER_URL", "https://gocd.example.com/go/"),
            ("GO_PIPELINE_NAME", "app"),
            ("GO_PIPELINE_COUNTER", "42"),
            ("GO_PIPELINE_LABEL", "42"),
            ("GO_STAGE_NAME", "build"),
            ("GO_STAGE_COUNTER", "1"),
            ("GO_JOB_NAME", "image"),
            ("GO_ENVIRONMENT_NAME", "staging"),
            ("GO_REVISION_APP", SHA),
        ]);
        let expected = Job {
            sha: text(SHA),
            environment: text("staging"),
            job_url: text("https://gocd.example.com/go/tab/build/detail/app/42/build/1/image"),
            job_id: text("app/42/build/1/image"),
            server_url: text("https://gocd.example.com/go"),
            identity: identity(&[
                ("GO_SERVER_URL", "https://gocd.example.com/go/"),
                ("GO_PIPELINE_NAME", "app"),
                ("GO_PIPELINE_COUNTER", "42"),
                ("GO_STAGE_NAME", "build"),
                ("GO_STAGE_COUNTER", "1"),
                ("GO_JOB_NAME", "image"),
            ]),
            ..Job::default()
        };
        assert_eq!(GoCd.job(&env), expected);
    }
}
