//! What a registry says with an answer that is no success.

use super::error::Error;
use crate::http::Said;

/// Codes of the OCI distribution specification ("Error Codes") that decide what is done next.
pub mod code {
    /// The registry lost the upload, or has ended it.
    pub const BLOB_UPLOAD_UNKNOWN: &str = "BLOB_UPLOAD_UNKNOWN";
    /// The upload cannot go on.
    pub const BLOB_UPLOAD_INVALID: &str = "BLOB_UPLOAD_INVALID";
    /// What was sent has another digest.
    pub const DIGEST_INVALID: &str = "DIGEST_INVALID";
    /// What was sent has another size.
    pub const SIZE_INVALID: &str = "SIZE_INVALID";
    /// A manifest refers to what is not there.
    pub const MANIFEST_BLOB_UNKNOWN: &str = "MANIFEST_BLOB_UNKNOWN";
    /// The registry does not understand a manifest.
    pub const MANIFEST_INVALID: &str = "MANIFEST_INVALID";
    /// No such manifest.
    pub const MANIFEST_UNKNOWN: &str = "MANIFEST_UNKNOWN";
    /// Not a name of a repository there.
    pub const NAME_INVALID: &str = "NAME_INVALID";
    /// No such repository.
    pub const NAME_UNKNOWN: &str = "NAME_UNKNOWN";
    /// Not allowed; some registries say so of a tag that may not move.
    pub const DENIED: &str = "DENIED";
    /// The registry does not offer this.
    pub const UNSUPPORTED: &str = "UNSUPPORTED";
    /// Too many requests.
    pub const TOO_MANY_REQUESTS: &str = "TOOMANYREQUESTS";
}

/// Codes by which GitLab says, with 401, that a rule protects a tag or manifest (GitLab's
/// container-registry, `registry/api/errcode`): whoever asks, and however often.
const PROTECTED: [&str; 3] = ["PROTECTED_TAG", "IMMUTABLE_TAG", "PROTECTED_MANIFEST"];

/// Whether one of the codes says that a rule protects what was to be changed.
pub fn is_protected(codes: &[String]) -> bool {
    codes.iter().any(|code| PROTECTED.contains(&code.as_str()))
}

/// The error of an answer that ends the work on `subject`.
pub(super) fn refused(subject: String, status: u16, said: Said) -> Error {
    let missing = [code::NAME_UNKNOWN, code::MANIFEST_UNKNOWN, "BLOB_UNKNOWN"];
    let known = said.codes.first().map(String::as_str);
    if status == 404 && known.is_none_or(|known| missing.contains(&known)) {
        return Error::NotFound { subject };
    }
    Error::Refused {
        subject,
        status,
        codes: said.codes,
        said: said.message,
    }
}

/// What the reader can do about a refusal.
pub(super) fn hint(status: u16, codes: &[String]) -> Option<String> {
    let has = |code: &str| codes.iter().any(|found| found == code);
    let hint = match status {
        _ if has(code::MANIFEST_BLOB_UNKNOWN) => {
            "the manifest refers to content that the repository does not have: push that first"
        }
        _ if has(code::MANIFEST_INVALID) => {
            "the registry does not take this kind of manifest, or what it refers to is not there"
        }
        _ if has(code::NAME_INVALID) => {
            "the registry has its own rules for names: check how many parts the repository's name \
             must have and which signs it may hold"
        }
        _ if has(code::DENIED) => {
            "the registry's rules forbid this: a tag may be immutable, or a quota used up"
        }
        _ if is_protected(codes) => {
            "a rule of the project protects this tag or image: change the rule first"
        }
        429 => "the registry limits requests: try again later, or with fewer --jobs",
        _ if has(code::TOO_MANY_REQUESTS) => {
            "the registry limits requests: try again later, or with fewer --jobs"
        }
        413 => {
            "the registry, or a proxy before it, does not take content of this size: its limit \
             must be raised"
        }
        405 | 501 => "this registry does not offer this, or it is switched off there",
        _ if has(code::UNSUPPORTED) => {
            "this registry does not offer this, or it is switched off there"
        }
        409 | 412 => "the registry's rules forbid this: a tag may be immutable",
        507 => "the registry has no space left, or a quota is used up",
        _ => return None,
    };
    Some(hint.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{hint, refused};
    use crate::http::Said;

    #[test]
    fn what_does_not_exist_is_told_from_what_is_refused() {
        let error = |status, body: &str| {
            let error = refused(
                "r.example.com/a:1".into(),
                status,
                Said::to(None, body.as_bytes()),
            );
            error.to_string()
        };
        let missing = "r.example.com/a:1 does not exist";
        for code in ["NAME_UNKNOWN", "MANIFEST_UNKNOWN", "BLOB_UNKNOWN"] {
            let body = format!(r#"{{"errors":[{{"code":"{code}","message":"x"}}]}}"#);
            assert_eq!(error(404, &body), missing);
        }
        assert_eq!(error(404, "404 page not found"), missing);
        assert_eq!(
            error(
                404,
                r#"{"errors":[{"code":"BLOB_UPLOAD_UNKNOWN","message":"gone"}]}"#
            ),
            "r.example.com/a:1: the registry answered 404: gone"
        );
        assert_eq!(
            error(405, r#"{"errors":[{"code":"UNSUPPORTED"}]}"#),
            "r.example.com/a:1: the registry answered 405: UNSUPPORTED"
        );
        assert_eq!(
            error(400, "<html>"),
            "r.example.com/a:1: the registry answered 400"
        );
    }

    #[test]
    fn hints_go_by_code_before_status() {
        let hint = |status, code: &str| hint(status, &[code.to_owned()]).unwrap_or_default();
        assert!(hint(400, "MANIFEST_BLOB_UNKNOWN").contains("push that first"));
        assert!(hint(405, "").contains("does not offer"));
        assert!(hint(400, "UNSUPPORTED").contains("does not offer"));
        assert!(hint(429, "").contains("--jobs"));
        assert!(hint(413, "").contains("size"));
        assert!(hint(401, "PROTECTED_MANIFEST").contains("rule"));
        assert_eq!(hint(418, ""), "");
    }
}
