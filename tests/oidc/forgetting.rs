//! The end of logins that are made: by hand, by another login, with the job.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

use super::job::{Job, ask};
use super::quay::{EXCHANGE, Quay, ROBOT};
use crate::support::job::text;

/// A job with a made login, the registry's host and the password so far.
fn logged_in() -> (crate::support::vendor::Local, Job, String, String) {
    let (server, quay, job) = Quay::start();
    let host = server.host();
    job.ci_env(&["--login", &host]);
    let password = quay.lock().unwrap().made[0].clone();
    assert!(holds(job.home.path(), &password));
    (server, job, host, password)
}

fn in_job(job: &Job, words: &[&str]) -> Command {
    let mut command = job.command(words);
    command.env("DOCKER_CONFIG", job.docker_config());
    command
}

fn verb(job: &Job, verb: &str, request: &str) -> Output {
    let output = ask(in_job(job, &["credential", verb]), request);
    assert!(output.status.success(), "{output:?}");
    output
}

/// Whether a text is in any file below a directory.
fn holds(directory: &Path, words: &str) -> bool {
    let entries = std::fs::read_dir(directory).unwrap().flatten();
    entries.map(|entry| entry.path()).any(|path| {
        let kind = path.symlink_metadata().unwrap();
        let found = |bytes: Vec<u8>| {
            bytes
                .windows(words.len())
                .any(|part| part == words.as_bytes())
        };
        match kind.is_dir() {
            true => holds(&path, words),
            false => kind.is_file() && found(std::fs::read(&path).unwrap()),
        }
    })
}

#[test]
fn docker_sees_stores_and_erases_as_with_any_helper() {
    let (server, job, host, password) = logged_in();
    let list = || -> Value { serde_json::from_slice(&verb(&job, "list", "").stdout).unwrap() };
    assert_eq!(list(), json!({host.clone(): ROBOT}));

    // `docker login`: what was typed is given from now on, and nothing is made anew.
    let typed = json!({"ServerURL": host, "Username": "me", "Secret": "typed-secret"});
    verb(&job, "store", &typed.to_string());
    assert_eq!(list(), json!({host.clone(): "me"}));
    assert!(!job.record(&host).exists());
    assert!(!holds(job.home.path(), &password));
    server.forget();
    assert_eq!(text(&job.get(&host).stdout), format!("{typed}\n"));
    assert_eq!(server.seen(), [""; 0]);

    // `login --oidc` goes before it again, and a logout forgets both.
    let output = in_job(&job, &["login", "--oidc", &host]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(list(), json!({host.clone(): ROBOT}));
    let output = in_job(&job, &["logout", &host]).output().unwrap();
    assert_eq!(
        text(&output.stdout),
        format!("Removing login credentials for {host}\n")
    );
    assert!(!holds(job.home.path(), "typed-secret"));
    assert!(!job.record(&host).exists());
    assert_eq!(list(), json!({}));
    assert_eq!(
        text(&job.get(&host).stdout),
        "credentials not found in native keychain\n"
    );

    let (_server, job, host, password) = logged_in();
    verb(&job, "erase", &host);
    assert!(!holds(job.home.path(), &password));
    assert_eq!(job.get(&host).status.code(), Some(1));
}

#[test]
fn nothing_is_left_of_a_job_that_is_over() {
    let (_server, job, _host, password) = logged_in();
    let output = in_job(&job, &["logout", "--job"]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(!holds(job.home.path(), &password));

    // One that nobody has logged out.
    let (server, quay, job) = Quay::start();
    let mut ci_env = Command::new("sh");
    crate::support::isolate(&mut ci_env, job.home.path());
    let output = ci_env
        .args(["-c", "\"$0\" ci-env gitlab --login \"$1\" >/dev/null; true"])
        .args([env!("CARGO_BIN_EXE_dockside"), &server.host()])
        .envs(job.variables.clone())
        // Other tests have processes of the usual job.
        .env("CI_JOB_ID", "974311")
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let password = quay.lock().unwrap().made[0].clone();
    assert!(holds(job.home.path(), &password));
    let mut clean = crate::support::dockside(job.home.path());
    let output = clean.args(["host-cleanup", "--older-than", "0s"]).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(!holds(job.home.path(), &password), "{output:?}");
}

/// What is left in the environment of a later step may lead to somebody with other rights.
#[test]
fn a_login_is_made_anew_from_the_identity_it_was_made_from() {
    let (server, job, host, password) = logged_in();
    let record = job.record(&host);
    let other = |text: String| {
        let changed = text.replace("the robot acme+ci by", "the robot acme+deploy by");
        assert_ne!(changed, text);
        changed
    };
    job.age(&host, -3400, 200);
    let changed = other(std::fs::read_to_string(&record).unwrap());
    std::fs::write(&record, &changed).unwrap();
    let why = format!(
        "cannot be made anew: there is no identity to log in to {host} with: it was made from the \
         robot acme+deploy by the job's ID token, and this step has the robot acme+ci by the job's \
         ID token"
    );
    let output = job.get(&host);
    assert_eq!(super::job::secret(&output), password);
    assert_eq!(
        text(&output.stderr),
        format!("dockside: note: the login to {host} ends soon and {why}\n")
    );
    job.age(&host, -3600, -1);
    let output = job.get(&host);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        text(&output.stdout),
        format!("the login to {host} has ended and {why}\n")
    );
    let seen = server.seen();
    assert_eq!(seen.iter().filter(|line| *line == EXCHANGE).count(), 3);
}
