//! One result of a command that changes something, as programs read it: all these commands print
//! `{"results": [...]}` with the same fields, an object a line.

use serde::Serialize;

use crate::error::{Exit, Failure};

/// One of the results. What does not apply is left out.
#[derive(Debug, Default, Serialize)]
pub(super) struct Record {
    /// Where the image comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// What was changed, or was to be.
    pub target: String,
    /// What the target names, or what it named when it is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// The digest of the whole image, when only one platform of it was moved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub narrowed_from: Option<String>,
    /// What was done, in one word.
    pub outcome: &'static str,
    /// How many bytes were moved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// What kind of refusal it was, in one word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
    /// Why it was not done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What its reader can do about that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// The outcome of a dry run.
pub(super) const PLANNED: &str = "planned";

impl Record {
    /// What became of a target, in one word.
    pub(super) fn new(target: impl ToString, outcome: &'static str) -> Self {
        Self {
            target: target.to_string(),
            outcome,
            ..Self::default()
        }
    }

    /// A failure, or a refusal.
    pub(super) fn failed(target: impl ToString, failure: &Failure) -> Self {
        let refused = failure.exit() == Exit::Refused;
        Self {
            reason: failure.reason(),
            error: Some(failure.message()),
            hint: failure.hint(),
            ..Self::new(target, if refused { "refused" } else { "failed" })
        }
    }

    /// With its source.
    pub(super) fn from(self, source: impl ToString) -> Self {
        Self {
            source: Some(source.to_string()),
            ..self
        }
    }

    /// With its digest.
    pub(super) fn at(self, digest: impl ToString) -> Self {
        Self {
            digest: Some(digest.to_string()),
            ..self
        }
    }

    /// Its part of the document, which begins with the first of them.
    pub(super) fn json(&self, first: bool) -> String {
        let before = if first { "{\"results\": [\n" } else { ",\n" };
        // A structure of texts and numbers is always JSON.
        let object = serde_json::to_string(self).unwrap_or_default();
        format!("{before}{object}")
    }
}

/// The end of the document, also of one without any result.
pub(super) fn end(empty: bool) -> &'static str {
    if empty {
        "{\"results\": []}\n"
    } else {
        "\n]}\n"
    }
}

#[cfg(test)]
mod tests {
    use super::{Record, end};

    #[test]
    fn a_document_has_a_result_a_line() {
        let one = Record::new("a/b:c", "tagged").from("a/b:d").at("sha256:e");
        let two = Record::new("a/b:\"\n", "gone");
        let text = one.json(true) + &two.json(false) + end(false);
        let expected = concat!(
            "{\"results\": [\n",
            r#"{"source":"a/b:d","target":"a/b:c","digest":"sha256:e","outcome":"tagged"},"#,
            "\n",
            r#"{"target":"a/b:\"\n","outcome":"gone"}"#,
            "\n]}\n"
        );
        assert_eq!(text, expected);
        for document in [&text, end(true)] {
            let read: serde_json::Value = serde_json::from_str(document).unwrap();
            assert!(read["results"].is_array(), "{document}");
        }
    }
}
