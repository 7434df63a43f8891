//! `credential`: this program as a credential helper, for docker and for what knows docker's
//! helpers.
//!
//! The protocol is that of docker-credential-helpers (`credentials/credentials.go`): one verb,
//! the request on standard input, the answer or the fault on standard output, and status 1
//! after a fault of whatever kind.

use std::ffi::{OsStr, OsString};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::print;
use crate::auth::{self, Context};
use crate::docker::{self, Credential, CredentialStore, Kind, Source};
use crate::env::Env;
use crate::error::{Exit, Explain, Failure};
use crate::http::Http;
use crate::http::retry::DEFAULT_BUDGET;
use crate::report::Report;
use crate::text::printable;

/// The name under which docker starts the helper that it calls `dockside`.
const PROGRAM: &str = "docker-credential-dockside";

/// The longest request, in bytes. No token known is longer than a few thousand.
const LONGEST_REQUEST: u64 = 1 << 20;

/// Keep logins for docker and others, as a credential helper.
///
/// Answers with docker's protocol: the request on standard input, the answer on standard output.
/// A login of the job that was made from its identity (`ci-env --oidc`, `login --oidc`) is made
/// anew here when it ends, from the environment of whoever asks.
#[derive(clap::Args)]
#[command(after_help = "\
To let docker use it, link the program as docker-credential-dockside into a directory of PATH,
and name it in config.json: {\"credsStore\": \"dockside\"}, or for one registry
{\"credHelpers\": {\"registry.example.com\": \"dockside\"}}.

Examples:
  echo registry.example.com | dockside credential get
  dockside credential list")]
pub struct Args {
    /// get, store, erase, list or version
    #[arg(value_name = "VERB", allow_hyphen_values = true)]
    words: Vec<OsString>,
}

/// What is asked for without a reason in the docker config itself.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("Usage: {PROGRAM} <store|get|erase|list|version>")]
    Usage,
    #[error("{PROGRAM}: unknown action: {0}")]
    Action(String),
    #[error("{}", docker::NOT_FOUND)]
    NotFound,
    #[error("no credentials server URL")]
    NoServer,
    #[error("no credentials username")]
    NoUsername,
    // What was read is not shown: it holds a secret.
    #[error("the request is not a credential in JSON")]
    NotACredential,
    #[error("the request is longer than {LONGEST_REQUEST} bytes")]
    TooLong,
    #[error("cannot read the request")]
    Unreadable(#[source] std::io::Error),
    #[error("there is no docker config directory: set DOCKER_CONFIG or HOME")]
    NoDirectory,
}

impl Explain for Error {}

/// A credential as the protocol writes it.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Message {
    #[serde(default, rename = "ServerURL")]
    server: String,
    #[serde(default)]
    username: String,
    #[serde(default)]
    secret: String,
}

/// The words after the program's name, when that is the helper's.
pub fn called_as_helper(arguments: &[OsString]) -> Option<&[OsString]> {
    let (program, words) = arguments.split_first()?;
    let is_helper = Path::new(program).file_stem() == Some(OsStr::new(PROGRAM));
    is_helper.then_some(words)
}

/// Answers one request.
pub fn run(args: &Args, env: &Env) -> Exit {
    serve(&args.words, env)
}

/// Answers one request, given the verb alone.
pub fn serve(words: &[OsString], env: &Env) -> Exit {
    let fault = match answer(words, env) {
        Ok(()) => return Exit::Done,
        Err(fault) => fault,
    };
    let line = format!("{}\n", printable(fault.message()));
    if let Err(failure) = print(line.as_bytes()) {
        Report::default().failure(&failure);
    }
    Exit::Failed
}

fn answer(words: &[OsString], env: &Env) -> Result<(), Failure> {
    let [verb] = words else {
        return Err(Error::Usage.into());
    };
    let verb = verb.to_string_lossy();
    match verb.as_ref() {
        "get" => {
            let server = server()?;
            let found = auth::helped(&directory(env)?, &server, &context(env))?;
            let found = found.credential.ok_or(Error::NotFound)?;
            let message = Message {
                server,
                username: match found.kind {
                    Kind::IdentityToken => docker::TOKEN_USER.to_owned(),
                    Kind::Password | Kind::RegistryToken => found.username,
                },
                secret: found.secret.expose().to_owned(),
            };
            print_json(&message)
        }
        "store" => {
            let (server, credential) = credential(&request()?)?;
            Ok(store(env)?.store(&server, &credential)?)
        }
        "erase" => {
            let server = server()?;
            Ok(store(env)?.erase(&server)?)
        }
        "list" => print_json(&store(env)?.list()?),
        "version" | "--version" | "-v" => {
            let version = env!("CARGO_PKG_VERSION");
            print(format!("{PROGRAM} (dockside) v{version}\n").as_bytes())
        }
        "--help" | "-h" => print(format!("{}\n", Error::Usage).as_bytes()),
        verb => Err(Error::Action(verb.to_owned()).into()),
    }
}

/// The docker config directory that docker uses, which is the job's in a job.
fn directory(env: &Env) -> Result<PathBuf, Error> {
    let docker = env.path("DOCKER_CONFIG");
    let source = Source::named(docker.as_deref(), env);
    source.directory.ok_or(Error::NoDirectory)
}

/// Its store.
fn store(env: &Env) -> Result<CredentialStore, Error> {
    Ok(CredentialStore::of(&directory(env)?))
}

/// What a login that has ended is made anew with: the environment of the step that asks.
fn context(env: &Env) -> Context {
    Context {
        http: Http::from_env(env),
        env: env.clone(),
        report: Report::default(),
        retry_timeout: DEFAULT_BUDGET,
    }
}

/// The request's lines, joined as the protocol joins them.
fn request() -> Result<Vec<u8>, Error> {
    let mut request = Vec::new();
    std::io::stdin()
        .take(LONGEST_REQUEST + 1)
        .read_to_end(&mut request)
        .map_err(Error::Unreadable)?;
    if request.len() as u64 > LONGEST_REQUEST {
        return Err(Error::TooLong);
    }
    let lines = request.split(|byte| *byte == b'\n');
    let lines = lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    Ok(lines.collect::<Vec<_>>().concat())
}

fn server() -> Result<String, Error> {
    let request = request()?;
    let server = String::from_utf8_lossy(request.trim_ascii()).into_owned();
    if server.is_empty() {
        return Err(Error::NoServer);
    }
    Ok(server)
}

/// The first JSON value of a request; what follows it is not looked at.
fn credential(request: &[u8]) -> Result<(String, Credential), Error> {
    let mut json = serde_json::Deserializer::from_slice(request);
    let message = Message::deserialize(&mut json).map_err(|_| Error::NotACredential)?;
    if message.server.is_empty() {
        return Err(Error::NoServer);
    }
    if message.username.is_empty() {
        return Err(Error::NoUsername);
    }
    let mut credential = Credential::password(message.username, message.secret);
    if credential.username == docker::TOKEN_USER {
        credential.username.clear();
        credential.kind = Kind::IdentityToken;
    }
    Ok((message.server, credential))
}

fn print_json(answer: &impl Serialize) -> Result<(), Failure> {
    // A structure of texts is always JSON.
    let mut json = serde_json::to_vec(answer).unwrap_or_default();
    json.push(b'\n');
    print(&json)
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::{called_as_helper, credential};
    use crate::docker::{Credential, Kind};

    #[test]
    fn the_name_of_the_program_counts() {
        let is_helper = |program: &str| {
            let arguments = [program, "get"].map(OsString::from);
            called_as_helper(&arguments).map(<[OsString]>::len)
        };
        for program in [
            "docker-credential-dockside",
            "/usr/bin/docker-credential-dockside",
            "./docker-credential-dockside.exe",
        ] {
            assert_eq!(is_helper(program), Some(1), "{program}");
        }
        assert_eq!(is_helper("dockside"), None);
        assert_eq!(is_helper("/docker-credential-dockside/dockside"), None);
        assert_eq!(called_as_helper(&[]), None);
    }

    #[test]
    fn requests_are_read() {
        let read = |text: &str| credential(text.as_bytes()).map_err(|error| error.to_string());
        assert_eq!(
            read(r#"{"ServerURL":"a","Username":"u:v","Secret":""} x"#),
            Ok(("a".to_owned(), Credential::password("u:v", "")))
        );
        let (_, token) = read(r#"{"ServerURL":"a","Username":"<token>","Secret":"t"}"#).unwrap();
        assert_eq!(
            (token.kind, token.username.as_str()),
            (Kind::IdentityToken, "")
        );
        for (request, fault) in [
            (
                r#"{"ServerURL":"","Username":"u"}"#,
                "no credentials server URL",
            ),
            ("{}", "no credentials server URL"),
            (
                r#"{"ServerURL":"a","Secret":"s"}"#,
                "no credentials username",
            ),
            ("", "the request is not a credential in JSON"),
            (
                r#"{"ServerURL":"a","Username":"u","Secret":["hunter2"]}"#,
                "the request is not a credential in JSON",
            ),
        ] {
            assert_eq!(read(request), Err(fault.to_owned()), "{request}");
        }
    }
}
