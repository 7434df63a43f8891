//! What is known beside the repositories: git, clusters, and lists of what is in use.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::choice::directory;
use crate::cleanup::Rule;
use crate::cleanup::git::{ChangeRequest, Fetch, GitRule, History, Settings, change_requests};
use crate::cleanup::in_use::{self, InUse, InUseRule, find};
use crate::cleanup::policy::Policy;
use crate::cleanup::werf::{self, FinalRule, Primary, WerfRule, When};
use crate::cli::kube_args::{self, KubeArgs};
use crate::cli::switch;
use crate::duration;
use crate::env::Env;
use crate::error::{Exit, Explain, Failure};
use crate::oci::{Digest, Registries};

/// How a policy's git history is found out.
#[derive(clap::Args, Debug, Clone)]
#[command(next_help_heading = "Git")]
pub(super) struct GitArgs {
    /// The clone [default: where the policy is] [env: WERF_DIR]
    #[arg(long, value_name = "DIR", visible_alias = "dir")]
    git_dir: Option<PathBuf>,

    /// Leave out what the policy says of git
    #[arg(long)]
    without_git: bool,

    /// Fetch what the clone lacks, instead of refusing it
    #[arg(long)]
    git_fetch: bool,

    /// Take the clone for whole without asking origin
    #[arg(long, conflicts_with = "git_fetch")]
    git_offline: bool,

    /// The numbers of the open change requests, such as 12,15, or none [default: the forge is
    /// asked]
    #[arg(long, value_name = "LIST", value_parser = requests)]
    change_requests: Option<Requests>,
}

/// Open change requests, as given by hand.
#[derive(Debug, Clone)]
struct Requests(Vec<ChangeRequest>);

fn requests(text: &str) -> Result<Requests, String> {
    change_requests::given(text).map(Requests)
}

/// Where it is found out which images are in use.
#[derive(clap::Args, Debug, Clone)]
#[command(next_help_heading = "Images in use")]
pub(in crate::cli) struct InUseArgs {
    /// A list that `dockside in-use export` has written; repeatable
    #[arg(long, value_name = "FILE")]
    in_use: Vec<PathBuf>,

    /// How old such a list may be
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = duration::parse)]
    in_use_max_age: Duration,

    /// Ask the clusters of the kube config, also if the policy does not
    #[arg(long, conflicts_with = "without_kube")]
    with_kube: bool,

    /// Ask no cluster, also if the policy does [env: WERF_WITHOUT_KUBE]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true,
          default_missing_value = "true", value_parser = switch::parse)]
    without_kube: Option<bool>,

    #[command(flatten)]
    kube: KubeArgs,

    /// A context of it, in place of all; repeatable [env: WERF_SCAN_CONTEXT_ONLY]
    #[arg(long, value_name = "NAME", aliases = ["context", "scan-context-only"])]
    kube_context: Vec<String>,

    /// A namespace, in place of all; repeatable
    #[arg(long, value_name = "NAME", alias = "kube-scan-namespaces")]
    kube_namespace: Vec<String>,

    /// Of each context only the namespace that it names [env: WERF_SCAN_CONTEXT_NAMESPACE_ONLY]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true,
          default_missing_value = "true", value_parser = switch::parse)]
    scan_context_namespace_only: Option<bool>,

    /// How long a cluster may be silent
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = duration::parse)]
    cluster_timeout: Duration,

    /// Another name of a repository, as clusters write it, such as
    /// mirror.example.com/hub=docker.io; repeatable
    #[arg(long, value_name = "HOST/PATH=REPO", value_parser = pair)]
    same_as: Vec<(String, String)>,
}

fn pair(text: &str) -> Result<(String, String), &'static str> {
    match text.split_once('=') {
        Some((from, to)) if !from.is_empty() && !to.is_empty() => {
            Ok((from.to_owned(), to.to_owned()))
        }
        _ => Err("expected HOST/PATH=REPO"),
    }
}

impl InUseArgs {
    /// What a policy says, with what the options say.
    ///
    /// # Errors
    /// It is not known which clusters are meant.
    fn settings(
        &self,
        policy: &in_use::Settings,
        env: &Env,
    ) -> Result<in_use::Settings, kube_args::Error> {
        let mut settings = policy.clone();
        settings.files.extend(self.in_use.iter().cloned());
        settings.same_as.extend(self.same_as.iter().cloned());
        self.kube.add_to(&mut settings, env)?;
        if !self.kube_context.is_empty() {
            settings.contexts.clone_from(&self.kube_context);
        } else if let Some(context) = env.utf8("WERF_SCAN_CONTEXT_ONLY") {
            settings.contexts = vec![context.to_owned()];
        }
        if !self.kube_namespace.is_empty() {
            settings.namespaces.clone_from(&self.kube_namespace);
        }
        settings.own_namespaces = switch::resolve(
            self.scan_context_namespace_only,
            env,
            "WERF_SCAN_CONTEXT_NAMESPACE_ONLY",
            false,
        );
        let is_asked = self.with_kube || self.kube.is_given() || !self.kube_context.is_empty();
        let without = switch::resolve(self.without_kube, env, "WERF_WITHOUT_KUBE", false);
        settings.clusters = (settings.clusters || is_asked) && !without;
        Ok(settings)
    }

    /// What is in use, and the rule that keeps it; `None` where nobody wants to know.
    ///
    /// # Errors
    /// A list or a cluster could not be read to its end.
    pub(in crate::cli) async fn rule(
        &self,
        policy: &in_use::Settings,
        env: &Env,
    ) -> Result<Option<InUseRule>, Failure> {
        let settings = self.settings(policy, env)?;
        let limits = in_use::Limits {
            timeout: self.cluster_timeout,
            max_age: self.in_use_max_age,
            ..in_use::Limits::default()
        };
        let found: Option<InUse> = find(&settings, env, &limits).await?;
        Ok(found.map(|found| InUseRule::new(&found, &settings.same_as)))
    }
}

/// The rules of a policy, with all that they need to know.
pub(in crate::cli) struct Rules {
    pub(super) all: Vec<Box<dyn Rule>>,
    git: Option<GitRule>,
    werf: Option<Arc<WerfRule>>,
    in_use: Option<Arc<InUseRule>>,
}

impl Rules {
    /// The rule about what is in use alone, if there is one.
    pub(in crate::cli) fn only(in_use: Option<Arc<InUseRule>>) -> Self {
        let rule = in_use.map(|in_use| Box::new(in_use) as _);
        Self::of(rule.into_iter().collect())
    }

    /// Rules that know all that they want to.
    pub(in crate::cli) fn of(all: Vec<Box<dyn Rule>>) -> Self {
        Self {
            all,
            git: None,
            werf: None,
            in_use: None,
        }
    }

    /// The rule about what is in use, if there is one.
    pub(super) fn in_use(&self) -> Option<&InUseRule> {
        self.in_use.as_deref()
    }

    /// The digest of what lives in git, if that was asked for.
    pub(super) fn history(&self) -> Option<Digest> {
        self.git.as_ref().map(GitRule::digest)
    }

    /// The rules for the final repository of a project, given what stays in its repository.
    pub(super) fn of_final(&self, policy: &Policy, primary: Primary) -> Self {
        let in_use = self.in_use.clone().map(|in_use| Box::new(in_use) as _);
        let mut all = policy.rules(in_use.into_iter().collect());
        let hours = policy.werf.as_ref().and_then(werf::Settings::hours);
        let only = policy.scope.only.clone();
        all.push(Box::new(FinalRule::new(primary, hours, only)));
        Self {
            git: self.git.clone(),
            ..Self::of(all)
        }
    }

    /// Finds out what a policy has to know beside repositories. It is done once for all of these,
    /// before anything else.
    ///
    /// # Errors
    /// Anything of it is not known for certain: nothing may be deleted then.
    pub(super) async fn find(
        policy: &Policy,
        git: &GitArgs,
        in_use: &InUseArgs,
        registries: &Registries,
        env: &Env,
    ) -> Result<Self, Failure> {
        let settings = policy.git.as_ref().filter(|_| !git.without_git);
        let git = match settings {
            Some(settings) => Some(git.rule(settings, policy, registries, env).await?),
            None => None,
        };
        let in_use = in_use.rule(&policy.in_use, env).await?.map(Arc::new);
        let mut others: Vec<Box<dyn Rule>> = Vec::new();
        others.extend(git.clone().map(|git| match policy.werf {
            Some(_) => Box::new(When::plain(git)) as _,
            None => Box::new(git) as _,
        }));
        others.extend(in_use.clone().map(|in_use| Box::new(in_use) as _));
        let mut all = policy.rules(others);
        let werf = policy.werf.clone().map(|settings| {
            let git = match &git {
                Some(git) => werf::Git::Says(git.clone()),
                None if settings.without_git => werf::Git::Off,
                None => werf::Git::NotAsked,
            };
            Arc::new(WerfRule::new(settings, git, policy.scope.only.clone()))
        });
        all.extend(werf.clone().map(|rule| Box::new(When::filled(rule)) as _));
        Ok(Self {
            all,
            git,
            werf,
            in_use,
        })
    }

    /// That the rules could find out all that they wanted to.
    ///
    /// # Errors
    /// The git repository could not be read on the way.
    pub(super) fn check(&self) -> Result<(), Failure> {
        if let Some(failure) = self.werf.as_ref().and_then(|rule| rule.failure()) {
            return Err(failure.clone().into());
        }
        match self.git.as_ref().and_then(GitRule::failure) {
            Some(failure) => Err(NotRead {
                what: failure.to_string(),
                hint: failure.hint(),
            }
            .into()),
            None => Ok(()),
        }
    }
}

/// A history that could not be read to its end.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
struct NotRead {
    what: String,
    hint: Option<String>,
}

impl Explain for NotRead {
    fn hint(&self) -> Option<String> {
        self.hint.clone()
    }

    fn exit(&self) -> Exit {
        Exit::Refused
    }
}

impl GitArgs {
    async fn rule(
        &self,
        settings: &Settings,
        policy: &Policy,
        registries: &Registries,
        env: &Env,
    ) -> Result<GitRule, Failure> {
        let place = self.git_dir.clone().or_else(|| env.path("WERF_DIR"));
        let place = place.unwrap_or_else(|| directory(policy));
        let fetch = Fetch {
            offline: self.git_offline,
            complete: self.git_fetch,
            env: env.clone(),
        };
        let opened = tokio::task::spawn_blocking(move || History::open(&place, &fetch));
        let ended = |_| NotRead {
            what: "the git repository could not be read: its thread ended".to_owned(),
            hint: None,
        };
        let history = opened.await.map_err(ended)??;
        let context = registries.context();
        for note in &history.notes {
            context.report.note(note);
        }
        let requests = match &self.change_requests {
            Some(Requests(given)) => Some(given.clone()),
            None if GitRule::needs_change_requests(settings)? => {
                Some(change_requests::open(env, &context.http, context.retry_timeout).await?)
            }
            None => None,
        };
        Ok(GitRule::new(settings, history, requests)?)
    }
}
