//! `host-cleanup` on a host with jobs that run and jobs that have ended.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, SystemTime};

use crate::support::job::{shell, text};
use crate::support::{dockside, dockside_as};

/// A job of GitLab with this number, which leaves its directory behind; `script` goes on in it.
fn job(tmp: &Path, id: &str, script: &str) -> Command {
    let script = format!("eval \"$(dockside ci-env gitlab)\"; echo \"$DOCKER_CONFIG\"; {script}");
    let mut command = shell(&["sh"], &["-eu"], &script, tmp);
    command
        .env("CI_JOB_ID", id)
        .env("CI_SERVER_URL", "https://gitlab.example.com");
    command
}

fn directory(stdout: &[u8]) -> PathBuf {
    let docker_config = text(stdout);
    Path::new(docker_config.trim_end())
        .parent()
        .unwrap()
        .to_owned()
}

/// A job that has ended.
fn ended(tmp: &Path, id: &str) -> PathBuf {
    directory(&job(tmp, id, "").output().unwrap().stdout)
}

/// A job that runs until it is killed: its shell, or only a process that it started.
struct Running {
    child: Child,
    directory: PathBuf,
}

impl Running {
    fn start(tmp: &Path, id: &str, script: &str) -> Self {
        use std::io::BufRead as _;
        let mut child = job(tmp, id, script).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        std::io::BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        Self {
            child,
            directory: directory(line.as_bytes()),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn age(directory: &Path) {
    let before = SystemTime::now() - Duration::from_secs(48 * 60 * 60);
    let record = fs::File::open(directory.join("job.json")).unwrap();
    record.set_modified(before).unwrap();
}

fn clean(tmp: &Path, arguments: &[&str]) -> Output {
    dockside(tmp)
        .arg("host-cleanup")
        .args(arguments)
        .output()
        .unwrap()
}

/// What is said of each directory: the first word and the reason, without process numbers.
fn said(output: &Output, directory: &Path) -> Option<String> {
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(text(&output.stderr), "");
    let stdout = text(&output.stdout);
    let name = format!(" {}: ", directory.display());
    let line = stdout.lines().find(|line| line.contains(&name))?;
    let plain: String = line
        .replace(&name, ": ")
        .chars()
        .filter(|c| !c.is_ascii_digit())
        .collect();
    Some(plain)
}

#[test]
fn only_dead_jobs_lose_their_directories() {
    let tmp = tempfile::tempdir().unwrap();
    let dead = ended(tmp.path(), "1");
    let young = ended(tmp.path(), "2");
    let alive = Running::start(tmp.path(), "3", "exec sleep 1000");
    for old in [&dead, &alive.directory] {
        age(old);
    }
    let dry = clean(tmp.path(), &["--dry-run"]);
    let real = clean(tmp.path(), &[]);
    for (output, word) in [(&dry, "would remove"), (&real, "removed")] {
        assert_eq!(
            said(output, &dead).unwrap(),
            format!("{word}: sh () has ended")
        );
        assert_eq!(
            said(output, &young).unwrap(),
            "kept: its job used it not long ago"
        );
        let reason = "kept: a process carries the job's variables";
        assert_eq!(said(output, &alive.directory).unwrap(), reason);
        assert_eq!(text(&output.stdout).lines().count(), 3);
    }
    assert!(!dead.exists() && young.is_dir() && alive.directory.is_dir());

    let all = clean(tmp.path(), &["--older-than", "0s"]);
    assert_eq!(said(&all, &young).unwrap(), "removed: sh () has ended");
    let directory = alive.directory.clone();
    drop(alive);
    let all = clean(tmp.path(), &["--older-than", "0s"]);
    // `exec` made the shell another program, which has the shell's number.
    assert_eq!(said(&all, &directory).unwrap(), "removed: sh () has ended");
    assert_eq!(text(&clean(tmp.path(), &["--older-than", "0s"]).stdout), "");
}

#[test]
fn a_process_that_the_job_left_behind_keeps_its_directory() {
    let tmp = tempfile::tempdir().unwrap();
    // Nothing but DOCKER_CONFIG tells that it belongs to the job.
    let script = "env -i DOCKER_CONFIG=\"$DOCKER_CONFIG\" sleep 1000 >/dev/null 2>&1 & echo $!";
    let output = job(tmp.path(), "1", script).output().unwrap();
    let stdout = text(&output.stdout);
    let (docker_config, process) = stdout.trim_end().split_once('\n').unwrap();
    let made = directory(docker_config.as_bytes());
    let output = clean(tmp.path(), &["--older-than", "0s"]);
    let end = Command::new("kill").arg(process).status().unwrap();
    assert!(end.success());
    assert_eq!(text(&output.stdout).split(' ').next(), Some("kept"));
    assert!(made.is_dir());
}

#[test]
fn other_places_are_cleaned_when_they_are_named() {
    let tmp = tempfile::tempdir().unwrap();
    let other = tempfile::tempdir().unwrap();
    let output = job(tmp.path(), "1", "")
        .env("WERF_TMP_DIR", other.path())
        .output()
        .unwrap();
    let made = directory(&output.stdout);
    assert!(made.starts_with(other.path()));
    assert_eq!(text(&clean(tmp.path(), &["--older-than", "0s"]).stdout), "");
    let other = other.path().to_str().unwrap();
    let output = clean(tmp.path(), &["--older-than", "0s", "--tmp-dir", other]);
    assert_eq!(said(&output, &made).unwrap(), "removed: sh () has ended");
    assert!(!made.exists());
}

#[test]
fn root_cleans_up_for_everybody_and_a_user_for_nobody_else() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let tmp = tempfile::tempdir().unwrap();
    let open = fs::Permissions::from_mode(0o1777);
    fs::set_permissions(tmp.path(), open).unwrap();
    let as_user = |user: u32, arguments: &[&str]| {
        let mut command = dockside_as(user, tmp.path());
        command
            .args(arguments)
            .env("CI_JOB_ID", "1")
            .output()
            .unwrap()
    };
    for user in [0, 4711, 4712] {
        let output = as_user(user, &["ci-env", "gitlab", "--format", "json"]);
        assert!(output.status.success(), "{}", text(&output.stderr));
    }
    let jobs = |user: u32| {
        let base = tmp.path().join(format!("dockside-{user}"));
        fs::read_dir(base).unwrap().count()
    };
    // This test is their parent, and runs; another start of the host ended them.
    for user in [0, 4711, 4712] {
        let base = tmp.path().join(format!("dockside-{user}"));
        let record = fs::read_dir(base)
            .unwrap()
            .next()
            .unwrap()
            .unwrap()
            .path()
            .join("job.json");
        let text = fs::read_to_string(&record).unwrap();
        let mut json: serde_json::Value = serde_json::from_str(&text).unwrap();
        json["boot_id"] = "another".into();
        fs::write(&record, json.to_string()).unwrap();
    }
    let arguments = ["host-cleanup", "--older-than", "0s"];
    let output = as_user(4711, &arguments);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!([0, 4711, 4712].map(jobs), [1, 0, 1]);
    let output = as_user(0, &arguments);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!([0, 4711, 4712].map(jobs), [0, 0, 0]);
}
