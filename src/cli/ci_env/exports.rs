//! The variables that `ci-env` sets: their names, conditions and policy are werf's.

use bstr::{BString, ByteSlice as _};

use super::named::Named;
use crate::address::registry_host;
use crate::ci::{Job, System};
use crate::env::Env;
use crate::report::Report;
use crate::secret::Secret;
use crate::shell::{Assignment, Name};
use crate::text::printable;

/// Collects assignments under werf's two policies.
pub(super) struct Exports<'a> {
    env: &'a Env,
    report: &'a Report,
    assignments: Vec<Assignment>,
}

/// What the repository of the job's images is, and how it was found.
#[derive(Debug, Default)]
pub(super) struct Repository {
    /// From `--repo`, which wins over `WERF_REPO`.
    pub(super) chosen: Option<String>,
    /// From `--repo-container-registry`.
    pub(super) chosen_brand: Option<String>,
    /// What the CI system's facts give.
    pub(super) default: Option<String>,
    /// The brand that goes with the CI system's registry, and that registry's host.
    pub(super) brand: Option<(&'static str, String)>,
}

impl<'a> Exports<'a> {
    pub(super) fn new(env: &'a Env, report: &'a Report) -> Self {
        Self {
            env,
            report,
            assignments: Vec::new(),
        }
    }

    pub(super) fn finish(self) -> Vec<Assignment> {
        self.assignments
    }

    /// Sets the variable whatever it was. Without a value, an older value would still be in
    /// force, so the variable is removed if it has one.
    pub(super) fn set(&mut self, name: &str, value: Option<impl Into<BString>>) {
        match value.map(Into::into) {
            Some(value) => self.push(name, Some(value), false),
            None if self.env.has(name) => self.push(name, None, false),
            None => {}
        }
    }

    /// Sets the variable unless it has a value already.
    pub(super) fn keep(&mut self, name: &str, value: Option<impl Into<BString>>) {
        let Some(value) = value else { return };
        if self.is_kept(name) {
            return;
        }
        self.push(name, Some(value.into()), false);
    }

    /// The same for a secret.
    pub(super) fn keep_secret(&mut self, name: &str, value: Option<&Secret>) {
        let Some(value) = value else { return };
        if self.is_kept(name) {
            return;
        }
        self.push(name, Some(value.expose().into()), true);
    }

    fn is_kept(&self, name: &str) -> bool {
        let kept = self.env.has(name);
        if kept {
            self.report
                .explain(|| format!("keep {name}: it has a value already"));
        }
        kept
    }

    fn push(&mut self, name: &str, value: Option<BString>, secret: bool) {
        let Some(name) = Name::new(name) else { return };
        self.report.explain(|| match &value {
            None => format!("unset {}: it does not apply to this job", name.as_str()),
            Some(_) if secret => format!("set {}=***", name.as_str()),
            Some(value) => format!("set {}={}", name.as_str(), printable(value)),
        });
        self.assignments.push(Assignment {
            name,
            value,
            secret,
        });
    }

    /// `WERF_REPO` and `WERF_REPO_CONTAINER_REGISTRY`.
    pub(super) fn repository(&mut self, repository: &Repository) {
        let inherited = self.env.utf8("WERF_REPO").map(str::to_owned);
        let effective = repository.chosen.clone().or(inherited);
        match &repository.chosen {
            Some(chosen) => self.set("WERF_REPO", Some(chosen.as_str())),
            None => self.keep("WERF_REPO", repository.default.as_deref()),
        }
        if let Some(brand) = &repository.chosen_brand {
            self.set("WERF_REPO_CONTAINER_REGISTRY", Some(brand.as_str()));
        } else if let Some((brand, host)) = &repository.brand {
            // werf compares text prefixes, so that registry.example.com.evil matches too.
            let applies = effective.is_none_or(|repo| {
                repo.strip_prefix(host.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            });
            if applies {
                self.keep("WERF_REPO_CONTAINER_REGISTRY", Some(*brand));
            }
        }
    }

    /// The credentials of the repository's brand that later commands need: those of the command
    /// line, and those that GitLab's integration of Harbor has under other names.
    pub(super) fn brand_credentials(&mut self, named: &Named<'_>) {
        for (variable, secret) in named.secrets.of_options() {
            self.push(variable, Some(secret.expose().into()), true);
        }
        for (variable, option) in [
            ("WERF_REPO_DOCKER_HUB_USERNAME", named.docker_hub_username),
            ("WERF_REPO_HARBOR_USERNAME", named.harbor_username),
        ] {
            if option != self.env.utf8(variable) {
                self.set(variable, option);
            }
        }
        let harbor = self.env.utf8("HARBOR_HOST");
        let harbor = harbor.and_then(|host| registry_host(host).ok());
        if harbor.is_some() && harbor == named.registry {
            self.keep(
                "WERF_REPO_HARBOR_USERNAME",
                self.env.text("HARBOR_USERNAME"),
            );
            let password = self.env.utf8("HARBOR_PASSWORD").map(Secret::from);
            self.keep_secret("WERF_REPO_HARBOR_PASSWORD", password.as_ref());
        }
    }

    /// What werf puts on the resources that it deploys.
    pub(super) fn deployment(&mut self, system: &dyn System, job: &Job) {
        let environment = job.environment_slug.as_ref().or(job.environment.as_ref());
        self.keep("WERF_ENV", environment.cloned());
        let channel = self.env.text("TRDL_USE_WERF_GROUP_CHANNEL");
        self.annotate("WERF_RELEASE_CHANNEL", "werf.io/release-channel", channel);
        self.annotate(
            "PROJECT_GIT",
            "project.werf.io/git",
            job.repository_url.clone(),
        );
        self.annotate("CI_COMMIT", "ci.werf.io/commit", job.sha.clone());
        self.annotate("CI_GIT_TAG", "ci.werf.io/tag", job.tag.clone());
        let (name, key) = system.pipeline_annotation();
        self.annotate(name, key, job.pipeline_url.clone());
        if let Some((name, key)) = system.job_annotation() {
            self.annotate(name, key, job.job_url.clone());
        }
    }

    fn annotate(&mut self, name: &str, key: &str, value: Option<BString>) {
        let annotation = value.map(|value| bstr::concat([key.as_bytes(), b"=", value.as_bytes()]));
        self.set(&format!("WERF_ADD_ANNOTATION_{name}"), annotation);
    }

    /// How werf writes its log in a CI job.
    pub(super) fn log(&mut self, system: &dyn System, job: &Job) {
        let colour = if system.shows_colour(job) {
            "on"
        } else {
            "off"
        };
        self.keep("WERF_LOG_COLOR_MODE", Some(colour));
        self.keep("WERF_LOG_PROJECT_DIR", Some("1"));
        self.keep("WERF_ENABLE_PROCESS_EXTERMINATOR", Some("1"));
        self.keep("WERF_LOG_TERMINAL_WIDTH", Some("130"));
    }
}
