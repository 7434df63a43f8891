//! Every hostile value through every shell: a child process sees exactly its bytes.

use std::collections::HashMap;

use bstr::{BString, ByteSlice};
use dockside::shell::{Assignment, Dialect, Form, Script};

use super::values::{long_value, values};
use super::{Place, installed, posix_shells, set, shell, title};

/// How many values one shell gets at once: all of them would be more than a process may have.
const AT_ONCE: usize = 400;

/// The values as variables `K0`, `K1` and so on, in groups.
fn groups(values: &[Vec<u8>]) -> Vec<Vec<Assignment>> {
    let assignments = |group: &[Vec<u8>]| {
        let numbered = group.iter().enumerate();
        numbered
            .map(|(i, value)| set(&format!("K{i}"), value))
            .collect()
    };
    let mut groups: Vec<Vec<Assignment>> = values.chunks(AT_ONCE).map(assignments).collect();
    groups.push(vec![set("K0", long_value())]);
    groups
}

fn text(dialect: &dyn Dialect, assignments: &[Assignment], form: Form) -> Vec<u8> {
    let script = Script {
        assignments,
        secrets: None,
        remove_on_exit: None,
    };
    dialect
        .script(&script, form)
        .expect("a dialect that carries every value")
}

/// Runs a script that ends with `env -0`, and compares.
fn check(place: &Place, shell: &[&str], script: &str, group: &[Assignment], text: &[u8]) {
    let output = place.run(shell, script, text);
    let context = title(shell, script);
    let stderr = output.stderr.to_str_lossy();
    assert!(
        output.status.success() && stderr.is_empty(),
        "{context}: {}: {stderr}",
        output.status
    );
    let seen: HashMap<&[u8], &[u8]> = output
        .stdout
        .split_str("\0")
        .filter_map(|entry| entry.split_once_str("="))
        .collect();
    for assignment in group {
        let name = assignment.name.as_str();
        let value = seen.get(name.as_bytes()).map(|value| BString::from(*value));
        assert_eq!(value, assignment.value, "{context}: {name}");
    }
    place.assert_unharmed(&context);
}

#[test]
fn the_list_of_values_is_long() {
    assert!(values().len() >= 2000, "{}", values().len());
}

#[test]
fn posix_shells_get_every_value() {
    let place = Place::new();
    for group in groups(&values()) {
        let evaluated = text(shell("sh"), &group, Form::Evaluated);
        let sourced = text(shell("sh"), &group, Form::Sourced);
        for shell in posix_shells() {
            let unquoted = "eval $(cat \"$T\")\nenv -0\n";
            check(&place, shell, unquoted, &group, &evaluated);
            let quoted = "eval \"$(cat \"$T\")\"\nenv -0\n";
            check(&place, shell, quoted, &group, &evaluated);
            check(&place, shell, ". \"$T\"\nenv -0\n", &group, &sourced);
        }
    }
}

#[test]
fn posix_shells_get_every_value_whatever_ifs_is() {
    let place = Place::new();
    for group in groups(&values()) {
        let evaluated = text(shell("sh"), &group, Form::Evaluated);
        for shell in posix_shells() {
            for ifs in [
                "unset IFS",
                "IFS=",
                "IFS=/",
                "IFS=:",
                "IFS=.-,",
                "IFS='\n'",
                "IFS=\\;",
            ] {
                let script = format!("{ifs}\neval $(cat \"$T\")\nenv -0\n");
                check(&place, shell, &script, &group, &evaluated);
            }
        }
    }
}

/// Options, aliases and places that users have.
#[test]
fn posix_shells_get_every_value_whatever_is_set() {
    let place = Place::new();
    let variants = [
        ("", "set -euf\neval $(cat \"$T\")\nenv -0\n"),
        ("", "set -Ca\neval $(cat \"$T\")\nenv -0\n"),
        ("", "f() { eval $(cat \"$T\"); env -0; }\nf\n"),
        ("", "f() { eval \"$(cat \"$T\")\"; }\nf && env -0\n"),
        ("", "(eval $(cat \"$T\"); env -0)\n"),
        (
            "",
            "alias export=false printf=false unset=false\neval $(cat \"$T\")\nenv -0\n",
        ),
        ("", "export LC_ALL=C.UTF-8\neval $(cat \"$T\")\nenv -0\n"),
        ("bash", "set -euf -o pipefail\neval $(cat \"$T\")\nenv -0\n"),
        (
            "bash",
            "shopt -s nullglob extglob dotglob\neval $(cat \"$T\")\nenv -0\n",
        ),
        (
            "bash",
            "shopt -s failglob extglob\neval $(cat \"$T\")\nenv -0\n",
        ),
        (
            "bash",
            "shopt -s expand_aliases\nalias export=false printf=false\neval $(cat \"$T\")\nenv -0\n",
        ),
        ("bash", "set -o posix\neval $(cat \"$T\")\nenv -0\n"),
        ("zsh", "set -euf -o pipefail\neval $(cat \"$T\")\nenv -0\n"),
        ("zsh", "emulate sh\neval $(cat \"$T\")\nenv -0\n"),
        (
            "zsh",
            "setopt sh_word_split glob_subst extended_glob\neval $(cat \"$T\")\nenv -0\n",
        ),
        (
            "ksh93",
            "set -euf -o pipefail\nset -B\neval $(cat \"$T\")\nenv -0\n",
        ),
    ];
    for group in groups(&values()) {
        let evaluated = text(shell("sh"), &group, Form::Evaluated);
        for shell in posix_shells() {
            for (only, script) in variants {
                if only.is_empty() || only == shell[0] {
                    check(&place, shell, script, &group, &evaluated);
                }
            }
        }
    }
}

#[test]
fn other_shells_get_every_value() {
    let place = Place::new();
    let ways: &[(&str, &[&str], &str, Form)] = &[
        (
            "fish",
            &["fish", "--no-config"],
            "cat $T | source\nenv -0\n",
            Form::Evaluated,
        ),
        (
            "fish",
            &["fish", "--no-config"],
            "source $T\nenv -0\n",
            Form::Sourced,
        ),
        (
            "tcsh",
            &["tcsh", "-f"],
            "source $T\nenv -0\n",
            Form::Sourced,
        ),
        (
            "elvish",
            &["elvish", "-norc"],
            "eval (cat $E:T | slurp)\nenv -0\n",
            Form::Evaluated,
        ),
    ];
    for group in groups(&values()) {
        for (name, program, script, form) in ways {
            if installed(name) {
                let text = text(shell(name), &group, *form);
                check(&place, program, script, &group, &text);
            }
        }
    }
}

#[test]
fn tcsh_evaluates_a_file_quoted_or_not() {
    if !installed("tcsh") {
        return;
    }
    let place = Place::new();
    let group = [set("K0", "a\nb"), set("K1", "!x * 'y'")];
    let sourced = text(shell("tcsh"), &group, Form::Sourced);
    for name in ["plain", "it's {a,b} * [x] !1 $y `z`"] {
        let file = place.write(name, &sourced);
        let evaluated = shell("tcsh").source(&file, Form::Evaluated).unwrap();
        for script in ["eval `cat $T`\nenv -0\n", "eval \"`cat $T`\"\nenv -0\n"] {
            check(&place, &["tcsh", "-f"], script, &group, &evaluated);
        }
    }
}

/// nushell's values are text, so those of other bytes are refused.
#[test]
fn nu_gets_every_text() {
    if !installed("nu") {
        return;
    }
    let place = Place::new();
    let (text_values, bytes): (Vec<_>, Vec<_>) = values()
        .into_iter()
        .partition(|value| value.to_str().is_ok());
    for group in groups(&text_values) {
        let script = "open --raw $env.T | from json | load-env\n^env -0\n";
        let text = text(shell("nu"), &group, Form::Evaluated);
        check(&place, &["nu", "--no-config-file"], script, &group, &text);
    }
    for value in bytes {
        let error = shell("nu").secrets(&[set("K", value)]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "nu cannot carry K: its value is not UTF-8"
        );
    }
}
