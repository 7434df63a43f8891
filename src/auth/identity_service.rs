//! Services that give identities: those of CI systems that give ID tokens, and those of vendors
//! that exchange one identity for another. All take small requests and answer in JSON.

use bytes::Bytes;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use serde::de::DeserializeOwned;
use url::form_urlencoded::Serializer;

use super::context::Context;
use super::error::Error;
use crate::http::{Authorization, Body, Budget, Call, Cause, Client, Host, MAX_BODY, Said, shown};
use crate::secret::Secret;

/// Such a service.
pub(super) struct IdentityService<'a> {
    context: &'a Context,
    name: &'static str,
    advice: Option<String>,
}

impl<'a> IdentityService<'a> {
    /// A service, by the name that errors have for it.
    pub(super) fn new(context: &'a Context, name: &'static str) -> Self {
        Self {
            context,
            name,
            advice: None,
        }
    }

    /// The same with what to do when it refuses.
    pub(super) fn advising(mut self, advice: Option<String>) -> Self {
        self.advice = advice;
        self
    }

    /// Asks until there is an answer that will not change. It is asked where the call says and
    /// nowhere else, over HTTPS, or in plain HTTP on the machine itself and at hosts that the user
    /// called insecure. `secrets` are those that the call carries, lest an error repeats them.
    ///
    /// # Errors
    /// No answer, a refusal, or one that is not what it should be.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        mut call: Call,
        secrets: &[&Secret],
    ) -> Result<T, Error> {
        let client = self.context.http.client(Host::of(&call.url)?);
        if !client.permits(&call.url) {
            return Err(Error::Insecure {
                service: self.name,
                address: shown(&call.url),
            });
        }
        let json = HeaderValue::from_static("application/json");
        call.headers.insert(ACCEPT, json);
        let body = self.bytes(&client, &call, secrets).await?;
        serde_json::from_slice(&body).map_err(|_| Error::Token {
            request: named(&call),
            reason: "the answer is not what the service's API describes",
        })
    }

    /// The same of a service whose answer need not be JSON, by a client of the caller's choice.
    /// Whether the service may be sent these secrets is for the caller to know.
    ///
    /// # Errors
    /// No answer, a refusal, or one that is too long.
    pub(super) async fn bytes(
        &self,
        client: &Client,
        call: &Call,
        secrets: &[&Secret],
    ) -> Result<Bytes, Error> {
        let budget = Budget::of_retries(self.context.retry_timeout);
        let hidden = |text: &str| {
            let hide = |text: String, secret: &&Secret| {
                Authorization::Bearer((*secret).clone()).hidden_in(&text)
            };
            secrets.iter().fold(text.to_owned(), hide)
        };
        let reply = client.persist(call, &budget).await;
        let reply = reply.map_err(|mut source| {
            if let Cause::Status { said, .. } = &mut *source.cause {
                *said = said.as_deref().map(hidden);
            }
            Error::Service {
                service: self.name,
                source,
            }
        })?;
        let status = reply.status;
        let strange = |reason| Error::Token {
            request: named(call),
            reason,
        };
        if !(200..300).contains(&status) {
            let said = Said::read(&reply.refusal().await, hidden);
            return Err(Error::Exchange {
                service: self.name.to_owned(),
                status,
                message: said.message,
                advice: self.advice.clone(),
            });
        }
        let body = reply.bytes(MAX_BODY).await;
        body.map_err(|_| strange("the answer broke off"))?
            .ok_or_else(|| strange("the answer is too long for a token"))
    }

    /// A variable that should hold the service's address does not.
    pub(super) fn no_address(&self, variable: &'static str) -> Error {
        Error::BadVariable {
            variable,
            what: "an address",
        }
    }
}

/// Makes a call send the fields of a form.
pub(super) fn form(call: &mut Call, fields: &[(&str, &str)]) {
    let form = Serializer::new(String::new()).extend_pairs(fields).finish();
    let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
    call.headers.insert(CONTENT_TYPE, kind);
    call.body = Body::Bytes(form.into());
}

/// A request as errors name it.
fn named(call: &Call) -> String {
    format!("{} {}", call.method, shown(&call.url))
}
