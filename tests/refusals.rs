//! What is refused, what is said about it, and that it stops the script.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};

use crate::support::job::{self, GITLAB, SHELLS, shell, text};
use crate::support::{dockside, dockside_as, installed};

/// Arguments, variables, what is said and what more.
type Case<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)], &'a str, &'a str);

/// Names and values of an environment.
type Variables = &'static [(&'static str, &'static str)];

/// `dockside ci-env gitlab --format json` with these arguments and variables.
fn ci_env(home: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    dockside(home)
        .args(["ci-env", "gitlab", "--format", "json"])
        .args(arguments)
        .envs(GITLAB)
        .envs(variables.iter().copied())
        .output()
        .unwrap()
}

/// The `auths` that the job got.
fn auths(output: &Output) -> Value {
    assert!(output.status.success(), "{}", text(&output.stderr));
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    job::auths(Path::new(
        json["variables"]["DOCKER_CONFIG"].as_str().unwrap(),
    ))
}

#[test]
fn what_cannot_be_a_repository_or_a_brand_is_no_reason_for_no_login() {
    let repository_hint = "write it without a scheme, such as registry.example.com/group/project";
    let brand_hint = "use one of ecr, acr, dockerhub, gcr, github, gitlab, harbor, \
                      artifactory, quay, nexus, gitea, zot, default";
    let registry_hint = "write host or host:port, such as registry.example.com:5000";
    let cases: [Case<'_>; 5] = [
        (
            &["--repo", "https://harbor.example.com/p/r"],
            &[],
            "`https://harbor.example.com/p/r` is not the name of a repository",
            repository_hint,
        ),
        (
            &["--login-to-registry=false"],
            &[("WERF_REPO", "https://u:hunter2@harbor.example.com/p")],
            "`***@harbor.example.com/p` is not the name of a repository",
            repository_hint,
        ),
        (
            &["--repo-container-registry", "nonesuch"],
            &[],
            "unknown brand of registry `nonesuch`",
            brand_hint,
        ),
        (
            &[],
            &[("WERF_REPO_IMPLEMENTATION", "nonesuch")],
            "unknown brand of registry `nonesuch`",
            brand_hint,
        ),
        (
            &[],
            &[
                ("DOCKSIDE_REGISTRY_A", "https://u:hunter2@a.example"),
                ("DOCKSIDE_REGISTRY_A_USERNAME", "u"),
                ("DOCKSIDE_REGISTRY_A_PASSWORD", "hunter2"),
            ],
            "`***@a.example` is not the address of a registry",
            registry_hint,
        ),
    ];
    for (arguments, variables, message, hint) in cases {
        let home = tempfile::tempdir().unwrap();
        let output = ci_env(home.path(), arguments, variables);
        assert_eq!(
            text(&output.stderr),
            format!("dockside: error: {message}\ndockside: hint: {hint}\n")
        );
        assert_eq!(output.status.code(), Some(2));
        assert_eq!(text(&output.stdout), "");
    }
    // Scripts write `--repo "$REPO"`.
    let home = tempfile::tempdir().unwrap();
    let empty = ["--repo", "", "--repo-container-registry", ""];
    let output = ci_env(home.path(), &empty, &[("WERF_LOGIN_TO_REGISTRY", "0")]);
    assert_eq!(text(&output.stderr), "");
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        json["variables"]["WERF_REPO"],
        "registry.example.com/group/project"
    );
}

#[test]
fn credentials_for_no_registry_and_second_ones_are_named() {
    let home = tempfile::tempdir().unwrap();
    let output = ci_env(
        home.path(),
        &["--no-verify"],
        &[
            ("DOCKSIDE_REGISTRY_A", "registry.example.com"),
            ("DOCKSIDE_REGISTRY_A_USERNAME", "u"),
            ("DOCKSIDE_REGISTRY_A_PASSWORD", "p"),
            ("DOCKSIDE_REGISTRY_B", "https://registry.example.com/"),
            ("DOCKSIDE_REGISTRY_B_USERNAME", "other"),
            ("DOCKSIDE_REGISTRY_B_PASSWORD", "other"),
            ("DOCKSIDE_REGISTRY_TYPO_USERNAME", "u"),
            ("DOCKSIDE_REGISTRY_TYPO_PASSWORD", "hunter2"),
            ("DOCKSIDE_REGISTRY_PASSWORD", "hunter2"),
        ],
    );
    let unused = |name: &str| {
        format!(
            "dockside: note: {name} is not used: no variable DOCKSIDE_REGISTRY_<NAME> of the same \
             name says which registry it is for\n"
        )
    };
    assert_eq!(
        text(&output.stderr),
        [
            unused("DOCKSIDE_REGISTRY_PASSWORD"),
            unused("DOCKSIDE_REGISTRY_TYPO_PASSWORD"),
            unused("DOCKSIDE_REGISTRY_TYPO_USERNAME"),
            "dockside: note: DOCKSIDE_REGISTRY_B is not used: a variable before it names \
             registry.example.com too\n"
                .to_owned(),
        ]
        .concat()
    );
    assert_eq!(
        auths(&output),
        json!({"registry.example.com": {"auth": "dTpw"}})
    );
}

#[test]
fn a_user_without_a_password_is_named() {
    let cases: [Case<'_>; 2] = [
        (
            &[
                "--repo",
                "harbor.example.com/p/r",
                "--repo-harbor-username",
                "u",
                "--repo-container-registry",
                "harbor",
            ],
            &[],
            "harbor.example.com",
            "WERF_REPO_HARBOR_PASSWORD",
        ),
        (
            &["--repo", "owner/image"],
            &[("WERF_REPO_DOCKER_HUB_USERNAME", "u")],
            "docker.io",
            "WERF_REPO_DOCKER_HUB_PASSWORD",
        ),
    ];
    for (arguments, variables, registry, missing) in cases {
        let home = tempfile::tempdir().unwrap();
        let output = ci_env(home.path(), arguments, variables);
        assert_eq!(
            text(&output.stderr),
            format!(
                "dockside: note: no login to {registry} as u: {missing} is not set\n\
                 dockside: note: no login to registry.example.com: neither CI_JOB_TOKEN nor \
                 CI_REGISTRY_PASSWORD is set for it\n"
            )
        );
        assert_eq!(auths(&output), json!({}));
    }
}

#[test]
fn an_empty_shell_is_none_as_for_werf() {
    let home = tempfile::tempdir().unwrap();
    for system in ["gitlab", "nonesuch"] {
        let script = format!("eval \"$(dockside ci-env {system} --shell '')\"; echo went on");
        let output = shell(&["sh"], &[], &script, home.path())
            .envs(GITLAB)
            .output()
            .unwrap();
        let expected = if system == "gitlab" { "went on\n" } else { "" };
        assert_eq!(text(&output.stdout), expected, "{}", text(&output.stderr));
    }
}

#[test]
fn docker_auth_config_has_credentials_too() {
    let config = r#"{"auths":{"a.example":{"auth":"dTpw"}}}"#;
    let variable = [("DOCKER_AUTH_CONFIG", config)];
    for more in [None, Some("--use-docker-auth-config")] {
        let home = tempfile::tempdir().unwrap();
        let arguments: Vec<_> = ["--no-verify", "--login", "a.example"]
            .into_iter()
            .chain(more)
            .collect();
        let output = ci_env(home.path(), &arguments, &variable);
        assert_eq!(auths(&output), json!({"a.example": {"auth": "dTpw"}}));
    }
    let home = tempfile::tempdir().unwrap();
    let output = ci_env(home.path(), &["--login", "b.example"], &variable);
    assert_eq!(output.status.code(), Some(4));
    assert_eq!(
        text(&output.stderr),
        "dockside: error: there are no credentials for the registry b.example\n\
         dockside: hint: set DOCKSIDE_REGISTRY_MAIN=b.example, DOCKSIDE_REGISTRY_MAIN_USERNAME \
         and DOCKSIDE_REGISTRY_MAIN_PASSWORD\n"
    );
}

#[test]
fn a_wrong_argument_is_no_command_for_the_log() {
    let home = tempfile::tempdir().unwrap();
    let value = "x\n::add-mask::y\n##vso[task.setvariable]z\x1b[31m\u{202e}";
    let output = dockside(home.path())
        .args(["ci-env", "gitlab", "--retry-timeout", value])
        .output()
        .unwrap();
    assert_eq!(
        text(&output.stderr),
        "error: invalid value 'x\\n::add-mask::y\\n\\x23#vso[task.setvariable]z\\u{1b}[31m\\u{202e}' \
         for '--retry-timeout <TIME>': expected a whole number and a unit, such as 12h\n\
         \n\
         For more information, try '--help'.\n"
    );
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_failure_replaces_the_script_however_its_file_is_named() {
    for name in ["script", "skript-\u{e4}", "a b"] {
        for option in [
            "-o SCRIPT",
            "-oSCRIPT",
            "-o=SCRIPT",
            "--output-file-path=SCRIPT",
        ] {
            let home = tempfile::tempdir().unwrap();
            fs::write(home.path().join(name), "echo stale").unwrap();
            let option = option.replace("SCRIPT", "\"$SCRIPT\"");
            let script = format!(
                "dockside ci-env nonesuch --as-file {option}; . \"./$SCRIPT\"; echo went on"
            );
            let output = shell(&["bash"], &[], &script, home.path())
                .env("SCRIPT", name)
                .current_dir(home.path())
                .output()
                .unwrap();
            assert_eq!(text(&output.stdout), "", "{option} {name}");
            assert_eq!(output.status.code(), Some(2), "{option} {name}");
        }
    }
    let home = tempfile::tempdir().unwrap();
    let name = OsStr::from_bytes(b"\xff");
    fs::write(home.path().join(name), "echo stale").unwrap();
    let script = "dockside ci-env nonesuch --as-file -o \"$SCRIPT\"; . \"./$SCRIPT\"; echo went on";
    let output = shell(&["bash"], &[], script, home.path())
        .env("SCRIPT", name)
        .current_dir(home.path())
        .output()
        .unwrap();
    assert_eq!(text(&output.stdout), "");
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_place_that_cannot_be_written_to_stops_the_script_too() {
    for program in SHELLS {
        if !installed(program[0]) {
            continue;
        }
        for (eval, variable) in [
            ("eval $(dockside ci-env gitlab)", "TMPDIR"),
            (". $(dockside ci-env gitlab --as-file)", "TMPDIR"),
            (". $(dockside ci-env gitlab --as-file)", "WERF_TMP_DIR"),
            (
                ". \"$(dockside ci-env gitlab --as-file --tmp-dir file/x)\"",
                "X",
            ),
        ] {
            let home = tempfile::tempdir().unwrap();
            let file = home.path().join("file");
            fs::write(&file, "").unwrap();
            let script = format!("{eval}; echo went on");
            let output = shell(program, &[], &script, home.path())
                .envs(GITLAB)
                .env(variable, file.join("x"))
                .current_dir(home.path())
                .output()
                .unwrap();
            assert_eq!(text(&output.stdout), "", "{program:?} {eval}");
            assert_eq!(output.status.code(), Some(1), "{program:?} {eval}");
            assert_eq!(
                text(&output.stderr),
                format!(
                    "dockside: error: cannot write {}: Not a directory (os error 20)\n",
                    file.join("x").display()
                ),
                "{program:?} {eval}"
            );
        }
    }
}

#[test]
fn a_home_of_somebody_else_is_an_error_with_a_hint() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let tmp = tempfile::tempdir().unwrap();
    let theirs = home.path().join(".docker");
    fs::create_dir(&theirs).unwrap();
    fs::set_permissions(&theirs, fs::Permissions::from_mode(0o700)).unwrap();
    fs::set_permissions(tmp.path(), fs::Permissions::from_mode(0o1777)).unwrap();
    let output = dockside_as(4711, tmp.path())
        .args(["ci-env", "gitlab", "--format", "json"])
        .env("HOME", home.path())
        .envs(GITLAB)
        .env("WERF_LOGIN_TO_REGISTRY", "0")
        .output()
        .unwrap();
    assert_eq!(
        text(&output.stderr),
        format!(
            "dockside: error: cannot read {}: Permission denied (os error 13)\n\
             dockside: hint: is HOME another user's? set HOME to a directory of this user, or name \
             another docker config directory with --docker-config\n",
            theirs.join("config.json").display()
        )
    );
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_directory_that_is_not_found_is_said() {
    let home = tempfile::tempdir().unwrap();
    let output = dockside(home.path())
        .args(["logout", "--job"])
        .envs(GITLAB)
        .output()
        .unwrap();
    assert_eq!(
        text(&output.stderr),
        "dockside: note: this job has no directory here; if ci-env was given a system, --tmp-dir \
         or another TMPDIR, say the same now\n"
    );
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_registry_without_a_token_for_it_is_named() {
    let cases: [(&str, Variables, &str); 3] = [
        (
            "github",
            &[
                ("GITHUB_ACTIONS", "true"),
                ("GITHUB_REPOSITORY", "o/r"),
                ("GITHUB_RUN_ID", "1"),
            ],
            "no login to ghcr.io: GITHUB_TOKEN is not set; map it in the `env` of the step",
        ),
        (
            "gitlab",
            &GITLAB,
            "no login to registry.example.com: neither CI_JOB_TOKEN nor CI_REGISTRY_PASSWORD is \
             set for it",
        ),
        (
            "gitea",
            &[
                ("GITEA_ACTIONS", "true"),
                ("GITHUB_REPOSITORY", "o/r"),
                ("GITHUB_RUN_ID", "1"),
                ("GITHUB_SERVER_URL", "https://git.example.com"),
            ],
            "no login to git.example.com: GITEA_TOKEN is not set; map a secret to it in the `env` \
             of the step",
        ),
    ];
    for (system, variables, note) in cases {
        let home = tempfile::tempdir().unwrap();
        let output = dockside(home.path())
            .args(["ci-env", system])
            .envs(variables.iter().copied())
            .output()
            .unwrap();
        assert!(output.status.success());
        assert_eq!(text(&output.stderr), format!("dockside: note: {note}\n"));
    }
}

#[test]
fn a_docker_config_that_is_a_file_is_an_error() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("config.json");
    fs::write(&file, "{}").unwrap();
    let output = ci_env(
        home.path(),
        &["--login-to-registry=false"],
        &[("DOCKER_CONFIG", file.to_str().unwrap())],
    );
    assert_eq!(
        text(&output.stderr),
        format!(
            "dockside: error: {} is a file, and DOCKER_CONFIG must name a directory\n\
             dockside: hint: name the directory that holds config.json\n",
            file.display()
        )
    );
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_name_that_a_template_makes_is_no_silent_loss_of_the_repository() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("werf.yaml"), "project: {{ env \"X\" }}\n").unwrap();
    let output = dockside(home.path())
        .args(["ci-env", "github", "--login-to-registry=false"])
        .envs([
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_REPOSITORY", "o/r"),
            ("GITHUB_RUN_ID", "1"),
        ])
        .current_dir(home.path())
        .output()
        .unwrap();
    assert_eq!(
        text(&output.stderr),
        "dockside: note: WERF_REPO is not set: a template makes the project's name in werf.yaml, \
         and only werf renders it; give --repo or set WERF_REPO\n"
    );
}

#[test]
fn a_mistyped_command_stops_the_script_too() {
    for name in SHELLS {
        if !installed(name[0]) {
            continue;
        }
        for command in [
            "dockside ci-envv gitlab",
            "dockside",
            "dockside --nonesuch ci-env",
        ] {
            let home = tempfile::tempdir().unwrap();
            let script = format!("eval \"$({command})\"; echo went on");
            let output = shell(name, &[], &script, home.path()).output().unwrap();
            assert_eq!(text(&output.stdout), "", "{name:?} {command}");
            assert_eq!(output.status.code(), Some(2), "{name:?} {command}");
        }
    }
}

#[test]
fn names_and_passwords_that_cannot_be_sent_are_refused() {
    use std::os::unix::ffi::OsStrExt as _;
    let home = tempfile::tempdir().unwrap();
    let run = |username: &[u8], password: &[u8]| {
        let output = dockside(home.path())
            .args(["ci-env", "--no-verify"])
            .env("DOCKSIDE_REGISTRY_A", "a.example")
            .env(
                "DOCKSIDE_REGISTRY_A_USERNAME",
                std::ffi::OsStr::from_bytes(username),
            )
            .env(
                "DOCKSIDE_REGISTRY_A_PASSWORD",
                std::ffi::OsStr::from_bytes(password),
            )
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2));
        text(&output.stderr)
    };
    assert_eq!(
        run(b"a:b", b"p"),
        "dockside: error: DOCKSIDE_REGISTRY_A_USERNAME has a colon, which no login can carry\n"
    );
    assert_eq!(
        run(b"a", b"p\xff"),
        "dockside: error: DOCKSIDE_REGISTRY_A_PASSWORD is not UTF-8\n"
    );
}
