//! The ways in which somebody may be known to Microsoft Entra ID.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use super::cloud::{AUDIENCE, Cloud};
use super::entra::{Application, CLIENT_ID, Proof, TENANT_ID};
use super::managed::{self, Service};
use crate::auth::id_token::agent;
use crate::auth::{Context, Error};
use crate::error::Failure;
use crate::secret::Secret;

/// The secret of an application.
const SECRET: &str = "AZURE_CLIENT_SECRET";

/// A file with an ID token, which Kubernetes keeps fresh (AKS workload identity).
const FILE: &str = "AZURE_FEDERATED_TOKEN_FILE";

/// The longest ID token that is read, in bytes.
const MAX_TOKEN: u64 = 64 * 1024;

/// What the environment may configure, in this order.
pub(super) const CONFIGURED: &[Way] = &[Way::Secret, Way::IdToken, Way::File, Way::Service];

/// What may be there without a word in the environment.
pub(super) const ASSUMED: &[Way] = &[Way::Machine, Way::AzureCli];

/// A way to be known.
#[derive(Debug, Clone, Copy)]
pub(super) enum Way {
    /// An application with a secret.
    Secret,
    /// An application that trusts the job's CI system.
    IdToken,
    /// An application that trusts a Kubernetes cluster.
    File,
    /// The managed identity of a service.
    Service,
    /// The managed identity of a machine.
    Machine,
    /// Whoever is logged in with `az`.
    AzureCli,
}

/// What a way led to.
pub(super) enum Outcome {
    /// A token, and whose it is.
    Token(Secret, String),
    /// Nobody took this way; why not.
    Absent(String),
    /// What is configured does not work.
    Failed(Error),
}

impl Way {
    /// Who one is on this way, as far as the environment tells; nobody is asked.
    pub(super) fn ready(self, context: &Context) -> Option<String> {
        let env = &context.env;
        let ready = match self {
            Self::Secret => env.has(SECRET),
            Self::IdToken => context.id_tokens().are_present(),
            Self::File => env.has(FILE),
            Self::Service => return Service::named(context).map(|_| SERVICE.to_owned()),
            Self::Machine | Self::AzureCli => false,
        };
        let application = Application::named(env).filter(|_| ready)?;
        Some(self.origin(&application))
    }

    /// An application on this way, for people.
    fn origin(self, application: &Application<'_>) -> String {
        let proof = match self {
            Self::Secret => SECRET,
            Self::File => FILE,
            _ => "the job's ID token",
        };
        format!("the application {} by {proof}", application.client)
    }

    /// Goes this way.
    pub(super) async fn token(self, cloud: &Cloud, context: &Context) -> Outcome {
        match self {
            Self::Secret | Self::IdToken | Self::File => self.application(cloud, context).await,
            Self::Service => match Service::named(context) {
                Some(service) => outcome(service.token(context).await, SERVICE),
                None => Outcome::Absent("IDENTITY_ENDPOINT and IDENTITY_HEADER are not set".into()),
            },
            Self::Machine => match managed::of_machine(context).await {
                Ok(Some(token)) => Outcome::Token(token, MACHINE.to_owned()),
                Ok(None) => Outcome::Absent("this is no machine of Azure's".to_owned()),
                Err(error) => Outcome::Absent(Failure::from(error).message()),
            },
            Self::AzureCli => match azure_cli(context).await {
                Ok(token) => Outcome::Token(token, "the login of `az`".to_owned()),
                Err(why) => Outcome::Absent(format!("no token from `az`: {why}")),
            },
        }
    }

    async fn application(self, cloud: &Cloud, context: &Context) -> Outcome {
        let Some(application) = Application::named(&context.env) else {
            return Outcome::Absent(match self {
                Self::Secret => format!("{CLIENT_ID} and {TENANT_ID} are not both set"),
                Self::File => format!("{FILE} needs them too"),
                _ => "an ID token needs them".to_owned(),
            });
        };
        let proof = match self.proof(cloud, context).await {
            Ok(Ok(proof)) => proof,
            Ok(Err(absent)) => return Outcome::Absent(absent),
            Err(error) => return Outcome::Failed(error),
        };
        let token = application.token(&proof, cloud, context).await;
        outcome(token, &self.origin(&application))
    }

    /// What the application shows; or why it has nothing to show.
    async fn proof(self, cloud: &Cloud, context: &Context) -> Result<Result<Proof, String>, Error> {
        let unset = |variable: &str| format!("{variable} is not set");
        Ok(match self {
            Self::Secret => match context.env.utf8(SECRET) {
                Some(secret) => Ok(Proof::Secret(secret.into())),
                None => Err(unset(SECRET)),
            },
            Self::File => match context.env.path(FILE) {
                Some(path) => Ok(Proof::Assertion(read(&path)?)),
                None => Err(unset(FILE)),
            },
            _ => {
                let tokens = context.id_tokens();
                let token = tokens.get(cloud.federation).await?;
                token
                    .map(Proof::Assertion)
                    .ok_or_else(|| tokens.missing(cloud.federation))
            }
        })
    }
}

const SERVICE: &str = "the managed identity of IDENTITY_ENDPOINT";

const MACHINE: &str = "the managed identity of this machine";

fn outcome(token: Result<Secret, Error>, origin: &str) -> Outcome {
    match token {
        Ok(token) => Outcome::Token(token, origin.to_owned()),
        Err(error) => Outcome::Failed(error),
    }
}

/// The ID token in the file.
fn read(path: &Path) -> Result<Secret, Error> {
    let mut text = String::new();
    let file = File::open(path).map(|file| file.take(MAX_TOKEN));
    let read = file.and_then(|mut file| file.read_to_string(&mut text));
    let token = text.trim();
    if read.is_err() || token.is_empty() {
        return Err(Error::BadVariable {
            variable: FILE,
            what: "the name of a file with a token",
        });
    }
    Ok(Secret::from(token))
}

/// A token for registries of whoever is logged in with `az`. What it keeps on disk is its own
/// business, and encrypted on some systems, so it is asked rather than read.
async fn azure_cli(context: &Context) -> Result<Secret, String> {
    let mut arguments = vec!["account", "get-access-token", "--resource", AUDIENCE];
    arguments.extend(["--query", "accessToken", "--output", "tsv"]);
    if let Some(tenant) = context.env.utf8(TENANT_ID) {
        arguments.extend(["--tenant", tenant]);
    }
    match agent::ask(&context.env, "az", &arguments).await {
        Ok(Some(token)) => Ok(token),
        Ok(None) => Err("it printed nothing".to_owned()),
        Err(Error::Agent { reason, .. }) => Err(reason),
        Err(error) => Err(Failure::from(error).message()),
    }
}
