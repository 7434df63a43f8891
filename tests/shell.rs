//! What each shell makes of the text that is emitted for it.

mod exit;
mod failure;
mod matrix;
mod secrets;
mod values;

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use bstr::{BString, ByteSlice};
use dockside::shell::{Assignment, Dialect, Name, dialect};
use tempfile::TempDir;

use crate::support::{installed, isolate};

/// The POSIX shells: the dialect is one, the programs differ.
const POSIX: &[&[&str]] = &[
    &["bash"],
    &["dash"],
    &["zsh"],
    &["ksh93"],
    &["busybox", "sh"],
];

/// The POSIX shells that are installed.
fn posix_shells() -> impl Iterator<Item = &'static [&'static str]> {
    POSIX.iter().copied().filter(|shell| installed(shell[0]))
}

fn shell(name: &str) -> &'static dyn Dialect {
    dialect(name).expect("a dialect")
}

fn set(name: &str, value: impl AsRef<[u8]>) -> Assignment {
    Assignment {
        name: Name::new(name).expect("a name"),
        value: Some(BString::from(value.as_ref())),
        secret: false,
    }
}

fn unset(name: &str) -> Assignment {
    Assignment {
        name: Name::new(name).expect("a name"),
        value: None,
        secret: false,
    }
}

/// A directory to work in: `cwd`, full of files whose names shells trip over, and beside it the
/// files that a test writes.
struct Place {
    root: TempDir,
}

impl Place {
    fn new() -> Self {
        let root = tempfile::tempdir().expect("a directory");
        let cwd = root.path().join("cwd");
        fs::create_dir(&cwd).expect("cwd");
        for name in values::FILE_NAMES {
            fs::write(cwd.join(OsStr::from_bytes(name)), "").expect("a hostile file");
        }
        Self { root }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).expect("a file");
        path
    }

    /// A command in `cwd`, to which `$T` is the file named `text`.
    fn command(&self, shell: &[&str]) -> Command {
        let mut command = Command::new(shell[0]);
        isolate(&mut command, self.root.path());
        command
            .args(&shell[1..])
            .current_dir(self.path("cwd"))
            .env("T", self.path("text"));
        command
    }

    /// What `shell` does with a script that reads the emitted text from `$T`.
    fn run(&self, shell: &[&str], script: &str, text: impl AsRef<[u8]>) -> Output {
        self.write("text", text);
        let script = self.write("script", script);
        let mut command = self.command(shell);
        command.arg(script).output().expect("a shell")
    }

    /// What an interactive `shell`, without a terminal, does with lines of input.
    fn interact(&self, shell: &[&str], lines: &str, text: impl AsRef<[u8]>) -> String {
        self.write("text", text);
        let input = fs::File::open(self.write("input", lines)).expect("the input");
        let mut command = self.command(&["setsid"]);
        command.args(shell).env("PS1", "").stdin(Stdio::from(input));
        let output = command.output().expect("a shell");
        output.stdout.to_str_lossy().into_owned()
    }

    /// No hostile value has run its command.
    fn assert_unharmed(&self, context: &str) {
        for directory in [self.root.path(), &self.path("cwd")] {
            let canary = directory.join("canary");
            assert!(!canary.exists(), "{context}: a value ran a command");
        }
        let files = fs::read_dir(self.path("cwd")).expect("cwd").count();
        assert_eq!(files, values::FILE_NAMES.len(), "{context}: files in cwd");
    }
}

/// Standard output and the exit status.
fn outcome(output: &Output) -> (String, Option<i32>) {
    (
        output.stdout.to_str_lossy().into_owned(),
        output.status.code(),
    )
}

fn said(stdout: &str, status: i32) -> (String, Option<i32>) {
    (stdout.to_owned(), Some(status))
}

/// A shell's name and options, for messages.
fn title(shell: &[&str], more: &str) -> String {
    format!("{} {more}", shell.join(" "))
}

fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}
