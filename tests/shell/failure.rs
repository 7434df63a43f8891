//! The text of a failure stops the script that reads it, and leaves an interactive shell open.

use dockside::shell::Form;

use super::{Place, installed, outcome, posix_shells, said, shell, title};

#[test]
fn posix_scripts_stop_with_the_status() {
    let place = Place::new();
    let evaluated = shell("sh").failure(3, Form::Evaluated);
    let sourced = shell("sh").failure(3, Form::Sourced);
    let file = place.write("failed.sh", &sourced);
    place.write("inner.sh", "eval $(cat \"$T\")\necho inner\n");
    let cases = [
        ("eval $(cat \"$T\")\necho on\n", said("", 3)),
        ("eval \"$(cat \"$T\")\"\necho on\n", said("", 3)),
        ("set -e\neval $(cat \"$T\")\necho on\n", said("", 3)),
        (
            "set -eu\neval $(cat \"$T\") && echo on\necho on\n",
            said("", 3),
        ),
        ("IFS=/\neval $(cat \"$T\")\necho on\n", said("", 3)),
        ("x=\"$(cat \"$T\")\" && eval \"$x\"\necho on\n", said("", 3)),
        (
            "f() { eval $(cat \"$T\"); echo in; }\nf\necho on\n",
            said("", 3),
        ),
        (". ../inner.sh\necho on\n", said("", 3)),
        (
            "(eval $(cat \"$T\"); echo in)\necho \"on $?\"\n",
            said("on 3\n", 0),
        ),
        (
            "trap 'echo \"bye $?\"' EXIT\neval $(cat \"$T\")\necho on\n",
            said("bye 3\n", 3),
        ),
        (". \"$F\"\necho on\n", said("", 3)),
        (". $(echo \"$F\")\necho on\n", said("", 3)),
        ("set -e\n. \"$F\"\necho on\n", said("", 3)),
        ("f() { . \"$F\"; echo in; }\nf\necho on\n", said("", 3)),
    ];
    for shell in posix_shells() {
        for (script, expected) in &cases {
            let script = format!("F={}\n{script}", file.display());
            let output = place.run(shell, &script, &evaluated);
            let context = title(shell, &script);
            assert_eq!(outcome(&output), *expected, "{context}");
            assert!(output.stderr.is_empty(), "{context}: {output:?}");
        }
    }
    place.assert_unharmed("failure");
}

/// What an interactive shell prints besides prompts, banners and the echo of its input: whatever
/// follows `@@`, which the input itself never holds.
fn answers(output: &str) -> Vec<&str> {
    output
        .lines()
        .filter_map(|line| line.split_once("@@").map(|(_, answer)| answer))
        .collect()
}

#[test]
fn interactive_posix_shells_stay_open() {
    let place = Place::new();
    let evaluated = shell("sh").failure(3, Form::Evaluated);
    let sourced = shell("sh").failure(3, Form::Sourced);
    let file = place.write("failed.sh", &sourced);
    place.write("inner.sh", "eval $(cat \"$T\")\necho \"@\"@inner\n");
    for shell in posix_shells() {
        let returns = matches!(shell[0], "bash" | "zsh");
        let mut program = shell.to_vec();
        match shell[0] {
            "bash" => program.extend(["--norc", "-i"]),
            "zsh" => program.push("-fi"),
            _ => program.push("-i"),
        }
        let lines = format!(
            "eval $(cat \"$T\")\necho \"@\"\"@eval $?\"\n\
             . {}\necho \"@\"\"@source $?\"\n\
             . ../inner.sh\necho \"@\"\"@script $?\"\n",
            file.display()
        );
        let output = place.interact(&program, &lines, &evaluated);
        let mut expected = vec!["eval 3", "source 3"];
        expected.extend(if returns {
            vec!["script 3"]
        } else {
            vec!["inner", "script 0"]
        });
        assert_eq!(
            answers(&output),
            expected,
            "{}: {output}",
            title(shell, "-i")
        );
    }
}

#[test]
fn fish_scripts_stop_with_the_status() {
    if !installed("fish") {
        return;
    }
    let place = Place::new();
    let fish: &[&str] = &["fish", "--no-config"];
    let text = shell("fish").failure(3, Form::Evaluated);
    for (script, expected) in [
        ("cat $T | source\necho on\n", said("", 3)),
        (
            "function f\ncat $T | source\necho in\nend\nf\necho on\n",
            said("", 3),
        ),
        ("source $T\necho on\n", said("", 3)),
        (
            "function bye --on-event fish_exit\necho bye $argv\nend\ncat $T | source\necho on\n",
            said("bye 3\n", 3),
        ),
    ] {
        assert_eq!(
            outcome(&place.run(fish, script, &text)),
            expected,
            "{script}"
        );
    }
    let lines = "cat $T | source\necho @\"@status $status\"\n";
    let output = place.interact(&["fish", "--no-config", "-i"], lines, &text);
    assert_eq!(answers(&output), ["status 3"], "{output}");
}

#[test]
fn tcsh_scripts_stop_with_the_status() {
    if !installed("tcsh") {
        return;
    }
    let place = Place::new();
    let evaluated = shell("tcsh").failure(3, Form::Evaluated);
    for script in ["eval `cat $T`\necho on\n", "eval \"`cat $T`\"\necho on\n"] {
        assert_eq!(
            outcome(&place.run(&["tcsh", "-f"], script, &evaluated)),
            said("", 3)
        );
    }
    let lines = "eval `cat $T`\necho @\"@status $status\"\n";
    let output = place.interact(&["tcsh", "-f", "-i"], lines, &evaluated);
    assert_eq!(answers(&output), ["status 3"], "{output}");
    let sourced = shell("tcsh").failure(3, Form::Sourced);
    let output = place.run(&["tcsh", "-f"], "source $T\necho on\n", sourced);
    assert_eq!(outcome(&output), said("", 3));
}

#[test]
fn elvish_scripts_stop_with_the_status() {
    if !installed("elvish") {
        return;
    }
    let place = Place::new();
    let text = shell("elvish").failure(3, Form::Evaluated);
    let script = "eval (cat $E:T | slurp)\necho on\n";
    assert_eq!(
        outcome(&place.run(&["elvish", "-norc"], script, text)),
        said("", 3)
    );
}

/// nushell gives scripts no way to choose the status from outside, but they stop.
#[test]
fn nu_scripts_stop() {
    if !installed("nu") {
        return;
    }
    let place = Place::new();
    let text = shell("nu").failure(3, Form::Evaluated);
    let script = "open --raw $env.T | from json | load-env\nprint on\n";
    let output = place.run(&["nu", "--no-config-file"], script, text);
    assert_eq!(outcome(&output), said("", 1));
}
