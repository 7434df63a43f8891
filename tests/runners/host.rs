//! A build host of its own: a home directory, a project under git, a registry.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

use super::registry::{PASSWORD, Registry, stored_login};
use crate::support::{installed, isolate};

/// Everything lies in one temporary directory, so that what a job leaves can be found.
pub struct Host {
    directory: TempDir,
    pub registry: Registry,
}

impl Host {
    /// A host with a registry; `None` when it or one of `programs` is not installed.
    pub fn new(programs: &[&str]) -> Option<Self> {
        let needed = ["docker-registry", "htpasswd", "skopeo", "git"];
        if !needed.iter().chain(programs).all(|name| installed(name)) {
            return None;
        }
        let directory = tempfile::tempdir().unwrap();
        let registry = Registry::start(&directory.path().join("registry"));
        let host = Self {
            directory,
            registry,
        };
        fs::create_dir_all(host.project()).unwrap();
        let containers = host.home().join(".config/containers");
        fs::create_dir_all(&containers).unwrap();
        let insecure = format!(
            "[[registry]]\nlocation = \"{}\"\ninsecure = true\n",
            host.registry.address()
        );
        fs::write(containers.join("registries.conf"), insecure).unwrap();
        let policy = r#"{"default": [{"type": "insecureAcceptAnything"}]}"#;
        fs::write(containers.join("policy.json"), policy).unwrap();
        Some(host)
    }

    pub fn home(&self) -> PathBuf {
        self.directory.path().join("home")
    }

    /// The job's work tree.
    pub fn project(&self) -> PathBuf {
        self.directory.path().join("project")
    }

    /// A command in the project, with the stand-in for docker, if there is one, and the
    /// program under test first on its `PATH`.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        isolate(&mut command, &self.home());
        let ours = Path::new(env!("CARGO_BIN_EXE_dockside")).parent().unwrap();
        let inherited = std::env::var_os("PATH").unwrap_or_default();
        let path = [self.programs(), ours.to_owned()]
            .into_iter()
            .chain(std::env::split_paths(&inherited));
        command
            .env("PATH", std::env::join_paths(path).unwrap())
            .current_dir(self.project());
        command
    }

    fn programs(&self) -> PathBuf {
        self.directory.path().join("programs")
    }

    /// Puts a program on the `PATH` that takes docker's place: no daemon runs here.
    pub fn replace_docker(&self) {
        fs::create_dir(self.programs()).unwrap();
        // A link: a copy could be busy, see `support::dockside_as`.
        let stand_in = repository().join("tests/runners/docker");
        std::os::unix::fs::symlink(stand_in, self.programs().join("docker")).unwrap();
    }

    /// What the stand-in for docker was asked, and as whom it would have pushed.
    pub fn docker_record(&self) -> String {
        fs::read_to_string(self.programs().join("record")).unwrap()
    }

    /// Copies an example, or any other file of the repository, into the project.
    pub fn copy(&self, file: &str, target: &str) {
        let target = self.project().join(target);
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::copy(repository().join(file), target).unwrap();
    }

    /// Makes the project one commit of a repository on a forge, and returns the commit.
    pub fn commit(&self) -> String {
        self.git(&["init", "--quiet", "--initial-branch=main"]);
        self.git(&["add", "--all"]);
        self.git(&[
            "-c",
            "user.name=A",
            "-c",
            "user.email=a@example.com",
            "commit",
            "--quiet",
            "--message=A",
        ]);
        let origin = "https://forge.example.com/group/project.git";
        self.git(&["remote", "add", "origin", origin]);
        self.git(&["rev-parse", "HEAD"])
    }

    fn git(&self, arguments: &[&str]) -> String {
        let output = self.command("git").args(arguments).output().unwrap();
        assert!(output.status.success(), "git {arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Puts an image into the registry, and returns its digest.
    pub fn push(&self, reference: &str) -> String {
        let scratch = self.directory.path().join("scratch");
        self.registry
            .push(reference, self.command("skopeo"), &scratch)
    }

    pub fn digest(&self, reference: &str) -> String {
        self.registry.digest(reference, self.command("skopeo"))
    }

    /// Fails when any file on the host holds the login, so that the clean-up was none; or when
    /// the login went to the user's own docker config.
    pub fn assert_clean(&self) {
        let login = stored_login();
        for file in files(self.directory.path()) {
            let content = fs::read(&file).unwrap();
            let found = content
                .windows(login.len())
                .any(|window| window == login.as_bytes());
            assert!(!found, "{} still holds the login", file.display());
        }
        assert!(!self.home().join(".docker").exists());
    }
}

/// Everything that a command wrote. Fails when the command failed or showed the password.
pub fn transcript(command: &mut Command) -> String {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    let text = format!(
        "{}{}",
        String::from_utf8(stdout).unwrap(),
        String::from_utf8(stderr).unwrap()
    );
    assert!(!text.contains(PASSWORD), "the password is shown:\n{text}");
    assert!(
        !text.contains(&stored_login()),
        "the login is shown:\n{text}"
    );
    assert!(status.success(), "{status}:\n{text}");
    text
}

/// The repository's root.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All regular files below `directory`.
pub fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            found.extend(files(&entry.path()));
        } else if kind.is_file() {
            found.push(entry.path());
        }
    }
    found
}
