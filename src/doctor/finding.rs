//! What a check says.

use serde::Serialize;

use crate::text::printable;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// As it should be.
    Ok,
    /// Worth knowing.
    Note,
    /// It may do harm.
    Warning,
    /// Something will fail, or fails already.
    Problem,
}

impl Severity {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Problem => "problem",
        }
    }
}

/// What one check says of one subject. All text is fit to be shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The check.
    pub check: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What it is about: `job`, or a registry or repository.
    pub subject: String,
    /// What was seen: one sentence, without a full stop.
    pub says: String,
    /// Why that is so, or does harm: one sentence.
    pub cause: Option<String>,
    /// What to change: one sentence.
    pub cure: Option<String>,
}

/// The same before it is known which check said it, and of what.
#[derive(Debug, Clone)]
pub(super) struct Remark {
    severity: Severity,
    says: String,
    cause: Option<String>,
    cure: Option<String>,
}

impl Remark {
    /// All is well.
    pub(super) fn ok(says: impl AsRef<str>) -> Self {
        Self::new(Severity::Ok, says.as_ref())
    }

    /// Worth knowing.
    pub(super) fn note(says: impl AsRef<str>) -> Self {
        Self::new(Severity::Note, says.as_ref())
    }

    /// It may do harm.
    pub(super) fn warning(says: impl AsRef<str>) -> Self {
        Self::new(Severity::Warning, says.as_ref())
    }

    /// Something fails.
    pub(super) fn problem(says: impl AsRef<str>) -> Self {
        Self::new(Severity::Problem, says.as_ref())
    }

    /// Of any severity.
    pub(super) fn new(severity: Severity, says: &str) -> Self {
        Self {
            severity,
            says: printable(says),
            cause: None,
            cure: None,
        }
    }

    /// With the reason.
    pub(super) fn because(mut self, cause: impl AsRef<str>) -> Self {
        self.cause = Some(printable(cause.as_ref()));
        self
    }

    /// With what to change.
    pub(super) fn cure(mut self, cure: impl AsRef<str>) -> Self {
        self.cure = Some(printable(cure.as_ref()));
        self
    }

    /// As a check's finding.
    pub(super) fn of(self, check: &'static str, subject: &str) -> Finding {
        Finding {
            check,
            severity: self.severity,
            subject: printable(subject),
            says: self.says,
            cause: self.cause,
            cure: self.cure,
        }
    }
}
