//! What Google's API answers when it does not do what it was asked.

use serde::Deserialize;

use super::service::SERVICE;
use crate::registry::api::Answer;
use crate::registry::{Error, Refusal, Why};
use crate::text::printable;

/// The longest message that is repeated, in characters.
const MAX_MESSAGE: usize = 300;

/// How many versions that could not be deleted are named.
const MAX_NAMED: usize = 3;

/// How an operation ended (`google.rpc.Status`).
#[derive(Debug, Deserialize)]
pub(super) struct Status {
    #[serde(default)]
    code: i32,
    #[serde(default)]
    message: String,
}

/// A refusal, as far as it says what was missing (`google.rpc.ErrorInfo`).
#[derive(Default, Deserialize)]
#[serde(default)]
struct Body {
    error: Details,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Details {
    details: Vec<Info>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Info {
    reason: Option<String>,
    metadata: Metadata,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Metadata {
    permission: Option<String>,
}

/// The code of what was to be made and is there.
pub(super) const ALREADY_EXISTS: &str = "ALREADY_EXISTS";

/// Whether there is no such thing.
pub(super) fn is_missing(error: &Error) -> bool {
    matches!(error, Error::Refused(refusal) if refusal.why == Why::NotFound)
}

/// Whether the rules of the repository, or something that stays, forbid it.
pub(super) fn is_kept(error: &Error) -> bool {
    matches!(error, Error::Refused(refusal) if refusal.why == Why::InUse)
}

/// The same refusal, for a rule of the repository.
pub(super) fn protected(error: Error, advice: &str) -> Error {
    match error {
        Error::Refused(refusal) => Error::Refused(Refusal {
            why: Why::Protected,
            advice: Some(advice.to_owned()),
            ..refusal
        }),
        other => other,
    }
}

/// The error that an answer is. `needs` is the permission that the request takes, if Google does
/// not say it.
pub(super) fn refused(answer: &Answer, needs: &str) -> Error {
    let body: Body = serde_json::from_slice(&answer.body).unwrap_or_default();
    let details = body.error.details;
    let is_off = |info: &Info| info.reason.as_deref() == Some("SERVICE_DISABLED");
    if details.iter().any(is_off) {
        let error = answer.refused(Some(Why::Unsupported));
        return advised(
            error,
            "switch the API on: `gcloud services enable artifactregistry.googleapis.com`",
        );
    }
    let named = details
        .into_iter()
        .find_map(|info| info.metadata.permission);
    let needs = named.map_or_else(|| needs.to_owned(), |named| printable(&named));
    answer.refused(match code(answer) {
        Some(code) => why(code, &needs),
        // Something else is at that address.
        None if answer.status == 404 => Some(Why::Unsupported),
        None => None,
    })
}

/// The same with what to do about it.
pub(super) fn advised(error: Error, advice: &str) -> Error {
    match error {
        Error::Refused(refusal) => Error::Refused(refusal.advising(advice)),
        other => other,
    }
}

/// An operation that did not end while it was looked at.
pub(super) fn unfinished(subject: &str, operation: &str) -> Error {
    let said = format!("the operation {} goes on", printable(operation));
    let advice = "it may still be done: look again later";
    Error::Refused(refusal(subject, Why::Other, said).advising(advice))
}

/// An operation that ended well for some versions only.
pub(super) fn partly(subject: &str, failed: &[String]) -> Error {
    let named = failed.iter().take(MAX_NAMED);
    let named: Vec<&str> = named.filter_map(|name| name.rsplit('/').next()).collect();
    let said = format!(
        "{} versions were not deleted, such as {}",
        failed.len(),
        printable(named.join(", "))
    );
    Error::Refused(refusal(subject, Why::InUse, said))
}

impl Status {
    /// The error that it is.
    pub(super) fn refusal(&self, subject: &str, needs: &str) -> Error {
        let why = why(self.name(), needs);
        let said = self.message.chars().take(MAX_MESSAGE).collect::<String>();
        Error::Refused(refusal(subject, why.unwrap_or(Why::Other), printable(said)))
    }

    /// The name of the code (`google.rpc.Code`), as far as it matters here.
    pub(super) fn name(&self) -> &'static str {
        match self.code {
            5 => "NOT_FOUND",
            6 => ALREADY_EXISTS,
            7 => "PERMISSION_DENIED",
            8 => "RESOURCE_EXHAUSTED",
            9 => "FAILED_PRECONDITION",
            12 => "UNIMPLEMENTED",
            16 => "UNAUTHENTICATED",
            _ => "",
        }
    }
}

/// A failure that came with success.
fn refusal(subject: &str, why: Why, said: String) -> Refusal {
    Refusal {
        subject: subject.to_owned(),
        service: SERVICE.to_owned(),
        status: 200,
        why,
        said: Some(said),
        advice: None,
    }
}

/// The code of a refusal (`google.rpc.Code`).
pub(super) fn code(answer: &Answer) -> Option<&str> {
    answer.said.codes.first().map(String::as_str)
}

fn why(code: &str, needs: &str) -> Option<Why> {
    Some(match code {
        "UNAUTHENTICATED" => Why::NotAuthenticated,
        "PERMISSION_DENIED" => Why::NotAllowed {
            needs: Some(format!(
                "the permission {needs} (the role roles/artifactregistry.repoAdmin has all for \
                 images); Google may also say this of a repository that does not exist"
            )),
        },
        "NOT_FOUND" => Why::NotFound,
        "FAILED_PRECONDITION" => Why::InUse,
        "RESOURCE_EXHAUSTED" => Why::Limited { until: None },
        "UNIMPLEMENTED" => Why::Unsupported,
        _ => return None,
    })
}
