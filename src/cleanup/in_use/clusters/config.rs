//! Which clusters there are: the contexts of kube configs, or the cluster that this runs in
//! (kubernetes.io, "Organizing Cluster Access Using kubeconfig Files").

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use kube::config::{AuthInfo, Cluster, Kubeconfig, KubeconfigError};
use serde::Serialize;

use super::access::Access;
use super::{Cause, Error, Limits, Settings};
use crate::env::Env;
use crate::http::proxy::Proxies;
use crate::text::printable;

/// What the cluster is called that this runs in.
const IN_CLUSTER: &str = "in-cluster";

/// The clusters that are to be asked.
///
/// # Errors
/// A kube config cannot be read, is ambiguous, or lacks what is named.
pub(super) fn clusters(
    settings: &Settings,
    env: &Env,
    limits: &Limits,
) -> Result<Vec<Access>, Error> {
    let access = |name: &str, cluster, user| Access {
        name: name.to_owned(),
        cluster,
        user,
        proxies: Proxies::from_env(env),
        timeout: limits.timeout,
    };
    let usual = env.path("HOME").unwrap_or_default().join(".kube/config");
    let config = match files(settings, env) {
        Some(files) => merged(&files)?,
        None if usual.exists() => merged(&[usual])?,
        None => {
            let (cluster, user) = in_cluster(env, limits).ok_or(Error::NoConfig(usual))?;
            let unknown = |name: &&String| name.as_str() != IN_CLUSTER;
            return match settings.contexts.iter().find(unknown) {
                Some(name) => Err(Error::UnknownContext(name.clone())),
                None => Ok(vec![access(IN_CLUSTER, cluster, user)]),
            };
        }
    };
    let all = config.contexts.iter().map(|context| context.name.as_str());
    let mut names: Vec<&str> = match settings.contexts.is_empty() {
        true => all.collect(),
        false => settings.contexts.iter().map(String::as_str).collect(),
    };
    names.sort_unstable();
    names.dedup();
    if names.is_empty() {
        return Err(Error::NoContext);
    }
    let one = |name: &str| {
        let found = config.contexts.iter().find(|context| context.name == name);
        let found = found.ok_or_else(|| Error::UnknownContext(name.to_owned()))?;
        let context = found.context.clone().unwrap_or_default();
        let clusters = config.clusters.iter();
        let cluster = clusters
            .filter(|cluster| cluster.name == context.cluster)
            .find_map(|cluster| cluster.cluster.clone())
            .ok_or_else(|| Error::Cluster {
                context: name.to_owned(),
                what: String::new(),
                cause: Cause::Configuration("there is no such cluster in the kube config".into()),
            })?;
        let mut users = config.auth_infos.iter();
        let user = context.user.as_ref().and_then(|name| {
            let user = users.find(|user| user.name == *name)?;
            user.auth_info.clone()
        });
        let user = user.unwrap_or_default();
        Ok(access(name, cluster, user))
    };
    names.into_iter().map(one).collect()
}

/// The files that the settings or the environment name.
fn files(settings: &Settings, env: &Env) -> Option<Vec<PathBuf>> {
    if let Some(file) = &settings.kube_config {
        return Some(vec![file.clone()]);
    }
    let files = std::env::split_paths(env.os("KUBECONFIG")?);
    let files: Vec<PathBuf> = files.filter(|path| !path.as_os_str().is_empty()).collect();
    (!files.is_empty()).then_some(files)
}

/// All files together. Of two things of one name kubectl takes the first and forgets the second;
/// here that would be a cluster whose images are deleted.
fn merged(files: &[PathBuf]) -> Result<Kubeconfig, Error> {
    let mut all = Kubeconfig::default();
    for path in files {
        let failed = |why: String| Error::Config {
            path: path.clone(),
            why,
        };
        let one = read(path)?;
        let both = [
            again("context", &all.contexts, &one.contexts, |it| &it.name),
            again("cluster", &all.clusters, &one.clusters, |it| &it.name),
            again("user", &all.auth_infos, &one.auth_infos, |it| &it.name),
            again("context", &[], &one.contexts, |it| &it.name),
            again("cluster", &[], &one.clusters, |it| &it.name),
            again("user", &[], &one.auth_infos, |it| &it.name),
        ];
        if let Some(again) = both.into_iter().flatten().next() {
            return Err(failed(again));
        }
        all = all.merge(one).map_err(|error| failed(error.to_string()))?;
    }
    Ok(all)
}

/// Says which thing is defined in two ways.
fn again<T: Serialize>(
    what: &str,
    known: &[T],
    new: &[T],
    name: impl Fn(&T) -> &String,
) -> Option<String> {
    let value = |it: &T| serde_json::to_value(it).ok();
    let mut all: Vec<&T> = known.iter().collect();
    let mut names: BTreeSet<&String> = known.iter().map(&name).collect();
    for one in new {
        if !names.insert(name(one))
            && all
                .iter()
                .any(|it| name(it) == name(one) && value(it) != value(one))
        {
            let name = printable(name(one));
            return Some(format!(
                "it defines the {what} `{name}` in another way again"
            ));
        }
        all.push(one);
    }
    None
}

/// An error of the parser may quote the file, which holds secrets.
fn read(path: &Path) -> Result<Kubeconfig, Error> {
    Kubeconfig::read_from(path).map_err(|error| Error::Config {
        path: path.to_owned(),
        why: match error {
            KubeconfigError::ReadConfig(source, _) => source.to_string(),
            KubeconfigError::Parse(_) => "it is no kube config in YAML or JSON".to_owned(),
            other => printable(other.to_string()),
        },
    })
}

/// The cluster that this runs in, as a pod sees it: the address by the variables that Kubernetes
/// sets, the certificates and the token by the files that it mounts.
fn in_cluster(env: &Env, limits: &Limits) -> Option<(Cluster, AuthInfo)> {
    let host = env.utf8("KUBERNETES_SERVICE_HOST")?;
    let port = env.utf8("KUBERNETES_SERVICE_PORT")?;
    let host = match host.contains(':') {
        true => format!("[{host}]"),
        false => host.to_owned(),
    };
    let file = |name| {
        limits
            .service_account
            .join(name)
            .to_str()
            .map(str::to_owned)
    };
    let cluster = Cluster {
        server: Some(format!("https://{host}:{port}")),
        certificate_authority: file("ca.crt"),
        ..Cluster::default()
    };
    let user = AuthInfo {
        token_file: file("token"),
        ..AuthInfo::default()
    };
    Some((cluster, user))
}
