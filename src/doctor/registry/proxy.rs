//! Which way requests go.

use futures_util::future::BoxFuture;

use super::Check;
use super::visit::Visit;
use crate::doctor::finding::Remark;
use crate::http::proxy::Proxies;
use crate::http::shown;

/// The proxy, and who names it.
pub(super) struct Way;

impl Check for Way {
    fn name(&self) -> &'static str {
        "proxy"
    }

    fn look<'a>(&'a self, visit: &'a Visit<'_>) -> BoxFuture<'a, Vec<Remark>> {
        let proxies = Proxies::from_env(&visit.ward.env);
        let url = visit.client.url("/v2/");
        let remark = match (proxies.variable(&url), proxies.of(&url)) {
            (_, Err(setup)) => Some(
                Remark::problem(setup.to_string())
                    .because("no request can be made while it is set so")
                    .cure("write it as http://HOST:PORT, or unset it"),
            ),
            (Some(variable), Ok(Some(proxy))) => Some(Remark::ok(format!(
                "through the proxy {} ({variable})",
                shown(&proxy)
            ))),
            _ => proxies.exempted(&url).map(|variable| {
                Remark::ok(format!("without the proxy of {variable}, by NO_PROXY"))
            }),
        };
        Box::pin(async { remark.into_iter().collect() })
    }
}
