//! What the systems' tests share.

use bstr::BString;

use super::job::{Change, Identity};

/// A commit.
pub(super) const SHA: &str = "0123456789abcdef0123456789abcdef01234567";

/// A fact that is present.
pub(super) fn text(text: &str) -> Option<BString> {
    Some(text.into())
}

/// A change request.
pub(super) fn change(number: &str, target: &str) -> Option<Change> {
    Some(Change {
        number: number.into(),
        target: text(target),
    })
}

/// An identity.
pub(super) fn identity(pairs: &[(&str, &str)]) -> Identity {
    let pairs = pairs.iter();
    Identity(pairs.map(|(k, v)| ((*k).into(), (*v).into())).collect())
}
