//! Many processes, and processes that are killed.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use dockside::docker::{Credential, Durability, load, update};

use super::{Machine, login};

/// Names the directory that a child process is to change, and how.
const DIRECTORY: &str = "DOCKSIDE_TEST_DIRECTORY";
const REGISTRY: &str = "DOCKSIDE_TEST_REGISTRY";

/// A login, in a directory of its own. With their variables it is the child process of the tests
/// below: it makes its login in their directory, or one after the other without end.
#[test]
fn a_login_can_be_read_again() {
    let own = tempfile::tempdir().unwrap();
    let shared = std::env::var_os(DIRECTORY).map(PathBuf::from);
    let named = std::env::var(REGISTRY).ok();
    let endless = shared.is_some() && named.is_none();
    let directory = shared.unwrap_or_else(|| own.path().to_owned());
    let registry = named.unwrap_or_else(|| "a.example".to_owned());
    let mut number = 0_u64;
    loop {
        // A long text, so that a file that is cut off is noticed.
        let credential = Credential::password(number.to_string().repeat(5000), "p");
        update(&directory, Durability::Transient, |config| {
            config.set_login(&registry, &credential);
        })
        .unwrap();
        let read = load(&directory).unwrap();
        assert_eq!(read.credential(&registry), Some(credential));
        if !endless {
            return;
        }
        number += 1;
    }
}

fn start(directory: &Path, registry: Option<&str>) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "docker_config::races::a_login_can_be_read_again"])
        .env(DIRECTORY, directory)
        .stdout(Stdio::null());
    if let Some(registry) = registry {
        command.env(REGISTRY, registry);
    }
    command.spawn().unwrap()
}

#[test]
fn sixty_four_processes_keep_sixty_four_logins() {
    let directory = tempfile::tempdir().unwrap();
    let children: Vec<Child> = (0..64)
        .map(|number| start(directory.path(), Some(&format!("r{number}.example"))))
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let mut expected: Vec<String> = (0..64).map(|number| format!("r{number}.example")).collect();
    expected.sort();
    let config = load(directory.path()).unwrap();
    let mut found: Vec<&str> = config.logins().collect();
    found.sort();
    assert_eq!(found, expected);
}

#[test]
fn a_process_killed_at_any_moment_leaves_a_whole_file() {
    let directory = tempfile::tempdir().unwrap();
    let (_, credential) = login("kept.example");
    update(directory.path(), Durability::Transient, |config| {
        config.set_login("kept.example", &credential);
    })
    .unwrap();
    let file = directory.path().join("config.json");
    let written = || std::fs::metadata(&file).unwrap().modified().unwrap();
    for round in 0..40 {
        let before = written();
        let mut child = start(directory.path(), None);
        while written() == before {
            assert!(
                child.try_wait().unwrap().is_none(),
                "the child ended by itself"
            );
            std::thread::sleep(Duration::from_micros(100));
        }
        std::thread::sleep(Duration::from_micros(137 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        let config = load(directory.path()).unwrap();
        assert_eq!(
            config.credential("kept.example").as_ref(),
            Some(&credential)
        );
        let written = config.credential("a.example").unwrap().username;
        let number = written.get(..written.len() / 5000).unwrap();
        assert!(number.parse::<u64>().is_ok() && written == number.repeat(5000));
    }
}

#[test]
fn two_hundred_jobs_do_not_meet() {
    let machine = Machine::new();
    let paths: std::collections::BTreeSet<PathBuf> = std::thread::scope(|scope| {
        let machine = &machine;
        let jobs: Vec<_> = (0..200)
            .map(|id: u32| {
                scope.spawn(move || {
                    let id = id.to_string();
                    let job = machine.job(&id);
                    let logins = [login(&format!("r{id}.example"))];
                    let wishes = dockside::docker::Wishes {
                        logins: &logins,
                        ..Default::default()
                    };
                    let prepared =
                        dockside::docker::prepare(&job, &machine.env(&[]), &wishes).unwrap();
                    let config = load(&prepared.docker_config).unwrap();
                    let found: Vec<_> = config.logins().map(str::to_owned).collect();
                    assert_eq!(found, [format!("r{id}.example")]);
                    prepared.docker_config
                })
            })
            .collect();
        jobs.into_iter().map(|job| job.join().unwrap()).collect()
    });
    assert_eq!(paths.len(), 200);
}
