//! Every command of the README is run.

mod scene;

use std::fs;
use std::path::Path;
use std::process::Command;

use self::scene::Scene;
use crate::support::layout::Layout;
use crate::support::registry::{PROGRAM, Registry};
use crate::support::{installed, isolate};

const README: &str = include_str!("../README.md");

/// The lines of the README's fenced blocks in this language.
fn blocks(language: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut open: Option<String> = None;
    for line in README.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(found)) if found == language => open = Some(String::new()),
            (Some(block), Some(_)) => {
                blocks.push(std::mem::take(block));
                open = None;
            }
            (Some(block), None) => {
                block.push_str(line);
                block.push('\n');
            }
            _ => {}
        }
    }
    blocks
}

/// A shell in a directory of its own, with dockside on the `PATH`.
fn shell(program: &[&str], script: &str, home: &Path) -> Command {
    let binary = Path::new(env!("CARGO_BIN_EXE_dockside")).parent().unwrap();
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap());
    let mut command = Command::new(program[0]);
    isolate(&mut command, home);
    command
        .args(&program[1..])
        .args(["-c", script])
        .env("PATH", path)
        .current_dir(home);
    command
}

/// The registries of the commands, all of which are the one on this machine.
const REGISTRIES: [&str; 2] = ["registry.example.com", "ghcr.io"];

/// The commands with a registry that is there.
fn with_registry(commands: &str, registry: &Registry) -> String {
    let with = |text: String, name: &&str| text.replace(name, registry.host());
    REGISTRIES.iter().fold(commands.to_owned(), with)
}

/// The layouts that the commands push.
fn layouts(home: &Path) {
    for name in ["build", "api", "web"] {
        Layout::create(home.join(name)).image("", &[b"shared", name.as_bytes()]);
    }
}

fn run(mut command: Command, what: &str) -> String {
    let output = command.output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{what}\n{stderr}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn the_shell_blocks_run() {
    if !installed(PROGRAM) || !installed("git") {
        return;
    }
    let registry = Registry::open();
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("password"), "secret\n").unwrap();
    let manifest = format!("image: {}/web:v1\n", registry.host());
    fs::write(home.path().join("deploy.yaml"), manifest).unwrap();
    let blocks = blocks("sh");
    assert_eq!(blocks.len(), 19);
    layouts(home.path());
    let mut cleaned: Option<Scene<'_>> = None;
    for block in blocks {
        if block.starts_with("dockside cleanup") && cleaned.is_none() {
            let scene = Scene::set(home.path(), registry.host());
            scene.images();
            cleaned = Some(scene);
        }
        if block.starts_with("dockside in-use") {
            cleaned.as_ref().unwrap().policies();
        }
        if block.contains("pull-secret") {
            let login = "dockside login --no-verify -u ci --password-file password ghcr.io";
            let login = with_registry(login, &registry);
            run(shell(&["sh", "-e"], &login, home.path()), &login);
        }
        // The suite runs inside of `tests/run`, and the program is built already.
        let script = with_registry(&block, &registry)
            .replace("cargo run --release --", "dockside")
            .replace(
                "tests/run",
                concat!("test -x ", env!("CARGO_MANIFEST_DIR"), "/tests/run"),
            );
        run(
            shell(&["bash", "-euo", "pipefail"], &script, home.path()),
            &block,
        );
    }
    let scene = cleaned.unwrap();
    assert_eq!(scene.tags("old"), [""; 0]);
}

/// Plan, review, apply: what goes is what the policy says, and it can be brought back.
#[test]
fn the_policy_cleans_up() {
    if !installed(PROGRAM) || !installed("git") {
        return;
    }
    let registry = Registry::open();
    let home = tempfile::tempdir().unwrap();
    let scene = Scene::set(home.path(), registry.host());
    scene.policies();
    scene.images();
    let all = scene.tags("app");
    let block = blocks("sh");
    let mut block = block
        .iter()
        .filter(|block| block.contains("apply plan.json"));
    let block = with_registry(block.next().unwrap(), &registry);
    let (clean, undo) = block.split_once("dockside cleanup undo").unwrap();
    let bash = &["bash", "-euo", "pipefail"];
    run(shell(bash, clean, home.path()), clean);
    scene.assert_clean();
    let undo = format!("dockside cleanup undo{undo}");
    run(shell(bash, &undo, home.path()), &undo);
    assert_eq!(scene.tags("app"), all);
}

/// The commands of dockside in the samples of pipelines.
fn pipeline_commands() -> Vec<String> {
    let samples = [blocks("yaml"), blocks("groovy"), blocks("text")].concat();
    samples
        .iter()
        .flat_map(|sample| sample.lines())
        .filter_map(|line| {
            let start = line
                .find("eval $(dockside")
                .or_else(|| line.find("dockside "))?;
            line.get(start..).map(str::to_owned)
        })
        .collect()
}

#[test]
fn the_samples_of_pipelines_run() {
    let commands = pipeline_commands();
    assert_eq!(
        commands,
        [
            "eval $(dockside ci-env gitlab)",
            "dockside tag \"$CI_REGISTRY_IMAGE:$CI_COMMIT_SHORT_SHA\" latest",
            "dockside logout --job",
            "dockside ci-env --format github-env",
            "dockside tag ghcr.io/owner/project:v1 latest",
            "dockside logout --job",
            "eval $(dockside ci-env jenkins)",
            "dockside copy registry.example.com/team/app:v1 registry.example.com/release/app:v1",
            "eval $(dockside ci-env gitlab)",
            "dockside push oci:build registry.example.com/app:v1",
            "dockside copy registry.example.com/app:v1 registry.example.com/release/app:v1",
            "dockside delete registry.example.com/app:v1",
        ]
    );
    if !installed(PROGRAM) {
        return;
    }
    let registry = Registry::open();
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("env"), "").unwrap();
    layouts(home.path());
    // Earlier commands of the samples, docker's.
    let built = "dockside push oci:build registry.example.com/group/app:0123abcd \
                 ghcr.io/owner/project:v1 registry.example.com/team/app:v1";
    for command in [built]
        .into_iter()
        .chain(commands.iter().map(String::as_str))
    {
        let script = with_registry(command, &registry);
        let mut sample = shell(&["sh", "-e"], &script, home.path());
        sample.env("GITHUB_ENV", home.path().join("env"));
        if !command.contains("ci-env") {
            let image = with_registry("registry.example.com/group/app", &registry);
            sample.env("CI_REGISTRY_IMAGE", image);
            sample.env("CI_COMMIT_SHORT_SHA", "0123abcd");
        }
        run(sample, command);
    }
}

#[test]
fn links_lead_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let headings: Vec<String> = README
        .lines()
        .filter(|line| line.starts_with("## ") || line.starts_with("### "))
        .map(|line| line.trim_start_matches(['#', ' ']))
        .map(|heading| heading.to_lowercase().replace(' ', "-"))
        .collect();
    let links = README.split("](").skip(1);
    let links: Vec<&str> = links.filter_map(|rest| rest.split(')').next()).collect();
    assert!(links.len() > 30, "{links:?}");
    for link in links {
        match link.strip_prefix('#') {
            Some(heading) => assert!(headings.iter().any(|one| one == heading), "{link}"),
            None => assert!(root.join(link).exists(), "{link}"),
        }
    }
}

/// The table is the short form of what the help has.
#[test]
fn variables_of_identities_are_those_of_the_help() {
    let home = tempfile::tempdir().unwrap();
    let help = run(
        shell(&["sh"], "dockside ci-env --help", home.path()),
        "help",
    );
    let (_, section) = README.split_once("### Without a stored secret").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let is_name = |text: &&str| {
        text.contains('_')
            && text
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte == b'_')
    };
    let names: Vec<&str> = section.split('`').filter(is_name).collect();
    assert!(names.len() > 10, "{names:?}");
    for name in names {
        assert!(help.contains(name), "{name}");
    }
}

/// The commands of the table of shells, by the word that their row begins with.
fn of_shell(row: &str) -> String {
    let line = README
        .lines()
        .find(|line| line.starts_with(&format!("| {row}")))
        .unwrap();
    let cell = line.split("| ").nth(2).unwrap();
    let quote = if cell.contains("``") { "``" } else { "`" };
    let command = line.split(quote).nth(1).unwrap();
    command.trim().replace("\\|", "|")
}

#[test]
fn the_table_of_shells_is_right() {
    let posix = of_shell("bash, dash, zsh");
    let file = of_shell("the same, through a file");
    let rows: [(&[&str], &str, &str); 10] = [
        (&["bash"], &posix, "echo \"$DOCKER_CONFIG\""),
        (&["dash"], &posix, "echo \"$DOCKER_CONFIG\""),
        (&["zsh"], &posix, "echo \"$DOCKER_CONFIG\""),
        (&["ksh93"], &posix, "echo \"$DOCKER_CONFIG\""),
        (&["busybox", "sh"], &posix, "echo \"$DOCKER_CONFIG\""),
        (&["dash"], &file, "echo \"$DOCKER_CONFIG\""),
        (&["fish"], &of_shell("fish"), "echo $DOCKER_CONFIG"),
        (&["tcsh", "-f"], &of_shell("tcsh"), "echo $DOCKER_CONFIG"),
        (&["nu", "-n"], &of_shell("nu"), "print $env.DOCKER_CONFIG"),
        (
            &["elvish", "-norc"],
            &of_shell("elvish"),
            "echo $E:DOCKER_CONFIG",
        ),
    ];
    for (program, command, print) in rows {
        if !installed(program[0]) {
            continue;
        }
        let home = tempfile::tempdir().unwrap();
        let script = format!("{command}\n{print}");
        let output = run(shell(program, &script, home.path()), &script);
        assert!(
            Path::new(output.trim()).join("config.json").is_file(),
            "{script}: {output}"
        );
    }
}
