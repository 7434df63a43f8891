//! Directories and files that cannot be used.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;

use super::ci_env;
use crate::support::job::{GITLAB, SHELLS, shell, text};
use crate::support::{dockside, dockside_as, installed};

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
