//! `login`: as `docker login`, but safe to run many times at once.

mod identity;

use std::io::{IsTerminal as _, Read as _, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use crate::address;
use crate::auth::{self, Scheme, Verified};
use crate::cli::{one_line, print};
use crate::docker::{self, Credential, Kind, Source, Stored};
use crate::duration;
use crate::env::Env;
use crate::error::{Exit, Explain, Failure};
use crate::http::{Host, Http};
use crate::report::Report;
use crate::secret::Secret;

/// The longest password that is read from standard input, in bytes: no token known is longer
/// (a Google service-account key in JSON has about 2,400).
const LONGEST_PASSWORD: u64 = 1 << 20;

/// Log in to a registry, in the docker config in force (`DOCKER_CONFIG`, else `~/.docker`)
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  echo \"$TOKEN\" | dockside login -u user --password-stdin registry.example.com
  dockside login -u user --password-file /run/secrets/token ghcr.io
  dockside login --oidc docker.io
  dockside login")]
pub struct Args {
    /// The registry (default: Docker Hub)
    #[arg(value_name = "HOST")]
    registry: Option<String>,

    /// The user name; `<token>` says that the password is an identity token
    #[arg(long, short, value_name = "USER")]
    username: Option<String>,

    /// Read the password from standard input
    #[arg(long, requires = "username", conflicts_with = "password_file")]
    password_stdin: bool,

    /// Read the password from a file
    #[arg(long, value_name = "FILE", requires = "username")]
    password_file: Option<PathBuf>,

    #[arg(long, short, hide = true)]
    password: Option<String>,

    /// Make the login from the job's identity (an ID token, a cloud's identity): no user, no
    /// password
    ///
    /// In a job's directory (`dockside ci-env`) it is made anew whenever it ends. What identities
    /// are made from is in `dockside ci-env --help`.
    #[arg(long, conflicts_with_all = ["username", "password_stdin", "password_file", "password"])]
    oidc: bool,

    /// Store the login without asking the registry whether it is good
    #[arg(long)]
    no_verify: bool,

    /// Allow plain HTTP and unverified TLS for this registry
    #[arg(long)]
    insecure_registry: bool,

    /// How long to retry a registry that does not answer
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration::parse)]
    retry_timeout: Duration,

    /// The docker config directory to write to [env: DOCKER_CONFIG]
    #[arg(long, value_name = "DIR")]
    docker_config: Option<PathBuf>,

    /// Explain each step on standard error
    #[arg(long, visible_alias = "verbose")]
    log_verbose: bool,
}

#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("a password is not taken on the command line")]
    PasswordInArguments,
    #[error("there is no terminal to ask for the {0}")]
    NoTerminal(&'static str),
    #[error("the password is empty")]
    EmptyPassword,
    #[error("the user name is empty or holds a colon")]
    BadUsername,
    #[error("there is no home directory to keep the login in")]
    NoHome,
    #[error("the registry was not asked")]
    NoAnswer,
    #[error("cannot read the {0}")]
    Unreadable(&'static str, #[source] std::io::Error),
}

impl Explain for Error {
    fn hint(&self) -> Option<String> {
        match self {
            Self::PasswordInArguments => Some(
                "every user of the host can see it there: use --password-stdin or --password-file"
                    .to_owned(),
            ),
            Self::NoTerminal(_) => Some("use --username with --password-stdin".to_owned()),
            Self::EmptyPassword | Self::BadUsername => {
                Some("is the variable that it comes from set?".to_owned())
            }
            Self::NoHome => Some("set DOCKER_CONFIG or HOME".to_owned()),
            Self::NoAnswer | Self::Unreadable(..) => None,
        }
    }

    fn exit(&self) -> Exit {
        match self {
            Self::NoHome | Self::NoAnswer | Self::Unreadable(..) => Exit::Failed,
            _ => Exit::Usage,
        }
    }
}

/// Checks the credentials with the registry and stores them.
pub fn run(args: Args, env: &Env) -> Result<(), Failure> {
    if args.password.is_some() {
        return Err(Error::PasswordInArguments.into());
    }
    let report = Report::new(args.log_verbose);
    let registry = address::registry_host(args.registry.as_deref().unwrap_or(address::DOCKER_HUB))?;
    if args.oidc {
        identity::log_in(&args, env, &registry, &report)?;
        return print(b"Login Succeeded\n");
    }
    let (username, secret) = credentials(&args)?;
    let mut credential = Credential::password(&username, secret.expose());
    if username == auth::IDENTITY_TOKEN_USER {
        credential.kind = Kind::IdentityToken;
    }
    if !args.no_verify {
        let verified = verify(&args, env, &registry, &username, secret)?;
        if verified.scheme == Scheme::None {
            report.note(format!("{registry} asks for no login"));
        }
        if let Some(token) = verified.identity_token {
            credential.secret = token;
            credential.kind = Kind::IdentityToken;
        }
    }
    let source = Source::named(args.docker_config.as_deref(), env);
    let directory = source.directory.ok_or(Error::NoHome)?;
    match docker::log_in(&directory, &registry, &credential, env)? {
        Stored::File => report.explain(|| {
            let named_by = source.named_by;
            format!("stored in {} ({named_by})", directory.display())
        }),
        Stored::Helper(name) => {
            report.explain(|| format!("stored with the credential helper `{name}`"));
        }
    }
    print(b"Login Succeeded\n")
}

fn verify(
    args: &Args,
    env: &Env,
    registry: &str,
    username: &str,
    secret: Secret,
) -> Result<Verified, Failure> {
    let insecure = args.insecure_registry.then(|| Host::parse(registry));
    let http = Http::from_env(env).insecure(insecure.into_iter().collect::<Result<_, _>>()?);
    let question = auth::Credential {
        registry: registry.to_owned(),
        username: username.to_owned(),
        secret,
        kind: "password".to_owned(),
        scheme: None,
    };
    let answers = auth::verify_all(&http, &[(question, args.retry_timeout)])?;
    let answer = answers.into_iter().next().ok_or(Error::NoAnswer)?;
    Ok(answer?)
}

/// What was given, else what is typed.
fn credentials(args: &Args) -> Result<(String, Secret), Error> {
    let username = match &args.username {
        Some(username) => username.trim().to_owned(),
        None => ask_username()?,
    };
    if username.is_empty() || username.contains(':') {
        return Err(Error::BadUsername);
    }
    let password = if args.password_stdin {
        let mut text = String::new();
        std::io::stdin()
            .take(LONGEST_PASSWORD)
            .read_to_string(&mut text)
            .map_err(|error| Error::Unreadable("password from standard input", error))?;
        text
    } else if let Some(file) = &args.password_file {
        std::fs::read_to_string(file).map_err(|error| Error::Unreadable("password file", error))?
    } else if std::io::stdin().is_terminal() {
        rpassword::prompt_password("Password: ")
            .map_err(|error| Error::Unreadable("password", error))?
    } else {
        return Err(Error::NoTerminal("password"));
    };
    let password = one_line(&password);
    if password.trim().is_empty() {
        return Err(Error::EmptyPassword);
    }
    Ok((username, password.into()))
}

fn ask_username() -> Result<String, Error> {
    if !std::io::stdin().is_terminal() {
        return Err(Error::NoTerminal("user name"));
    }
    let mut answer = String::new();
    std::io::stderr()
        .write_all(b"Username: ")
        .and_then(|()| std::io::stdin().read_line(&mut answer))
        .map_err(|error| Error::Unreadable("user name", error))?;
    Ok(answer.trim().to_owned())
}
