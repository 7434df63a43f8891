//! What a registry says with an answer that is no success.

use super::error::Error;
use crate::auth::Said;
use crate::http::Authorization;

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

/// The longest body of a refusal that is read, in bytes.
pub(super) const MAX_REFUSAL: usize = 64 * 1024;

/// Secrets shorter than this are not looked for in text: they would be found everywhere.
const SHORTEST_HIDDEN: usize = 4;

/// What the body of a refusal says; should it repeat what it was sent, without the secret.
pub(super) fn said(body: &[u8], sent: Option<&Authorization>) -> Said {
    let secret = match sent {
        Some(Authorization::Basic(basic)) => Some(&basic.password),
        Some(Authorization::Bearer(token)) => Some(token),
        None => None,
    };
    let secret = secret
        .map(|secret| secret.expose())
        .filter(|secret| secret.len() >= SHORTEST_HIDDEN);
    Said::read(body, |text| match secret {
        Some(secret) => text.replace(secret, "***"),
        None => text.to_owned(),
    })
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
    use super::{hint, refused, said};
    use crate::http::{Authorization, Basic};

    #[test]
    fn a_secret_is_not_repeated() {
        let body = br#"{"errors":[{"code":"DENIED","message":"no: hunter2 \u001b[1m"}]}"#;
        let bearer = Authorization::Bearer("hunter2".into());
        let basic = Authorization::Basic(Basic {
            username: "u".into(),
            password: "hunter2".into(),
        });
        for sent in [bearer, basic] {
            let said = said(body, Some(&sent));
            assert_eq!(said.message.unwrap(), "no: *** \\u{1b}[1m");
            assert_eq!(said.codes, ["DENIED"]);
        }
    }

    #[test]
    fn what_does_not_exist_is_told_from_what_is_refused() {
        let error = |status, body: &str| {
            let error = refused(
                "r.example.com/a:1".into(),
                status,
                said(body.as_bytes(), None),
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
        assert_eq!(hint(418, ""), "");
    }
}
