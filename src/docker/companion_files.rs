//! What stands beside `config.json` and makes it work: contexts, TLS keys, signing keys.
//!
//! Only regular files are copied, so that no socket, pipe or link to elsewhere comes along.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::error::Error;
use super::file::{self, Links};
use crate::env::Env;

/// A context has four files; hundreds of contexts are no reason to copy for ever.
const FILE_LIMIT: usize = 1000;

/// Whoever reads this many notes of one kind knows what is wrong.
const NOTE_LIMIT: usize = 10;

/// Contexts and trust data nest four levels deep.
const DEPTH_LIMIT: usize = 8;

/// docker's client certificate, which it looks for beside its config when DOCKER_CERT_PATH is
/// not set.
const TLS_FILES: [&str; 3] = ["ca.pem", "cert.pem", "key.pem"];

/// Copies what belongs to the config of `source` beside that of `target`. Says what was left
/// out.
pub(super) fn copy(source: &Path, target: &Path, env: &Env) -> Result<Vec<String>, Error> {
    let Ok(root) = source.canonicalize() else {
        return Ok(Vec::new());
    };
    let mut copy = Copy {
        root: root.clone(),
        files: 0,
        left_out: Vec::new(),
    };
    for name in TLS_FILES {
        if root.join(name).exists() {
            copy.file(&root.join(name), &target.join(name))?;
        }
    }
    copy.tree(
        &root.join("contexts/meta"),
        &target.join("contexts/meta"),
        0,
    )?;
    copy.tree(&root.join("contexts/tls"), &target.join("contexts/tls"), 0)?;
    if signs(env) {
        copy.tree(&root.join("trust"), &target.join("trust"), 0)?;
    }
    Ok(copy.left_out)
}

/// Whether a context of this name is there. Contexts are stored by the digest of their names
/// (docker/cli `cli/context/store/store.go`, `contextdirOf`).
pub(super) fn has_context(directory: &Path, name: &str) -> bool {
    let digest: String = Sha256::digest(name)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let meta = directory.join("contexts/meta").join(digest);
    name == "default" || meta.join("meta.json").is_file()
}

/// Whether docker signs, by its own reading of the variable: everything but Go's words for
/// false (docker/cli `cli/trust/trust.go`, strconv.ParseBool).
fn signs(env: &Env) -> bool {
    env.os("DOCKER_CONTENT_TRUST").is_some_and(|value| {
        let no = ["0", "f", "F", "false", "FALSE", "False"];
        !no.iter().any(|word| OsStr::new(word) == value)
    })
}

struct Copy {
    root: PathBuf,
    files: usize,
    left_out: Vec<String>,
}

impl Copy {
    fn tree(&mut self, from: &Path, to: &Path, depth: usize) -> Result<(), Error> {
        let entries = match std::fs::read_dir(from) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => {
                self.leave_out(from, &error.to_string());
                return Ok(());
            }
        };
        file::create_directory(to).map_err(Error::write(to))?;
        for entry in entries.flatten() {
            let is_directory = entry.file_type().is_ok_and(|kind| kind.is_dir());
            let (from, to) = (entry.path(), to.join(entry.file_name()));
            if !is_directory {
                self.file(&from, &to)?;
            } else if depth < DEPTH_LIMIT {
                self.tree(&from, &to, depth + 1)?;
            } else {
                self.leave_out(&from, "it is nested too deeply");
            }
        }
        Ok(())
    }

    /// Copies a file, through links only where they stay within the source, as those of
    /// mounted secrets do.
    fn file(&mut self, from: &Path, to: &Path) -> Result<(), Error> {
        if self.files == FILE_LIMIT {
            self.leave_out(from, "there are too many files");
            return Ok(());
        }
        self.files += 1;
        let Some(real) = from
            .canonicalize()
            .ok()
            .filter(|real| real.starts_with(&self.root) && real.is_file())
        else {
            self.leave_out(from, "it is not a regular file of this directory");
            return Ok(());
        };
        match file::read(&real, Links::Refuse) {
            Ok(bytes) => file::replace(to, &bytes).map_err(Error::write(to)),
            Err(error) => {
                self.leave_out(from, &error.to_string());
                Ok(())
            }
        }
    }

    fn leave_out(&mut self, path: &Path, why: &str) {
        if self.left_out.len() < NOTE_LIMIT {
            let message = format!("{} is not copied: {why}", path.display());
            self.left_out.push(message);
        }
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::os::unix::net::UnixListener;
    use std::path::Path;

    use super::{copy, has_context};
    use crate::env::Env;

    /// Where docker keeps a context: the SHA-256 of its name, which is `a`.
    const CONTEXT: &str = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb";

    fn files(directory: &Path) -> Vec<String> {
        let mut found = Vec::new();
        let mut left = vec![directory.to_owned()];
        while let Some(next) = left.pop() {
            for entry in fs::read_dir(next).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    left.push(path);
                } else {
                    let mode = path.metadata().unwrap().permissions().mode() & 0o777;
                    let name = path.strip_prefix(directory).unwrap().display();
                    found.push(format!("{name} {mode:o}"));
                }
            }
        }
        found.sort();
        found
    }

    #[test]
    fn only_what_makes_the_config_work_is_copied() {
        let (source, target) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let write = |name: &str| {
            let path = source.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, name).unwrap();
        };
        for name in [
            "config.json",
            "ca.pem",
            "..data/cert.pem",
            "machine/disk",
            "run/state",
            "trust/private/k",
            "contexts/tls/x/docker/key.pem",
            "buildx/current",
            "cli-plugins/docker-x",
        ] {
            write(name);
        }
        write(&format!("contexts/meta/{CONTEXT}/meta.json"));
        symlink("..data/cert.pem", source.path().join("cert.pem")).unwrap();
        symlink("/etc/passwd", source.path().join("contexts/meta/link")).unwrap();
        let _socket = UnixListener::bind(source.path().join("contexts/meta/socket")).unwrap();
        let mut notes = copy(source.path(), target.path(), &Env::default()).unwrap();
        notes.sort();
        let root = source.path().canonicalize().unwrap();
        let left_out = |name: &str| {
            let path = root.join("contexts/meta").join(name);
            format!(
                "{} is not copied: it is not a regular file of this directory",
                path.display()
            )
        };
        assert_eq!(notes, [left_out("link"), left_out("socket")]);
        let meta = format!("contexts/meta/{CONTEXT}/meta.json 600");
        let mut expected = vec![
            "ca.pem 600",
            "cert.pem 600",
            &meta,
            "contexts/tls/x/docker/key.pem 600",
        ];
        assert_eq!(files(target.path()), expected);

        let signing = Env::from_iter([("DOCKER_CONTENT_TRUST", "1")]);
        copy(source.path(), target.path(), &signing).unwrap();
        expected.push("trust/private/k 600");
        assert_eq!(files(target.path()), expected);
    }

    #[test]
    fn contexts_are_found_by_digest() {
        let directory = tempfile::tempdir().unwrap();
        assert!(has_context(directory.path(), "default"));
        assert!(!has_context(directory.path(), "a"));
        // sha256("a")
        let meta = directory
            .path()
            .join("contexts/meta/ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb");
        fs::create_dir_all(&meta).unwrap();
        fs::write(meta.join("meta.json"), "{}").unwrap();
        assert!(has_context(directory.path(), "a"));
    }
}
