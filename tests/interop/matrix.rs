//! Each operation on each registry, with each way to be let in.

use std::path::Path;

use super::{Server, config, done, run};
use crate::support::certificates::Authority;
use crate::support::job::text;
use crate::support::layout::Layout;
use crate::support::registry::{Options, PROGRAM, PROGRAM_3};
use crate::support::token_server::TokenServer;
use crate::support::{go_program, installed};

/// Everything that is done with an image there, with these options.
fn life(home: &Path, host: &str, options: &[&str]) {
    let mut layout = Layout::create(home.join("layout"));
    let image = layout.image("v1", &[b"shared", b"one"]);
    let index = layout.index("many", &["amd64", "arm64"], &[b"shared"]);
    let at = |name: &str| format!("{host}/team/{name}");
    let done = |words: &[&str]| done(home, &[words, options].concat());
    let (app, many) = (at("app:v1"), at("app:many"));

    let (source, several) = (layout.image_argument("v1"), layout.image_argument("many"));
    let pushed = done(&["push", &source, &app]);
    assert_eq!(pushed, format!("{app} {image} written\n"));
    assert_eq!(
        done(&["push", &several, &many]),
        format!("{many} {index} written\n")
    );
    assert_eq!(
        done(&["push", &source, &app]),
        format!("{app} {image} unchanged\n")
    );

    let mirror = at("mirror");
    let copied = done(&["copy", "--all-tags", &at("app"), &mirror]);
    let mut lines: Vec<&str> = copied.lines().collect();
    lines.sort_unstable();
    let expected = [
        format!("{mirror}:many {index} written"),
        format!("{mirror}:v1 {image} written"),
    ];
    assert_eq!(lines, expected);
    let matching = at("matching");
    assert_eq!(
        done(&["copy", "--match", "v*", &at("app"), &matching]),
        format!("{matching}:v1 {image} written\n")
    );
    let pulled = format!("oci:{}:many", home.join("pulled").display());
    assert_eq!(
        done(&["pull", &at("mirror:many"), &pulled]),
        format!("{pulled} {index} written\n")
    );

    let told = done(&["tag", &app, "v2", "v3"]);
    assert_eq!(
        told,
        format!("tagged {}\ntagged {}\n", at("app:v2"), at("app:v3"))
    );
    let refused = run(home, &[&["delete", app.as_str()], options].concat());
    assert_eq!(refused.status.code(), Some(3));
    assert_eq!(text(&refused.stdout), "");
    done(&["untag", &at("app:v2")]);
    let tags = |repository: &str| {
        let listed = done(&["tags", &at(repository)]);
        let mut tags: Vec<String> = listed.lines().map(str::to_owned).collect();
        tags.sort_unstable();
        tags
    };
    assert_eq!(tags("app"), ["many", "v1", "v3"]);
    let raw = done(&["inspect", "--raw", &at("app:v3")]);
    assert_eq!(
        format!("sha256:{}", crate::support::layout::hex(raw.as_bytes())),
        image
    );
    done(&["delete", "--with-siblings", &app]);
    assert_eq!(tags("app"), ["many"]);
    assert_eq!(tags("mirror"), ["many", "v1"]);
    let gone = run(home, &[&["inspect", app.as_str()], options].concat());
    assert_eq!(gone.status.code(), Some(1));
}

#[test]
fn open_registries() {
    for server in Server::all() {
        let home = tempfile::tempdir().unwrap();
        life(home.path(), server.host(), &[]);
    }
}

/// The versions of distribution that are installed.
fn versions() -> Vec<fn() -> Options<'static>> {
    let mut versions: Vec<fn() -> Options<'static>> = Vec::new();
    if installed(PROGRAM) {
        versions.push(Options::default);
    }
    if go_program(PROGRAM_3).is_some() {
        versions.push(|| Options::default().version3());
    }
    versions
}

#[test]
fn registries_with_passwords() {
    if !installed("htpasswd") {
        return;
    }
    for version in versions() {
        let home = tempfile::tempdir().unwrap();
        let registry = version().htpasswd("robot", "secret").start();
        let docker = config(home.path(), registry.host());
        life(home.path(), registry.host(), &["--docker-config", &docker]);
    }
}

#[test]
fn registries_with_tokens() {
    for version in versions() {
        let home = tempfile::tempdir().unwrap();
        let service = TokenServer::start("robot", "secret");
        let options: Options<'_> = version();
        let registry = options.token(&service).start();
        let docker = config(home.path(), registry.host());
        life(home.path(), registry.host(), &["--docker-config", &docker]);
        let asked = service.server.requests();
        let anonymous = asked.iter().filter(|request| request.basic().is_none());
        assert_eq!(anonymous.count(), 0);
    }
}

#[test]
fn registries_over_tls() {
    let authority = Authority::new();
    let identity = authority.issue(&["127.0.0.1"]);
    for version in versions() {
        let home = tempfile::tempdir().unwrap();
        let options: Options<'_> = version();
        let registry = options.tls(&identity).start();
        let trust = home.path().join(".config/docker/certs.d");
        let trust = trust.join(registry.host());
        std::fs::create_dir_all(&trust).unwrap();
        std::fs::write(trust.join("ca.crt"), authority.pem()).unwrap();
        life(home.path(), registry.host(), &[]);
        let other = tempfile::tempdir().unwrap();
        let open = ["--insecure-registry", registry.host()];
        let tags = format!("{}/team/mirror", registry.host());
        let listed = done(
            other.path(),
            &[&["tags", tags.as_str()][..], &open].concat(),
        );
        assert_eq!(listed.lines().count(), 2);
    }
}
