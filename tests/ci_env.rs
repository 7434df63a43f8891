//! `ci-env` as jobs use it: evaluated by real shells, many at once, killed, refused.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::support::job::{GITLAB, SHELLS, auths, shell, text};
use crate::support::{dockside, installed};

fn json(output: &Output) -> Value {
    assert!(output.status.success(), "{}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Everything below a directory: names, kinds, modes, contents.
fn tree(directory: &Path) -> Vec<(PathBuf, u32, Vec<u8>)> {
    let mut found = Vec::new();
    let mut open = vec![directory.to_path_buf()];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(&directory).unwrap() {
            let path = entry.unwrap().path();
            let metadata = fs::symlink_metadata(&path).unwrap();
            let content = if metadata.is_dir() {
                open.push(path.clone());
                Vec::new()
            } else if metadata.is_file() {
                fs::read(&path).unwrap()
            } else {
                fs::read_link(&path)
                    .map_or_else(|_| Vec::new(), |l| l.as_os_str().as_bytes().to_vec())
            };
            found.push((path, metadata.permissions().mode(), content));
        }
    }
    found.sort();
    found
}

#[test]
fn a_hostile_tag_survives_eval_and_runs_nothing() {
    let tag: &[u8] = b"v1-$(touch canary)`touch canary`;touch canary;\"'${IFS}*&\xff|<>";
    for name in SHELLS {
        if !installed(name[0]) {
            continue;
        }
        for eval in [
            "eval $(dockside ci-env gitlab)",
            "eval \"$(dockside ci-env gitlab)\"",
        ] {
            let home = tempfile::tempdir().unwrap();
            let script = format!("set -eu; {eval}; printenv WERF_ADD_ANNOTATION_CI_GIT_TAG");
            let output = shell(name, &[], &script, home.path())
                .envs(GITLAB)
                .env("CI_COMMIT_TAG", OsStr::from_bytes(tag))
                .env("WERF_LOGIN_TO_REGISTRY", "0")
                .current_dir(home.path())
                .output()
                .unwrap();
            let expected = [b"ci.werf.io/tag=".as_slice(), tag, b"\n"].concat();
            assert_eq!(text(&output.stderr), "", "{name:?} {eval}");
            assert_eq!(text(&output.stdout), text(&expected), "{name:?} {eval}");
            assert_eq!(output.stdout, expected, "{name:?} {eval}");
            assert!(!home.path().join("canary").exists(), "{name:?} {eval}");
        }
    }
}

#[test]
fn a_failure_stops_the_script_with_the_commands_status() {
    let cases = [
        ("nonesuch", "", 2),
        ("gitlab --nonesuch", "", 2),
        ("gitlab --shell nonesuch", "", 2),
        ("gitlab --config-render-path x", "", 2),
        ("gitlab --login quay.io", "", 4),
        ("gitlab", "DOCKSIDE_REGISTRY_A=registry.example.com", 2),
        ("gitlab --docker-config bad", "", 1),
    ];
    for name in SHELLS {
        if !installed(name[0]) {
            continue;
        }
        for (arguments, variable, status) in cases {
            for eval in [
                format!("eval $(dockside ci-env {arguments})"),
                format!("eval \"$(dockside ci-env {arguments})\""),
                format!(". $(dockside ci-env {arguments} --as-file)"),
                format!("dockside ci-env {arguments} --as-file -o script; . ./script"),
            ] {
                let home = tempfile::tempdir().unwrap();
                fs::create_dir(home.path().join("bad")).unwrap();
                fs::write(home.path().join("bad/config.json"), "{\n  \"auths\": [").unwrap();
                let script = format!("{eval}; echo went on");
                let mut command = shell(name, &[], &script, home.path());
                command.envs(GITLAB).current_dir(home.path());
                if let Some((name, value)) = variable.split_once('=') {
                    command.env(name, value);
                }
                let output = command.output().unwrap();
                assert_eq!(text(&output.stdout), "", "{name:?} {eval}");
                assert_eq!(
                    output.status.code(),
                    Some(status),
                    "{name:?} {eval} {}",
                    text(&output.stderr)
                );
            }
        }
    }
}

#[test]
fn a_secret_is_in_no_text_and_no_trace() {
    let github = [
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_REPOSITORY", "o/r"),
        ("GITHUB_RUN_ID", "1"),
        ("GITHUB_TOKEN", "ghs_very-secret"),
        ("GITHUB_ACTOR", "octocat"),
    ];
    let home = tempfile::tempdir().unwrap();
    let output = dockside(home.path())
        .args(["ci-env", "github", "--no-verify", "--log-verbose"])
        .envs(github)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(!text(&output.stdout).contains("very-secret"));
    assert!(!text(&output.stderr).contains("very-secret"));
    assert!(text(&output.stderr).contains("set WERF_REPO_GITHUB_TOKEN=***\n"));

    for name in SHELLS {
        if !installed(name[0]) {
            continue;
        }
        let home = tempfile::tempdir().unwrap();
        let script = "eval $(dockside ci-env github --no-verify)
            test \"${#WERF_REPO_GITHUB_TOKEN}\" = 15
            echo still traced";
        let output = shell(name, &["-xe"], script, home.path())
            .envs(github)
            .output()
            .unwrap();
        let trace = text(&output.stderr);
        assert_eq!(text(&output.stdout), "still traced\n", "{name:?}: {trace}");
        assert!(trace.contains("echo 'still traced'") || trace.contains("echo still traced"));
        let after = trace.replace("'[' 15", "").replace("test 15", "");
        assert!(!after.contains("very-secret"), "{name:?}: {trace}");
    }
}

#[test]
fn only_the_job_can_read_its_directory_and_the_home_stays_as_it_was() {
    let home = tempfile::tempdir().unwrap();
    let tmp = tempfile::tempdir().unwrap();
    let config = home.path().join(".docker");
    fs::create_dir(&config).unwrap();
    fs::write(
        config.join("config.json"),
        r#"{"auths":{"other.example.com":{"auth":"dTpw"}},"HttpHeaders":{"X":"y"},"futureKey":[1]}"#,
    )
    .unwrap();
    let before = tree(home.path());
    let output = dockside(home.path())
        .args(["ci-env", "gitlab", "--no-verify", "--format", "json"])
        .envs(GITLAB)
        .env("CI_REGISTRY", "registry.example.com")
        .env("CI_JOB_TOKEN", "secret")
        .env("TMPDIR", tmp.path())
        .output()
        .unwrap();
    let docker_config = json(&output)["variables"]["DOCKER_CONFIG"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(Path::new(&docker_config).starts_with(tmp.path()));
    assert_eq!(tree(home.path()), before);
    for (path, mode, _) in tree(tmp.path()) {
        let expected = if path.is_dir() { 0o40700 } else { 0o100_600 };
        assert_eq!(mode, expected, "{}", path.display());
    }
    let written: Value =
        serde_json::from_slice(&fs::read(Path::new(&docker_config).join("config.json")).unwrap())
            .unwrap();
    assert_eq!(
        written,
        serde_json::json!({
            "auths": {
                "other.example.com": {"auth": "dTpw"},
                "registry.example.com": {"auth": "Z2l0bGFiLWNpLXRva2VuOnNlY3JldA=="},
                "dockside.invalid": {},
            },
            "HttpHeaders": {"X": "y"},
            "futureKey": [1],
        })
    );

    let output = dockside(home.path())
        .args(["logout", "--job"])
        .envs(GITLAB)
        .env("TMPDIR", tmp.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(!Path::new(&docker_config).exists());
    assert_eq!(tree(home.path()), before);
}

#[test]
fn sixty_four_processes_of_one_job_keep_sixty_four_logins() {
    let home = tempfile::tempdir().unwrap();
    let children: Vec<_> = (0..64)
        .map(|index| {
            dockside(home.path())
                .args(["ci-env", "gitlab", "--no-verify", "--format", "json"])
                .envs(GITLAB)
                .env(
                    "DOCKSIDE_REGISTRY_X",
                    format!("registry-{index}.example.com"),
                )
                .env("DOCKSIDE_REGISTRY_X_USERNAME", "user")
                .env("DOCKSIDE_REGISTRY_X_PASSWORD", format!("password-{index}"))
                .stdout(std::process::Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    let mut directories: Vec<String> = children
        .into_iter()
        .map(|child| {
            let output = child.wait_with_output().unwrap();
            json(&output)["variables"]["DOCKER_CONFIG"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    directories.dedup();
    assert_eq!(directories.len(), 1, "{directories:?}");
    let logins = auths(Path::new(&directories[0]));
    assert_eq!(logins.as_object().unwrap().len(), 64);
}

#[test]
fn two_hundred_jobs_at_once_do_not_meet() {
    let home = tempfile::tempdir().unwrap();
    let children: Vec<_> = (0..200)
        .map(|job| {
            dockside(home.path())
                .args(["ci-env", "gitlab", "--no-verify", "--format", "json"])
                .envs(GITLAB)
                .env("CI_REGISTRY", "registry.example.com")
                .env("CI_JOB_ID", job.to_string())
                .env("CI_JOB_TOKEN", format!("token-{job}"))
                .stdout(std::process::Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    let mut directories = std::collections::BTreeSet::new();
    for (job, child) in children.into_iter().enumerate() {
        let output = child.wait_with_output().unwrap();
        let directory = json(&output)["variables"]["DOCKER_CONFIG"]
            .as_str()
            .unwrap()
            .to_owned();
        let config = text(&fs::read(Path::new(&directory).join("config.json")).unwrap());
        let auth = base64_of(&format!("gitlab-ci-token:token-{job}"));
        assert!(config.contains(&auth), "{config}");
        assert!(directories.insert(directory));
    }
}

fn base64_of(text: &str) -> String {
    let output = Command::new("sh")
        .args(["-c", "printf %s \"$1\" | base64 -w0", "sh", text])
        .output()
        .unwrap();
    self::text(&output.stdout)
}

#[test]
fn a_kill_at_any_moment_leaves_a_config_that_reads() {
    let home = tempfile::tempdir().unwrap();
    for round in 0..150_u64 {
        let mut child = dockside(home.path())
            .args(["ci-env", "gitlab", "--no-verify", "--format", "json"])
            .envs(GITLAB)
            .env(
                "DOCKSIDE_REGISTRY_X",
                format!("registry-{round}.example.com"),
            )
            .env("DOCKSIDE_REGISTRY_X_USERNAME", "user")
            .env("DOCKSIDE_REGISTRY_X_PASSWORD", "password".repeat(1000))
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        // Every start takes 1 to 6 ms; the delays sweep over all of it.
        std::thread::sleep(std::time::Duration::from_micros(round * 40));
        child.kill().unwrap();
        child.wait().unwrap();
        for (path, _, content) in tree(home.path()) {
            if path.ends_with("docker/config.json") || path.ends_with("job.json") {
                let parsed: Result<Value, _> = serde_json::from_slice(&content);
                assert!(parsed.is_ok(), "round {round}: {}", text(&content));
            }
        }
    }
    let output = dockside(home.path())
        .args(["ci-env", "gitlab", "--no-verify", "--format", "json"])
        .envs(GITLAB)
        .output()
        .unwrap();
    json(&output);
}

#[test]
fn outside_of_ci_there_is_a_private_config_and_no_login() {
    let home = tempfile::tempdir().unwrap();
    let output = dockside(home.path())
        .args(["ci-env", "--format", "json"])
        .output()
        .unwrap();
    let variables = json(&output)["variables"].as_object().unwrap().clone();
    let names: Vec<_> = variables.keys().collect();
    assert_eq!(
        names,
        [
            "DOCKER_CONFIG",
            "WERF_DOCKER_CONFIG",
            "REGISTRY_AUTH_FILE",
            "HELM_REGISTRY_CONFIG"
        ]
    );
    let config = Path::new(variables["DOCKER_CONFIG"].as_str().unwrap()).join("config.json");
    assert_eq!(
        text(&fs::read(config).unwrap()),
        "{\n\t\"auths\": {\n\t\t\"dockside.invalid\": {}\n\t}\n}"
    );
}

#[test]
fn wrong_arguments_are_quoted_without_what_a_log_would_obey() {
    let home = tempfile::tempdir().unwrap();
    let output = dockside(home.path())
        .args([
            "detect",
            "gitlab",
            "x\n::stop-commands::a\x1b[2J##vso[task.complete]",
        ])
        .output()
        .unwrap();
    assert_eq!(
        text(&output.stderr),
        "error: unexpected argument \
         'x\\n::stop-commands::a\\u{1b}[2J\\x23#vso[task.complete]' found\n\n\
         Usage: dockside detect [OPTIONS] [SYSTEM]\n\nFor more information, try '--help'.\n"
    );
    assert_eq!(text(&output.stdout), "");
    assert_eq!(output.status.code(), Some(2));
}
