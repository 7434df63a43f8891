//! The program as a credential helper: the protocol, and docker, skopeo and buildah using it.
#![cfg(unix)]

mod tools;

use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Stdio};

use dockside::docker::{Credential, Wishes};
use serde_json::{Value, json};

use crate::docker_config::machine::Machine;

const PROGRAM: &str = "docker-credential-dockside";

/// A machine with the helper on its `PATH`.
fn machine() -> Machine {
    let machine = Machine::new();
    let program = env!("CARGO_BIN_EXE_dockside");
    symlink(program, machine.at("bin").join(PROGRAM)).unwrap();
    symlink(program, machine.at("bin/dockside")).unwrap();
    machine
}

/// Standard output, and whether it ended well. It never says anything on standard error.
fn ask(machine: &Machine, more: &[(&str, &str)], verbs: &[&str], request: &[u8]) -> (String, bool) {
    let by_name = ask_program(
        machine,
        &machine.at("bin").join(PROGRAM),
        more,
        verbs,
        request,
    );
    let words: Vec<&str> = ["credential"].iter().chain(verbs).copied().collect();
    // A store and an erase may be repeated, and the rest changes nothing.
    let dockside = Path::new(env!("CARGO_BIN_EXE_dockside"));
    assert_eq!(
        by_name,
        ask_program(machine, dockside, more, &words, request)
    );
    by_name
}

fn ask_program(
    machine: &Machine,
    program: &Path,
    more: &[(&str, &str)],
    words: &[&str],
    request: &[u8],
) -> (String, bool) {
    let mut child = Command::new(program)
        .args(words)
        .env_clear()
        .envs(machine.variables())
        .envs(more.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It need not read what it does not need.
    let _ = child.stdin.take().unwrap().write_all(request);
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    let status = output.status.code().unwrap();
    assert!(status == 0 || status == 1, "{status}");
    (String::from_utf8(output.stdout).unwrap(), status == 0)
}

#[test]
fn the_protocol() {
    let machine = machine();
    let no = |text: &str| (format!("{text}\n"), false);
    let yes = |text: &str| (text.to_owned(), true);
    let not_found = || no("credentials not found in native keychain");
    let usage = "Usage: docker-credential-dockside <store|get|erase|list|version>";
    let strange = "the request is not a credential in JSON";
    let version = format!("{PROGRAM} (dockside) v{}\n", env!("CARGO_PKG_VERSION"));
    let table: &[(&[&str], &str, (String, bool))] = &[
        (&["list"], "unused", yes("{}\n")),
        (&["get"], "a.example", not_found()),
        (&["erase"], "a.example", yes("")),
        (
            &["store"],
            "{\"ServerURL\":\"a.example\",\"Username\":\"u:\",\"Secret\":\"p\\u0000\\\"<é\"}\n",
            yes(""),
        ),
        (
            &["get"],
            "a.example\r\n",
            yes(
                "{\"ServerURL\":\"a.example\",\"Username\":\"u:\",\"Secret\":\"p\\u0000\\\"<é\"}\n",
            ),
        ),
        (
            &["store"],
            "{\"ServerURL\":\"https://index.docker.io/v1/\",\r\n\"Username\":\"<token>\",\"Secret\":\"t\"}",
            yes(""),
        ),
        (
            &["get"],
            "https://index.docker.io/v1/",
            yes(
                "{\"ServerURL\":\"https://index.docker.io/v1/\",\"Username\":\"<token>\",\
                 \"Secret\":\"t\"}\n",
            ),
        ),
        (
            &["get"],
            "docker.io",
            yes("{\"ServerURL\":\"docker.io\",\"Username\":\"<token>\",\"Secret\":\"t\"}\n"),
        ),
        (
            &["get"],
            "https://index.docker.io/v1/access-token",
            not_found(),
        ),
        (
            &["get"],
            "https://a.example",
            yes(
                "{\"ServerURL\":\"https://a.example\",\"Username\":\"u:\",\"Secret\":\"p\\u0000\\\"<é\"}\n",
            ),
        ),
        (&["get"], "a.example:5000", not_found()),
        (
            &["list"],
            "",
            yes("{\"a.example\":\"u:\",\"https://index.docker.io/v1/\":\"<token>\"}\n"),
        ),
        (&["erase"], " a.example \n", yes("")),
        (&["get"], "a.example", not_found()),
        (&["get"], "", no("no credentials server URL")),
        (&["get"], " \r\n", no("no credentials server URL")),
        (&["erase"], "\n", no("no credentials server URL")),
        (
            &["store"],
            "{\"Username\":\"u\"}",
            no("no credentials server URL"),
        ),
        (
            &["store"],
            "{\"ServerURL\":\"x\",\"Secret\":\"s\"}",
            no("no credentials username"),
        ),
        (&["store"], "hunter2", no(strange)),
        (
            &["store"],
            "{\"ServerURL\":\"x\",\"Username\":\"u\",\"Secret\":7}",
            no(strange),
        ),
        (&["version"], "", yes(&version)),
        (&[], "", no(usage)),
        (&["get", "a.example"], "", no(usage)),
        (
            &["frobnicate"],
            "",
            no("docker-credential-dockside: unknown action: frobnicate"),
        ),
        (
            &["\u{1b}[31m"],
            "",
            no("docker-credential-dockside: unknown action: \\u{1b}[31m"),
        ),
    ];
    for (words, request, expected) in table {
        let answer = ask(&machine, &[], words, request.as_bytes());
        assert_eq!(answer, *expected, "{words:?} {request:?}");
    }
    let long = vec![b'x'; 2 << 20];
    assert_eq!(
        ask(&machine, &[], &["get"], &long),
        no("the request is longer than 1048576 bytes")
    );
    let file = machine.at("home/.docker/dockside-credentials.json");
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    // Options are the helper's only under its own name.
    let program = machine.at("bin").join(PROGRAM);
    let by_name = |word| ask_program(&machine, &program, &[], &[word], b"");
    assert_eq!(by_name("--version"), yes(&version));
    assert_eq!(by_name("-h"), yes(&format!("{usage}\n")));
}

#[test]
fn paths_are_looked_up_by_their_longest_key() {
    let machine = machine();
    for server in ["r.example", "r.example/team"] {
        let request = json!({"ServerURL": server, "Username": server, "Secret": "s"});
        ask(&machine, &[], &["store"], request.to_string().as_bytes());
    }
    let user = |server: &str| {
        let (answer, found) = ask(&machine, &[], &["get"], server.as_bytes());
        found.then(|| serde_json::from_str::<Value>(&answer).unwrap()["Username"].to_string())
    };
    assert_eq!(user("r.example/team/app").unwrap(), "\"r.example/team\"");
    assert_eq!(user("r.example/other").unwrap(), "\"r.example\"");
    assert_eq!(user("r.example").unwrap(), "\"r.example\"");
    assert_eq!(user("other.example/team"), None);
}

#[test]
fn many_at_once() {
    let machine = machine();
    std::thread::scope(|scope| {
        for number in 0..16 {
            let machine = &machine;
            scope.spawn(move || {
                let server = format!("r{number}.example");
                let request = json!({"ServerURL": server, "Username": "u", "Secret": "s"});
                let stored = ask(machine, &[], &["store"], request.to_string().as_bytes());
                assert_eq!(stored, (String::new(), true));
                ask(machine, &[], &["get"], server.as_bytes());
            });
        }
    });
    let (list, _) = ask(&machine, &[], &["list"], b"");
    let list: Value = serde_json::from_str(&list).unwrap();
    assert_eq!(list.as_object().unwrap().len(), 16);
}

/// The directory of a job that was made from the home of this machine.
fn job(machine: &Machine) -> String {
    let logins = [(
        "made.example".to_owned(),
        Credential::password("job", "token"),
    )];
    let wishes = Wishes {
        logins: &logins,
        ..Wishes::default()
    };
    let prepared = machine.prepare(&[], &wishes).unwrap();
    prepared.docker_config.to_str().unwrap().to_owned()
}

#[test]
fn a_jobs_own_logins_are_given_and_taken() {
    let machine = machine();
    let job = job(&machine);
    let config = [("DOCKER_CONFIG", job.as_str())];
    let made = ask(&machine, &config, &["get"], b"made.example");
    assert_eq!(
        made.0,
        "{\"ServerURL\":\"made.example\",\"Username\":\"job\",\"Secret\":\"token\"}\n"
    );
    for server in ["https://new.example/", "new.example/team"] {
        let request = json!({"ServerURL": server, "Username": "n", "Secret": "s"});
        ask(
            &machine,
            &config,
            &["store"],
            request.to_string().as_bytes(),
        );
    }
    let entry = json!({"auth": "bjpz"});
    let mut auths = crate::support::job::auths(Path::new(&job));
    assert_eq!(auths["new.example"], entry);
    assert_eq!(auths["new.example/team"], entry);
    for server in ["new.example", "new.example/team", "https://made.example"] {
        ask(&machine, &config, &["erase"], server.as_bytes());
    }
    auths = crate::support::job::auths(Path::new(&job));
    assert_eq!(auths, json!({}));
    assert_eq!(ask(&machine, &config, &["list"], b"").0, "{}\n");
    assert!(
        !machine
            .at("home/.docker/dockside-credentials.json")
            .exists()
    );
}

#[test]
fn a_job_has_what_the_users_helper_keeps() {
    let machine = machine();
    let request = r#"{"ServerURL":"home.example","Username":"me","Secret":"mine"}"#;
    ask(&machine, &[], &["store"], request.as_bytes());
    machine.write("home/.docker/config.json", r#"{"credsStore": "dockside"}"#);
    let before = crate::docker_config::machine::tree(&machine.at("home"));
    let output = Command::new("/bin/sh")
        .args([
            "-c",
            r#"eval "$(dockside ci-env gitlab)"; printf %s "$DOCKER_CONFIG""#,
        ])
        .env_clear()
        .envs(machine.variables())
        .envs(crate::support::job::GITLAB)
        .output()
        .unwrap();
    let job = String::from_utf8(output.stdout).unwrap();
    let config = [("DOCKER_CONFIG", job.as_str())];
    let written = std::fs::read(Path::new(&job).join("config.json")).unwrap();
    let written: Value = serde_json::from_slice(&written).unwrap();
    assert_eq!(written["credHelpers"], json!({"home.example": "dockside"}));
    // As docker asks it in the job.
    let answer = ask(&machine, &config, &["get"], b"home.example");
    assert_eq!(
        answer.0,
        "{\"ServerURL\":\"home.example\",\"Username\":\"me\",\"Secret\":\"mine\"}\n"
    );
    ask(&machine, &config, &["erase"], b"home.example");
    let token = r#"{"ServerURL":"token.example","Username":"<token>","Secret":"t"}"#;
    ask(&machine, &config, &["store"], token.as_bytes());
    assert_eq!(
        ask(&machine, &config, &["list"], b"").0,
        "{\"home.example\":\"me\",\"token.example\":\"<token>\"}\n"
    );
    assert_eq!(
        crate::docker_config::machine::tree(&machine.at("home")),
        before
    );
}

#[test]
fn faults_are_said_where_docker_reads_them() {
    let machine = machine();
    machine.write(
        "home/.docker/dockside-credentials.json",
        "{\"auths\": [\"hunter2\"]}",
    );
    let file = machine.at("home/.docker/dockside-credentials.json");
    let (said, good) = ask(&machine, &[], &["get"], b"a.example");
    assert!(!good);
    assert_eq!(
        said,
        format!(
            "{}:1:10: the value that ends here is not what docker expects in its config\n",
            file.display()
        )
    );
}
