//! Whether the registries accept the logins: all are asked at the same time.

use std::collections::BTreeSet;
use std::time::Duration;

use super::args::Args;
use super::registries::Wanted;
use crate::auth::{self, Scheme, Verified};
use crate::ci::Need;
use crate::docker::{JobDirectory, Kind};
use crate::error::{Exit, Explain as _, Failure};
use crate::http::Http;
use crate::report::Report;

/// How long a registry that the job can do without is waited for at most.
const PATIENCE_FOR_OPTIONAL: Duration = Duration::from_secs(10);

/// The file of the job's directory that remembers which registries use Basic, so that the next
/// login needs one request instead of two.
const SCHEMES: &str = "basic-registries.json";

/// What to store: all logins that were accepted. A required one that was refused ends the
/// command, after all that were refused have been reported.
pub(super) fn verify(
    wanted: Vec<Wanted>,
    args: &Args,
    http: &Http,
    directory: &JobDirectory,
    report: &Report,
) -> Result<Vec<Wanted>, Failure> {
    let askable = |login: &&Wanted| !args.no_verify && login.credential.kind != Kind::RegistryToken;
    let mut known = known_schemes(directory);
    let questions: Vec<_> = wanted
        .iter()
        .filter(askable)
        .map(|login| question(login, args.retry_timeout, &known))
        .collect();
    let mut answers = if questions.is_empty() {
        Vec::new()
    } else {
        auth::verify_all(http, &questions)?
    }
    .into_iter();

    let before = known.clone();
    let mut accepted = Vec::new();
    let mut refused: Option<Failure> = None;
    for mut login in wanted {
        let registry = login.registry.clone();
        if askable(&&login) {
            match answers.next() {
                Some(Ok(verified)) => {
                    say(&login, &verified, report);
                    if verified.scheme == Scheme::Basic {
                        known.insert(registry.clone());
                    } else {
                        known.remove(&registry);
                    }
                    if let (Some(token), None) = (verified.identity_token, &login.renewal) {
                        login.credential.secret = token;
                        login.credential.kind = Kind::IdentityToken;
                    }
                }
                Some(Err(error)) if can_do_without(login.need, &error) => {
                    let hint = error.hint().map(|hint| format!(" ({hint})"));
                    report.note(format!(
                        "going on without an optional login: {}{}",
                        Failure::from(error).message(),
                        hint.unwrap_or_default()
                    ));
                    continue;
                }
                Some(Err(error)) => {
                    if let Some(earlier) = refused.replace(error.into()) {
                        report.failure(&earlier);
                    }
                    continue;
                }
                None => {}
            }
        } else {
            report.explain(|| format!("log in to {registry} without asking it"));
        }
        accepted.push(login);
    }
    if let Some(refused) = refused {
        return Err(refused);
    }
    if known != before {
        let text = serde_json::json!(known).to_string();
        directory.write_private(SCHEMES, text.as_bytes())?;
    }
    Ok(accepted)
}

fn can_do_without(need: Need, error: &auth::Error) -> bool {
    match need {
        Need::Required => false,
        Need::IfThere => error.exit() != Exit::NotAuthorised,
        Need::Optional => true,
    }
}

fn question(
    login: &Wanted,
    budget: Duration,
    known: &BTreeSet<String>,
) -> (auth::Credential, Duration) {
    let username = match login.credential.kind {
        Kind::IdentityToken => auth::IDENTITY_TOKEN_USER.to_owned(),
        Kind::Password | Kind::RegistryToken => login.credential.username.clone(),
    };
    let credential = auth::Credential {
        registry: login.registry.clone(),
        username,
        secret: login.credential.secret.clone(),
        kind: login.kind.to_owned(),
        scheme: known.contains(&login.registry).then_some(Scheme::Basic),
    };
    let budget = if login.need != Need::Required {
        budget.min(PATIENCE_FOR_OPTIONAL)
    } else {
        budget
    };
    (credential, budget)
}

fn say(login: &Wanted, verified: &Verified, report: &Report) {
    let Wanted {
        registry,
        kind,
        origin,
        ..
    } = login;
    let username = &login.credential.username;
    match verified.scheme {
        Scheme::None => report.note(format!(
            "{registry} asks for no login, so the {kind} from {origin} was not checked"
        )),
        Scheme::Basic | Scheme::Bearer => report.explain(|| {
            format!("logged in to {registry} as {username} with the {kind} from {origin}")
        }),
    }
}

/// A file that cannot be read costs one more request, and no more.
fn known_schemes(directory: &JobDirectory) -> BTreeSet<String> {
    std::fs::read(directory.path().join(SCHEMES))
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .unwrap_or_default()
}
