//! A job, and the shells that its scripts are written for.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::isolate;

/// The shells in which `eval` of the default text must work, and how to run a script in each.
pub const SHELLS: [&[&str]; 5] = [
    &["bash"],
    &["dash"],
    &["zsh"],
    &["ksh93"],
    &["busybox", "sh"],
];

/// A job of GitLab, without a login.
pub const GITLAB: [(&str, &str); 6] = [
    ("GITLAB_CI", "true"),
    ("CI_SERVER_URL", "https://gitlab.example.com"),
    ("CI_PROJECT_ID", "7"),
    ("CI_JOB_ID", "4711"),
    ("CI_REGISTRY_IMAGE", "registry.example.com/group/project"),
    ("CI_PROJECT_URL", "https://gitlab.example.com/group/project"),
];

/// `SHELL -c SCRIPT`, in the environment of [`super::dockside`], with dockside on the `PATH`.
pub fn shell(shell: &[&str], options: &[&str], script: &str, home: &Path) -> Command {
    let mut command = Command::new(shell[0]);
    isolate(&mut command, home);
    command
        .args(&shell[1..])
        .args(options)
        .args(["-c", script])
        .env("PATH", path_with_dockside());
    command
}

fn path_with_dockside() -> OsString {
    let binary = Path::new(env!("CARGO_BIN_EXE_dockside"));
    let mut path = OsString::from(binary.parent().unwrap());
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap());
    path
}

/// What a program printed.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The logins in a docker config directory, without the entry that keeps docker from choosing a
/// keychain.
pub fn auths(directory: &Path) -> Value {
    let config = fs::read(directory.join("config.json")).unwrap();
    let mut auths = serde_json::from_slice::<Value>(&config).unwrap()["auths"].clone();
    if let Some(entries) = auths.as_object_mut() {
        entries.remove("dockside.invalid");
    }
    auths
}
