//! A cluster that is being asked.

use std::error::Error as StdError;
use std::time::Duration;

use kube::client::AuthError;
use kube::{Client, Error as Failed};
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use super::access::Access;
use super::{Cause, reader};
use crate::text::printable;

/// How much of what a server or a plugin says is shown, in characters.
const MAX_SHOWN: usize = 500;

/// A cluster, and the connection to it once there is one.
pub struct Session {
    access: Access,
    client: Option<Client>,
}

/// A request to an API server, which may have to be made again.
pub type Request = hyper::Request<Vec<u8>>;

impl Session {
    /// Nobody is asked yet.
    pub fn new(access: Access) -> Self {
        Self {
            access,
            client: None,
        }
    }

    /// What the context is called.
    pub fn name(&self) -> &str {
        &self.access.name
    }

    /// Asks for a document, or has one changed. Where the credentials are not accepted, they are got
    /// anew, once: a file has another token by then, a plugin another answer.
    ///
    /// # Errors
    /// The cluster refuses, does not answer, or answers with something else.
    pub async fn ask<T: DeserializeOwned + Send + 'static>(
        &mut self,
        request: Result<Request, kube::core::request::Error>,
    ) -> Result<T, Cause> {
        let request = request.map_err(|error| Cause::Malformed(error.to_string()))?;
        let is_first = self.client.is_none();
        match self.attempt(request.clone()).await {
            Err(Cause::Unauthorised) if !is_first => {
                self.client = None;
                self.attempt(request).await
            }
            answer => answer,
        }
    }

    async fn attempt<T: DeserializeOwned + Send + 'static>(
        &mut self,
        request: Request,
    ) -> Result<T, Cause> {
        let limit = self.access.timeout;
        let client = self.client(limit).await?;
        // Within this time kube also repeats what a busy server refuses (429, 503, 504).
        let answer = timeout(limit, client.request_stream(request)).await;
        let body = answer.map_err(|_| Cause::Silent(limit))?.map_err(cause)?;
        reader::read(body, limit).await
    }

    async fn client(&mut self, limit: Duration) -> Result<Client, Cause> {
        if let Some(client) = &self.client {
            return Ok(client.clone());
        }
        let access = self.access.clone();
        let connecting = tokio::task::spawn_blocking(move || access.connect());
        let silent = |_| match self.access.user.exec.is_some() {
            true => Cause::Plugin(format!("it does not end within {} s", limit.as_secs())),
            false => Cause::Silent(limit),
        };
        let connected = timeout(limit, connecting).await.map_err(silent)?;
        let failed = |error: tokio::task::JoinError| Cause::Configuration(error.to_string());
        let client = connected.map_err(failed)??;
        self.client = Some(client.clone());
        Ok(client)
    }
}

/// What is to be told of an error: nothing that may hold a secret, such as what a plugin printed or
/// the address of a proxy.
pub(super) fn cause(error: Failed) -> Cause {
    match error {
        Failed::Api(status) => match status.code {
            401 => Cause::Unauthorised,
            status_code => Cause::Refused {
                status: status_code,
                message: shown(&status.message),
            },
        },
        Failed::Auth(error) => plugin(&error),
        Failed::Service(error) => match error.downcast_ref::<AuthError>() {
            Some(error) => plugin(error),
            None => Cause::Unreachable(shown(&chain(error.as_ref()))),
        },
        Failed::HyperError(error) => Cause::Unreachable(shown(&chain(&error))),
        Failed::ProxyProtocolUnsupported { .. } | Failed::ProxyProtocolDisabled { .. } => {
            Cause::Configuration("its proxy is no HTTP proxy".to_owned())
        }
        other => Cause::Configuration(shown(&other.to_string())),
    }
}

fn plugin(error: &AuthError) -> Cause {
    Cause::Plugin(match error {
        AuthError::AuthExecStart(source) => format!("it cannot be started: {source}"),
        AuthError::AuthExecRun { out, .. } => {
            let said = String::from_utf8_lossy(&out.stderr);
            let last = said.trim_end().lines().next_back().unwrap_or_default();
            match last.is_empty() {
                true => out.status.to_string(),
                false => format!("{}: {}", out.status, shown(last)),
            }
        }
        AuthError::AuthExecParse(_) | AuthError::ParseTokenKey(_) => {
            "what it prints cannot be read".to_owned()
        }
        AuthError::InvalidBearerToken(_) | AuthError::InvalidBasicAuth(_) => {
            "what it gives cannot be sent".to_owned()
        }
        AuthError::MissingCommand
        | AuthError::ExecPluginFailed
        | AuthError::ExecMissingClusterInfo
        | AuthError::UnrefreshableTokenResponse
        | AuthError::AuthExec(_) => shown(&error.to_string()),
        _ => "it gives no credentials".to_owned(),
    })
}

/// An error with all that caused it.
fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut message = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        message.push_str(": ");
        message.push_str(&error.to_string());
        cause = error.source();
    }
    message
}

fn shown(text: &str) -> String {
    printable(text.chars().take(MAX_SHOWN).collect::<String>())
}
