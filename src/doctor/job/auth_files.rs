//! The files of podman, skopeo, buildah and helm, which go before docker's.

use std::path::Path;

use super::Check;
use crate::docker::{self, Config, Credential};
use crate::doctor::Ward;
use crate::doctor::finding::Remark;
use crate::error::Explain as _;

/// Logins that only some programs find.
pub(super) struct AuthFiles;

impl Check for AuthFiles {
    fn name(&self) -> &'static str {
        "auth-files"
    }

    fn look(&self, ward: &Ward) -> Vec<Remark> {
        let config = ward.source().load().unwrap_or_default();
        let mut remarks = Vec::new();
        if let Some(path) = ward.env.path("REGISTRY_AUTH_FILE")
            && !path.exists()
        {
            remarks.push(
                Remark::warning(format!(
                    "REGISTRY_AUTH_FILE names {}, which does not exist",
                    path.display()
                ))
                .because("podman, skopeo and buildah look for logins nowhere else then")
                .cure("unset it, or let it name the config.json of the job"),
            );
        }
        for path in docker::auth_files(&ward.env) {
            match docker::read_auth_file(&path) {
                Ok(file) => remarks.extend(of_file(&path, &file, &config)),
                Err(error) => remarks.push(broken(&path, &error)),
            }
        }
        remarks
    }
}

fn of_file(path: &Path, file: &Config, config: &Config) -> Vec<Remark> {
    let shown = path.display();
    let keys: Vec<&str> = file.credentials().map(|(key, _)| key).collect();
    if keys.is_empty() {
        return Vec::new();
    }
    let hides = |(key, credential): &(&str, Credential)| {
        let mut others = config.credentials();
        others.any(|(other, hidden)| other == *key && hidden != *credential)
    };
    let hidden: Vec<&str> = file
        .credentials()
        .filter(hides)
        .map(|(key, _)| key)
        .collect();
    if hidden.is_empty() {
        return vec![Remark::note(format!(
            "{shown} has logins for {}, which docker does not read",
            keys.join(", ")
        ))];
    }
    vec![
        Remark::warning(format!(
            "{shown} has other logins than config.json for {}",
            hidden.join(", ")
        ))
        .because("podman, skopeo, buildah or helm use these, which an earlier login may have left")
        .cure(format!(
            "remove {shown}, or let REGISTRY_AUTH_FILE name the config.json of the job (`dockside \
             ci-env` does)"
        )),
    ]
}

fn broken(path: &Path, error: &docker::Error) -> Remark {
    let remark = Remark::warning(format!("{} cannot be used: {error}", path.display()))
        .because("podman, skopeo, buildah or helm fail on it");
    match error.hint() {
        Some(hint) => remark.cure(hint),
        None => remark.cure("repair the file, or remove it"),
    }
}
