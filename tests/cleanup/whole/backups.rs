//! Backups, and what comes back from them.

use super::{Stand, ended};
use crate::support::dockside;

fn undo(stand: &Stand, more: &[&str]) -> (i32, String, String) {
    let mut command = dockside(stand.home.path());
    let words = ["cleanup", "undo"];
    ended(
        command
            .args(words)
            .args(more)
            .current_dir(stand.home.path()),
    )
}

fn clean(stand: &Stand, backup: &str) {
    let name = stand.name("app");
    let words = ["cleanup", &name, "--keep-tag", "v*", "--backup", backup];
    let (code, output, said) = stand.run(&words);
    assert_eq!((code, said.as_str()), (0, ""), "{output}");
}

/// Two runs that remove the same tag, with another image each time.
fn two_runs(place: &dyn Fn(&Stand) -> String) {
    let stand = Stand::of(&["a", "v1", "v2"]);
    let name = stand.name("app");
    let backup = place(&stand);
    let retag = |digest: &str| {
        let mut plain = stand.plain.lock().unwrap();
        plain.store.tag("app", digest, "a");
    };
    let first = stand
        .plain
        .lock()
        .unwrap()
        .store
        .push_image("app", Some("a"), "first");
    clean(&stand, &backup);
    let second = stand
        .plain
        .lock()
        .unwrap()
        .store
        .push_image("app", None, "second");
    retag(&second);
    clean(&stand, &backup);
    assert_eq!(stand.tags("app"), ["v1", "v2"]);

    let (code, output, said) = undo(&stand, &[&backup]);
    assert_eq!((code, said.as_str()), (0, ""), "{output}");
    for line in [
        format!("restored {name}@{first}\n"),
        format!("restored {name}@{second}\n"),
        format!("restored {name}:a\n"),
        format!("kept {name}:a\n"),
    ] {
        assert!(output.contains(&line), "{line}{output}");
    }
    // What had the tag last has it again.
    let plain = stand.plain.lock().unwrap();
    let app = plain.store.repository("app").unwrap();
    assert_eq!(app.tags_of(&second), ["a"]);
    assert!(app.tags_of(&first).is_empty());
}

#[test]
fn a_second_run_loses_nothing_of_the_first_one() {
    two_runs(&|_| "saved".to_owned());
    two_runs(&|stand| format!("{}:monday", stand.name("saved")));
}

#[test]
fn a_tag_that_went_alone_comes_back() {
    for in_registry in [false, true] {
        let stand = Stand::of(&["v1", "v2"]);
        let name = stand.name("app");
        let digest = stand.push("app", "v3");
        for tag in ["branch", "v4"] {
            stand.plain.lock().unwrap().store.tag("app", &digest, tag);
        }
        let backup = match in_registry {
            true => format!("{}:monday", stand.name("saved")),
            false => "saved".to_owned(),
        };
        clean(&stand, &backup);
        assert_eq!(stand.tags("app"), ["v1", "v2", "v3", "v4"]);
        let (code, output, said) = undo(&stand, &[&backup, &name]);
        let expected = format!("restored {name}:branch\n");
        assert_eq!((code, output, said), (0, expected, String::new()));
        assert_eq!(stand.tags("app"), ["branch", "v1", "v2", "v3", "v4"]);
    }
}

#[test]
fn a_backup_is_not_in_what_is_cleaned() {
    let stand = Stand::of(&["a", "v1", "v2"]);
    let name = stand.name("app");
    let below = stand.name("app/saved");
    for place in [&name, &below] {
        let backup = format!("{place}:monday");
        for command in ["cleanup", "purge"] {
            let words = [command, &name, "--backup", &backup];
            let rest: &[&str] = match command {
                "purge" => &["--yes"],
                _ => &["--keep-tag", "v*"],
            };
            let (code, output, said) = stand.run(&[&words[..], rest].concat());
            let expected = format!(
                "dockside: error: the backup would be in {place}, and things are removed from \
                 {name}\n\
                 dockside: hint: give --backup another repository, or a directory\n"
            );
            assert_eq!((code, output.as_str(), said), (2, "", expected));
        }
    }
    assert_eq!(stand.tags("app"), ["a", "v1", "v2"]);
}

#[test]
fn what_is_no_backup_brings_nothing_back() {
    let stand = Stand::of(&["v1"]);
    let name = stand.name("app");
    let (code, output, said) = undo(&stand, &[&format!("{name}:v1")]);
    let expected = format!("dockside: error: {name}:v1 has no backup\n");
    assert_eq!((code, output.as_str(), said), (1, "", expected));
}
