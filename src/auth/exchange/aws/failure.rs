//! How a request of the SDK failed.

use std::error::Error as StdError;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::http;
use crate::text::printable;

/// The longest text of an error that is repeated, in characters.
const MAX_MESSAGE: usize = 500;

/// How a request of the SDK failed.
#[derive(Debug)]
pub enum Failure {
    /// The service said no.
    Refused {
        /// The status code, which for most refusals is 400.
        status: u16,
        /// The error's name, such as `RepositoryNotFoundException`.
        code: String,
        /// Name and message, fit to be shown.
        said: String,
    },
    /// No answer.
    Http(http::Error),
    /// An answer that is none of the service's.
    Answer,
    /// Nothing was asked; why, fit to be shown.
    Other(String),
}

impl Failure {
    /// What an error of the SDK means.
    pub fn of<E>(error: SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
    {
        let status = error.raw_response().map(|raw| raw.status().as_u16());
        if let (Some(status), Some(code)) = (status, error.code()) {
            let said = match error.message() {
                Some(message) => format!("{code}: {message}"),
                None => code.to_owned(),
            };
            return Self::Refused {
                status,
                code: code.to_owned(),
                said: shown(&said),
            };
        }
        match status {
            Some(status) if status >= 400 => {
                return Self::Refused {
                    status,
                    code: String::new(),
                    said: String::new(),
                };
            }
            Some(_) => return Self::Answer,
            None => {}
        }
        let other = causes(&error);
        let cause = error.into_source().ok();
        let cause = cause.and_then(|cause| match cause.downcast::<ConnectorError>() {
            Ok(connector) => connector.into_source().downcast::<http::Error>().ok(),
            Err(_) => None,
        });
        match cause {
            Some(cause) => Self::Http(*cause),
            None => Self::Other(other),
        }
    }
}

/// What an error and its causes say, one after the other; none of the structures that the SDK's
/// own form shows, which hold whole answers.
pub(super) fn causes(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    shown(&text)
}

/// The text, fit to be shown.
fn shown(text: &str) -> String {
    let text = printable(text);
    match text.char_indices().nth(MAX_MESSAGE) {
        Some(_) => text.chars().take(MAX_MESSAGE).chain(['…']).collect(),
        None => text,
    }
}
