//! How many requests are left.

use futures_util::future::BoxFuture;
use reqwest::Method;
use reqwest::header::HeaderMap;

use super::Check;
use super::visit::Visit;
use crate::address::is_docker_hub;
use crate::doctor::finding::Remark;
use crate::oci::{self, Extension, Repository};

/// What a registry says of its limits.
pub(super) struct RateLimits;

/// The repository that Docker keeps for this question; a HEAD of it is not counted (Docker's
/// documentation, "Docker Hub pull usage and limits").
const PREVIEW: &str = "docker.io/ratelimitpreview/test";

/// Headers with what is left, and with the whole. Docker Hub's registry, GitLab and drafts of the
/// IETF have the first pair, Docker Hub's API and GitHub the second.
const WINDOWS: [[&str; 2]; 2] = [
    ["ratelimit-remaining", "ratelimit-limit"],
    ["x-ratelimit-remaining", "x-ratelimit-limit"],
];

/// Below this part of the whole it may not be enough for a job.
const LITTLE: u64 = 10;

impl Check for RateLimits {
    fn name(&self) -> &'static str {
        "limits"
    }

    fn look<'a>(&'a self, visit: &'a Visit<'_>) -> BoxFuture<'a, Vec<Remark>> {
        Box::pin(async {
            let Some(contact) = visit.registry().await else {
                return Vec::new();
            };
            if is_docker_hub(&visit.patient.registry) {
                return hub(visit).await.into_iter().collect();
            }
            left(&contact.headers).map(remark).into_iter().collect()
        })
    }
}

async fn hub(visit: &Visit<'_>) -> Option<Remark> {
    if let Some(Err(_)) = visit.admission().await {
        return None;
    }
    let (registries, repository) = (
        visit.ward.registries.clone(),
        PREVIEW.parse::<Repository>().ok()?,
    );
    let remote = tokio::task::spawn_blocking(move || registries.at(&repository));
    let remote = remote.await.ok()?.ok()?;
    remote.ping().await.ok()?;
    let mut extension = Extension::get(
        remote.url("/v2/ratelimitpreview/test/manifests/latest"),
        &["pull"],
    );
    extension.method = Method::HEAD;
    match remote.extension(&extension).await {
        Ok(answer) => left(&answer.headers).map(remark),
        Err(oci::Error::Http { source, .. }) if source.cause.is_rate_limit() => {
            Some(remark((0, None)))
        }
        Err(_) => None,
    }
}

/// How many requests are left, and of how many.
fn left(headers: &HeaderMap) -> Option<(u64, Option<u64>)> {
    // `76;w=21600` has the length of the window, in seconds.
    let number = |name: &str| {
        let text = headers.get(name)?.to_str().ok()?;
        text.split(';').next()?.trim().parse().ok()
    };
    let mut windows = WINDOWS.iter();
    windows.find_map(|[remaining, limit]| Some((number(remaining)?, number(limit))))
}

fn remark((left, whole): (u64, Option<u64>)) -> Remark {
    let of = whole.map_or_else(String::new, |whole| format!(" of {whole}"));
    let says = format!("{left}{of} requests are left");
    let cause =
        "the registry counts the pulls of this user, or of this address where nobody is logged in";
    let cure = "log in, so that the address is not counted, or pull through a mirror";
    match whole {
        _ if left == 0 => Remark::problem(says).because(cause).cure(cure),
        Some(whole) if left < whole / LITTLE => Remark::warning(says).because(cause).cure(cure),
        _ => Remark::ok(says),
    }
}
