//! Logins under names that docker does not look for.

use super::Check;
use crate::address::{is_docker_hub, without_port};
use crate::docker::HUB_KEY;
use crate::doctor::Ward;
use crate::doctor::finding::Remark;

/// The keys of `auths`.
pub(super) struct Keys;

impl Check for Keys {
    fn name(&self) -> &'static str {
        "keys"
    }

    fn look(&self, ward: &Ward) -> Vec<Remark> {
        let config = ward.source().load().unwrap_or_default();
        let has_hub = config.logins().any(|key| key == HUB_KEY);
        let wrong = config.credentials().filter_map(|(key, _)| {
            let bare = key.trim_start_matches("https://");
            let host = bare.split('/').next().unwrap_or_default();
            // `https://index.docker.io/v1/access-token` is docker's own.
            let is_own = key.starts_with(HUB_KEY);
            if is_own || !is_docker_hub(without_port(host)) || has_hub {
                return None;
            }
            Some(
                Remark::problem(format!("the login for Docker Hub has the key {key}"))
                    .because(format!(
                        "docker looks for Docker Hub under {HUB_KEY} alone, and so pulls and \
                         pushes as nobody; podman and skopeo find the login all the same"
                    ))
                    .cure(format!(
                        "rename the key in auths to {HUB_KEY}, or log in with `dockside login \
                         docker.io`"
                    )),
            )
        });
        wrong.collect()
    }
}
