//! A secret in a cluster, and the service account that pulls with it.

use kube::core::Request;
use kube::core::params::{Patch, PatchParams};
use serde::de::IgnoredAny;
use serde_json::json;

use super::error::Error;
use super::pull_secret::PullSecret;
use crate::cluster::{self, Cause, Place, Session, is_subdomain};
use crate::env::Env;

/// Who owns the fields of what is applied (kubernetes.io, "Server-Side Apply").
const MANAGER: &str = "dockside";

/// The namespace where nothing names one, as for kubectl.
const DEFAULT: &str = "default";

/// A namespace of a cluster.
pub struct Cluster {
    session: Session,
    namespace: String,
}

impl Cluster {
    /// Nobody is asked yet. Without a namespace it is that of the context.
    ///
    /// # Errors
    /// The kube config cannot be used.
    pub fn open(
        place: &Place,
        context: Option<&str>,
        namespace: Option<&str>,
        env: &Env,
    ) -> Result<Self, Error> {
        let access = cluster::cluster(place, context, env)?;
        let namespace = namespace.or(access.namespace.as_deref()).unwrap_or(DEFAULT);
        Ok(Self {
            namespace: namespace.to_owned(),
            session: Session::new(access),
        })
    }

    /// Makes or changes the secret by server-side apply. With `force` it takes over what others
    /// manage.
    ///
    /// # Errors
    /// Another program manages it; the cluster refuses or does not answer.
    pub async fn apply(&mut self, secret: &PullSecret, force: bool) -> Result<String, Error> {
        let params = PatchParams {
            force,
            ..PatchParams::apply(MANAGER)
        };
        let manifest = secret.within(&self.namespace).to_value();
        let patch = Patch::Apply(manifest);
        self.patch("Secret", "secrets", secret.name(), &params, &patch)
            .await
    }

    /// Has the service account pull with the secret, beside those that it has. The server puts the
    /// lists together (strategic merge, by `name`), so that changes of others are never lost.
    ///
    /// # Errors
    /// There is no such service account; the cluster refuses or does not answer.
    pub async fn let_pull(&mut self, account: &str, secret: &str) -> Result<String, Error> {
        if !is_subdomain(account) {
            return Err(Error::Name {
                kind: "service account",
                name: account.to_owned(),
            });
        }
        let params = PatchParams {
            field_manager: Some(MANAGER.to_owned()),
            ..PatchParams::default()
        };
        let patch = Patch::Strategic(json!({"imagePullSecrets": [{"name": secret}]}));
        self.patch(
            "ServiceAccount",
            "serviceaccounts",
            account,
            &params,
            &patch,
        )
        .await
    }

    /// Changes an object; says how it is called.
    async fn patch(
        &mut self,
        kind: &str,
        resource: &str,
        name: &str,
        params: &PatchParams,
        patch: &Patch<serde_json::Value>,
    ) -> Result<String, Error> {
        let namespace = &self.namespace;
        let object = format!("{}/{namespace}/{kind}/{name}", self.session.name());
        let path = format!("/api/v1/namespaces/{namespace}/{resource}");
        let request = Request::new(path).patch(name, params, patch);
        let answer: Result<IgnoredAny, Cause> = self.session.ask(request).await;
        match answer {
            Ok(IgnoredAny) => Ok(object),
            Err(Cause::Refused {
                status: 409,
                message,
            }) => Err(Error::Conflict { object, message }),
            Err(Cause::Refused {
                status: 403,
                message,
            }) => Err(Error::Cluster {
                object,
                cause: Cause::Forbidden {
                    message,
                    resource: resource.to_owned(),
                },
            }),
            Err(cause) => Err(Error::Cluster { object, cause }),
        }
    }
}
