//! Who one is at the registry, and whether it believes that.

use futures_util::future::BoxFuture;
use jiff::Timestamp;

use super::Check;
use super::visit::{Pull, Visit};
use crate::auth::{self, Found, exchange_for, has_ended};
use crate::ci;
use crate::docker::{self, Credential, HelperError, Kind, registry_key};
use crate::doctor::finding::Remark;
use crate::error::Explain as _;
use crate::oci;
use crate::registry::{SecretKind, Trouble};

/// The credential, where it was found, and how long it lasts.
pub(super) struct Login;

impl Check for Login {
    fn name(&self) -> &'static str {
        "login"
    }

    fn look<'a>(&'a self, visit: &'a Visit<'_>) -> BoxFuture<'a, Vec<Remark>> {
        Box::pin(async {
            match visit.remote().await {
                None => Vec::new(),
                Some(Err(error)) => not_found(visit, error),
                Some(Ok(remote)) => found(visit, remote.found()).await,
            }
        })
    }
}

async fn found(visit: &Visit<'_>, found: &Found) -> Vec<Remark> {
    let Some(credential) = &found.credential else {
        return vec![nobody(visit, found).await];
    };
    let kind = SecretKind::of(credential, &visit.ward.env);
    let who = match credential.username.as_str() {
        "" => String::new(),
        user => format!("user {user:?} with "),
    };
    let says = format!("{who}{kind}, from {}", found.origin);
    if has_ended(&credential.secret) {
        let end = auth::end(&credential.secret);
        let end = end.map_or_else(String::new, |end| format!(" at {end}"));
        return vec![
            Remark::problem(format!("{says}: it ended{end}"))
                .because("the registry refuses it from then on")
                .cure(
                    "log in again in this job: a token that an earlier job has left is of no use",
                ),
        ];
    }
    if let Some(flaw) = flaw(credential, &says) {
        return vec![flaw];
    }
    if let Some(Err(error)) = visit.admission().await {
        return vec![refused(visit, &says, error).await];
    }
    vec![Remark::ok(format!("{says}{}", life(credential)))]
}

/// How long a token lasts that says so itself.
fn life(credential: &Credential) -> String {
    let Some(end) = auth::end(&credential.secret) else {
        return String::new();
    };
    let minutes = end.duration_since(Timestamp::now()).as_mins();
    format!(", good for {minutes} min more")
}

/// What is wrong with a credential whoever looks at it.
fn flaw(credential: &Credential, says: &str) -> Option<Remark> {
    let (user, secret) = (credential.username.as_str(), credential.secret.expose());
    // Harbor's robots are `robot$NAME` and `robot$PROJECT+NAME`.
    if user == "robot" || user.starts_with("robot+") {
        return Some(
            Remark::problem(says)
                .because("a shell has taken `$...` out of the name of a robot of Harbor")
                .cure(
                    "put the name in single quotes where it is set; in GitLab, switch off \
                     `Expand variable reference` of the variable",
                ),
        );
    }
    if credential.kind == Kind::Password && secret.is_empty() {
        return Some(
            Remark::problem(format!("{says}: it is empty"))
                .because("the variable that should hold it was not set, such as a protected one in a job of a branch that is not protected")
                .cure("set the variable for this job, and log in again"),
        );
    }
    if secret.trim() != secret {
        return Some(
            Remark::problem(format!("{says}: it begins or ends with white space"))
                .because("a line end was pasted into the variable, or `echo` has added one")
                .cure("remove it from the variable, or use `printf %s`, and log in again"),
        );
    }
    None
}

/// A login that could be made is missed only where something cannot be read without.
async fn nobody(visit: &Visit<'_>, found: &Found) -> Remark {
    let says = format!("nobody: {}", found.origin);
    let registry = &visit.patient.registry;
    let context = visit.ward.registries.context();
    let exchange = match (exchange_for(registry, context), visit.pull().await) {
        (Some(exchange), Some(Pull::Denied(_)) | None) => exchange,
        _ => return Remark::ok(says),
    };
    let env = &visit.ward.env;
    let is_actions = ci::detect(env).is_some_and(|(system, _)| system.name() == "github");
    if is_actions && !env.has("ACTIONS_ID_TOKEN_REQUEST_URL") {
        return Remark::warning(says)
            .because(
                "the job gets no ID token from GitHub, so no login can be made from its identity",
            )
            .cure(
                "give the job `permissions: id-token: write`, and run `dockside ci-env github \
                 --oidc`",
            );
    }
    let Some(identity) = exchange.is_ready(registry, context) else {
        return Remark::ok(says);
    };
    Remark::warning(says)
        .because(format!(
            "the job has an identity ({identity}), and has not logged in with it"
        ))
        .cure(format!(
            "run `dockside login --oidc {registry}`, or `dockside ci-env --oidc`"
        ))
}

/// The credential could not be found out.
fn not_found(visit: &Visit<'_>, error: &oci::Error) -> Vec<Remark> {
    let oci::Error::Auth(error) = error else {
        return vec![Remark::problem(error.to_string())];
    };
    let error = root(error);
    let auth::Error::Config(config) = error else {
        return vec![unmade(visit, error)];
    };
    // What is wrong with the config, and which helpers are not there, is said of the job.
    let docker::Error::Helper(helper) = &**config else {
        return Vec::new();
    };
    let problem = Remark::problem(helper.to_string());
    let registry = &visit.patient.registry;
    let config = visit.ward.source().load().unwrap_or_default();
    let name = config.helper(registry).unwrap_or_default();
    let by_hand = format!(
        "ask it by hand, but not in a job's log, which would show the secret: `echo {} | \
         docker-credential-{name} get`",
        registry_key(registry)
    );
    vec![match helper {
        HelperError::Missing { .. } | HelperError::BadName { .. } => return Vec::new(),
        HelperError::TimedOut { .. } => problem
            .because("it waits, mostly for the password of a keychain, which nobody gives in a job")
            .cure(format!(
                "remove it from credsStore and credHelpers, and log in to {registry} again"
            )),
        HelperError::Answer { .. } | HelperError::TooMuch { .. } => problem
            .because("docker cannot read its answer either, and fails")
            .cure(by_hand),
        _ => problem
            .because("docker asks it alone, and fails likewise")
            .cure(by_hand),
    }]
}

/// A login that could not be made anew.
fn unmade(visit: &Visit<'_>, error: &auth::Error) -> Remark {
    let mut message = error.to_string();
    if let auth::Error::Ended { source, .. } = error {
        message = format!("{message}: {source}");
    }
    let problem = Remark::problem(message)
        .because("the job's login is made from its identity, and that cannot be had now");
    match error.hint() {
        Some(hint) => problem.cure(hint),
        None => problem.cure(format!("log in to {} again", visit.patient.registry)),
    }
}

/// A credential that the registry, or its token service, does not take.
async fn refused(visit: &Visit<'_>, says: &str, error: &oci::Error) -> Remark {
    if let Some(refusal) = refusal(error) {
        let advice = visit.advice(Trouble::Refused).await;
        let problem = Remark::problem(format!("{says}: {refusal}"));
        return problem.because(advice.cause).cure(advice.cure);
    }
    let problem = Remark::problem(message(error));
    let problem = match error {
        oci::Error::Auth(error) if matches!(root(error), auth::Error::Realm { .. }) => {
            problem.because("everybody on the way could read a login that is sent there")
        }
        _ => problem.because("the registry's token service fails, so nobody is let in"),
    };
    match error.hint() {
        Some(hint) => problem.cure(hint),
        None => problem.cure("try again later; where it stays so, ask the registry's operator"),
    }
}

/// A refusal, without a word on who was refused; `None` for another failure.
pub(super) fn refusal(error: &oci::Error) -> Option<String> {
    let (who, status, said) = match error {
        oci::Error::Denied { status, said, .. } => ("the registry", *status, said),
        oci::Error::Auth(error) => match root(error) {
            auth::Error::Refused {
                status, message, ..
            } => ("the token service", *status, message),
            auth::Error::NotLoggedIn { message, .. } => ("the registry", 401, message),
            _ => return None,
        },
        _ => return None,
    };
    let said = said.as_deref().map(|said| format!(": {said}"));
    let said = said.unwrap_or_default();
    Some(format!("refused by {who} (status {status}){said}"))
}

/// An error and its causes, in one line.
pub(super) fn message(error: &oci::Error) -> String {
    let mut message = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        message = format!("{message}: {error}");
        cause = error.source();
    }
    message
}

fn root(error: &auth::Error) -> &auth::Error {
    match error {
        auth::Error::Shared(error) => root(error),
        error => error,
    }
}
