//! One kind of objects, read to the end (kubernetes.io, "Kubernetes API Concepts": "Retrieving
//! large results sets in chunks").

use kube::core::Request;
use kube::core::params::ListParams;
use serde::de::IgnoredAny;

use super::Error;
use super::kind::Kind;
use super::object::Page;
use crate::cleanup::in_use::usage::Usage;
use crate::cluster::{Cause, Session};

/// How many objects are asked for at once, as kubectl does.
const PAGE: u32 = 500;

/// How often a list is begun anew when its continuation has expired: the API server remembers it
/// for five minutes at least.
const RESTARTS: usize = 3;

/// HTTP: there is no such resource, or no such namespace.
const NOT_FOUND: u16 = 404;

/// HTTP: the continuation has expired.
const GONE: u16 = 410;

/// Adds the images of all objects of a kind.
///
/// # Errors
/// Not all of them could be read.
pub(super) async fn list(
    session: &mut Session,
    kind: &Kind,
    namespace: Option<&str>,
    usage: &mut Usage,
) -> Result<(), Error> {
    let mut outcome = Err(Cause::Endless);
    let mut restarts = 0;
    let mut versions = kind.versions.iter().peekable();
    while let Some(version) = versions.peek() {
        let path = kind.path(version, namespace);
        outcome = pages(session, kind, &path).await;
        match &outcome {
            Err(Cause::Refused { status: GONE, .. }) if restarts < RESTARTS => restarts += 1,
            Err(Cause::Refused {
                status: NOT_FOUND, ..
            }) => _ = versions.next(),
            _ => break,
        }
    }
    let found = outcome.map_err(|cause| {
        let place = namespace.map_or(String::new(), |name| format!(" in namespace {name}"));
        let what = format!("listing {}{place}: ", kind.rbac());
        error(session, what, refused(cause, kind.rbac()))
    })?;
    usage.merge(found);
    Ok(())
}

async fn pages(session: &mut Session, kind: &Kind, path: &str) -> Result<Usage, Cause> {
    let mut usage = Usage::default();
    let mut params = ListParams::default().limit(PAGE);
    loop {
        let page: Page = session.ask(Request::new(path).list(&params)).await?;
        for object in &page.items {
            let images = object.images();
            let images = images.map_err(|error| {
                let name = &object.metadata.name;
                Cause::Malformed(format!("{} {name}: {error}", kind.name))
            })?;
            let metadata = &object.metadata;
            let user = user(session, &metadata.namespace, kind.name, &metadata.name);
            usage.add(&user, images.iter().map(String::as_str));
        }
        let next = page.metadata.next;
        if next.is_empty() {
            return Ok(usage);
        }
        if params.continue_token.as_ref() == Some(&next) {
            return Err(Cause::Endless);
        }
        params.continue_token = Some(next);
    }
}

/// Whether there is such a namespace. Who may not know that is believed to have named one that
/// there is.
///
/// # Errors
/// The cluster does not answer.
pub(super) async fn exists(session: &mut Session, namespace: &str) -> Result<bool, Error> {
    let path = format!("/api/v1/namespaces/{namespace}");
    let answer: Result<IgnoredAny, Cause> = session
        .ask(Request::new(path).list(&ListParams::default()))
        .await;
    match answer {
        Ok(IgnoredAny) | Err(Cause::Refused { status: 403, .. }) => Ok(true),
        Err(Cause::Refused {
            status: NOT_FOUND, ..
        }) => Ok(false),
        Err(cause) => {
            let what = format!("looking for namespace {namespace}: ");
            Err(error(session, what, cause))
        }
    }
}

/// An error of this cluster. `what` is what was asked for.
fn error(session: &Session, what: String, cause: Cause) -> Error {
    Error::Cluster {
        context: session.name().to_owned(),
        what,
        cause,
    }
}

/// How an object is called in the document.
fn user(session: &Session, namespace: &str, kind: &str, name: &str) -> String {
    format!("{}/{namespace}/{kind}/{name}", session.name())
}

fn refused(cause: Cause, resource: String) -> Cause {
    match cause {
        Cause::Refused {
            status: 403,
            message,
        } => Cause::Forbidden { message, resource },
        Cause::Refused { status: GONE, .. } => Cause::Endless,
        other => other,
    }
}
