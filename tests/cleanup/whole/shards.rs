//! Several jobs, each with a part of the repositories.

use super::{Stand, ended};

const NAMES: [&str; 7] = ["a", "b", "c", "d", "team/e", "team/f", "team/g"];

/// The repositories that each of these runs cleans, in all of them together each once.
fn parts(runs: &[(&str, &[(&str, &str)])]) {
    let stand = Stand::new();
    for name in NAMES {
        stand.push(name, "v1");
        stand.push(name, "old");
    }
    let list: String = NAMES.map(|name| stand.name(name) + "\n").concat();
    stand.write("all.txt", &list);
    let mut cleaned = Vec::new();
    for (shard, variables) in runs {
        let words = ["cleanup", "--repositories", "all.txt", "--keep-tag", "v1"];
        let words = [&words[..], &["--shard", shard]].concat();
        let before: Vec<&str> = NAMES
            .into_iter()
            .filter(|name| has_old(&stand, name))
            .collect();
        let mut command = stand.command(&words);
        command.envs(variables.iter().copied());
        let (code, output, said) = ended(&mut command);
        let gone = before.into_iter().filter(|name| !has_old(&stand, name));
        let gone: Vec<&str> = gone.collect();
        let expected = format!(
            "dockside: note: {} of 7 repositories are this part\n",
            gone.len()
        );
        assert_eq!((code, said), (0, expected), "{output}");
        cleaned.extend(gone);
    }
    cleaned.sort_unstable();
    assert_eq!(cleaned, NAMES);
    for name in NAMES {
        assert_eq!(stand.tags(name), ["v1"], "{name}");
    }
}

fn has_old(stand: &Stand, name: &str) -> bool {
    stand.tags(name).contains(&"old".to_owned())
}

#[test]
fn each_repository_is_in_one_part() {
    parts(&[("1/3", &[]), ("2/3", &[]), ("3/3", &[])]);
}

#[test]
fn gitlab_says_which_part_it_is() {
    let total = ("CI_NODE_TOTAL", "2");
    parts(&[
        ("auto", &[("CI_NODE_INDEX", "1"), total]),
        ("auto", &[("CI_NODE_INDEX", "2"), total]),
    ]);
}

#[test]
fn circleci_says_which_part_it_is() {
    let total = ("CIRCLE_NODE_TOTAL", "2");
    parts(&[
        ("auto", &[("CIRCLE_NODE_INDEX", "0"), total]),
        ("auto", &[("CIRCLE_NODE_INDEX", "1"), total]),
    ]);
}
