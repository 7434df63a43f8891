//! What GitHub's refusals mean.

use super::token::Token;
use crate::registry::api::Answer;
use crate::registry::error::Error;
use crate::registry::refusal::Why;
use crate::text::printable;

/// What a classic token needs to delete ("Deleting and restoring a package", GitHub's manual).
pub(super) const SCOPES: &str = "the scopes delete:packages and read:packages";

/// What the token of a job needs to delete.
const ROLE: &str = "a job's GITHUB_TOKEN needs `permissions: packages: write` and, in the \
                    package's settings under \"Manage Actions access\", the role Admin";

/// The error of an answer that is no success, by its status.
pub(super) fn refused(answer: &Answer, token: &Token) -> Error {
    match answer.status {
        401 => advised(
            answer,
            Why::NotAuthenticated,
            format!("{} is wrong or has expired", token.origin),
        ),
        403 => {
            let needs = Some(SCOPES.to_owned());
            advised(answer, Why::NotAllowed { needs }, scopes(answer, token))
        }
        404 => advised(
            answer,
            Why::NotFound,
            format!(
                "check the name; GitHub also says this to those who may not see the package: {} \
                 may lack the scope read:packages, or be of another owner's repository",
                token.origin
            ),
        ),
        _ => answer.refused(None),
    }
}

/// The error of a refusal of which the brand knows better what it is.
pub(super) fn advised(answer: &Answer, why: Why, advice: impl Into<String>) -> Error {
    match answer.refused(Some(why)) {
        Error::Refused(refusal) => Error::Refused(refusal.advising(advice)),
        other => other,
    }
}

/// The scopes that the token has and should have. Only classic tokens have scopes.
fn scopes(answer: &Answer, token: &Token) -> String {
    let origin = &token.origin;
    let has = answer.header("x-oauth-scopes").map(str::trim);
    let Some(has) = has.filter(|has| !has.is_empty()) else {
        return format!("{origin} may not do this: {ROLE}; a classic token needs {SCOPES}");
    };
    let accepted = answer.header("x-accepted-oauth-scopes");
    let accepted = match accepted.map(str::trim).filter(|text| !text.is_empty()) {
        Some(accepted) => format!("this takes {}", printable(accepted)),
        None => format!("deleting takes {SCOPES}"),
    };
    let has = printable(has);
    format!("{origin} has the scopes {has}; {accepted}")
}

/// Whether these are the scopes of a classic token that may not delete. Without any it may be a
/// token of another kind.
pub(super) fn lacks_delete(scopes: &str) -> bool {
    let mut scopes = scopes.split(',').map(str::trim);
    let mut deletes = scopes.clone();
    scopes.any(|scope| !scope.is_empty()) && !deletes.any(|scope| scope == "delete:packages")
}

#[cfg(test)]
mod tests {
    use super::lacks_delete;

    #[test]
    fn scopes_are_told_from_none() {
        assert!(lacks_delete("read:packages, write:packages"));
        assert!(!lacks_delete("read:packages, delete:packages"));
        for unknown in ["", " ", ", "] {
            assert!(!lacks_delete(unknown), "{unknown:?}");
        }
    }
}
