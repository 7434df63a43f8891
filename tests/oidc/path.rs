//! The helper's place on `PATH`.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::Path;

use super::quay::Quay;
use crate::support::installed;
use crate::support::job::{SHELLS, shell, text};

/// A `PATH` that is code, blanks and bytes.
const HOSTILE: &[u8] = b"/a b:/$(touch canary):'\"`touch canary`:/\xff;touch canary:/usr/bin:/bin";

/// A `PATH` with this program's directory, and then the hostile one.
fn path() -> OsString {
    let binary = Path::new(env!("CARGO_BIN_EXE_dockside"));
    let mut path = binary.parent().unwrap().as_os_str().as_bytes().to_vec();
    path.push(b':');
    path.extend(HOSTILE);
    OsString::from_vec(path)
}

#[test]
fn every_shell_gets_the_helper_before_exactly_what_was_there() {
    for name in SHELLS {
        if !installed(name[0]) {
            continue;
        }
        for eval in [
            "eval $(dockside ci-env gitlab)",
            "eval \"$(dockside ci-env gitlab)\"",
        ] {
            let (server, _quay, job) = Quay::start();
            let script = format!(
                "set -eu; {eval}; command -v docker-credential-dockside; printenv PATH; {eval}; \
                 printenv PATH"
            );
            let mut command = shell(name, &[], &script, job.home.path());
            command
                .envs(job.variables.clone())
                .env("DOCKSIDE_REGISTRY_QUAY", server.host())
                .env("PATH", path())
                .current_dir(job.home.path());
            // The shell itself is found by this process's own PATH.
            let output = command.output().unwrap();
            assert!(output.status.success(), "{name:?} {}", text(&output.stderr));
            let bin = job.directory().join("bin");
            let mut expected = bin.join("docker-credential-dockside").into_os_string();
            for _ in 0..2 {
                expected.push("\n");
                expected.push(&bin);
                expected.push(":");
                expected.push(path());
            }
            expected.push("\n");
            assert_eq!(
                OsStr::from_bytes(&output.stdout),
                expected,
                "{name:?} {eval}"
            );
            assert!(!job.home.path().join("canary").exists());
        }
    }
}

#[test]
fn github_is_told_in_its_own_file() {
    let (server, _quay, job) = Quay::start();
    let at = |name: &str| job.home.path().join(name);
    fs::write(at("path"), "/earlier").unwrap();
    let mut command = job.command(&["ci-env", "--format", "github-env"]);
    command
        .env("DOCKSIDE_REGISTRY_QUAY", server.host())
        .env("GITHUB_ENV", at("env"))
        .env("GITHUB_PATH", at("path"));
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let bin = job.directory().join("bin");
    assert_eq!(
        fs::read_to_string(at("path")).unwrap(),
        format!("/earlier\n{}\n", bin.display())
    );
    let env = fs::read_to_string(at("env")).unwrap();
    assert!(!env.contains("PATH<<"), "{env}");
}

#[test]
fn files_for_other_machines_have_no_path() {
    let (server, _quay, job) = Quay::start();
    let mut command = job.command(&["ci-env", "--as-env-file", "-o", "vars"]);
    command
        .env("DOCKSIDE_REGISTRY_QUAY", server.host())
        .current_dir(job.home.path());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let vars = fs::read_to_string(job.home.path().join("vars")).unwrap();
    assert!(
        vars.lines().all(|line| !line.starts_with("PATH=")),
        "{vars}"
    );
    let note = format!(
        "dockside: note: put {} first on PATH where docker and podman run: there is the helper \
         that gives them the logins",
        job.directory().join("bin").display()
    );
    assert!(text(&output.stderr).contains(&note));
}

#[test]
fn without_renewals_path_is_left_alone() {
    let (_server, _quay, job) = Quay::start();
    let set = job.ci_env(&["--oidc=false"]);
    assert_eq!(set.get("PATH"), None);
    assert!(!job.directory().join("bin").exists());
}

/// Each file that is written stands for itself: a shell that reads the second has not read the
/// first.
#[test]
fn a_second_run_says_it_again() {
    let (server, _quay, job) = Quay::start();
    let host = server.host();
    let first = job.ci_env(&["--login", &host])["PATH"].clone();
    let bin = job.directory().join("bin");
    let expected = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    assert_eq!(first, expected);
    let mut again = job.command(&["ci-env", "gitlab", "--format", "json"]);
    let output = again.env("PATH", &expected).output().unwrap();
    let set: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(set["variables"]["PATH"], expected);
    let mut login = job.command(&["login", "--oidc", &host]);
    let output = login
        .env("PATH", &expected)
        .env("DOCKER_CONFIG", job.docker_config())
        .output()
        .unwrap();
    assert_eq!(text(&output.stdout), "Login Succeeded\n");
    assert_eq!(text(&output.stderr), "");
}

#[test]
fn without_a_path_the_user_is_told() {
    for unset in [true, false] {
        let (server, _quay, job) = Quay::start();
        let host = server.host();
        let mut command = job.command(&["ci-env", "--format", "json", "--login", &host]);
        match unset {
            true => command.env_remove("PATH"),
            false => command.env("PATH", ""),
        };
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let set: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(set["variables"].get("PATH"), None);
        let note = format!(
            "dockside: note: put {} first on PATH where docker and podman run: there is the \
             helper that gives them the logins\n",
            job.directory().join("bin").display()
        );
        assert!(text(&output.stderr).contains(&note), "{output:?}");
    }
}

#[test]
fn a_directory_that_no_path_can_hold_is_an_error() {
    for name in ["a:b", "a\nb"] {
        let (server, _quay, job) = Quay::start();
        let tmp = job.home.path().join(name);
        fs::create_dir(&tmp).unwrap();
        let mut command = job.command(&["ci-env", "gitlab", "--login", &server.host()]);
        let output = command.arg("--tmp-dir").arg(&tmp).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(
            text(&output.stderr)
                .contains(" cannot be on PATH: its name has a separator or a line end\n"),
            "{output:?}"
        );
    }
}
