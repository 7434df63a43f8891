//! Logging in and out: in the user's directory as docker does it, in a job's into its file.

use std::fs;
use std::os::unix::fs::symlink;

use dockside::docker::{Credential, Stored, Wishes, load, log_in, log_out};

use super::{Machine, tree};

fn me() -> Credential {
    Credential::password("me", "secret")
}

#[test]
fn the_users_directory() {
    let machine = Machine::new();
    let env = machine.env(&[]);
    let home = machine.at("home/.docker");
    assert_eq!(
        log_in(&home, "docker.io", &me(), &env).unwrap(),
        Stored::File
    );
    assert_eq!(load(&home).unwrap().credential("docker.io"), Some(me()));
    assert!(log_out(&home, "docker.io", &env).unwrap());
    assert!(!log_out(&home, "docker.io", &env).unwrap());
    assert_eq!(fs::read(home.join("config.json")).unwrap(), b"{}");
    let missing = machine.at("home/none");
    assert!(!log_out(&missing, "docker.io", &env).unwrap());
    assert!(!missing.exists());
}

#[test]
fn a_linked_config_is_written_through() {
    let machine = Machine::new();
    machine.write("dotfiles/docker.json", "{\"future\": 1}");
    let home = machine.at("home/.docker");
    symlink("../../dotfiles/docker.json", home.join("config.json")).unwrap();
    log_in(&home, "a.example", &me(), &machine.env(&[])).unwrap();
    assert!(home.join("config.json").is_symlink());
    assert_eq!(
        fs::read_to_string(machine.at("dotfiles/docker.json")).unwrap(),
        "{\n\t\"future\": 1,\n\t\"auths\": {\n\t\t\"a.example\": {\n\t\t\t\"auth\": \"bWU6c2VjcmV0\"\n\t\t}\n\t}\n}"
    );
    assert_eq!(fs::read_dir(machine.at("dotfiles")).unwrap().count(), 1);
}

/// A helper that keeps one file for each server.
const HELPER: &str = r#"cd "$(dirname "$0")/../store" || exit 9
request=$(cat)
case $1 in
    store) server=${request#*'"ServerURL":"'}; echo "$request" >"${server%%'"'*}";;
    get) cat "$request" 2>/dev/null || { echo 'credentials not found in native keychain'; exit 1; };;
    erase) rm -f "$request";;
    list) echo '{"a.example":"me"}';;
esac"#;

#[test]
fn the_users_helper_is_used_at_home_and_spared_in_a_job() {
    let machine = Machine::new();
    fs::create_dir(machine.at("store")).unwrap();
    machine.program("bin/docker-credential-fake", HELPER);
    machine.write("home/.docker/config.json", r#"{"credsStore": "fake"}"#);
    let env = machine.env(&[]);
    let home = machine.at("home/.docker");
    let stored = log_in(&home, "a.example", &me(), &env).unwrap();
    assert_eq!(stored, Stored::Helper("fake".to_owned()));
    assert_eq!(
        fs::read_to_string(home.join("config.json")).unwrap(),
        "{\n\t\"credsStore\": \"fake\",\n\t\"auths\": {\n\t\t\"a.example\": {}\n\t}\n}"
    );
    assert!(machine.at("store/a.example").is_file());

    let job = machine
        .prepare(&[], &Wishes::default())
        .unwrap()
        .docker_config;
    let before = (tree(&machine.at("store")), tree(&machine.at("home")));
    assert_eq!(load(&job).unwrap().helper("a.example"), Some("fake"));
    let mine = Credential::password("job", "token");
    assert_eq!(
        log_in(&job, "a.example", &mine, &env).unwrap(),
        Stored::File
    );
    let config = load(&job).unwrap();
    assert_eq!(config.helper("a.example"), None);
    assert_eq!(config.credential("a.example"), Some(mine));
    assert!(log_out(&job, "a.example", &env).unwrap());
    let config = load(&job).unwrap();
    assert_eq!(
        (config.helper("a.example"), config.credential("a.example")),
        (None, None)
    );
    assert_eq!(
        (tree(&machine.at("store")), tree(&machine.at("home"))),
        before
    );

    assert!(log_out(&home, "a.example", &env).unwrap());
    assert!(!machine.at("store/a.example").exists());
}
