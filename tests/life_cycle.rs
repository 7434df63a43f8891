//! The job's directory from its first use to its end, as the job's own shells see it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::job::{GITLAB, SHELLS, shell, text};
use crate::support::{dockside, installed};

/// The directories of jobs in the place of temporary files.
fn jobs(tmp: &Path) -> Vec<PathBuf> {
    let Ok(users) = fs::read_dir(tmp) else {
        return Vec::new();
    };
    users
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_name().to_str().unwrap().starts_with("dockside-"))
        .flat_map(|base| fs::read_dir(base.path()).unwrap())
        .map(|entry| entry.unwrap().path())
        .collect()
}

/// A home with one login of the user's.
fn home_with_login() -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    fs::create_dir(home.path().join(".docker")).unwrap();
    let config = r#"{"auths":{"user.example":{"auth":"dTpw"}}}"#;
    fs::write(home.path().join(".docker/config.json"), config).unwrap();
    home
}

#[test]
fn a_relative_place_for_temporary_files_works_from_everywhere() {
    for (variable, option) in [("TMPDIR", ""), ("WERF_TMP_DIR", ""), ("", "--tmp-dir tmp")] {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join("tmp")).unwrap();
        let script = format!(
            "eval \"$(dockside ci-env gitlab {option})\"; cd /
            cat \"$DOCKER_CONFIG/config.json\"; echo; echo \"$DOCKER_CONFIG\""
        );
        let mut command = shell(&["sh"], &["-eu"], &script, home.path());
        if !variable.is_empty() {
            command.env(variable, "tmp");
        }
        let output = command
            .envs(GITLAB)
            .current_dir(home.path())
            .output()
            .unwrap();
        let directory = jobs(&home.path().join("tmp")).pop().unwrap();
        assert_eq!(
            text(&output.stdout),
            format!(
                "{{\n\t\"auths\": {{\n\t\t\"dockside.invalid\": {{}}\n\t}}\n}}\n{}\n",
                directory.join("docker").display()
            ),
            "{variable}{option} {}",
            text(&output.stderr)
        );
    }
}

#[test]
fn a_shell_that_outlives_its_jobs_directory_starts_from_the_users_config_again() {
    let home = home_with_login();
    let script = "
        eval \"$(dockside ci-env)\"; dockside logout --job
        eval \"$(dockside ci-env)\"; tr -d '\\n\\t ' <\"$DOCKER_CONFIG/config.json\"; echo
        dockside logout --job
        eval \"$(dockside ci-env gitlab)\"; tr -d '\\n\\t ' <\"$DOCKER_CONFIG/config.json\"; echo";
    let output = shell(&["sh"], &["-eu"], script, home.path())
        .envs(GITLAB.into_iter().filter(|(name, _)| *name != "GITLAB_CI"))
        .output()
        .unwrap();
    let expected = "{\"auths\":{\"user.example\":{\"auth\":\"dTpw\"},\"dockside.invalid\":{}}}\n";
    assert_eq!(
        text(&output.stdout),
        format!("{expected}{expected}"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn a_second_run_in_the_same_shell_changes_nothing() {
    let home = home_with_login();
    let script = "
        eval \"$(dockside ci-env gitlab --no-verify)\"; first=$(export -p | sort)
        cp -r \"$DOCKER_CONFIG\" before
        eval \"$(dockside ci-env gitlab --no-verify)\"
        unset CI_REGISTRY CI_JOB_TOKEN
        eval \"$(dockside ci-env gitlab)\"
        export CI_REGISTRY=registry.example.com CI_JOB_TOKEN=secret
        diff -r before \"$DOCKER_CONFIG\"
        test \"$first\" = \"$(export -p | sort)\"; echo same";
    let output = shell(&["dash"], &["-eu"], script, home.path())
        .envs(GITLAB)
        .env("CI_REGISTRY", "registry.example.com")
        .env("CI_JOB_TOKEN", "secret")
        .current_dir(home.path())
        .output()
        .unwrap();
    assert_eq!(text(&output.stdout), "same\n", "{}", text(&output.stderr));
    assert_eq!(jobs(home.path()).len(), 1);
}

#[test]
fn the_end_of_a_job_needs_no_variable_of_its_script() {
    let gitlab: &[(&str, &str)] = &GITLAB;
    let jenkins: &[(&str, &str)] = &[
        ("JENKINS_URL", "https://jenkins.example.com/"),
        ("BUILD_ID", "12"),
        ("BUILD_URL", "https://jenkins.example.com/job/app/12/"),
        ("BUILD_TAG", "jenkins-app-12"),
        ("JOB_NAME", "app"),
        ("BUILD_NUMBER", "12"),
    ];
    for variables in [gitlab, jenkins] {
        let home = tempfile::tempdir().unwrap();
        let workspace = home.path().join("workspace");
        fs::create_dir(&workspace).unwrap();
        let step = |script: &str| {
            let output = shell(&["sh"], &["-xe"], script, home.path())
                .envs(variables.iter().copied())
                .env("WORKSPACE", &workspace)
                .env("WORKSPACE_TMP", home.path().join("workspace@tmp"))
                .output()
                .unwrap();
            assert!(output.status.success(), "{}", text(&output.stderr));
        };
        step("eval $(dockside ci-env); test -f $DOCKER_CONFIG/config.json");
        let before: Vec<_> = [home.path(), &home.path().join("workspace@tmp")]
            .into_iter()
            .flat_map(jobs)
            .collect();
        assert_eq!(before.len(), 1);
        step("dockside logout --job");
        assert!(!before[0].exists());
        step("dockside logout --job");
    }
}

#[test]
fn posix_shells_remove_the_directory_at_their_end_and_keep_the_trap() {
    // A place that would be code, or many words, in every shell.
    let name = "a b'c\"d$(touch canary)`touch canary`\n;*";
    for program in SHELLS {
        if !installed(program[0]) {
            continue;
        }
        for eval in [
            "eval $(dockside ci-env gitlab --cleanup-on-exit)",
            "eval \"$(dockside ci-env gitlab --cleanup-on-exit)\"",
            "dockside ci-env gitlab --cleanup-on-exit --as-file -o script; . ./script",
        ] {
            let home = tempfile::tempdir().unwrap();
            let tmp = home.path().join(name);
            fs::create_dir(&tmp).unwrap();
            let script = format!(
                "trap 'echo \"old trap\"' EXIT; {eval}; test -f \"$DOCKER_CONFIG/config.json\"
                echo here; exit 7"
            );
            let output = shell(program, &[], &script, home.path())
                .envs(GITLAB)
                .env("TMPDIR", &tmp)
                .current_dir(home.path())
                .output()
                .unwrap();
            let context = format!("{program:?} {eval} {}", text(&output.stderr));
            assert_eq!(text(&output.stdout), "here\nold trap\n", "{context}");
            assert_eq!(output.status.code(), Some(7), "{context}");
            assert_eq!(jobs(&tmp), Vec::<PathBuf>::new(), "{context}");
            assert!(!home.path().join("canary").exists(), "{context}");
        }
    }
}

#[test]
fn fish_removes_the_directory_at_its_end() {
    if !installed("fish") {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let tmp = home.path().join("a b'c\"d$(touch canary)\n;*");
    fs::create_dir(&tmp).unwrap();
    let script = "dockside ci-env gitlab --cleanup-on-exit | source
        test -f \"$DOCKER_CONFIG/config.json\"; and echo here";
    let output = shell(&["fish"], &["--no-config"], script, home.path())
        .envs(GITLAB)
        .env("TMPDIR", &tmp)
        .current_dir(home.path())
        .output()
        .unwrap();
    assert_eq!(text(&output.stdout), "here\n", "{}", text(&output.stderr));
    assert_eq!(jobs(&tmp), Vec::<PathBuf>::new());
    assert!(!home.path().join("canary").exists());
}

#[test]
fn what_has_no_end_refuses_to_clean_up_there() {
    let home = tempfile::tempdir().unwrap();
    for (arguments, what) in [
        (["--format", "json"], "json"),
        (["--as-env-file", "--log-verbose=false"], "an env file"),
    ] {
        let output = dockside(home.path())
            .args(["ci-env", "gitlab", "--cleanup-on-exit"])
            .args(arguments)
            .output()
            .unwrap();
        assert_eq!(
            text(&output.stderr),
            format!(
                "dockside: error: --cleanup-on-exit needs a script, and {what} is none\n\
                 dockside: hint: run `dockside logout --job` at the end of the job\n"
            )
        );
        assert_eq!(output.status.code(), Some(2));
        assert_eq!(jobs(home.path()), Vec::<PathBuf>::new());
    }
}
