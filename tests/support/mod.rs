//! What the tests share: running the program, and saying loudly what was not tested.

pub mod accept;
pub mod answer;
pub mod brands;
pub mod certificates;
pub mod client;
pub mod http;
pub mod images;
pub mod job;
pub mod kubernetes;
pub mod layout;
pub mod proxy;
pub mod registry;
pub mod repository;
pub mod script;
pub mod scripted;
pub mod scripted_registry;
pub mod signal;
pub mod slow;
pub mod spec;
pub mod token_server;
pub mod vendor;
pub mod wait;
pub mod wire;
pub mod zot;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The program in an environment of its own: nothing inherited but `PATH`, and `home` as the
/// home directory and as the place of temporary files.
pub fn dockside(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dockside"));
    isolate(&mut command, home);
    command
}

/// The same as another user, which root alone can do. `place` is open to all users; the program
/// is copied there, since the build directory may be closed to them. It is copied by a program:
/// were the copy open for writing in this process, whatever another test starts at that moment
/// would keep it busy.
pub fn dockside_as(user: u32, place: &Path) -> Command {
    use std::os::unix::process::CommandExt as _;
    let program = place.join("dockside");
    if !program.exists() {
        let copy = Command::new("cp")
            .arg(env!("CARGO_BIN_EXE_dockside"))
            .arg(&program)
            .status();
        assert!(copy.unwrap().success());
    }
    let mut command = Command::new(program);
    isolate(&mut command, place);
    command.current_dir("/").uid(user).gid(user);
    command
}

/// Gives any command the environment described at [`dockside`].
pub fn isolate(command: &mut Command, home: &Path) {
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home)
        .env("TMPDIR", home)
        .stdin(Stdio::null());
}

/// Whether `program` is installed. Where it is not, the test that asks says loudly that it was
/// skipped; in CI nothing may be skipped, so there it fails.
pub fn installed(program: &str) -> bool {
    let found = std::env::var_os("PATH").is_some_and(|path| {
        std::env::split_paths(&path).any(|directory| directory.join(program).is_file())
    });
    if !found {
        assert!(
            std::env::var_os("CI").is_none(),
            "{program} is not installed: in CI nothing may be skipped"
        );
        eprintln!("\n*** SKIPPED: {program} is not installed (`tests/run` installs it) ***\n");
    }
    found
}

/// Whether this is root, which `what` needs. Where it is not, the test that asks says loudly that it
/// was skipped.
pub fn root(what: &str) -> bool {
    let is_root = rustix::process::geteuid().is_root();
    if !is_root {
        eprintln!("\n*** SKIPPED: {what} needs root ***\n");
    }
    is_root
}

/// A program that is built from Go's source: one on the `PATH`, one that `tests/run` built, or one
/// of the user's own. Where there is none, the test that asks says loudly that it was skipped; in
/// CI that is allowed only where there is no Go to build it with.
pub fn go_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/peers/go/bin");
    let own = std::env::home_dir().unwrap_or_default().join("go/bin");
    let on_path = std::env::split_paths(&path).collect::<Vec<_>>();
    let mut places = on_path.iter().chain([&built, &own]);
    let found = places.find(|place| place.join(name).is_file());
    if found.is_none() {
        assert!(
            std::env::var_os("CI").is_none() || !on_path.iter().any(|p| p.join("go").is_file()),
            "{name} is not installed: in CI, where Go is, nothing may be skipped"
        );
        eprintln!("\n*** SKIPPED: {name} is not installed (`tests/run` builds it with Go) ***\n");
    }
    found.map(|place| place.join(name))
}
