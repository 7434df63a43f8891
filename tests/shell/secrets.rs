//! Secrets reach the shell without showing in a trace; other variables can go.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use bstr::ByteSlice;
use dockside::shell::{Assignment, Form, Script};

use super::{Place, installed, outcome, posix_shells, said, set, shell, title, unset};

const SECRET: &str = "s3cr3t'\n$(touch canary)%\"!";

fn secret(name: &str) -> Assignment {
    Assignment {
        secret: true,
        ..set(name, SECRET)
    }
}

/// The private file of secrets and the text that sources it.
fn emit(place: &Place, dialect: &str, form: Form) -> Vec<u8> {
    let dialect = shell(dialect);
    let content = dialect
        .secrets(&[secret("TOKEN"), secret("OTHER")])
        .unwrap();
    let file: PathBuf = place.write("it's secret", content);
    std::fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    let script = Script {
        assignments: &[set("PLAIN", "p"), unset("GONE")],
        secrets: Some(&file),
        remove_on_exit: None,
    };
    let text = dialect.script(&script, form).unwrap();
    assert!(!text.contains_str("s3cr3t"));
    text
}

#[test]
fn no_trace_of_a_posix_shell_shows_a_secret() {
    let place = Place::new();
    let text = emit(&place, "sh", Form::Evaluated);
    let script = "GONE=x OTHER=x\nexport GONE\nbefore=$-\neval $(cat \"$T\")\n\
                  test \"$before\" = \"$-\" && echo same options\n\
                  echo \"${GONE-gone}${dockside_options-}\"\n\
                  { set +vx; } 2>/dev/null\nprintenv TOKEN OTHER PLAIN\n";
    let expected = format!("same options\ngone\n{SECRET}\n{SECRET}\np\n");
    for shell in posix_shells() {
        for options in ["-e", "-xe", "-ve", "-xveu", "-xfeu"] {
            let program = [shell, &[options]].concat();
            let output = place.run(&program, script, &text);
            let context = title(shell, options);
            assert_eq!(
                outcome(&output),
                said(&expected, 0),
                "{context}: {output:?}"
            );
            let trace = output.stderr.to_str_lossy();
            assert!(!trace.contains("s3cr3t"), "{context}: {trace}");
            if options.contains('x') {
                assert!(trace.contains("same options"), "{context}: {trace}");
            }
        }
    }
    place.assert_unharmed("secrets");
}

/// A trace as Jenkins makes it, in full.
#[test]
fn the_trace_of_dash() {
    if !installed("dash") {
        return;
    }
    let place = Place::new();
    let text = emit(&place, "sh", Form::Sourced);
    let output = place.run(&["dash", "-xe"], ". \"$T\"\n: after\n", text);
    let root = place.path("").display().to_string();
    let trace = output.stderr.to_str_lossy().replace(&root, "/");
    assert_eq!(
        trace,
        "+ . /text\n+ export PLAIN=p\n+ unset -v GONE\n+ . /it's secret\n\
         + dockside_options=xe\n+ : after\n"
    );
}

#[test]
fn no_trace_of_fish_shows_a_secret() {
    if !installed("fish") {
        return;
    }
    let place = Place::new();
    let text = emit(&place, "fish", Form::Evaluated);
    let script = "set -gx GONE x\nset fish_trace 1\ncat $T | source\necho traced\n\
                  set fish_trace\nprintenv TOKEN OTHER PLAIN\nset -q GONE; or echo gone\n";
    let output = place.run(&["fish", "--no-config"], script, text);
    let expected = format!("traced\n{SECRET}\n{SECRET}\np\ngone\n");
    assert_eq!(outcome(&output), said(&expected, 0));
    let trace = output.stderr.to_str_lossy();
    assert!(
        trace.contains("> echo traced") && !trace.contains("s3cr3t"),
        "{trace}"
    );
}

#[test]
fn no_trace_of_tcsh_shows_a_secret() {
    if !installed("tcsh") {
        return;
    }
    let place = Place::new();
    let text = emit(&place, "tcsh", Form::Sourced);
    let script = "setenv GONE x\nsource $T\necho traced $?GONE $?dockside_echo\n\
                  unset echo verbose\nenv printenv TOKEN OTHER PLAIN\n";
    let expected = format!("traced 0 0\n{SECRET}\n{SECRET}\np\n");
    for options in ["-f", "-fx", "-fv", "-fxv", "-fXV"] {
        let output = place.run(&["tcsh", options], script, &text);
        let stdout = output.stdout.to_str_lossy();
        let stderr = output.stderr.to_str_lossy();
        // The echo of commands goes to standard output.
        assert!(stdout.ends_with(&expected), "{options}: {stdout}{stderr}");
        let trace = format!("{}{stderr}", stdout.strip_suffix(&expected).unwrap());
        assert!(!trace.contains("s3cr3t"), "{options}: {trace}");
        assert_eq!(
            trace.contains("echo traced"),
            options != "-f",
            "{options}: {trace}"
        );
    }
}

#[test]
fn elvish_and_nu_get_secrets_and_removals() {
    let place = Place::new();
    let expected = format!("{SECRET}\n{SECRET}\np\ngone\n");
    if installed("elvish") {
        let text = emit(&place, "elvish", Form::Evaluated);
        let script = "set-env GONE x\neval (cat $E:T | slurp)\nprintenv TOKEN OTHER PLAIN\n\
                      if (not (has-env GONE)) { echo gone }\n";
        let output = place.run(&["elvish", "-norc"], script, text);
        assert_eq!(outcome(&output), said(&expected, 0), "{output:?}");
    }
    if installed("nu") {
        let dialect = shell("nu");
        let file = place.write(
            "secrets.json",
            dialect
                .secrets(&[secret("TOKEN"), secret("OTHER")])
                .unwrap(),
        );
        let script = Script {
            assignments: &[set("PLAIN", "p"), unset("GONE")],
            secrets: Some(&file),
            remove_on_exit: None,
        };
        let text = dialect.script(&script, Form::Evaluated).unwrap();
        let file = file.display();
        assert_eq!(
            text.to_str_lossy(),
            format!("{{\"PLAIN\":\"p\",\"GONE\":null,\"DOCKSIDE_SECRETS_FILE\":\"{file}\"}}\n")
        );
        let script = "$env.GONE = 'x'\nopen --raw $env.T | from json | load-env\n\
                      open $env.DOCKSIDE_SECRETS_FILE | load-env\n\
                      ^printenv TOKEN OTHER PLAIN\nif (^printenv GONE | complete).exit_code == 1 { print gone }\n";
        let output = place.run(&["nu", "--no-config-file"], script, text);
        assert_eq!(outcome(&output), said(&expected, 0), "{output:?}");
    }
}

/// CircleCI sources `$BASH_ENV` in every step, also in those after the job's files are gone.
#[test]
fn circleci_passes_over_secrets_that_are_gone() {
    if !installed("bash") {
        return;
    }
    let place = Place::new();
    let content = shell("sh").secrets(&[secret("TOKEN")]).unwrap();
    let file = place.write("it's secret", content);
    let input = dockside::shell::Input {
        assignments: &[set("PLAIN", "p"), secret("TOKEN")],
        secrets: Some(&file),
        show_secrets: false,
    };
    let circleci = dockside::shell::format("circleci").unwrap();
    let text = circleci.render(&input).unwrap().text;
    let step = |expected: &str| {
        let script = "source \"$T\"\necho \"$PLAIN ${TOKEN-none}\"\n";
        let output = place.run(&["bash", "-eo", "pipefail"], script, &text);
        assert_eq!(outcome(&output), said(expected, 0), "{output:?}");
        assert_eq!(output.stderr.as_bstr(), "");
    };
    step(&format!("p {SECRET}\n"));
    std::fs::remove_file(&file).unwrap();
    step("p none\n");
}
