//! Kills at any moment.

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use super::content::{IMAGES, flaws, layout_blob, listed, registry_flaws, tagged};
use crate::support::dockside;
use crate::support::job::text;
use crate::support::scripted_registry::{Behaviour, ScriptedRegistry};
use crate::support::slow::Slow;

/// The image takes about half a second.
const BYTES_PER_SECOND: usize = 50_000;

/// How often each command is killed, each time 40 ms later.
const KILLS: u64 = 12;

/// A pull into a layout, a push and a pull into an archive are killed; what is named is complete,
/// and the same command does the rest.
#[test]
fn what_is_named_is_complete() {
    let registry = ScriptedRegistry::start(Behaviour::default());
    IMAGES.put(&registry, "from", "v1", &IMAGES.index);
    let slow = Slow::to(&registry.host(), BYTES_PER_SECOND);
    for number in 0..KILLS {
        let home = tempfile::tempdir().unwrap();
        let place = home.path();
        let source = format!("{}/from:v1", slow.host());
        let pushed = format!("to{number}");
        let target = format!("{}/{pushed}:v1", slow.host());
        let image = IMAGES.argument("index");
        let (layout, archive) = (place.join("layout"), place.join("a.tar"));
        let commands = [
            ["pull", &source, "oci:layout:v1"],
            ["pull", &source, "oci-archive:a.tar:v1"],
            ["push", &image, &target],
        ];
        let start = |command: &[&str; 3]| {
            let mut program = dockside(place);
            program.args(command).current_dir(place);
            program.stdout(Stdio::null()).stderr(Stdio::null());
            program.spawn().unwrap()
        };
        let mut children = commands.each_ref().map(start);
        // Another process that works in the same layout, and is left alone.
        let mut other = dockside(place);
        other.args(commands[0]).current_dir(place);
        let other = other.stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
        std::thread::sleep(Duration::from_millis(40 * number));
        for child in &mut children {
            child.kill().unwrap();
            child.wait().unwrap();
        }
        let find = |digest: &str| layout_blob(&layout, digest);
        if let Ok(index) = fs::read(layout.join("index.json")) {
            for digest in listed(&index) {
                assert_eq!(flaws(&find, &digest), [""; 0], "{number}");
            }
        }
        if archive.exists() {
            assert_eq!(
                super::content::archive_flaws(&archive, &IMAGES.index),
                [""; 0]
            );
        }
        if let Some(digest) = tagged(&registry, &pushed, "v1") {
            assert_eq!(
                registry_flaws(&registry, &pushed, "v1", &digest),
                [""; 0],
                "{number}"
            );
        }
        let other = other.unwrap().wait_with_output().unwrap();
        assert!(other.status.success(), "{number}: {}", text(&other.stderr));
        for command in &commands {
            assert!(start(command).wait().unwrap().success(), "{command:?}");
        }
        let index = fs::read(layout.join("index.json")).unwrap();
        assert_eq!(listed(&index), [&*IMAGES.index]);
        assert_eq!(flaws(&find, &IMAGES.index), [""; 0], "{number}");
        assert_eq!(
            super::content::archive_flaws(&archive, &IMAGES.index),
            [""; 0]
        );
        assert_eq!(
            registry_flaws(&registry, &pushed, "v1", &IMAGES.index),
            [""; 0]
        );
    }
}
