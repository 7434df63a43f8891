//! Removing the job's directory when the shell exits, and keeping the trap that is set already.

use std::fs;
use std::path::{Path, PathBuf};

use bstr::ByteSlice;
use dockside::shell::{Form, Script};

use super::{Place, exists, installed, outcome, posix_shells, said, set, shell, title};

const EVAL: &str = "eval $(cat \"$T\")\n";

/// A directory with a file in it, whose name needs quoting.
fn job_directory(place: &Place) -> PathBuf {
    let directory = place.path("job's $(touch canary) dir");
    fs::create_dir_all(&directory).unwrap();
    fs::write(directory.join("config.json"), "{}").unwrap();
    directory
}

fn text(dialect: &str, directory: &Path, form: Form) -> Vec<u8> {
    let script = Script {
        assignments: &[set("K", "v")],
        secrets: None,
        remove_on_exit: Some(directory),
    };
    shell(dialect).script(&script, form).unwrap()
}

#[test]
fn posix_shells_remove_it_and_keep_the_trap() {
    let place = Place::new();
    let cases = [
        ("EVAL\necho $K $?\n", said("v 0\n", 0)),
        ("EVAL\nexit 5\n", said("", 5)),
        ("set -eu\nEVAL\nfalse\n", said("", 1)),
        ("IFS=/\nEVAL\nexit 4\n", said("", 4)),
        ("set -C\nEVAL\nEVAL\nexit 4\n", said("", 4)),
        (
            "trap 'echo \"old $?\"' EXIT\nEVAL\nexit 5\n",
            said("old 5\n", 5),
        ),
        (
            "trap 'echo \"old $?\"' EXIT\nEVAL\ntrue\n",
            said("old 0\n", 0),
        ),
        (
            "set -eu\ntrap 'echo \"old $?\"' EXIT\nEVAL\n(exit 6)\n",
            said("old 6\n", 6),
        ),
        (
            "trap 'echo old; exit 9' EXIT\nEVAL\nexit 5\n",
            said("old\n", 9),
        ),
        (
            "trap 'echo \"it'\\''s\"\necho \"two  $1\"' EXIT\nset -- arg\nEVAL\n",
            said("it's\ntwo  arg\n", 0),
        ),
        (
            "trap 'echo a\ntrap -- b EXIT\n# c' EXIT\nEVAL\n",
            said("a\n", 0),
        ),
        ("trap 'echo a \\\n' EXIT\nEVAL\n", said("a\n", 0)),
        ("trap '# only a comment' EXIT\nEVAL\nexit 3\n", said("", 3)),
        ("trap '' EXIT\nEVAL\nexit 3\n", said("", 3)),
        (
            "trap 'echo usr' USR1\ntrap 'echo hup\n' USR2\ntrap 'echo end' EXIT\nEVAL\nkill -USR1 $$\nkill -USR2 $$\n",
            said("usr\nhup\nend\n", 0),
        ),
        (
            "trap 'echo usr\necho EXIT' USR1\nEVAL\nkill -USR1 $$\n",
            said("usr\nEXIT\n", 0),
        ),
        (
            "trap 'echo end' EXIT\n(EVAL\necho in)\necho out\n",
            said("in\nout\nend\n", 0),
        ),
        (
            "f() { EVAL\n}\nf\ntest -d \"$D\" && echo there\nexit 2\n",
            said("there\n", 2),
        ),
        (
            "EVAL\n(:)\n(exit 1)\nx=$(echo; exit 2)\nsh -c :\ntest -d \"$D\" && echo there\nexit 2\n",
            said("there\n", 2),
        ),
        ("EVAL\nset -- \"$D\"/*\necho $#\n", said("1\n", 0)),
    ];
    for shell in also_yash() {
        for (script, expected) in &cases {
            let directory = job_directory(&place);
            let text = text("sh", &directory, Form::Evaluated);
            let quoted = directory.to_str().unwrap().replace('\'', r"'\''");
            let script = format!("D='{quoted}'\n{}", script.replace("EVAL\n", EVAL));
            let output = place.run(shell, &script, text);
            let context = title(shell, &script);
            assert_eq!(outcome(&output), *expected, "{context}: {output:?}");
            assert!(
                output.stderr.is_empty(),
                "{context}: {}",
                output.stderr.to_str_lossy()
            );
            assert!(!exists(&directory), "{context}: the directory is left");
            place.assert_unharmed(&context);
        }
    }
}

/// zsh restores the trap of its own kind when the function ends, and so loses the one that was
/// set inside; there the directory is left to `dockside host-cleanup`.
#[test]
fn a_function_keeps_the_trap_around_it() {
    let place = Place::new();
    let script = "trap 'echo old' EXIT\nf() { eval $(cat \"$T\")\n}\nf\necho out\nexit 2\n";
    for shell in posix_shells() {
        let directory = job_directory(&place);
        let text = text("sh", &directory, Form::Evaluated);
        let output = place.run(shell, script, text);
        assert_eq!(outcome(&output), said("out\nold\n", 2), "{}", shell[0]);
        assert_eq!(exists(&directory), shell[0] == "zsh", "{}", shell[0]);
    }
}

#[test]
fn posix_shells_remove_it_from_a_sourced_file() {
    let place = Place::new();
    for shell in posix_shells() {
        let directory = job_directory(&place);
        let text = text("sh", &directory, Form::Sourced);
        let script = "trap 'echo \"old $?\"' EXIT\n. \"$T\"\nexit 5\n";
        let output = place.run(shell, script, text);
        assert_eq!(outcome(&output), said("old 5\n", 5), "{}", shell[0]);
        assert!(!exists(&directory), "{}", shell[0]);
    }
}

#[test]
fn fish_removes_it() {
    if !installed("fish") {
        return;
    }
    let place = Place::new();
    let directory = job_directory(&place);
    let text = text("fish", &directory, Form::Evaluated);
    let script = "function bye --on-event fish_exit\necho bye\nend\n\
                  function f\ncat $T | source\nend\nf\necho $K (echo sub) | cat\nexit 5\n";
    let output = place.run(&["fish", "--no-config"], script, text);
    assert_eq!(outcome(&output), said("v sub\nbye\n", 5));
    assert!(!exists(&directory));
}

#[test]
fn shells_without_a_hook_say_so() {
    let place = Place::new();
    let directory = job_directory(&place);
    for name in ["tcsh", "nu", "elvish", "cmdexe"] {
        let script = Script {
            assignments: &[],
            secrets: None,
            remove_on_exit: Some(&directory),
        };
        let error = shell(name).script(&script, Form::Sourced).unwrap_err();
        let message = format!(
            "{name} cannot carry the removal of the directory at exit: \
             it has no hook that runs when it exits"
        );
        assert_eq!(error.to_string(), message);
        assert_eq!(
            error.instead,
            Some("run `dockside logout --job` at the end of the job")
        );
    }
}

/// The POSIX shells and yash, whose values are text and so not in the matrix of any bytes.
fn also_yash() -> impl Iterator<Item = &'static [&'static str]> {
    let yash: &[&str] = &["yash"];
    posix_shells().chain(installed("yash").then_some(yash))
}
