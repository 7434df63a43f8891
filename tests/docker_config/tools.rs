//! The real docker CLI, skopeo and buildah read what is written for them.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};

use dockside::docker::{Credential, Prepared, Wishes};

use super::registry::{IMAGE, PASSWORD, Registry, USER};
use super::{Machine, config_of, tree};
use crate::support::installed;

fn all_installed(programs: &[&str]) -> bool {
    programs.iter().all(|program| installed(program))
}

const ALL: [&str; 5] = ["docker", "skopeo", "buildah", "docker-registry", "htpasswd"];

/// Runs a program as a step of the job would.
fn run(machine: &Machine, prepared: &Prepared, program: &str, arguments: &[&str]) -> Output {
    Command::new(program)
        .args(arguments)
        .env_clear()
        .envs(machine.variables())
        .env("DOCKER_HOST", "unix:///nonexistent.sock")
        .env("DOCKER_CONFIG", &prepared.docker_config)
        .env("REGISTRY_AUTH_FILE", &prepared.auth_file)
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap()
}

/// Which programs see an image with the credentials that they find; the registry decides.
fn who_gets_in(machine: &Machine, prepared: &Prepared, registry: &str) -> Vec<&'static str> {
    let image = format!("{registry}/{IMAGE}");
    let remote = format!("docker://{image}");
    let tries: [(&str, &[&str]); 4] = [
        ("docker", &["manifest", "inspect", "--insecure", &image]),
        (
            "skopeo",
            &["inspect", "--raw", "--tls-verify=false", &remote],
        ),
        ("skopeo", &["login", "--tls-verify=false", registry]),
        ("buildah", &["login", "--tls-verify=false", registry]),
    ];
    tries
        .into_iter()
        .filter(|(program, arguments)| {
            let output = run(machine, prepared, program, arguments);
            eprintln!("{program}: {output:?}");
            output.status.success()
        })
        .map(|(program, _)| program)
        .collect()
}

const ALL_GET_IN: [&str; 4] = ["docker", "skopeo", "skopeo", "buildah"];

fn prepare(machine: &Machine, registry: &str, password: &str) -> Prepared {
    let logins = [(registry.to_owned(), Credential::password(USER, password))];
    let wishes = Wishes {
        logins: &logins,
        ..Wishes::default()
    };
    machine.prepare(&[], &wishes).unwrap()
}

#[test]
fn all_programs_use_the_jobs_login() {
    if !all_installed(&ALL) {
        return;
    }
    let registry = Registry::start();
    let machine = Machine::new();
    // What each would have used, had it not been told otherwise.
    let stale = format!(
        r#"{{"auths": {{"{}": {{"auth": "d3Jvbmc6d3Jvbmc="}}}}}}"#,
        registry.host
    );
    machine.write("home/.docker/config.json", &stale);
    machine.write("run/containers/auth.json", &stale);
    let home = tree(&machine.at("home"));
    let prepared = prepare(&machine, &registry.host, PASSWORD);
    assert_eq!(who_gets_in(&machine, &prepared, &registry.host), ALL_GET_IN);
    assert_eq!(tree(&machine.at("home")), home);

    let wrong = prepare(&machine, &registry.host, "wrong");
    assert_eq!(who_gets_in(&machine, &wrong, &registry.host), [""; 0]);
}

#[test]
fn a_store_that_cannot_list_hides_no_login() {
    if !all_installed(&ALL) {
        return;
    }
    let registry = Registry::start();
    let machine = Machine::new();
    machine.write("home/.docker/config.json", r#"{"credsStore": "fake"}"#);
    machine.program(
        "bin/docker-credential-fake",
        "cat >/dev/null; echo 'keychain is locked'; exit 1",
    );
    let prepared = prepare(&machine, &registry.host, PASSWORD);
    assert_eq!(prepared.auth_file, prepared.docker_config.join("auth.json"));
    assert_eq!(who_gets_in(&machine, &prepared, &registry.host), ALL_GET_IN);
}

#[test]
fn the_hosts_of_a_store_go_on_working() {
    if !all_installed(&ALL) {
        return;
    }
    let (stored, other) = (Registry::start(), Registry::start());
    let machine = Machine::new();
    machine.write("home/.docker/config.json", r#"{"credsStore": "fake"}"#);
    machine.program(
        "bin/docker-credential-fake",
        &format!(
            r#"request=$(cat)
            case "$1 $request" in
                "list "*) echo '{{"{host}":"{USER}"}}';;
                "get {host}") echo '{{"ServerURL":"{host}","Username":"{USER}","Secret":"{PASSWORD}"}}';;
                "store "*) ;;
                *) echo 'credentials not found in native keychain'; exit 1;;
            esac"#,
            host = stored.host
        ),
    );
    let prepared = prepare(&machine, &other.host, PASSWORD);
    assert_eq!(
        config_of(&prepared)["credHelpers"],
        serde_json::json!({ stored.host.as_str(): "fake" })
    );
    assert_eq!(who_gets_in(&machine, &prepared, &stored.host), ALL_GET_IN);
    assert_eq!(who_gets_in(&machine, &prepared, &other.host), ALL_GET_IN);
}

#[test]
fn logins_that_docker_makes_in_the_job_are_kept() {
    if !all_installed(&ALL) {
        return;
    }
    let (first, second) = (Registry::start(), Registry::start());
    let machine = Machine::new();
    let prepared = prepare(&machine, &first.host, PASSWORD);
    let login = [
        "login",
        "--username",
        USER,
        "--password",
        PASSWORD,
        &second.host,
    ];
    assert!(run(&machine, &prepared, "docker", &login).status.success());
    let again = machine.prepare(&[], &Wishes::default()).unwrap();
    assert_eq!(who_gets_in(&machine, &again, &first.host), ALL_GET_IN);
    assert_eq!(who_gets_in(&machine, &again, &second.host), ALL_GET_IN);
}

#[test]
fn no_keychain_is_chosen_for_a_job() {
    if !all_installed(&ALL) {
        return;
    }
    let registry = Registry::start();
    let machine = Machine::new();
    // Docker would choose this one for a config that is empty.
    machine.program("bin/pass", "exit 0");
    machine.program(
        "bin/docker-credential-pass",
        "echo \"$1\" >>\"$TMPDIR/pass-was-asked\"; cat >/dev/null; echo '{}'",
    );
    let prepared = machine.prepare(&[], &Wishes::default()).unwrap();
    let login = [
        "login",
        "--username",
        USER,
        "--password",
        PASSWORD,
        &registry.host,
    ];
    assert!(run(&machine, &prepared, "docker", &login).status.success());
    assert!(!machine.at("tmp/pass-was-asked").exists());

    // That this proves something: an empty config does ask it.
    let empty = machine.at("empty");
    fs::create_dir(&empty).unwrap();
    let without = Prepared {
        docker_config: empty,
        ..prepared
    };
    run(&machine, &without, "docker", &login);
    assert!(machine.at("tmp/pass-was-asked").exists());
}

#[test]
fn contexts_and_plugins_go_on_working() {
    if !installed("docker") {
        return;
    }
    let machine = Machine::new();
    let docker = |arguments: &[&str]| {
        let output = Command::new("docker")
            .args(arguments)
            .env_clear()
            .envs(machine.variables())
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
    };
    let made = rcgen::generate_simple_self_signed(["far.example".to_owned()]).unwrap();
    machine.write("ca.pem", &made.cert.pem());
    machine.write("cert.pem", &made.cert.pem());
    machine.write("key.pem", &made.signing_key.serialize_pem());
    let at = |name: &str| machine.at(name).to_str().unwrap().to_owned();
    let endpoint = format!(
        "host=tcp://127.0.0.1:2376,ca={},cert={},key={}",
        at("ca.pem"),
        at("cert.pem"),
        at("key.pem")
    );
    docker(&["context", "create", "far", "--docker", &endpoint]);
    docker(&["context", "use", "far"]);
    fs::create_dir(machine.at("home/.docker/cli-plugins")).unwrap();
    machine.program(
        "home/.docker/cli-plugins/docker-hello",
        r#"if [ "$1" = docker-cli-plugin-metadata ]; then
            echo '{"SchemaVersion":"0.1.0","Vendor":"v","Version":"1","ShortDescription":"d"}'
        else echo "hello from the plugin"; fi"#,
    );
    let home = tree(&machine.at("home"));
    let prepared = machine.prepare(&[], &Wishes::default()).unwrap();
    assert_eq!(prepared.notes, Vec::<String>::new());

    let step = |arguments: &[&str]| {
        let output = Command::new("docker")
            .args(arguments)
            .env_clear()
            .envs(machine.variables())
            .env("DOCKER_CONFIG", &prepared.docker_config)
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    // Without a name it is the one in use (`context show` came with 23.0).
    assert_eq!(
        step(&[
            "context",
            "inspect",
            "--format",
            "{{.Name}} {{.Endpoints.docker.Host}} {{json .TLSMaterial}}"
        ]),
        "far tcp://127.0.0.1:2376 {\"docker\":[\"ca.pem\",\"cert.pem\",\"key.pem\"]}\n"
    );
    assert_eq!(step(&["hello"]), "hello from the plugin\n");
    assert_eq!(tree(&machine.at("home")), home);
    let config = prepared.docker_config.join("config.json");
    assert_eq!(
        config.metadata().unwrap().permissions().mode() & 0o777,
        0o600
    );
}
