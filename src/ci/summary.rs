//! Where CI systems take Markdown for the page of a job.

use std::path::PathBuf;

use crate::env::Env;

/// A way to the job's page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Summary {
    /// Text is appended to this file, which is read when the step ends.
    StepFile(PathBuf),
    /// A file of this directory, which lives as long as the job, is named by a command in the log
    /// (`##vso[task.uploadsummary]FILE`).
    Upload(PathBuf),
    /// `buildkite-agent annotate` reads it from standard input.
    Annotation,
}

impl Summary {
    /// What a step may say in bytes: GitHub's limit of a step, and Buildkite's of an annotation.
    pub const LIMIT: usize = 1 << 20;

    /// The way of GitHub, which Gitea and Forgejo have taken over.
    pub(super) fn step_file(env: &Env) -> Option<Self> {
        env.path("GITHUB_STEP_SUMMARY").map(Self::StepFile)
    }

    /// The way of Azure Pipelines.
    pub(super) fn upload(env: &Env) -> Option<Self> {
        env.path("AGENT_TEMPDIRECTORY").map(Self::Upload)
    }
}

#[cfg(test)]
mod tests {
    use super::Summary;
    use crate::ci::named;
    use crate::env::Env;

    #[test]
    fn each_system_has_its_way() {
        let env = Env::from_iter([
            ("GITHUB_STEP_SUMMARY", "/run/summary"),
            ("AGENT_TEMPDIRECTORY", "/agent/temp"),
        ]);
        let file = || Some(Summary::StepFile("/run/summary".into()));
        for (system, expected) in [
            ("github", file()),
            ("gitea", file()),
            ("forgejo", file()),
            ("azure", Some(Summary::Upload("/agent/temp".into()))),
            ("buildkite", Some(Summary::Annotation)),
            ("gitlab", None),
        ] {
            assert_eq!(named(system).unwrap().summary(&env), expected, "{system}");
        }
        let github = named("github").unwrap();
        assert_eq!(github.summary(&Env::default()), None);
    }
}
