//! AWS's refusals, sorted by what the reader must do next.

use super::calls::{ItemFailure, NotDone};
use crate::auth::aws::{Failure, SERVICE};
use crate::registry::error::Error;
use crate::registry::refusal::{Refusal, Why};
use crate::text::printable;

impl NotDone {
    /// The error that it is, about a repository or a reference.
    pub(super) fn about(self, subject: impl ToString) -> Error {
        let (right, failure) = match self {
            Self::Call(right, failure) => (right, failure),
            Self::Answer => (SERVICE, Failure::Answer),
            Self::Error(error) => return error,
        };
        let (subject, service) = (subject.to_string(), SERVICE.to_owned());
        match failure {
            Failure::Refused { status, code, said } => {
                let (why, advice) = why(&code, status, right);
                Error::Refused(Refusal {
                    subject,
                    service,
                    status,
                    why,
                    said: Some(said).filter(|said| !said.is_empty()),
                    advice,
                })
            }
            Failure::Http(source) => Error::Http {
                subject,
                service,
                source,
            },
            Failure::Answer => Error::Answer {
                subject,
                service,
                line: 0,
            },
            Failure::Other(what) => Error::Missing {
                subject,
                what,
                advice: "check AWS_REGION, and the other variables and files of AWS".to_owned(),
            },
        }
    }
}

/// What a refusal of a call means. Most of them have the status 400, and the first dozen comes
/// from before the service.
fn why(code: &str, status: u16, right: &str) -> (Why, Option<String>) {
    let why = match code {
        "AccessDeniedException" | "AccessDenied" | "UnauthorizedOperation" => Why::NotAllowed {
            needs: Some(format!("the permission {right}")),
        },
        "UnrecognizedClientException"
        | "InvalidSignatureException"
        | "SignatureDoesNotMatch"
        | "IncompleteSignatureException"
        | "MissingAuthenticationTokenException"
        | "InvalidClientTokenId"
        | "ExpiredTokenException"
        | "ExpiredToken"
        | "RequestExpired" => Why::NotAuthenticated,
        "ThrottlingException"
        | "Throttling"
        | "TooManyRequestsException"
        | "RequestLimitExceeded" => Why::Limited { until: None },
        "RepositoryNotFoundException" | "ImageNotFoundException" | "RegistryNotFoundException" => {
            Why::NotFound
        }
        "ImageTagAlreadyExistsException" => Why::Protected,
        "RepositoryNotEmptyException" => Why::InUse,
        "UnsupportedCommandException" => Why::Unsupported,
        "LimitExceededException" => {
            let advice = "a quota of the account is used up: have it raised, or delete what is \
                          not needed";
            return (Why::Other, Some(advice.to_owned()));
        }
        _ => Why::by_status(status),
    };
    (why, None)
}

/// What a failure of one image of several means.
pub(super) fn item(subject: impl ToString, failure: ItemFailure) -> Error {
    let subject = subject.to_string();
    let (why, advice) = match failure.code.as_str() {
        "ImageTagDoesNotMatchDigest" => return Error::Moved { subject },
        "ImageReferencedByManifestList" => (
            Why::InUse,
            Some("delete the index that lists it first, or with it in one command"),
        ),
        "ImageNotFound" => (Why::NotFound, None),
        "UpstreamAccessDenied" => (Why::NotAllowed { needs: None }, None),
        "UpstreamTooManyRequests" => (Why::Limited { until: None }, None),
        "KmsError" => (
            Why::Other,
            Some("the key that encrypts the repository must be there, and usable"),
        ),
        _ => (Why::Other, None),
    };
    let said = match failure.reason {
        Some(reason) => format!("{}: {reason}", failure.code),
        None => failure.code,
    };
    Error::Refused(Refusal {
        subject,
        service: SERVICE.to_owned(),
        status: 200,
        why,
        said: Some(printable(said)),
        advice: advice.map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use super::{NotDone, item};
    use crate::auth::aws::Failure;
    use crate::error::Explain as _;
    use crate::registry::ecr::calls::ItemFailure;

    #[test]
    fn refusals_of_calls() {
        let refused = |code: &str, status| {
            let failure = Failure::Refused {
                status,
                code: code.to_owned(),
                said: format!("{code}: m"),
            };
            let error = NotDone::Call("ecr:DescribeImages", failure).about("r/a");
            (error.reason(), error.hint(), error.exit() as u8)
        };
        let needs = Some("this needs the permission ecr:DescribeImages".to_owned());
        for code in ["AccessDeniedException", "AccessDenied"] {
            assert_eq!(refused(code, 400), (Some("not-allowed"), needs.clone(), 4));
        }
        for (code, status, reason, exit) in [
            ("ExpiredTokenException", 400, "not-authenticated", 4),
            ("UnrecognizedClientException", 400, "not-authenticated", 4),
            ("InvalidSignatureException", 400, "not-authenticated", 4),
            ("ThrottlingException", 400, "rate-limited", 1),
            ("TooManyRequestsException", 429, "rate-limited", 1),
            ("RepositoryNotFoundException", 400, "not-found", 1),
            ("ImageTagAlreadyExistsException", 400, "protected", 1),
            ("UnsupportedCommandException", 400, "unsupported", 1),
            ("LimitExceededException", 400, "refused", 1),
            ("InvalidParameterException", 400, "refused", 1),
            ("", 403, "not-allowed", 4),
            ("", 500, "refused", 1),
        ] {
            let (found, _, code_found) = refused(code, status);
            assert_eq!((found, code_found), (Some(reason), exit), "{code}");
        }
    }

    #[test]
    fn failures_of_single_images() {
        let failed = |code: &str| {
            let failure = ItemFailure {
                digest: None,
                code: code.to_owned(),
                reason: Some("r\u{1b}".to_owned()),
            };
            item("r/a:1", failure).to_string()
        };
        assert_eq!(
            failed("ImageReferencedByManifestList"),
            "r/a:1 is in use, so Amazon ECR keeps it (status 200): \
             ImageReferencedByManifestList: r\\u{1b}"
        );
        assert_eq!(
            failed("ImageTagDoesNotMatchDigest"),
            "r/a:1 was pushed anew while it was being removed, and stays"
        );
        assert_eq!(
            failed("KmsError"),
            "r/a:1: Amazon ECR refused (status 200): KmsError: r\\u{1b}"
        );
    }
}
