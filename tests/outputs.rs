//! Where `ci-env` writes: the user's files, and each CI system's own format.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::support::dockside;
use crate::support::job::text;

const GITHUB: [(&str, &str); 5] = [
    ("GITHUB_ACTIONS", "true"),
    ("GITHUB_REPOSITORY", "o/r"),
    ("GITHUB_RUN_ID", "1"),
    ("GITHUB_ACTOR", "octocat"),
    ("GITHUB_TOKEN", "ghs_very-secret"),
];

/// `dockside ci-env --no-verify` in a job of GitHub with a token, and only the variables that
/// say something about formats: those that are set already are kept.
fn ci_env(home: &Path, arguments: &[&str]) -> Command {
    let mut command = dockside(home);
    command
        .args(["ci-env", "--no-verify"])
        .args(arguments)
        .envs(GITHUB)
        .env("WERF_LOG_COLOR_MODE", "on")
        .env("WERF_LOG_PROJECT_DIR", "1")
        .env("WERF_ENABLE_PROCESS_EXTERMINATOR", "1")
        .env("WERF_LOG_TERMINAL_WIDTH", "130");
    command
}

fn run(home: &Path, arguments: &[&str]) -> Output {
    ci_env(home, arguments).output().unwrap()
}

/// The job's docker directory.
fn directory(home: &Path) -> PathBuf {
    let output = run(home, &["--format", "json"]);
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    json["variables"]["DOCKER_CONFIG"].as_str().unwrap().into()
}

/// The variables of this job, in order.
fn variables(home: &Path) -> Vec<(&'static str, String)> {
    let docker = directory(home).display().to_string();
    vec![
        ("DOCKER_CONFIG", docker.clone()),
        ("WERF_DOCKER_CONFIG", docker.clone()),
        ("REGISTRY_AUTH_FILE", format!("{docker}/config.json")),
        ("HELM_REGISTRY_CONFIG", format!("{docker}/config.json")),
        (
            "WERF_ADD_ANNOTATION_PROJECT_GIT",
            "project.werf.io/git=https://github.com/o/r".to_owned(),
        ),
        (
            "WERF_ADD_ANNOTATION_GITHUB_ACTIONS_RUN_URL",
            "github.ci.werf.io/workflow-run-url=https://github.com/o/r/actions/runs/1".to_owned(),
        ),
        ("WERF_REPO_GITHUB_TOKEN", "ghs_very-secret".to_owned()),
    ]
}

/// A line for each variable.
fn lines(home: &Path, line: impl Fn(&str, &str) -> String) -> String {
    let variables = variables(home);
    variables.iter().map(|(n, v)| line(n, v)).collect()
}

fn mode(path: &Path) -> u32 {
    path.symlink_metadata().unwrap().permissions().mode() & 0o7777
}

#[test]
fn a_file_is_replaced_as_a_whole_and_only_its_owner_reads_it() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("env");
    fs::write(&file, "OLD=1\n".repeat(1000)).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    let before = file.metadata().unwrap().ino();
    let output = run(
        home.path(),
        &["--as-env-file", "-o", file.to_str().unwrap()],
    );
    assert_eq!(
        (text(&output.stdout), text(&output.stderr)),
        Default::default()
    );
    assert_eq!(
        fs::read_to_string(&file).unwrap(),
        lines(home.path(), |name, value| format!("{name}={value}\n"))
    );
    assert_eq!(mode(&file), 0o600);
    assert_ne!(file.metadata().unwrap().ino(), before);
    let names: Vec<_> = fs::read_dir(home.path()).unwrap().flatten().collect();
    assert_eq!(names.len(), 2, "{names:?}");
}

#[test]
fn a_link_stays_and_its_target_is_replaced() {
    let home = tempfile::tempdir().unwrap();
    fs::create_dir(home.path().join("real")).unwrap();
    fs::write(home.path().join("real/env"), "OLD=1\n").unwrap();
    symlink("real/env", home.path().join("link")).unwrap();
    let output = ci_env(home.path(), &["--as-env-file", "-o", "link"])
        .current_dir(home.path())
        .output()
        .unwrap();
    assert_eq!(
        (text(&output.stdout), text(&output.stderr)),
        Default::default()
    );
    assert!(home.path().join("link").is_symlink());
    let real = home.path().join("real/env");
    assert_eq!(
        fs::read_to_string(&real).unwrap(),
        lines(home.path(), |name, value| format!("{name}={value}\n"))
    );
    assert_eq!(mode(&real), 0o600);
}

#[test]
fn a_pipe_is_written_to() {
    let home = tempfile::tempdir().unwrap();
    let script = "mkfifo pipe; cat pipe & \"$DOCKSIDE\" ci-env github --no-verify --as-env-file -o pipe; wait
        test -p pipe";
    let output = Command::new("sh")
        .args(["-ec", script])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("DOCKSIDE", env!("CARGO_BIN_EXE_dockside"))
        .env("HOME", home.path())
        .env("TMPDIR", home.path())
        .envs(
            ci_env(home.path(), &[])
                .get_envs()
                .filter_map(|(n, v)| Some((n, v?))),
        )
        .current_dir(home.path())
        .output()
        .unwrap();
    assert_eq!(text(&output.stderr), "");
    assert_eq!(
        text(&output.stdout),
        lines(home.path(), |name, value| format!("{name}={value}\n"))
    );
    assert!(output.status.success());
}

#[test]
fn without_a_name_the_file_is_the_jobs_and_its_path_is_printed() {
    let home = tempfile::tempdir().unwrap();
    let job = directory(home.path());
    let job = job.parent().unwrap();
    for (option, name) in [("--as-env-file", "ci-env.env"), ("--as-file", "ci-env.sh")] {
        let output = run(home.path(), &[option, "--shell", "sh"]);
        let file = job.join(name);
        assert_eq!(text(&output.stdout), format!("{}\n", file.display()));
        assert_eq!(mode(&file), 0o600);
    }
    let output = run(home.path(), &["--shell", "sh", "-o", "unused"]);
    assert_eq!(
        text(&output.stderr),
        "dockside: note: -o is ignored without --as-file, --as-env-file or --format\n"
    );
}

#[test]
fn json_names_secrets_or_shows_them() {
    let home = tempfile::tempdir().unwrap();
    let shown: Value = variables(home.path())
        .into_iter()
        .map(|(name, value)| (name.to_owned(), Value::from(value)))
        .collect::<serde_json::Map<_, _>>()
        .into();
    let parsed = |output: Output| -> Value { serde_json::from_slice(&output.stdout).unwrap() };
    let output = run(home.path(), &["--format", "json", "--show-secrets"]);
    assert_eq!(parsed(output), json!({"variables": shown, "secrets": []}));
    let mut hidden = shown;
    hidden
        .as_object_mut()
        .unwrap()
        .remove("WERF_REPO_GITHUB_TOKEN");
    let output = run(home.path(), &["--format", "json"]);
    assert_eq!(
        parsed(output),
        json!({"variables": hidden, "secrets": ["WERF_REPO_GITHUB_TOKEN"]})
    );
}

#[test]
fn github_env_is_appended_to_and_the_mask_comes_first() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("github-env");
    for (before, joined) in [("", ""), ("A=1\n", "A=1\n"), ("A=1", "A=1\n")] {
        fs::write(&file, before).unwrap();
        let output = ci_env(home.path(), &["--format", "github-env", "--log-verbose"])
            .env("GITHUB_ENV", &file)
            .output()
            .unwrap();
        assert_eq!(text(&output.stdout), "");
        let stderr = text(&output.stderr);
        assert_eq!(stderr.matches("ghs_very-secret").count(), 1, "{stderr}");
        assert!(
            stderr.ends_with("::add-mask::ghs_very-secret\n"),
            "{stderr}"
        );
        let written = fs::read_to_string(&file).unwrap();
        let written = written.strip_prefix(joined).unwrap();
        let mut delimiters = std::collections::BTreeSet::new();
        let plain: String = written
            .split_inclusive('\n')
            .collect::<Vec<_>>()
            .chunks(3)
            .map(|entry| {
                let (name, delimiter) = entry[0].split_once("<<").unwrap();
                assert_eq!(entry[2], delimiter);
                assert!(delimiters.insert(delimiter.to_owned()));
                format!("{name}={}", entry[1])
            })
            .collect();
        assert_eq!(
            plain,
            lines(home.path(), |name, value| format!("{name}={value}\n"))
        );
    }
    // The secret is in the file that it was asked for, and in no other.
    let holders = Command::new("grep")
        .args(["-rl", "ghs_very-secret"])
        .arg(home.path())
        .output()
        .unwrap();
    assert_eq!(text(&holders.stdout), format!("{}\n", file.display()));
}

#[test]
fn a_file_that_the_system_does_not_name_is_an_error_before_anything_is_done() {
    for (format, variable) in [("github-env", "GITHUB_ENV"), ("circleci", "BASH_ENV")] {
        let home = tempfile::tempdir().unwrap();
        let output = run(home.path(), &["--format", format]);
        assert_eq!(
            text(&output.stderr),
            format!(
                "dockside: error: --format {format} appends to the file that {variable} names, \
                 but {variable} is not set\n\
                 dockside: hint: give the file with -o FILE\n"
            )
        );
        assert_eq!(text(&output.stdout), "");
        assert_eq!(output.status.code(), Some(2));
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
    }
}

#[test]
fn azure_gets_commands() {
    let home = tempfile::tempdir().unwrap();
    let output = run(home.path(), &["--format", "azure"]);
    let expected = lines(home.path(), |name, value| {
        let secret = if name == "WERF_REPO_GITHUB_TOKEN" {
            ";issecret=true"
        } else {
            ""
        };
        format!("##vso[task.setvariable variable={name}{secret}]{value}\n")
    });
    assert_eq!(text(&output.stdout), expected);
    assert_eq!(text(&output.stderr), "");
}

#[test]
fn circleci_gets_shell_text_without_the_secret() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("bash-env");
    fs::write(&file, "echo before").unwrap();
    let output = ci_env(home.path(), &["--format", "circleci"])
        .env("BASH_ENV", &file)
        .output()
        .unwrap();
    assert_eq!(
        (text(&output.stdout), text(&output.stderr)),
        Default::default()
    );
    assert!(!fs::read_to_string(&file).unwrap().contains("very-secret"));
    let seen = Command::new("bash")
        .args(["-c", "env | grep -E '^(DOCKER|WERF|HELM|REGISTRY)_' | sort"])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("BASH_ENV", &file)
        .output()
        .unwrap();
    let mut expected: Vec<_> = variables(home.path());
    expected.sort();
    let expected: String = expected.iter().map(|(n, v)| format!("{n}={v}\n")).collect();
    assert_eq!(text(&seen.stdout), format!("before\n{expected}"));
    assert_eq!(text(&seen.stderr), "");
}

#[test]
fn formats_that_everybody_reads_refuse_the_secret() {
    let cases = [
        (
            "teamcity",
            "teamcity cannot carry WERF_REPO_GITHUB_TOKEN: parameters are shown",
            "hint: evaluate the shell form in the step that needs it, or declare the parameter as \
             a password and add --show-secrets",
        ),
        (
            "gitlab-dotenv",
            "gitlab-dotenv cannot carry WERF_REPO_GITHUB_TOKEN: whoever may download artifacts \
             can read the report",
            "",
        ),
    ];
    for (format, message, hint) in cases {
        let home = tempfile::tempdir().unwrap();
        let output = run(home.path(), &["--format", format]);
        let hint = if hint.is_empty() {
            String::new()
        } else {
            format!("dockside: {hint}\n")
        };
        assert_eq!(
            text(&output.stderr),
            format!("dockside: error: {message}\n{hint}")
        );
        assert_eq!(text(&output.stdout), "");
        assert_eq!(output.status.code(), Some(1));
    }
    let home = tempfile::tempdir().unwrap();
    for (format, line) in [
        (
            "teamcity",
            "##teamcity[setParameter name='env.WERF_REPO' value='ghcr.io/a']\n",
        ),
        ("gitlab-dotenv", "WERF_REPO=ghcr.io/a\n"),
    ] {
        let output = ci_env(home.path(), &["--format", format, "--repo", "ghcr.io/a"])
            .env("WERF_REPO_GITHUB_TOKEN", "kept")
            .output()
            .unwrap();
        let stdout = text(&output.stdout);
        assert_eq!(
            stdout.split_inclusive('\n').nth(4),
            Some(line),
            "{}",
            text(&output.stderr)
        );
        assert!(!stdout.contains("kept") && !stdout.contains("very-secret"));
    }
}
