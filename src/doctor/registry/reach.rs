//! Whether a registry answers at all.

use futures_util::future::BoxFuture;
use url::Url;

use super::Check;
use super::contact::Contact;
use super::visit::Visit;
use crate::doctor::finding::Remark;
use crate::error::Explain as _;
use crate::http::proxy::Proxies;
use crate::http::{Cause, Error, Host, Setup, shown, sight};

/// The way to the registry's API.
pub(super) struct Reach;

impl Check for Reach {
    fn name(&self) -> &'static str {
        "reach"
    }

    fn look<'a>(&'a self, visit: &'a Visit<'_>) -> BoxFuture<'a, Vec<Remark>> {
        Box::pin(async {
            match visit.contact().await {
                Ok(contact) => vec![answered(contact)],
                Err(error) => failed(visit, error).await.into_iter().collect(),
            }
        })
    }
}

fn answered(contact: &Contact) -> Remark {
    let (url, status) = (shown(&contact.url), contact.status);
    if contact.is_registry() {
        return Remark::ok(format!("{url} answers (status {status})"));
    }
    let says = format!("no registry answers at {url} (status {status})");
    match status {
        403 => Remark::problem(says)
            .because("something before the registry refuses this machine: a firewall, or a list of allowed addresses")
            .cure("let the registry's network rules allow the addresses that the job comes from"),
        405 => Remark::problem(says)
            .because("the registry is in maintenance or read-only mode, or a proxy on the way refuses the method")
            .cure("ask the registry's operator, and try again later"),
        _ => Remark::problem(says)
            .because("something else listens there: a web page, or a forge whose registry has its own host or port")
            .cure("check host and port; in GitLab the right ones are in CI_REGISTRY"),
    }
}

async fn failed(visit: &Visit<'_>, error: &Error) -> Option<Remark> {
    let host = visit.client.host();
    let url = visit.client.url("/v2/");
    let proxies = Proxies::from_env(&visit.ward.env);
    let cause = &*error.cause;
    let problem = Remark::problem(format!("{} does not answer: {cause}", shown(&url)));
    Some(match cause {
        // Checks of their own say so.
        Cause::Certificate { .. } | Cause::Setup(Setup::Proxy(_)) => return None,
        Cause::Setup(setup) => match setup.hint() {
            Some(hint) => problem.cure(hint),
            None => problem,
        },
        Cause::Resolve(_) | Cause::Connect(_) | Cause::Timeout(_) => {
            match (error.proxy, proxies.exempted(&url)) {
                (Some(variable), _) => through(visit, &url, variable, problem).await,
                (None, Some(variable)) => problem
                    .because(format!(
                        "NO_PROXY takes {host} out of the proxy of {variable}, and without it there \
                         is no way there"
                    ))
                    .cure(format!("remove {host}, or what covers it, from NO_PROXY")),
                (None, None) => straight(cause, problem),
            }
        }
        Cause::ProxyLogin => problem
            .because("the proxy lets nobody through without a login, or not with this one")
            .cure(format!(
                "write user and password into {} as http://USER:PASSWORD@HOST:PORT",
                error.proxy.unwrap_or("HTTPS_PROXY")
            )),
        Cause::Tls(_) | Cause::Protocol(_) => no_tls(host, problem),
        cause if is_limit(cause) => problem
            .because("this user, or this address, has made more requests than are allowed")
            .cure("wait, log in where the job does not, or pull through a mirror"),
        Cause::Status { .. } | Cause::Wait { .. } => problem
            .because("the registry, or what stands before it, is in maintenance or overloaded")
            .cure("try again later; where it stays so, ask the registry's operator"),
        _ => problem
            .because("something on the way cuts the connection, or speaks another protocol")
            .cure("check host and port, and the firewalls and proxies on the way"),
    })
}

fn is_limit(cause: &Cause) -> bool {
    matches!(
        cause,
        Cause::Status { status: 429, .. } | Cause::Wait { status: 429, .. }
    )
}

fn straight(cause: &Cause, problem: Remark) -> Remark {
    match cause {
        Cause::Resolve(_) => problem
            .because("the resolver of this job knows no address for the name")
            .cure(
                "check the spelling; the name of a service is known in its own network alone, and \
                 private names need the private resolver",
            ),
        Cause::Connect(_) => problem
            .because("nothing listens at that port, or a firewall refuses")
            .cure("check host and port, and that the registry runs"),
        _ => problem
            .because("a firewall drops the packets, or the machine is not there")
            .cure("check that the job's network leads to the registry, or name a proxy in HTTPS_PROXY"),
    }
}

/// Why there is no connection through a proxy.
async fn through(visit: &Visit<'_>, url: &Url, variable: &str, problem: Remark) -> Remark {
    let proxy = Proxies::from_env(&visit.ward.env).of(url).ok().flatten();
    let (target, limit) = (url.clone(), visit.ward.limit);
    let host = visit.client.host();
    let seen = tokio::task::spawn_blocking(move || {
        sight::connection(&target, proxy.as_ref(), limit)?;
        sight::certificates(&target, proxy.as_ref(), limit)
    });
    match seen.await {
        Ok(Err(sight::Error::Proxy(error))) => problem
            .because(format!(
                "the proxy that {variable} names cannot be reached: {error}"
            ))
            .cure(format!(
                "correct or unset {variable}; for {host} alone, add it to NO_PROXY"
            )),
        Ok(Err(sight::Error::Refused(status))) => problem
            .because(format!(
                "the proxy that {variable} names refuses to connect there (status {status})"
            ))
            .cure(format!(
                "let the proxy allow CONNECT to {host}, or add {host} to NO_PROXY if it is reached \
                 without"
            )),
        Ok(Err(_)) => no_tls(host, problem),
        _ => problem
            .because(format!(
                "the proxy that {variable} names does not get there in time"
            ))
            .cure(format!(
                "check the proxy, or add {host} to NO_PROXY if it is reached without"
            )),
    }
}

fn no_tls(host: &Host, problem: Remark) -> Remark {
    problem
        .because("what listens there does not speak TLS, such as a registry in plain HTTP")
        .cure(format!(
            "give the registry a certificate, or say that it is meant to be so: --insecure-registry \
             {host}, and `insecure-registries` of docker's daemon.json"
        ))
}
