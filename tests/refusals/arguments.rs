//! Arguments that are wrong.

use crate::support::job::{GITLAB, SHELLS, shell, text};
use crate::support::{dockside, installed};

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
fn a_password_in_a_wrong_argument_is_not_repeated() {
    let home = tempfile::tempdir().unwrap();
    let wrong = "invalid value '***@a.example' for '--insecure-registry <HOST>': `***@a.example` is \
                 not the address of a registry";
    let api = "invalid value '***@a.example/' for '--repo-api <URL>': \"***@a.example/\" is no \
               address that begins with https:// or http://";
    for (words, expected) in [
        (&["--insecure-registry", "u:hunter2@a.example"][..], wrong),
        (&["--insecure-registry=https://u:hunter2@a.example"], wrong),
        (&["--repo-api=ftp://u:hunter2@a.example/"], api),
        (&["x", "--u:hunter2@a.example"], "unexpected argument found"),
        (
            &["a.example/b:v1@sha256:0", "--nonesuch"],
            "unexpected argument '--nonesuch' found",
        ),
    ] {
        let mut command = dockside(home.path());
        let output = command.arg("untag").args(words).output().unwrap();
        let said = text(&output.stderr);
        assert!(said.starts_with(&format!("error: {expected}\n")), "{said}");
        assert!(!said.contains("hunter2"), "{said}");
        assert_eq!(output.status.code(), Some(2));
    }
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
