//! `in-use`: what clusters run.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{print, runtime};
use crate::cleanup::in_use::{Limits, Settings, find};
use crate::duration;
use crate::env::Env;
use crate::error::{Explain, Failure};
use crate::oci::{Options, Registries};
use crate::report::Report;

/// List the images that clusters use
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(clap::Subcommand)]
enum Verb {
    Export(Export),
}

/// Write the images that clusters use to a list, so that a cleanup needs no cluster
///
/// All contexts of the kube config are asked, or the cluster that this runs in where there is none:
/// pods, deployments, replica sets, stateful sets, daemon sets, controller revisions, jobs, cron
/// jobs and replication controllers. Each is only listed. Unless every list was read to its end,
/// nothing is written (exit code 3).
///
/// The list is one JSON document: "version" (1), "taken" (when), "sources" (the contexts), and
/// "images": by the name of the image, or the digest as the node reports it, the first ten that use
/// it (CONTEXT/NAMESPACE/KIND/NAME).
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  dockside in-use export -o in-use.json
  dockside in-use export --context prod --context staging --namespace web")]
struct Export {
    /// Where to, in place of standard output; an existing file is replaced in one step
    #[arg(short, long, value_name = "FILE")]
    output_file_path: Option<PathBuf>,

    /// The kube config [env: KUBECONFIG] [default: ~/.kube/config]
    #[arg(long, value_name = "FILE")]
    kube_config: Option<PathBuf>,

    /// A context of it, in place of all; repeatable
    #[arg(long = "context", value_name = "NAME")]
    contexts: Vec<String>,

    /// A namespace, in place of all; repeatable
    #[arg(long = "namespace", short, value_name = "NAME")]
    namespaces: Vec<String>,

    /// How long a cluster may be silent
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = duration::parse)]
    cluster_timeout: Duration,
}

/// A list that could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}", path.display())]
struct CannotWrite {
    path: PathBuf,
    source: io::Error,
}

impl Explain for CannotWrite {}

/// Does what the verb says.
///
/// # Errors
/// A cluster did not say all that it runs, or the list cannot be written.
pub fn run(args: &Args, env: &Env) -> Result<(), Failure> {
    let Verb::Export(args) = &args.verb;
    let settings = Settings {
        clusters: true,
        kube_config: args.kube_config.clone(),
        contexts: args.contexts.clone(),
        namespaces: args.namespaces.clone(),
        ..Settings::default()
    };
    let limits = Limits {
        timeout: args.cluster_timeout,
        ..Limits::default()
    };
    // No registry is spoken to.
    let options = Options {
        docker_config: None,
        insecure: Vec::new(),
        jobs: 1,
        retry_timeout: Duration::ZERO,
    };
    let registries = Registries::new(&options, env, Report::default());
    let found = runtime::run(&registries, async {
        Ok(find(&settings, env, &limits).await?.unwrap_or_default())
    })?;
    let json = found.to_json().map_err(io::Error::from);
    match &args.output_file_path {
        None => print(&json.map_err(|source| CannotWrite {
            path: "-".into(),
            source,
        })?),
        Some(path) => {
            Ok(json
                .and_then(|json| write(path, &json))
                .map_err(|source| CannotWrite {
                    path: path.clone(),
                    source,
                })?)
        }
    }
}

/// Replaces a file in one step. What is not a regular file (a pipe, a terminal) is written to as it
/// is.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let directory = path.parent().filter(|path| !path.as_os_str().is_empty());
    if path.metadata().is_ok_and(|found| !found.is_file()) {
        return std::fs::write(path, bytes);
    }
    let mut builder = tempfile::Builder::new();
    readable(&mut builder);
    let mut file = builder.tempfile_in(directory.unwrap_or(Path::new(".")))?;
    file.write_all(bytes)?;
    file.persist(path)?;
    Ok(())
}

/// The list is for another job, which may run as another user: it gets the mode that any file gets.
#[cfg(unix)]
fn readable(builder: &mut tempfile::Builder<'_, '_>) {
    use std::os::unix::fs::PermissionsExt as _;
    builder.permissions(std::fs::Permissions::from_mode(0o666));
}

#[cfg(not(unix))]
fn readable(_: &mut tempfile::Builder<'_, '_>) {}
