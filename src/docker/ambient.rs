//! Logins that the job finds elsewhere than in docker's directory: in `DOCKER_AUTH_CONFIG`,
//! and in the files of podman, skopeo and helm.

use std::path::{Path, PathBuf};

use super::config::Config;
use super::error::Error;
use super::file::{self, Links};
use super::job_directory::JobDirectory;
use super::store;
use crate::env::Env;

/// The variable of GitLab Runner, which docker reads from 28.3.0 on.
pub(super) const VARIABLE: &str = "DOCKER_AUTH_CONFIG";

/// Reads `DOCKER_AUTH_CONFIG`: a whole docker config as GitLab Runner takes it, or the path of
/// one, as GitLab's variables of type "file" give it. `None` when it is not set.
///
/// # Errors
/// It is neither, or the file cannot be read.
pub fn variable(env: &Env) -> Option<Result<Config, Error>> {
    let value = env.text(VARIABLE)?;
    if value.trim_ascii().starts_with(b"{") {
        return Some(Config::parse(&value, VARIABLE));
    }
    let path = env.path(VARIABLE)?;
    if path.is_file() {
        let text = file::read(&path, Links::Follow).map_err(Error::read(&path));
        return Some(text.and_then(|text| Config::parse(&text, &path.display().to_string())));
    }
    // The value is not shown: it may be a credential.
    Some(Err(Error::Parse {
        origin: VARIABLE.to_owned(),
        line: 1,
        column: 1,
        what: "neither a JSON object nor the path of a file".to_owned(),
    }))
}

/// The files that podman, skopeo and helm would read, in the order of their search; those of a
/// job's directory are left out, since they are where these logins go.
pub fn auth_files(env: &Env) -> Vec<PathBuf> {
    let home = env.path("HOME");
    let settings = env
        .path("XDG_CONFIG_HOME")
        .or_else(|| Some(home?.join(".config")));
    let mut files = Vec::new();
    match env.path("REGISTRY_AUTH_FILE") {
        Some(path) => files.push(path),
        None => {
            let runtime = env.path("XDG_RUNTIME_DIR").map_or_else(
                || format!("/run/containers/{}", file::user()).into(),
                |runtime| runtime.join("containers"),
            );
            files.push(runtime.join("auth.json"));
            files.extend(settings.as_ref().map(|at| at.join("containers/auth.json")));
        }
    }
    files.extend(
        env.path("HELM_REGISTRY_CONFIG")
            .or_else(|| Some(settings?.join("helm/registry/config.json"))),
    );
    files.retain(|path| !in_job_directory(path));
    files.dedup();
    files
}

/// Reads such a file; one that does not exist is empty.
///
/// # Errors
/// It cannot be read, or has another form.
pub fn read_auth_file(path: &Path) -> Result<Config, Error> {
    store::load_file(path)
}

fn in_job_directory(path: &Path) -> bool {
    path.parent()
        .is_some_and(|directory| JobDirectory::containing(directory).is_some())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::{auth_files, variable};
    use crate::env::Env;

    const TEXT: &str = r#"{"auths": {"a.example": {"auth": "dTpw"}}}"#;

    #[test]
    fn the_variable_holds_json_or_names_a_file() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("variable");
        fs::write(&file, TEXT).unwrap();
        for value in [TEXT, &format!("\n {TEXT}\n"), file.to_str().unwrap()] {
            let config = variable(&Env::from_iter([("DOCKER_AUTH_CONFIG", value)]));
            let config = config.unwrap().unwrap();
            assert_eq!(config.logins().collect::<Vec<_>>(), ["a.example"]);
        }
        assert!(variable(&Env::from_iter([("DOCKER_AUTH_CONFIG", "")])).is_none());
    }

    #[test]
    fn a_wrong_variable_is_not_repeated() {
        let error = |value: &str| {
            variable(&Env::from_iter([("DOCKER_AUTH_CONFIG", value)]))
                .unwrap()
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            error("dTpodW50ZXIy"),
            "DOCKER_AUTH_CONFIG:1:1: neither a JSON object nor the path of a file"
        );
        assert_eq!(
            error("{\"auths\": {\"hunter2\"}}"),
            "DOCKER_AUTH_CONFIG:1:21: not JSON: expected `:`"
        );
    }

    #[test]
    fn the_files_of_other_programs() {
        let env = |pairs: &[(&str, &str)]| -> Env { pairs.iter().copied().collect() };
        let all = [("HOME", "/h"), ("XDG_RUNTIME_DIR", "/r")];
        assert_eq!(
            auth_files(&env(&all)),
            [
                "/r/containers/auth.json",
                "/h/.config/containers/auth.json",
                "/h/.config/helm/registry/config.json"
            ]
            .map(PathBuf::from)
        );
        let given = [
            ("REGISTRY_AUTH_FILE", "/a.json"),
            ("HELM_REGISTRY_CONFIG", "/h.json"),
            ("HOME", "/h"),
        ];
        assert_eq!(
            auth_files(&env(&given)),
            ["/a.json", "/h.json"].map(PathBuf::from)
        );
    }
}
