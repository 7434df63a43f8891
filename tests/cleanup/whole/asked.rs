//! Guards, and what a person is asked or told.

use std::io::Write as _;
use std::process::{Command, Stdio};

use super::{Stand, ended, expect};
use crate::support::{installed, isolate};

#[test]
fn no_more_goes_than_is_allowed() {
    let stand = Stand::of(&["a", "b", "c", "v1"]);
    let name = stand.name("app");
    let cleanup = |more: &[&str]| {
        let words = ["cleanup", &name, "--keep-tag", "v*"];
        stand.run(&[&words[..], more].concat())
    };
    for (limit, said_by) in [
        (&[][..], "50 %"),
        (&["--max-delete", "2", "--max-delete", "100%"], "2"),
    ] {
        let (code, output, said) = cleanup(limit);
        let allows = if limit.is_empty() { "75%" } else { "3" };
        assert_eq!(code, 3, "{output}");
        assert!(
            said.contains(&format!("which is more than {said_by}\n")),
            "{said}"
        );
        assert!(
            said.contains(&format!("--max-delete {allows} allows it")),
            "{said}"
        );
        assert_eq!(stand.tags("app").len(), 4);
    }
    let (code, output, said) = cleanup(&["--max-delete", "3", "--max-delete", "75%"]);
    assert_eq!((code, said.as_str()), (0, ""), "{output}");
    assert_eq!(stand.tags("app"), ["v1"]);
}

#[test]
fn the_last_image_stays() {
    let stand = Stand::of(&["a", "b"]);
    let name = stand.name("app");
    let words = ["cleanup", &name, "--keep-tag", "v*", "--max-delete", "100%"];
    let (code, output, said) = stand.run(&words);
    assert_eq!(code, 3, "{output}");
    assert!(
        said.contains("--allow-empty allows it, and `dockside purge` is there"),
        "{said}"
    );
    assert_eq!(stand.tags("app"), ["a", "b"]);
    let (code, output, said) = stand.run(&[&words[..], &["--allow-empty"]].concat());
    assert_eq!((code, said.as_str()), (0, ""), "{output}");
    assert_eq!(stand.tags("app"), Vec::<String>::new());
}

/// Purges on a terminal, where somebody types this. `script` gives the program one.
fn typed(stand: &Stand, answer: &str) -> (Option<i32>, String) {
    let program = env!("CARGO_BIN_EXE_dockside");
    let line = format!("{program} purge {} --progress none", stand.name("app"));
    let mut command = Command::new("script");
    isolate(&mut command, stand.home.path());
    command.args(["-qec", &line, "/dev/null"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(answer.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    drop(input);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.code(), said)
}

#[test]
fn a_purge_wants_the_name_to_be_typed() {
    if !installed("script") {
        return;
    }
    let stand = Stand::of(&["a", "b"]);
    let name = stand.name("app");
    let (code, said) = typed(&stand, "yes\n");
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("Type its name to confirm: "), "{said}");
    assert_eq!(stand.tags("app"), ["a", "b"]);
    let (code, said) = typed(&stand, &format!("{name}\n"));
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(stand.tags("app"), Vec::<String>::new());
}

#[test]
fn a_purge_without_a_terminal_wants_a_yes() {
    let stand = Stand::of(&["a"]);
    let name = stand.name("app");
    let (code, output, said) = stand.run(&["purge", &name]);
    let expected = format!(
        "dockside: error: nobody is there to confirm that all of {name} is to be removed\n\
         dockside: hint: give --yes, or look first with --dry-run\n"
    );
    assert_eq!((code, output.as_str(), said), (3, "", expected));
    assert_eq!(stand.tags("app"), ["a"]);
}

#[test]
fn a_backup_knows_its_repositories() {
    let stand = Stand::of(&["a", "v1", "v2"]);
    let digest = stand.push("web", "b");
    stand.push("web", "v1");
    let names = ["app", "web"].map(|name| stand.name(name));
    let words = ["cleanup", &names[0], &names[1], "--keep-tag", "v*"];
    let (code, output, said) = stand.run(&[&words[..], &["--backup", "saved"]].concat());
    assert_eq!((code, said.as_str()), (0, ""), "{output}");
    assert_eq!(
        [stand.tags("app"), stand.tags("web")].concat(),
        ["v1", "v2", "v1"]
    );

    let undo = |more: &[&str]| {
        let words = [&["cleanup", "undo", "saved"], more].concat();
        let mut command = crate::support::dockside(stand.home.path());
        ended(command.args(words).current_dir(stand.home.path()))
    };
    let web = &names[1];
    let done = undo(&[web, "--dry-run"]);
    let expected = format!("would restore {web}@{digest}\nwould restore {web}:b\n");
    assert_eq!(done, (0, expected, String::new()));
    assert_eq!(stand.tags("web"), ["v1"]);
    let other = stand.name("other");
    let expected = format!("dockside: error: saved has nothing of {other}\n");
    assert_eq!(undo(&[&other]), (1, String::new(), expected));
    let (code, output, said) = undo(&[]);
    assert_eq!((code, said.as_str()), (0, ""), "{output}");
    assert_eq!(stand.tags("app"), ["a", "v1", "v2"]);
    assert_eq!(stand.tags("web"), ["b", "v1"]);
    let there = undo(&["--dry-run"]);
    assert_eq!(there, (0, String::new(), String::new()));
}

#[test]
fn explanations_are_whole() {
    let stand = Stand::of(&["v1", "b"]);
    let mut all = String::new();
    for (tag, form) in [("v1", "text"), ("b", "text"), ("b", "json")] {
        let reference = format!("{}:{tag}", stand.name("app"));
        let words = ["cleanup", "explain", &reference, "--keep-tag", "v*"];
        let mut command = crate::support::dockside(stand.home.path());
        command
            .args(words)
            .args(["--keep-semver", "1", "--output", form]);
        let (code, output, said) = ended(&mut command);
        assert_eq!((code, said.as_str()), (0, ""), "{output}");
        all += &output;
    }
    expect("explain.txt", &all);
}

#[test]
fn a_policy_is_tried_on_what_was_recorded() {
    let stand = Stand::of(&["v1", "v2", "b"]);
    let name = stand.name("app");
    stand.write("dockside.yaml", "version: 1\nkeep:\n  - tags: v1\n");
    let record = ["cleanup", &name, "--dry-run", "--inventory", "app.json"];
    let (code, output, said) = stand.run(&[&record[..], &["--max-delete", "100%"]].concat());
    let noted = "dockside: note: the policy is dockside.yaml\n";
    assert_eq!((code, said.as_str()), (0, noted), "{output}");
    stand.write(
        "cases.yaml",
        "version: 1\npolicy: dockside.yaml\ncases:\n\
         - {name: as it is, now: 2027-01-01, inventory: app.json, keep: [v1], drop: [v2, b]}\n\
         - {name: as it is not, now: 2027-01-01, inventory: app.json, keep: [v1, v2], drop: [b]}\n",
    );
    let mut all = String::new();
    for form in ["text", "json"] {
        let mut command = crate::support::dockside(stand.home.path());
        command.args(["cleanup", "test", "cases.yaml", "--output", form]);
        let (code, output, said) = ended(command.current_dir(stand.home.path()));
        let expected = "dockside: error: 1 of 2 cases went otherwise\n";
        assert_eq!((code, said.as_str()), (1, expected), "{output}");
        all += &output;
    }
    expect("test.txt", &all);
}
