//! What clusters run, asked of their API servers.

mod kind;
mod list;
mod object;

use std::collections::BTreeSet;

use futures_util::{StreamExt as _, stream};
use jiff::Timestamp;

use self::kind::KINDS;
pub use self::kind::resources;
use super::document::VERSION;
use super::usage::Usage;
use super::{Error, InUse, Limits, Settings};
use crate::cluster::{Access, Place, Session, clusters, is_label};
use crate::env::Env;

/// How many clusters are asked at the same time: each has a page of its own in memory.
const AT_ONCE: usize = 8;

/// What one cluster said.
struct Said {
    usage: Usage,
    /// Namespaces that were named, and that it does not have.
    missing: BTreeSet<String>,
}

/// Asks the clusters that the settings name, or the one that this runs in where there is no kube
/// config.
///
/// # Errors
/// Any of them did not say all.
pub(super) async fn ask(settings: &Settings, env: &Env, limits: &Limits) -> Result<InUse, Error> {
    if let Some(bad) = settings.namespaces.iter().find(|name| !is_label(name)) {
        return Err(Error::BadNamespace(bad.clone()));
    }
    let namespaces: BTreeSet<&String> = settings.namespaces.iter().collect();
    let taken = Timestamp::now();
    let place = Place {
        kube_config: settings.kube_config.clone(),
        given: settings.given.clone(),
        service_account: limits.service_account.clone(),
        timeout: limits.timeout,
    };
    let clusters = clusters(&place, &settings.contexts, env)?;
    let sources = clusters.iter().map(|access| access.name.clone()).collect();
    let count = clusters.len();
    let said: Vec<Result<Said, Error>> = stream::iter(clusters)
        .map(|access| {
            let own = access.namespace.clone();
            let own = own.filter(|_| settings.own_namespaces && namespaces.is_empty());
            one(access, &namespaces, own)
        })
        .buffered(AT_ONCE)
        .collect()
        .await;
    let mut usage = Usage::default();
    let mut errors = Vec::new();
    let mut missing: Vec<BTreeSet<String>> = Vec::with_capacity(count);
    for said in said {
        match said {
            Ok(said) => {
                usage.merge(said.usage);
                missing.push(said.missing);
            }
            Err(error) => errors.push(error),
        }
    }
    match errors.pop() {
        None => {}
        Some(error) if errors.is_empty() => return Err(error),
        Some(error) => {
            errors.push(error);
            return Err(Error::Clusters(errors));
        }
    }
    let nowhere = |name: &&String| missing.iter().all(|missing| missing.contains(*name));
    if let Some(name) = namespaces.into_iter().find(nowhere) {
        return Err(Error::UnknownNamespace(name.clone()));
    }
    Ok(InUse {
        version: VERSION,
        taken: Timestamp::from_second(taken.as_second()).unwrap_or(taken),
        sources,
        images: usage.finish(),
    })
}

/// Asks one of them: about all of it, about these namespaces, or about its own.
async fn one(
    access: Access,
    namespaces: &BTreeSet<&String>,
    own: Option<String>,
) -> Result<Said, Error> {
    let mut session = Session::new(access);
    let mut said = Said {
        usage: Usage::default(),
        missing: BTreeSet::new(),
    };
    if namespaces.is_empty() && own.is_none() {
        for kind in KINDS {
            list::list(&mut session, kind, None, &mut said.usage).await?;
        }
    }
    for namespace in namespaces.iter().copied().chain(&own) {
        // The list of a namespace that does not exist is empty, not an error.
        if !list::exists(&mut session, namespace).await? {
            said.missing.insert(namespace.clone());
            continue;
        }
        for kind in KINDS {
            list::list(&mut session, kind, Some(namespace), &mut said.usage).await?;
        }
    }
    match own.filter(|own| said.missing.contains(own)) {
        Some(own) => Err(Error::UnknownNamespace(own)),
        None => Ok(said),
    }
}
