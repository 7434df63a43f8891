//! The help of all commands, in one file: any change of the command line is seen in review.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::support::dockside;
use crate::support::job::text;

const SNAPSHOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/snapshots/reference.txt");

/// Set to write the file in place of comparing with it.
const RENEW: &str = "RENEW_SNAPSHOTS";

#[test]
fn the_whole_reference() {
    let mut reference = String::new();
    describe(&[], &mut reference);
    if std::env::var_os(RENEW).is_some() {
        fs::write(SNAPSHOT, &reference).unwrap();
        return;
    }
    let expected = fs::read_to_string(SNAPSHOT).unwrap();
    assert!(
        reference == expected,
        "the command line has changed: look at it with\n  \
         {RENEW}=1 cargo test --test dockside reference && git diff tests/snapshots"
    );
}

/// Adds the help of a command, and of those below it.
fn describe(words: &[&str], reference: &mut String) {
    let help = help(words);
    let name = ["dockside"].iter().chain(words).copied();
    let name = name.collect::<Vec<_>>().join(" ");
    let before = if words.is_empty() { "" } else { "\n\n" };
    write!(reference, "{before}$ {name} --help\n{help}").unwrap();
    let below = commands(&help);
    assert!(
        !below.is_empty() || help.contains("Examples:\n"),
        "`{name} --help` has no examples"
    );
    for command in &below {
        describe(&[words, &[command.as_str()]].concat(), reference);
    }
}

fn help(words: &[&str]) -> String {
    let home = tempfile::tempdir().unwrap();
    let output = dockside(home.path())
        .args(words)
        .arg("--help")
        .output()
        .unwrap();
    assert!(output.status.success(), "{words:?}");
    text(&output.stdout)
}

/// The commands that the program's help lists.
fn commands(help: &str) -> Vec<String> {
    let Some((_, rest)) = help.split_once("\nCommands:\n") else {
        return Vec::new();
    };
    let lines = rest.lines().take_while(|line| line.starts_with("  "));
    lines
        .filter_map(|line| line.split_whitespace().next())
        .map(str::to_owned)
        .collect()
}

#[test]
fn completions_know_all_commands() {
    let home = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = dockside(home.path())
            .args(["completions", shell])
            .output()
            .unwrap();
        let script = text(&output.stdout);
        for command in commands(&help(&[])) {
            assert!(script.contains(&command), "{shell}: {command}");
        }
        assert!(output.status.success());
    }
    let output = dockside(home.path())
        .args(["completions", "csh"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn there_is_a_manual_page_for_each_command() {
    let home = tempfile::tempdir().unwrap();
    let pages = home.path().join("man/man1");
    let output = dockside(home.path())
        .args(["man", "--dir"])
        .arg(&pages)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let mut reference = String::new();
    describe(&[], &mut reference);
    let heads = reference.lines().filter_map(|line| {
        let name = line.strip_prefix("$ ")?.strip_suffix(" --help")?;
        Some(format!("{}.1", name.replace(' ', "-")))
    });
    let mut expected: Vec<String> = heads.collect();
    expected.sort();
    assert_eq!(names(&pages), expected);

    let page = |words: &[&str]| {
        let output = dockside(home.path()).args(words).output().unwrap();
        (output.status.code(), text(&output.stdout))
    };
    let written = |name: &str| fs::read_to_string(pages.join(name)).unwrap();
    assert_eq!(page(&["man"]), (Some(0), written("dockside.1")));
    let tags = page(&["man", "tags"]);
    assert_eq!(tags, (Some(0), written("dockside-tags.1")));
    assert!(tags.1.contains("dockside\\-tags"), "{}", tags.1);
    let examples = "\n.SH EXAMPLES\n.nf\n  dockside tags registry.example.com/app\n";
    assert!(tags.1.contains(examples), "{}", tags.1);
    assert!(!tags.1.contains("EXTRA"), "{}", tags.1);
    assert_eq!(page(&["man", "nothing"]), (Some(2), String::new()));
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}
