//! Where a command runs: two registries, which have tokens for one user, and an empty home.

use std::fs;
use std::path::PathBuf;
use std::process::Output;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;
use tempfile::TempDir;

use crate::support::dockside;
use crate::support::scripted_registry::{Auth, Behaviour, ScriptedRegistry};

/// Where a command runs.
pub struct Stage {
    pub home: TempDir,
    pub source: ScriptedRegistry,
    pub target: ScriptedRegistry,
}

impl Stage {
    /// Two empty registries.
    pub fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let registry = || {
            ScriptedRegistry::start(Behaviour {
                auth: Auth::Bearer {
                    username: "user",
                    password: "password",
                    lives: None,
                    grants: &["pull", "push", "delete"],
                    anonymous: false,
                },
                ..Behaviour::default()
            })
        };
        let (source, target) = (registry(), registry());
        let login = json!({"auth": BASE64_STANDARD.encode("user:password")});
        let config = json!({"auths": {source.host(): login, target.host(): login}});
        let directory = home.path().join(".docker");
        fs::create_dir(&directory).unwrap();
        fs::write(directory.join("config.json"), config.to_string()).unwrap();
        fs::create_dir(home.path().join("place")).unwrap();
        Self {
            home,
            source,
            target,
        }
    }

    /// An image of the registry that is read.
    pub fn from(&self, image: &str) -> String {
        format!("{}/{image}", self.source.host())
    }

    /// An image of the registry that is changed.
    pub fn to(&self, image: &str) -> String {
        format!("{}/{image}", self.target.host())
    }

    /// A directory for what is pulled.
    pub fn place(&self) -> PathBuf {
        self.home.path().join("place")
    }

    /// Runs the program.
    pub fn run(&self, arguments: &[String]) -> Output {
        dockside(self.home.path())
            .args(arguments)
            .current_dir(self.place())
            .output()
            .unwrap()
    }

    /// The text without what differs from stage to stage.
    pub fn neutral(&self, text: &[u8]) -> String {
        let text = String::from_utf8_lossy(text);
        let text = text.replace(&self.source.host(), "SOURCE");
        text.replace(&self.target.host(), "TARGET")
    }
}
