//! `doctor`: what is wrong with the job's access, and what to change.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;
use serde_json::json;

use super::{print, runtime};
use crate::address;
use crate::doctor::{Finding, Patient, Purpose, Severity, Ward, examine, named};
use crate::duration;
use crate::env::Env;
use crate::error::{Explain, Failure};
use crate::oci::{Options, Registries};
use crate::report::Report;

/// Say what is wrong with this job's access to registries, and what to change
///
/// Looks at the CI system, the docker config and what hides what in it, and at each registry: the
/// way there, its certificate, its clock, who the job is there and what it may do. Without
/// arguments the registries are those that the job's environment and config name.
///
/// Nothing is changed anywhere: registries are asked with GET and HEAD, and token services for
/// tokens that are thrown away. Whether a registry of distribution deletes at all cannot be known so;
/// `--try-delete` sends it one DELETE of a digest that nothing has, and its answer says it.
///
/// JSON is one document: "worst" (the worst severity there is) and "findings", each with "check",
/// "severity" (ok, note, warning, problem), "subject" (job, or a registry or repository), "says",
/// "cause" and "cure", which are null where there is nothing to say. Exit code 1 says that there
/// is a problem.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  dockside doctor
  dockside doctor registry.example.com/team/app --for push
  dockside doctor ghcr.io docker.io --quiet
  dockside doctor registry.example.com/app:v1 --output json")]
pub struct Args {
    /// Registries (HOST or HOST:PORT) and images (REGISTRY/REPO[:TAG|@DIGEST])
    #[arg(value_name = "REF|HOST")]
    names: Vec<String>,

    /// What the job is going to do: what that takes and is not allowed is a problem
    #[arg(long = "for", value_name = "ACTION")]
    purpose: Option<Action>,

    /// Send a registry of distribution one DELETE, of a digest that nothing has, to find out whether
    /// deletion is switched on
    #[arg(long)]
    try_delete: bool,

    /// Leave out what is as it should be
    #[arg(long, short)]
    quiet: bool,

    /// The form of the output
    #[arg(long, value_name = "FORM", default_value = "text", value_parser = ["text", "json"])]
    output: String,

    /// How long a request, or a credential helper, may take
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration::parse)]
    timeout: Duration,

    /// The docker config directory with the logins [env: WERF_DOCKER_CONFIG, DOCKER_CONFIG]
    #[arg(long, value_name = "DIR")]
    docker_config: Option<PathBuf>,

    /// Allow plain HTTP and unverified TLS for this registry; repeatable
    #[arg(long, value_name = "HOST", value_parser = address::registry_host)]
    insecure_registry: Vec<String>,

    /// Explain on standard error what is done, and which credentials are used
    #[arg(long, visible_alias = "verbose")]
    log_verbose: bool,
}

/// What the job is going to do.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Action {
    Pull,
    Push,
    Delete,
}

impl From<Action> for Purpose {
    fn from(action: Action) -> Self {
        match action {
            Action::Pull => Self::Pull,
            Action::Push => Self::Push,
            Action::Delete => Self::Delete,
        }
    }
}

/// How many requests to one host are under way: checks are few.
const JOBS: usize = 8;

/// Something is wrong.
#[derive(Debug, thiserror::Error)]
#[error("{}", if *.0 == 1 { "there is a problem".to_owned() } else { format!("there are {} problems", .0) })]
struct Unwell(usize);

impl Explain for Unwell {}

/// Prints what is found.
pub fn run(args: &Args, env: &Env) -> Result<(), Failure> {
    let options = Options {
        docker_config: args.docker_config.clone(),
        insecure: args.insecure_registry.clone(),
        jobs: JOBS,
        retry_timeout: Duration::ZERO,
    };
    let report = Report::new(args.log_verbose);
    let ward = Ward {
        env: env.clone(),
        docker_config: args.docker_config.clone(),
        registries: Registries::looking(&options, env, report, args.timeout),
        purpose: args.purpose.map(Purpose::from),
        try_delete: args.try_delete,
        limit: args.timeout,
    };
    let patients = match args.names.as_slice() {
        [] => ward.patients(),
        names => names
            .iter()
            .map(|name| named(name))
            .collect::<Result<Vec<Patient>, _>>()?,
    };
    let mut findings = runtime::run(&ward.registries, async {
        Ok(examine(&ward, &patients).await)
    })?;
    let worst = findings.iter().map(|finding| finding.severity).max();
    let worst = worst.unwrap_or(Severity::Ok);
    let of = |severity| move |finding: &&Finding| finding.severity == severity;
    let problems = findings.iter().filter(of(Severity::Problem)).count();
    if args.quiet {
        findings.retain(|finding| finding.severity != Severity::Ok);
    }
    let shown = match args.output.as_str() {
        "json" => format!("{:#}\n", json!({"worst": worst, "findings": findings})),
        _ => text(&findings),
    };
    print(shown.as_bytes())?;
    match problems {
        0 => Ok(()),
        problems => Err(Unwell(problems).into()),
    }
}

/// The findings of each subject under its name.
fn text(findings: &[Finding]) -> String {
    let mut text = String::new();
    let mut subject = None;
    for finding in findings {
        if subject.replace(&finding.subject) != Some(&finding.subject) {
            // Writing to a string does not fail.
            let _ = writeln!(text, "{}", finding.subject);
        }
        let (severity, check) = (finding.severity.name(), finding.check);
        let _ = writeln!(text, "  {severity:<8} {check:<14} {}", finding.says);
        for (word, sentence) in [("cause", &finding.cause), ("cure", &finding.cure)] {
            if let Some(sentence) = sentence {
                let _ = writeln!(text, "{word:>24}  {sentence}");
            }
        }
    }
    if text.is_empty() {
        text.push_str("all is well\n");
    }
    text
}
