//! What only the program git can do: ask origin, with the credentials that it knows.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::error::Error;
use crate::subprocess::{Fault, run};
use crate::text::printable;

/// How long a list of references may take.
const LIST_LIMIT: Duration = Duration::from_secs(120);

/// How long the rest of a history may take.
const FETCH_LIMIT: Duration = Duration::from_secs(3600);

/// The longest list, in bytes: some 500,000 references.
const OUTPUT_LIMIT: u64 = 64 * 1024 * 1024;

/// The longest text of a failure that is shown, in bytes.
const WORDS_LIMIT: usize = 500;

/// What a hook or another git may have set, and what is about another repository then.
const OTHERS: [&str; 7] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_COMMON_DIR",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_NAMESPACE",
    "GIT_SHALLOW_FILE",
];

/// All branches and tags of origin, as `git ls-remote` writes them.
pub(super) fn list(directory: &Path) -> Result<Vec<u8>, Error> {
    let arguments = ["ls-remote", "--heads", "--tags", "origin"];
    git(directory, "ls-remote", &arguments, LIST_LIMIT, true)
}

/// Fetches all branches and tags of origin, and their whole history. Nothing is removed: a tag
/// that only the clone has may be why an image lives.
pub(super) fn fetch(directory: &Path, is_shallow: bool) -> Result<(), Error> {
    let mut arguments = vec![];
    for setting in [
        "fetch.prune=false",
        "fetch.pruneTags=false",
        "remote.origin.prune=false",
        "remote.origin.pruneTags=false",
        // What goes on in the background would keep the output open.
        "gc.auto=0",
        "maintenance.auto=false",
    ] {
        arguments.extend(["-c", setting]);
    }
    arguments.extend(["fetch", "--quiet", "--tags", "--no-recurse-submodules"]);
    if is_shallow {
        arguments.push("--unshallow");
    }
    arguments.extend(["origin", "+refs/heads/*:refs/remotes/origin/*"]);
    git(directory, "fetch", &arguments, FETCH_LIMIT, false).map(drop)
}

fn git(
    directory: &Path,
    what: &'static str,
    arguments: &[&str],
    limit: Duration,
    asks: bool,
) -> Result<Vec<u8>, Error> {
    let mut command = Command::new("git");
    command.arg("-C").arg(directory).args(arguments);
    // Nobody is there to answer.
    command.env("GIT_TERMINAL_PROMPT", "0");
    for name in OTHERS {
        command.env_remove(name);
    }
    let failed = |why: String| Error::Program { what, why, asks };
    let ended = run(command, Vec::new(), limit, OUTPUT_LIMIT).map_err(|fault| {
        failed(match fault {
            Fault::Start(error) => format!("the program cannot be run ({error})"),
            Fault::TimedOut => format!("there was no end after {} s", limit.as_secs()),
            Fault::TooMuch => "it says too much".to_owned(),
        })
    })?;
    match ended.status.success() {
        true => Ok(ended.stdout),
        false => Err(failed(words(&ended.stderr))),
    }
}

/// What git said, without the credentials that an address may carry.
fn words(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let mut shown = String::new();
    let mut rest = text.trim();
    while let Some((before, after)) = rest.split_once("://") {
        shown.push_str(before);
        shown.push_str("://");
        let is_end = |c: char| c == '/' || c == '\'' || c == '"' || c.is_whitespace();
        let end = after.find(is_end).unwrap_or(after.len());
        let (authority, other) = after.split_at_checked(end).unwrap_or((after, ""));
        let host = authority
            .rsplit_once('@')
            .map_or(authority, |(_, host)| host);
        shown.push_str(host);
        rest = other;
    }
    shown.push_str(rest);
    let lines: Vec<&str> = shown.lines().map(str::trim).collect();
    let mut line = lines.join("; ");
    while line.len() > WORDS_LIMIT {
        line.pop();
    }
    match line.is_empty() {
        true => "it failed without a word".to_owned(),
        false => printable(line),
    }
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn what_git_said_has_no_credentials() {
        assert_eq!(
            words(
                b"fatal: unable to access 'https://me:s3cret@h.example/a@b.git/': 403\nhint: x\n"
            ),
            "fatal: unable to access 'https://h.example/a@b.git/': 403; hint: x"
        );
        assert_eq!(words(b"https://t0ken@h"), "https://h");
        assert_eq!(words(b" \n"), "it failed without a word");
        assert_eq!(words(&[b'x'; 600]), "x".repeat(500));
    }
}
