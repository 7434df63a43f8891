//! The docker config directory of a job: what is made of the user's, and what is left alone.
#![cfg(unix)]

mod logins;
pub mod machine;
mod races;
pub mod registry;
mod tools;

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::net::UnixListener;

use dockside::docker::{Wishes, load, prepare};
use dockside::error::Failure;

use machine::{JOB, Machine, config_of, login, text, tree};

#[test]
fn a_rich_home_is_used_and_left_as_it_was() {
    let machine = Machine::new();
    // The SHA-256 of `a`, where docker keeps the context of that name.
    let context = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb";
    let docker = "home/.docker";
    machine.write(
        "shared/config.json",
        r#"{"auths": {"user.example": {"auth": "dTpw"}}, "proxies": {"default": {"httpProxy": "http://p"}},
            "HttpHeaders": {"X-Meta": "1"}, "currentContext": "a", "future": {"z": 1, "a": 2}}"#,
    );
    symlink(
        "../../shared/config.json",
        machine.at("home/.docker/config.json"),
    )
    .unwrap();
    machine.write(&format!("{docker}/contexts/meta/{context}/meta.json"), "{}");
    machine.write(
        &format!("{docker}/contexts/tls/{context}/docker/key.pem"),
        "key",
    );
    machine.write(&format!("{docker}/cli-plugins/docker-x"), "");
    machine.write(&format!("{docker}/buildx/current"), "");
    machine.write(&format!("{docker}/machine/disk"), "large");
    let _socket = UnixListener::bind(machine.at("home/.docker/run.sock")).unwrap();
    let before = (tree(&machine.at("home")), tree(&machine.at("shared")));

    let prepared = machine
        .prepare(
            &[],
            &Wishes {
                logins: &[login("registry.example.com"), login("docker.io")],
                ..Wishes::default()
            },
        )
        .unwrap();

    let job = machine.job("1");
    let plugins = machine.at("home/.docker/cli-plugins");
    let expected = format!(
        "{{\n\t\"auths\": {{\n\t\t\"user.example\": {{\n\t\t\t\"auth\": \"dTpw\"\n\t\t}},\n\
         \t\t\"registry.example.com\": {{\n\t\t\t\"auth\": \"{JOB}\"\n\t\t}},\n\
         \t\t\"https://index.docker.io/v1/\": {{\n\t\t\t\"auth\": \"{JOB}\"\n\t\t}},\n\
         \t\t\"dockside.invalid\": {{}}\n\t}},\n\
         \t\"proxies\": {{\n\t\t\"default\": {{\n\t\t\t\"httpProxy\": \"http://p\"\n\t\t}}\n\t}},\n\
         \t\"HttpHeaders\": {{\n\t\t\"X-Meta\": \"1\"\n\t}},\n\t\"currentContext\": \"a\",\n\
         \t\"future\": {{\n\t\t\"z\": 1,\n\t\t\"a\": 2\n\t}},\n\
         \t\"cliPluginsExtraDirs\": [\n\t\t\"{}\"\n\t]\n}}",
        plugins.display()
    );
    assert_eq!(text(&prepared.docker_config.join("config.json")), expected);
    assert_eq!(prepared.docker_config, job.docker_config());
    assert_eq!(prepared.auth_file, job.docker_config().join("config.json"));
    assert_eq!(
        prepared.buildx_config,
        Some(machine.at("home/.docker/buildx"))
    );
    assert!(!prepared.empties_docker_auth_config);
    assert_eq!(prepared.notes, Vec::<String>::new());
    assert_eq!(
        (tree(&machine.at("home")), tree(&machine.at("shared"))),
        before
    );

    let mut made: Vec<String> = tree(job.path())
        .into_keys()
        .map(|path| {
            let mode = path.symlink_metadata().unwrap().permissions().mode() & 0o777;
            let name = path.strip_prefix(job.path()).unwrap();
            format!("{mode:o} {}", name.display())
        })
        .collect();
    made.sort();
    assert_eq!(
        made,
        [
            &format!("600 docker/contexts/meta/{context}/meta.json"),
            &format!("600 docker/contexts/tls/{context}/docker/key.pem"),
            "600 docker/config.json",
            "600 job.json",
            "600 origin.json",
            "700 ",
            "700 docker",
            "700 docker/contexts",
            "700 docker/contexts/meta",
            &format!("700 docker/contexts/meta/{context}"),
            "700 docker/contexts/tls",
            &format!("700 docker/contexts/tls/{context}"),
            &format!("700 docker/contexts/tls/{context}/docker"),
        ]
        .into_iter()
        .map(str::to_owned)
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .collect::<Vec<_>>()
    );
}

#[test]
fn without_anything_to_start_from_no_keychain_is_chosen() {
    let machine = Machine::new();
    fs::remove_dir_all(machine.at("home")).unwrap();
    let prepared = machine.prepare(&[], &Wishes::default()).unwrap();
    assert_eq!(
        config_of(&prepared),
        serde_json::json!({"auths": {"dockside.invalid": {}}})
    );
    assert!(!machine.at("home").exists());
}

#[test]
fn a_source_that_is_no_config_is_an_error_and_makes_nothing() {
    let machine = Machine::new();
    machine.write(
        "home/.docker/config.json",
        "{\n\t\"auths\": {\n\t\t\"a\": [\n",
    );
    let error = machine.prepare(&[], &Wishes::default()).unwrap_err();
    let path = machine.at("home/.docker/config.json");
    assert_eq!(
        Failure::from(error).message(),
        format!("{}:4:0: not JSON: EOF while parsing a list", path.display())
    );
    assert!(
        !machine
            .job("1")
            .docker_config()
            .join("config.json")
            .exists()
    );
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    let error = machine.prepare(&[], &Wishes::default()).unwrap_err();
    assert_eq!(
        Failure::from(error).message(),
        format!("cannot read {}: not a regular file", path.display())
    );
}

#[test]
fn a_context_that_does_not_exist_is_not_used() {
    let machine = Machine::new();
    machine.write("home/.docker/config.json", r#"{"currentContext": "gone"}"#);
    let prepared = machine.prepare(&[], &Wishes::default()).unwrap();
    assert_eq!(
        config_of(&prepared),
        serde_json::json!({"auths": {"dockside.invalid": {}}})
    );
    assert_eq!(
        prepared.notes,
        ["the docker context gone is not used: it does not exist"]
    );
}

#[test]
fn a_second_run_in_the_job_keeps_its_logins_and_multiplies_nothing() {
    let machine = Machine::new();
    machine.write(
        "home/.docker/config.json",
        r#"{"auths": {"user.example": {"auth": "dTpw"}}, "credHelpers": {"a.example": "none"}}"#,
    );
    machine.write("home/.docker/cli-plugins/docker-x", "");
    let logins = [login("a.example")];
    let wishes = Wishes {
        logins: &logins,
        ..Wishes::default()
    };
    let first = machine.prepare(&[], &wishes).unwrap();
    let docker_config = first.docker_config.to_str().unwrap();
    let auth_file = first.auth_file.to_str().unwrap();
    let exported = [
        ("DOCKER_CONFIG", docker_config),
        ("REGISTRY_AUTH_FILE", auth_file),
        ("HELM_REGISTRY_CONFIG", auth_file),
    ];
    let before = tree(&first.docker_config);
    let second = machine.prepare(&exported, &Wishes::default()).unwrap();
    assert_eq!(second.docker_config, first.docker_config);
    assert_eq!(second.source.directory, Some(machine.at("home/.docker")));
    assert_eq!(tree(&first.docker_config), before);

    // What belongs to this job does not go to another one that starts inside it.
    let nested = prepare(
        &machine.job("2"),
        &machine.env(&exported),
        &Wishes::default(),
    );
    assert_eq!(
        load(&nested.unwrap().docker_config)
            .unwrap()
            .logins()
            .collect::<Vec<_>>(),
        ["user.example"]
    );
}

/// A file that replaces another one is flushed to the disk on ext4.
#[test]
fn a_first_use_replaces_no_file() {
    let machine = Machine::new();
    let job = machine.job("1");
    let inode = |name: &str| fs::metadata(job.path().join(name)).unwrap().ino();
    let before = inode("job.json");
    prepare(&job, &machine.env(&[]), &Wishes::default()).unwrap();
    let after = (inode("job.json"), inode("origin.json"));
    assert_eq!(after.0, before);
    prepare(&job, &machine.env(&[]), &Wishes::default()).unwrap();
    assert_eq!((inode("job.json"), inode("origin.json")), after);
}

#[test]
fn the_ambient_variable_is_merged_and_must_be_emptied() {
    let machine = Machine::new();
    machine.write(
        "home/.docker/config.json",
        r#"{"auths": {"user.example": {"auth": "dTpw"}}, "credHelpers": {"env.example": "none"}}"#,
    );
    let variable = r#"{"auths": {"env.example": {"auth": "ZTpl"}, "registry.example": {"auth": "ZTpl"},
                       "user.example": {"auth": "ZTpl"}}}"#;
    machine.write("variable", variable);
    let logins = [login("registry.example")];
    let file = machine.at("variable");
    for value in [variable, file.to_str().unwrap()] {
        let prepared = machine
            .prepare(
                &[("DOCKER_AUTH_CONFIG", value)],
                &Wishes {
                    logins: &logins,
                    ..Wishes::default()
                },
            )
            .unwrap();
        assert!(prepared.empties_docker_auth_config);
        assert_eq!(
            prepared.notes,
            [
                "the logins of DOCKER_AUTH_CONFIG are now in the job's docker config, and the \
                 variable is emptied: docker would let it outrank the job's own logins"
            ]
        );
        assert_eq!(
            config_of(&prepared),
            serde_json::json!({"auths": {
                "user.example": {"auth": "ZTpl"},
                "env.example": {"auth": "ZTpl"},
                "registry.example": {"auth": JOB},
                "dockside.invalid": {},
            }})
        );
    }
    // Once emptied it is still there, for later steps that go by the directory.
    let prepared = machine.prepare(&[], &Wishes::default()).unwrap();
    let kept = load(&prepared.docker_config).unwrap();
    assert_eq!(kept.credential("env.example").unwrap().username, "e");
}

#[test]
fn helpers_of_the_ambient_variable_are_kept_for_hosts_that_nothing_is_known_of() {
    let machine = Machine::new();
    machine.write(
        "home/.docker/config.json",
        r#"{"auths": {"user.example": {"auth": "dTpw"}}, "credHelpers": {"a.example": "mine"}}"#,
    );
    let variable = r#"{"auths": {"env.example": {"auth": "ZTpl"}},
        "credHelpers": {"ecr.example": "ecr-login", "a.example": "other", "user.example": "other"}}"#;
    let prepared = machine
        .prepare(&[("DOCKER_AUTH_CONFIG", variable)], &Wishes::default())
        .unwrap();
    let expected = serde_json::json!({
        "auths": {"user.example": {"auth": "dTpw"}, "env.example": {"auth": "ZTpl"}},
        "credHelpers": {"a.example": "mine", "ecr.example": "ecr-login"},
    });
    assert_eq!(config_of(&prepared), expected);
    assert_eq!(
        prepared.notes[1..],
        [
            "helpers of DOCKER_AUTH_CONFIG are left out, as there is a login or another helper \
             for a.example, user.example"
        ]
    );
    // Once emptied they are still there.
    let again = machine.prepare(&[], &Wishes::default()).unwrap();
    assert_eq!(config_of(&again), expected);
}

#[test]
fn the_variable_alone_when_that_is_the_wish() {
    let machine = Machine::new();
    machine.write(
        "home/.docker/config.json",
        r#"{"auths": {"user.example": {"auth": "dTpw"}}}"#,
    );
    let wishes = Wishes {
        use_docker_auth_config: true,
        ..Wishes::default()
    };
    let error = machine.prepare(&[], &wishes).unwrap_err();
    assert_eq!(error.to_string(), "DOCKER_AUTH_CONFIG is not set, or empty");
    let broken = [("DOCKER_AUTH_CONFIG", "{\"auths\": {]}")];
    assert_eq!(
        machine.prepare(&broken, &wishes).unwrap_err().to_string(),
        "DOCKER_AUTH_CONFIG:1:12: not JSON: key must be a string"
    );
    let whole = r#"{"auths": {"env.example": {"auth": "ZTpl"}}, "credHelpers": {"b.example": "x"},
            "HttpHeaders": {"X": "y"}, "future": [1]}"#;
    let given = [("DOCKER_AUTH_CONFIG", whole)];
    let prepared = machine.prepare(&given, &wishes).unwrap();
    let expected: serde_json::Value = serde_json::from_str(whole).unwrap();
    assert_eq!(config_of(&prepared), expected);
    assert!(prepared.empties_docker_auth_config);
    let again = machine.prepare(&[], &wishes).unwrap();
    assert_eq!(config_of(&again), expected);

    // Without the wish a broken one is passed over, as docker passes it over.
    let machine = Machine::new();
    let prepared = machine.prepare(&broken, &Wishes::default()).unwrap();
    assert!(!prepared.empties_docker_auth_config);
    assert_eq!(
        prepared.notes,
        [
            "DOCKER_AUTH_CONFIG is not used, as docker does not use it either: \
          DOCKER_AUTH_CONFIG:1:12: not JSON: key must be a string"
        ]
    );
}

#[test]
fn logins_of_podman_and_helm_are_not_lost() {
    let machine = Machine::new();
    machine.write(
        "home/.docker/config.json",
        r#"{"auths": {"user.example": {"auth": "dTpw"}}}"#,
    );
    machine.write(
        "run/containers/auth.json",
        r#"{"auths": {"user.example": {"auth": "eDp4"}, "docker.io": {"auth": "aDpo"},
            "quay.io/one": {"auth": "MTox"}, "quay.io/two": {"auth": "Mjoy"}, "none.example": {}}}"#,
    );
    machine.write(
        "home/.config/containers/auth.json",
        r#"{"auths": {"quay.io": {"auth": "eDp4"}}, "credHelpers": {"ecr.example": "ecr-login"}}"#,
    );
    machine.write("home/.config/helm/registry/config.json", "{");
    let prepared = machine.prepare(&[], &Wishes::default()).unwrap();
    assert_eq!(
        config_of(&prepared),
        serde_json::json!({"auths": {
            "user.example": {"auth": "dTpw"},
            "https://index.docker.io/v1/": {"auth": "aDpo"},
            "quay.io/one": {"auth": "MTox"},
            "quay.io/two": {"auth": "Mjoy"},
        }, "credHelpers": {"ecr.example": "ecr-login"}})
    );
    let helm = machine.at("home/.config/helm/registry/config.json");
    assert_eq!(
        prepared.notes,
        [format!(
            "a login file is not used: {}:1:1: not JSON: EOF while parsing an object",
            helm.display()
        )]
    );
}

#[test]
fn a_store_is_asked_for_its_hosts() {
    let machine = Machine::new();
    machine.write(
        "home/.docker/config.json",
        r#"{"credsStore": "fake", "auths": {"a.example": {}}, "credHelpers": {"b.example": "gcr"}}"#,
    );
    machine.program(
        "bin/docker-credential-fake",
        r#"echo '{"https://a.example/v2/":"u","b.example":"u","registry.example":"u",
                  "https://index.docker.io/v1/":"u","https://index.docker.io/v1/access-token":"u"}'"#,
    );
    let logins = [login("registry.example")];
    let wishes = Wishes {
        logins: &logins,
        ..Wishes::default()
    };
    let prepared = machine.prepare(&[], &wishes).unwrap();
    assert_eq!(
        config_of(&prepared),
        serde_json::json!({
            "auths": {"a.example": {}, "registry.example": {"auth": JOB}},
            "credHelpers": {"b.example": "gcr", "a.example": "fake", "https://index.docker.io/v1/": "fake"},
        })
    );
    assert_eq!(prepared.notes, Vec::<String>::new());
}

#[test]
fn a_store_that_is_not_installed_is_left_out() {
    let machine = Machine::new();
    machine.write(
        "home/.docker/config.json",
        r#"{"credsStore": "no-such-store"}"#,
    );
    let prepared = machine.prepare(&[], &Wishes::default()).unwrap();
    assert_eq!(
        config_of(&prepared),
        serde_json::json!({"auths": {"dockside.invalid": {}}})
    );
    assert_eq!(
        prepared.notes,
        ["credsStore is left out: docker-credential-no-such-store is not on PATH"]
    );
}

#[test]
fn a_store_that_cannot_list_is_kept_for_all_other_hosts() {
    let scripts = [
        ("echo locked >&2; exit 2", "failed (exit status: 2): locked"),
        ("exec yes", "printed more than 1048576 bytes"),
        (
            "echo nonsense",
            "gave an answer that is not of the protocol",
        ),
    ];
    for (script, why) in scripts {
        let machine = Machine::new();
        machine.write("home/.docker/config.json", r#"{"credsStore": "fake"}"#);
        machine.program("bin/docker-credential-fake", script);
        let logins = [login("registry.example")];
        let wishes = Wishes {
            logins: &logins,
            ..Wishes::default()
        };
        let prepared = machine.prepare(&[], &wishes).unwrap();
        assert_eq!(
            config_of(&prepared),
            serde_json::json!({
                "credsStore": "fake",
                "auths": {"registry.example": {"auth": JOB}},
                "credHelpers": {"registry.example": ""},
            })
        );
        assert_eq!(prepared.auth_file, prepared.docker_config.join("auth.json"));
        let copy: serde_json::Value = serde_json::from_str(&text(&prepared.auth_file)).unwrap();
        assert_eq!(
            copy,
            serde_json::json!({"auths": {
                "registry.example": {"auth": JOB},
                "dockside.invalid": {},
            }})
        );
        assert_eq!(
            prepared.notes,
            [format!(
                "credsStore is kept, but not for the hosts that the job logs in to: \
                 docker-credential-fake list {why}"
            )]
        );
    }
}
