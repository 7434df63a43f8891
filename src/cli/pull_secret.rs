//! `pull-secret`: what a cluster needs to pull, from the logins of the job.

use std::path::PathBuf;
use std::time::Duration;

use super::print;
use crate::auth::Keychain;
use crate::deploy::{Login, PullSecret, logins};
use crate::duration;
use crate::env::Env;
use crate::error::Failure;
use crate::report::Report;

/// Make the secret with which a Kubernetes cluster pulls, from the logins of the job
///
/// It has the logins to the named registries, or to all that the docker config names. Credential
/// helpers are asked, and logins that end are made anew. Until when the first of them is good stands
/// in the annotation dev.dockside/expires-at, and on standard error.
///
/// The manifest goes to standard output, for `kubectl apply -f -`, and nowhere else; with --apply it
/// goes to the cluster (server-side apply, field manager dockside), and what was done is printed:
/// as JSON one document, {"results": [...]}, with "target" (CONTEXT/NAMESPACE/KIND/NAME) and
/// "outcome" (applied, patched or failed).
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  dockside pull-secret regcred --namespace web | kubectl apply -f -
  dockside pull-secret regcred -n web --registry ghcr.io --apply --patch-service-account default")]
pub struct Args {
    /// The name of the secret
    #[arg(value_name = "NAME")]
    name: String,

    /// The namespace of the secret [default with --apply: that of the context]
    #[arg(long, short, value_name = "NAME")]
    namespace: Option<String>,

    /// A registry, in place of all that the docker config names; repeatable
    #[arg(long, value_name = "HOST", num_args = 1..)]
    registry: Vec<String>,

    /// The form of the manifest [default: yaml]
    #[arg(long, value_name = "FORM", value_parser = ["yaml", "json"])]
    output: Option<String>,

    /// Apply it through the API of the cluster, in place of printing it
    #[arg(long)]
    apply: bool,

    /// Take fields over that another program manages
    #[arg(long, requires = "apply")]
    force_conflicts: bool,

    /// Have this service account pull with it, beside the secrets that it has
    #[arg(long, value_name = "NAME", requires = "apply")]
    patch_service_account: Option<String>,

    /// The kube config [env: KUBECONFIG] [default: ~/.kube/config]
    #[arg(long, value_name = "FILE", requires = "apply")]
    kube_config: Option<PathBuf>,

    /// A context of it, in place of the current one
    #[arg(long, value_name = "NAME", alias = "context", requires = "apply")]
    kube_context: Option<String>,

    /// How long the cluster may be silent
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = duration::parse)]
    cluster_timeout: Duration,

    /// The docker config directory with the logins [env: WERF_DOCKER_CONFIG, DOCKER_CONFIG]
    #[arg(long, value_name = "DIR")]
    docker_config: Option<PathBuf>,
}

/// Prints the secret, or applies it.
///
/// # Errors
/// A name is none; a login is missing, has ended or is of no use to a cluster; the cluster refuses.
pub fn run(args: Args, env: &Env) -> Result<(), Failure> {
    // A name that is none is said before anybody is asked.
    PullSecret::new(&args.name, args.namespace.as_deref(), &[])?;
    let keychain = Keychain::new(args.docker_config.as_deref(), env);
    let logins = logins(&keychain, &args.registry)?;
    let secret = PullSecret::new(&args.name, args.namespace.as_deref(), &logins)?;
    say(&logins);
    if args.apply {
        return apply(&args, &secret, env);
    }
    if args.output.as_deref() == Some("json") {
        return print(format!("{:#}\n", secret.to_value()).as_bytes());
    }
    print(secret.to_yaml().as_bytes())
}

/// Says what ends, and when.
fn say(logins: &[Login]) {
    let report = Report::default();
    for login in logins {
        let key = &login.key;
        if let Some(end) = login.expires {
            report.note(format!("the login to {key} ends at {end}"));
        }
        if login.ends_with_job() {
            report.note(format!(
                "the login to {key} is the token of a job and ends with it: nodes that pull later \
                 need a deploy token"
            ));
        }
    }
}

#[cfg(feature = "kubernetes")]
fn apply(args: &Args, secret: &PullSecret, env: &Env) -> Result<(), Failure> {
    use super::outcomes::Outcomes;
    use super::record::Record;
    use super::runtime;
    use crate::cluster::Place;
    use crate::deploy::Cluster;
    use crate::oci::{Options, Registries};

    let place = Place {
        kube_config: args.kube_config.clone(),
        timeout: args.cluster_timeout,
        ..Place::default()
    };
    let (context, namespace) = (args.kube_context.as_deref(), args.namespace.as_deref());
    let mut cluster = Cluster::open(&place, context, namespace, env)?;
    // No registry is spoken to.
    let options = Options {
        docker_config: None,
        insecure: Vec::new(),
        jobs: 1,
        retry_timeout: Duration::ZERO,
    };
    let report = Report::default();
    let registries = Registries::new(&options, env, report);
    runtime::run(&registries, async {
        let mut outcomes = Outcomes::new(report, args.output.as_deref() == Some("json"));
        let object = cluster.apply(secret, args.force_conflicts).await?;
        outcomes.done(Record::new(object, "applied"));
        if let Some(account) = &args.patch_service_account {
            match cluster.let_pull(account, secret.name()).await {
                Ok(object) => outcomes.done(Record::new(object, "patched")),
                Err(error) => outcomes.failed(account, error.into()),
            }
        }
        outcomes.finish()
    })
}

#[cfg(not(feature = "kubernetes"))]
fn apply(_: &Args, _: &PullSecret, _: &Env) -> Result<(), Failure> {
    Err(crate::deploy::Error::NotBuiltIn.into())
}
