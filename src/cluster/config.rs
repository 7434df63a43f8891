//! Which clusters there are: the contexts of kube configs, or the cluster that this runs in
//! (kubernetes.io, "Organizing Cluster Access Using kubeconfig Files").

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use kube::config::{
    AuthInfo, Cluster, Context, Kubeconfig, KubeconfigError, NamedAuthInfo, NamedCluster,
    NamedContext,
};
use serde::Serialize;

use super::access::Access;
use super::{Cause, Error, Place, Server};
use crate::env::Env;
use crate::http::proxy::Proxies;
use crate::secret::Secret;
use crate::text::printable;

/// What the cluster is called that this runs in.
const IN_CLUSTER: &str = "in-cluster";

/// What the cluster is called whose address was given.
const GIVEN: &str = "kube-api-server";

/// Why a text is none; the parser's own words may quote it.
const NO_KUBE_CONFIG: &str = "it is no kube config in YAML or JSON";

/// The clusters of these contexts, of all if none is named, or the one that this runs in where
/// there is no kube config.
///
/// # Errors
/// A kube config cannot be read, is ambiguous, or lacks what is named.
pub fn clusters(place: &Place, contexts: &[String], env: &Env) -> Result<Vec<Access>, Error> {
    let known = Known::read(place, env)?;
    let mut names: Vec<&str> = match contexts.is_empty() {
        true => known.names().collect(),
        false => contexts.iter().map(String::as_str).collect(),
    };
    names.sort_unstable();
    names.dedup();
    if names.is_empty() {
        return Err(Error::NoContext);
    }
    names.into_iter().map(|name| known.access(name)).collect()
}

/// The cluster of this context, as kubectl chooses it: of the current one if none is named, or the
/// one that this runs in where there is no kube config.
///
/// # Errors
/// As [`clusters`]; none is named, and none is the current one.
pub fn cluster(place: &Place, context: Option<&str>, env: &Env) -> Result<Access, Error> {
    let known = Known::read(place, env)?;
    let current = || known.config.current_context.as_deref();
    let name = context.or_else(current).filter(|name| !name.is_empty());
    known.access(name.ok_or(Error::NoCurrentContext)?)
}

/// The contexts that there are.
struct Known {
    config: Kubeconfig,
    proxies: Proxies,
    timeout: Duration,
}

impl Known {
    fn read(place: &Place, env: &Env) -> Result<Self, Error> {
        let usual = env.path("HOME").unwrap_or_default().join(".kube/config");
        let server = place.given.server.as_ref().map(by_address);
        let mut config = match (&place.given.config, files(place, env)) {
            (Some(text), _) => by_text(text)?,
            (None, Some(files)) => merged(&files)?,
            (None, None) if usual.exists() => merged(&[usual])?,
            (None, None) => match in_cluster(env, place) {
                Some(config) => config,
                None if server.is_some() => Kubeconfig::default(),
                None => return Err(Error::NoConfig(usual)),
            },
        };
        if let Some(server) = server {
            config = added(config, server).map_err(Error::Text)?;
        }
        if place.given.insecure {
            let clusters = config.clusters.iter_mut();
            for cluster in clusters.filter_map(|cluster| cluster.cluster.as_mut()) {
                cluster.insecure_skip_tls_verify = Some(true);
            }
        }
        Ok(Self {
            config,
            proxies: Proxies::from_env(env),
            timeout: place.timeout,
        })
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        let contexts = self.config.contexts.iter();
        contexts.map(|context| context.name.as_str())
    }

    fn access(&self, name: &str) -> Result<Access, Error> {
        let mut contexts = self.config.contexts.iter();
        let found = contexts.find(|context| context.name == name);
        let found = found.ok_or_else(|| Error::UnknownContext(name.to_owned()))?;
        let context = found.context.clone().unwrap_or_default();
        let clusters = self.config.clusters.iter();
        let cluster = clusters
            .filter(|cluster| cluster.name == context.cluster)
            .find_map(|cluster| cluster.cluster.clone())
            .ok_or_else(|| Error::Cluster {
                context: name.to_owned(),
                cause: Cause::Configuration("there is no such cluster in the kube config".into()),
            })?;
        let mut users = self.config.auth_infos.iter();
        let user = context.user.as_ref().and_then(|name| {
            let user = users.find(|user| user.name == *name)?;
            user.auth_info.clone()
        });
        Ok(Access {
            name: name.to_owned(),
            namespace: context.namespace.filter(|name| !name.is_empty()),
            cluster,
            user: user.unwrap_or_default(),
            proxies: self.proxies.clone(),
            timeout: self.timeout,
        })
    }
}

/// The files that are named, here or in the environment.
fn files(place: &Place, env: &Env) -> Option<Vec<PathBuf>> {
    let list = match &place.kube_config {
        Some(file) if file.exists() => return Some(vec![file.clone()]),
        Some(list) => list.as_os_str(),
        None => env.os("KUBECONFIG")?,
    };
    let files = std::env::split_paths(list);
    let files: Vec<PathBuf> = files.filter(|path| !path.as_os_str().is_empty()).collect();
    (!files.is_empty()).then_some(files)
}

/// All files together.
fn merged(files: &[PathBuf]) -> Result<Kubeconfig, Error> {
    let mut all = Kubeconfig::default();
    for path in files {
        all = added(all, read(path)?).map_err(|why| Error::Config {
            path: path.clone(),
            why,
        })?;
    }
    Ok(all)
}

/// Two kube configs as one. Of two things of one name kubectl takes the first and forgets the
/// second; here that would be a cluster whose images are deleted.
fn added(all: Kubeconfig, one: Kubeconfig) -> Result<Kubeconfig, String> {
    let both = [
        again("context", &all.contexts, &one.contexts, |it| &it.name),
        again("cluster", &all.clusters, &one.clusters, |it| &it.name),
        again("user", &all.auth_infos, &one.auth_infos, |it| &it.name),
        again("context", &[], &one.contexts, |it| &it.name),
        again("cluster", &[], &one.clusters, |it| &it.name),
        again("user", &[], &one.auth_infos, |it| &it.name),
    ];
    match both.into_iter().flatten().next() {
        Some(again) => Err(again),
        None => all.merge(one).map_err(|error| error.to_string()),
    }
}

/// A kube config by its text.
fn by_text(text: &Secret) -> Result<Kubeconfig, Error> {
    let config = Kubeconfig::from_yaml(text.expose());
    let config = config.map_err(|_| Error::Text(NO_KUBE_CONFIG.to_owned()))?;
    added(Kubeconfig::default(), config).map_err(Error::Text)
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
            KubeconfigError::Parse(_) => NO_KUBE_CONFIG.to_owned(),
            other => printable(other.to_string()),
        },
    })
}

/// The cluster that this runs in, as a pod sees it: the address by the variables that Kubernetes
/// sets, the certificates, the token and the namespace by the files that it mounts.
fn in_cluster(env: &Env, place: &Place) -> Option<Kubeconfig> {
    let host = env.utf8("KUBERNETES_SERVICE_HOST")?;
    let port = env.utf8("KUBERNETES_SERVICE_PORT")?;
    let host = match host.contains(':') {
        true => format!("[{host}]"),
        false => host.to_owned(),
    };
    let file = |name| {
        let path = place.service_account.join(name);
        path.to_str().map(str::to_owned)
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
    let namespace = std::fs::read_to_string(place.service_account.join("namespace"));
    let namespace = namespace.ok().map(|name| name.trim().to_owned());
    Some(single(IN_CLUSTER, cluster, user, namespace))
}

/// A cluster whose address was given.
fn by_address(server: &Server) -> Kubeconfig {
    let cluster = Cluster {
        server: Some(server.address.clone()),
        certificate_authority_data: server.authority.clone(),
        ..Cluster::default()
    };
    let path = server.token_file.as_ref();
    let user = AuthInfo {
        token: server.token.as_ref().map(|token| token.expose().into()),
        token_file: path.map(|path| path.to_string_lossy().into_owned()),
        ..AuthInfo::default()
    };
    single(GIVEN, cluster, user, None)
}

/// One context, with all that belongs to it under its name.
fn single(name: &str, cluster: Cluster, user: AuthInfo, namespace: Option<String>) -> Kubeconfig {
    let context = Context {
        cluster: name.to_owned(),
        user: Some(name.to_owned()),
        namespace,
        ..Context::default()
    };
    Kubeconfig {
        clusters: vec![NamedCluster {
            name: name.to_owned(),
            cluster: Some(cluster),
            ..NamedCluster::default()
        }],
        auth_infos: vec![NamedAuthInfo {
            name: name.to_owned(),
            auth_info: Some(user),
            ..NamedAuthInfo::default()
        }],
        contexts: vec![NamedContext {
            name: name.to_owned(),
            context: Some(context),
            ..NamedContext::default()
        }],
        current_context: Some(name.to_owned()),
        ..Kubeconfig::default()
    }
}
