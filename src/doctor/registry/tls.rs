//! The registry's certificate.

use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use url::Url;

use super::Check;
use super::visit::Visit;
use crate::doctor::finding::Remark;
use crate::http::proxy::Proxies;
use crate::http::{Cause, Certificate, Flaw, sight};

/// Certificates that end so soon are worth a word: those of Let's Encrypt are renewed 30 days
/// before their end.
const SOON: SignedDuration = SignedDuration::from_hours(14 * 24);

/// Issuer, names and time.
pub(super) struct Tls;

impl Check for Tls {
    fn name(&self) -> &'static str {
        "tls"
    }

    fn look<'a>(&'a self, visit: &'a Visit<'_>) -> BoxFuture<'a, Vec<Remark>> {
        Box::pin(async {
            let remark = match visit.contact().await {
                Ok(contact) if contact.url.scheme() != "https" => Some(Remark::ok("plain HTTP")),
                Ok(contact) => {
                    let chain = chain(visit, &contact.url).await;
                    believed(&chain)
                }
                Err(error) => match &*error.cause {
                    Cause::Certificate { host, reason, flaw } => {
                        let url = visit.client.host().https("/v2/");
                        let chain = chain(visit, &url).await;
                        Some(refused(host, reason, *flaw, &chain))
                    }
                    _ => None,
                },
            };
            remark.into_iter().collect()
        })
    }
}

/// The certificates of the server, its own first; none where they cannot be seen.
async fn chain(visit: &Visit<'_>, url: &Url) -> Vec<Certificate> {
    let proxies = Proxies::from_env(&visit.ward.env);
    let Ok(proxy) = proxies.of(url) else {
        return Vec::new();
    };
    if proxy.as_ref().is_some_and(|proxy| proxy.scheme() != "http") {
        return Vec::new();
    }
    let (url, limit) = (url.clone(), visit.ward.limit);
    let seen =
        tokio::task::spawn_blocking(move || sight::certificates(&url, proxy.as_ref(), limit));
    seen.await.ok().and_then(Result::ok).unwrap_or_default()
}

/// The issuers are those that the server itself shows.
fn believed(chain: &[Certificate]) -> Option<Remark> {
    let ends = chain.first()?.ends;
    let issuers = chain.iter().map(|one| format!("{:?}", one.issuer));
    let issuers: Vec<String> = issuers.collect();
    let says = format!(
        "the certificate is issued by {} and good until {ends}",
        issuers.join(", that by ")
    );
    if ends.duration_since(Timestamp::now()) > SOON {
        return Some(Remark::ok(says));
    }
    Some(
        Remark::warning(says)
            .because("it ends within two weeks, and nothing has renewed it yet")
            .cure("let the registry's operator renew it"),
    )
}

fn refused(host: &str, reason: &str, flaw: Flaw, chain: &[Certificate]) -> Remark {
    // The library's own words on times have the time of the day.
    let reason = match flaw {
        Flaw::Expired => "it has ended",
        Flaw::NotYetValid => "its time has not come",
        Flaw::OtherName => "it is for another host",
        Flaw::UnknownIssuer | Flaw::Other => reason,
    };
    let problem = Remark::problem(format!(
        "the certificate of {host} is not trusted: {reason}"
    ));
    let trust = |what: &str| {
        format!(
            "put {what} into /etc/docker/certs.d/{host}/ca.crt, or let SSL_CERT_FILE name a bundle \
             that holds it"
        )
    };
    let leaf = chain.first();
    let is_alone = chain.len() == 1;
    match (flaw, leaf) {
        (Flaw::UnknownIssuer, Some(leaf)) if is_alone && leaf.is_self_issued => problem
            .because(format!("it is self-signed, by {:?}", leaf.issuer))
            .cure(trust("it")),
        (Flaw::UnknownIssuer, Some(leaf)) => problem
            .because(format!(
                "it is issued by {:?}, whom this machine does not know",
                leaf.issuer
            ))
            .cure(trust("the certificate of that issuer")),
        (Flaw::UnknownIssuer, None) => problem
            .because("its issuer is not known on this machine")
            .cure(trust("the certificate of its issuer")),
        (Flaw::Expired, leaf) => problem
            .because(match leaf {
                Some(leaf) => format!("it ended at {}", leaf.ends),
                None => "it has ended".to_owned(),
            })
            .cure("renew the registry's certificate; if its time is right, this machine's clock is wrong"),
        (Flaw::NotYetValid, leaf) => problem
            .because(match leaf {
                Some(leaf) => format!(
                    "it begins at {}, later than it is by this machine's clock, which may be behind",
                    leaf.begins
                ),
                None => "it has not begun by this machine's clock, which may be behind".to_owned(),
            })
            .cure(
                "set this machine's clock (NTP); if it is right, the certificate was issued too \
                 early",
            ),
        (Flaw::OtherName, leaf) => problem
            .because(match leaf {
                Some(leaf) if !leaf.names.is_empty() => {
                    format!("it is for {}", leaf.names.join(", "))
                }
                _ => "it is for another host".to_owned(),
            })
            .cure("write the registry as its certificate names it, or issue one for this name"),
        (Flaw::Other, _) => problem
            .because("the certificate itself is not as it should be")
            .cure("replace the registry's certificate"),
    }
}
