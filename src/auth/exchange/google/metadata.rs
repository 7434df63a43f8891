//! The identity of a machine of Google Cloud: its metadata server.

use reqwest::Method;
use reqwest::header::{HeaderName, HeaderValue};

use super::{Granted, Token};
use crate::auth::identity_service::IdentityService;
use crate::auth::{Context, Error};
use crate::env::Env;
use crate::http::{Call, Host, Http};

/// The server's name, unless `GCE_METADATA_HOST` has another.
const HOST: &str = "metadata.google.internal";

/// The header without which it tells nothing.
const FLAVOR: HeaderName = HeaderName::from_static("metadata-flavor");

/// Where a Linux machine says what it is. Google's libraries look there too.
const PRODUCT: &str = "/sys/class/dmi/id/product_name";

/// Whether the environment says that there is one; `K_SERVICE` and `CLOUD_RUN_JOB` are those of
/// Cloud Run.
pub(super) fn is_named(env: &Env) -> bool {
    let named = ["GCE_METADATA_HOST", "K_SERVICE", "CLOUD_RUN_JOB"];
    named.iter().any(|name| env.has(name))
}

/// Whether there should be one. Nobody is asked. `NO_GCE_CHECK` says that there is none, as with
/// Google's library for Python.
pub(super) fn is_present(env: &Env) -> bool {
    let is_google = |name: String| name.trim_start().starts_with("Google");
    is_named(env)
        || !env.is("NO_GCE_CHECK", "true") && std::fs::read_to_string(PRODUCT).is_ok_and(is_google)
}

/// A token for the machine's service account. The server speaks plain HTTP, on a network that
/// nobody else is on; through a proxy it would be that of the proxy's machine.
///
/// # Errors
/// It does not answer, or refuses.
pub(super) async fn token(context: &Context) -> Result<Token, Error> {
    let host = Host::parse(context.env.utf8("GCE_METADATA_HOST").unwrap_or(HOST))?;
    let url = host.http("/computeMetadata/v1/instance/service-accounts/default/token");
    let client = Http::default().client(host);
    let mut call = Call::new(Method::GET, url);
    call.headers
        .insert(FLAVOR, HeaderValue::from_static("Google"));
    let advice = "give the machine, or the pod, a service account that may use the registry";
    let service = IdentityService::new(context, "the metadata server of Google Cloud");
    let service = service.advising(Some(advice.to_owned()));
    let body = service.bytes(&client, &call, &[]).await?;
    let granted = serde_json::from_slice::<Granted>(&body);
    let granted = granted.map_err(|_| Error::Token {
        request: format!("GET {}", call.url),
        reason: "the answer is no token",
    })?;
    Ok(granted.into())
}
