//! The SDK's requests on the product's own HTTP: the same trust, proxies and limits.

use std::fmt;
use std::time::{Duration, Instant};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use reqwest::Method;
use reqwest::header::{HeaderName, HeaderValue};
use url::Url;

use crate::http::{self, Body, Call, Cause, Http, Reply, Request};

/// The longest answer that is read, in bytes: a page of 1,000 images has less than a megabyte,
/// unless they have hundreds of tags.
const MAX_ANSWER: usize = 16 * 1024 * 1024;

/// What carries the SDK's requests.
#[derive(Clone)]
pub(super) struct Connector {
    http: Http,
    /// How long a request may take, where the SDK knows that the answer comes at once or never.
    limit: Option<Duration>,
}

impl Connector {
    /// On this HTTP.
    pub(super) fn new(http: &Http) -> Self {
        Self {
            http: http.clone(),
            limit: None,
        }
    }

    /// One request, without retries, which are the SDK's own.
    async fn send(self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let call = call(&request)?;
        let started = Instant::now();
        let exchange = async {
            // The SDK goes where Amazon's own services are, where the platform has put its
            // credential endpoints, and where the user's variables send it.
            let client = self.http.endpoint(&call.url)?;
            read(client.call(call.clone()).await?).await
        };
        let outcome = match self.limit {
            None => exchange.await,
            Some(limit) => match tokio::time::timeout(limit, exchange).await {
                Ok(outcome) => outcome,
                Err(_) => Err(Cause::Timeout(limit)),
            },
        };
        outcome.map_err(|cause| failed(&call, cause, started.elapsed()))
    }
}

/// What the SDK wants to be sent.
fn call(request: &HttpRequest) -> Result<Call, ConnectorError> {
    let wrong = |error: Box<dyn std::error::Error + Send + Sync>| ConnectorError::user(error);
    let url: Url = request.uri().parse().map_err(|bad| wrong(Box::new(bad)))?;
    let method = Method::from_bytes(request.method().as_bytes());
    let mut call = Call::new(method.map_err(|bad| wrong(Box::new(bad)))?, url);
    for (name, value) in request.headers() {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|bad| wrong(Box::new(bad)))?;
        let mut value = HeaderValue::from_str(value).map_err(|bad| wrong(Box::new(bad)))?;
        // Signatures and tokens are in several of them.
        value.set_sensitive(true);
        call.headers.append(name, value);
    }
    let body = request.body().bytes();
    let body = body.ok_or_else(|| wrong("a body that is a stream".into()))?;
    if !body.is_empty() {
        call.body = Body::Bytes(body.to_vec().into());
    }
    Ok(call)
}

async fn read(reply: Reply) -> Result<HttpResponse, Cause> {
    let bad = |what: &str| Cause::Protocol(what.to_owned());
    let status = StatusCode::try_from(reply.status).map_err(|_| bad("no such status"))?;
    let headers = reply.headers.clone();
    let body = reply.bytes(MAX_ANSWER).await?;
    let body = body.ok_or_else(|| bad("it is longer than any should be"))?;
    let mut response = HttpResponse::new(status, SdkBody::from(body));
    for (name, value) in &headers {
        // What is not text is nothing that the SDK reads.
        if let Ok(value) = value.to_str() {
            response
                .headers_mut()
                .append(name.as_str().to_owned(), value.to_owned());
        }
    }
    Ok(response)
}

/// The failure as the rest of the product knows it, inside of what decides whether the SDK tries
/// again.
fn failed(call: &Call, cause: Cause, spent: Duration) -> ConnectorError {
    let mut request = Request::get(call.url.clone());
    request.method = call.method.clone();
    let kind = match cause {
        Cause::Timeout(_) => ConnectorError::timeout,
        Cause::Resolve(_) | Cause::Connect(_) | Cause::Broken(_) => ConnectorError::io,
        _ => ConnectorError::user,
    };
    kind(Box::new(http::Error {
        request: request.to_string(),
        attempts: 1,
        spent,
        proxy: None,
        cause: Box::new(cause),
    }))
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::new(self.clone().send(request))
    }
}

impl HttpClient for Connector {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let connect = settings.connect_timeout().unwrap_or_default();
        SharedHttpConnector::new(Self {
            http: self.http.clone(),
            limit: settings.read_timeout().map(|read| connect + read),
        })
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connector")
    }
}
