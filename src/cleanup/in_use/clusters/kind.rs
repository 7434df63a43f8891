//! The kinds of objects that have images.

/// A kind of objects.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kind {
    /// As objects of it call themselves.
    pub(super) name: &'static str,
    /// The API group; empty for the core.
    pub(super) group: &'static str,
    /// As RBAC and paths have it.
    pub(super) resource: &'static str,
    /// The API's versions, the newest first.
    pub(super) versions: &'static [&'static str],
}

const V1: &[&str] = &["v1"];

/// Pods run now; replica sets and controller revisions are what a rollback runs; the others make
/// pods at any time.
pub(super) const KINDS: &[Kind] = &[
    Kind::new("Pod", "", "pods", V1),
    Kind::new("ReplicationController", "", "replicationcontrollers", V1),
    Kind::new("Deployment", "apps", "deployments", V1),
    Kind::new("ReplicaSet", "apps", "replicasets", V1),
    Kind::new("StatefulSet", "apps", "statefulsets", V1),
    Kind::new("DaemonSet", "apps", "daemonsets", V1),
    Kind::new("ControllerRevision", "apps", "controllerrevisions", V1),
    Kind::new("Job", "batch", "jobs", V1),
    // v1 since Kubernetes 1.21.
    Kind::new("CronJob", "batch", "cronjobs", &["v1", "v1beta1"]),
];

impl Kind {
    const fn new(
        name: &'static str,
        group: &'static str,
        resource: &'static str,
        versions: &'static [&'static str],
    ) -> Self {
        Self {
            name,
            group,
            resource,
            versions,
        }
    }

    /// The path of the list, in one namespace or in all.
    pub(super) fn path(&self, version: &str, namespace: Option<&str>) -> String {
        let root = match self.group {
            "" => format!("/api/{version}"),
            group => format!("/apis/{group}/{version}"),
        };
        match namespace {
            Some(namespace) => format!("{root}/namespaces/{namespace}/{}", self.resource),
            None => format!("{root}/{}", self.resource),
        }
    }

    /// The resource with its group, as RBAC has it.
    pub(super) fn rbac(&self) -> String {
        match self.group {
            "" => self.resource.to_owned(),
            group => format!("{}.{group}", self.resource),
        }
    }
}
