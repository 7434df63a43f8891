//! What the tests of this topic start from.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use dockside::ci::Identity;
use dockside::docker::{
    Credential, Error, JobDirectory, Places, Prepared, Subject, Wishes, prepare,
};
use dockside::env::Env;
use tempfile::TempDir;

use crate::support::script::install;

/// A machine of one's own: a home, a directory for programs and one for temporary files.
pub struct Machine {
    root: TempDir,
}

impl Machine {
    pub fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        for name in ["home/.docker", "bin", "tmp", "run"] {
            fs::create_dir_all(root.path().join(name)).unwrap();
        }
        Self { root }
    }

    pub fn at(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.at(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn program(&self, name: &str, script: &str) {
        install(&self.at(name), script);
    }

    pub fn variables(&self) -> Vec<(String, String)> {
        let text = |name: &str| self.at(name).to_str().unwrap().to_owned();
        let path = std::env::var("PATH").unwrap();
        vec![
            ("PATH".to_owned(), format!("{}:{path}", text("bin"))),
            ("HOME".to_owned(), text("home")),
            ("TMPDIR".to_owned(), text("tmp")),
            ("XDG_RUNTIME_DIR".to_owned(), text("run")),
        ]
    }

    pub fn env(&self, more: &[(&str, &str)]) -> Env {
        let more = more
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        self.variables().into_iter().chain(more).collect()
    }

    pub fn job(&self, id: &str) -> JobDirectory {
        let identity = Identity(vec![("CI_JOB_ID".to_owned(), id.into())]);
        let subject = Subject {
            system: "gitlab",
            identity: &identity,
            job_processes: &[],
            may_idle: false,
        };
        let places = Places::new(None, None, &self.env(&[]));
        JobDirectory::open(&subject, &places).unwrap()
    }

    pub fn prepare(&self, more: &[(&str, &str)], wishes: &Wishes<'_>) -> Result<Prepared, Error> {
        prepare(&self.job("1"), &self.env(more), wishes)
    }
}

pub fn login(registry: &str) -> (String, Credential) {
    (registry.to_owned(), Credential::password("job", "token"))
}

/// `job:token`, as docker writes it.
pub const JOB: &str = "am9iOnRva2Vu";

pub fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

pub fn config_of(prepared: &Prepared) -> serde_json::Value {
    serde_json::from_str(&text(&prepared.docker_config.join("config.json"))).unwrap()
}

/// Everything below a directory: kinds, modes, times and contents.
pub fn tree(directory: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let mut left = vec![directory.to_owned()];
    while let Some(path) = left.pop() {
        let meta = path.symlink_metadata().unwrap();
        let content = if meta.is_dir() {
            left.extend(
                fs::read_dir(&path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
            String::new()
        } else if meta.is_symlink() {
            format!("{:?}", path.read_link().unwrap())
        } else if meta.is_file() {
            format!("{:?}", fs::read(&path).unwrap())
        } else {
            String::new()
        };
        let kind = meta.file_type();
        let shown = format!(
            "{kind:?} {:?} {:?} {content}",
            meta.permissions(),
            meta.modified()
        );
        found.insert(path, shown);
    }
    found
}
