//! Objects that are changed: server-side apply, with fields that others manage, and strategic merge
//! (kubernetes.io, "Server-Side Apply" and "Update API Objects in Place Using kubectl patch").

use serde_json::{Value, json};

use super::{State, ok, status};
use crate::support::http::{Received, Step};

/// Does what a PATCH says.
pub(super) fn patch(state: &mut State, request: &Received) -> Step {
    let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    let is = |name: &str, value: &str| query.split('&').any(|one| one == format!("{name}={value}"));
    let namespace = path.split('/').nth(4).unwrap();
    if !state.namespaces.iter().any(|known| known == namespace) {
        let message = format!("namespaces \"{namespace}\" not found");
        return status(404, &message).into();
    }
    let body: Value = serde_json::from_str(&request.body).unwrap();
    match request.header("content-type").unwrap() {
        "application/apply-patch+yaml" => {
            assert!(is("fieldManager", "dockside"), "{query}");
            if let Some(owner) = state.managed.get(path)
                && !is("force", "true")
            {
                let message = format!(
                    "Apply failed with 1 conflict: conflict with \"{owner}\" using v1: \
                     .data..dockerconfigjson"
                );
                return status(409, &message).into();
            }
            state.managed.remove(path);
            state.single.insert(path.to_owned(), body.clone());
            ok(&body)
        }
        "application/strategic-merge-patch+json" => {
            let name = path.rsplit('/').next().unwrap();
            let Some(object) = state.single.get_mut(path) else {
                let message = format!("serviceaccounts \"{name}\" not found");
                return status(404, &message).into();
            };
            let before = object["imagePullSecrets"].as_array().cloned();
            let mut all = before.unwrap_or_default();
            for one in body["imagePullSecrets"].as_array().unwrap() {
                if !all.contains(one) {
                    all.insert(0, one.clone());
                }
            }
            object["imagePullSecrets"] = json!(all);
            ok(object)
        }
        other => status(415, other).into(),
    }
}
