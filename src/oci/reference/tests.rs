use super::{MAX_NAME, Reference, Repository, Tag, Target};
use crate::error::{Exit, Explain};

const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const DIGEST_512: &str = "sha512:cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce\
     47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e";

/// As it is written in full, or what is wrong with it.
fn read(text: &str) -> String {
    match text.parse::<Reference>() {
        Ok(reference) => reference.to_string(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn the_registry_is_named_or_docker_hub() {
    for (text, expected) in [
        ("alpine", "docker.io/library/alpine"),
        ("alpine:3.20", "docker.io/library/alpine:3.20"),
        ("library/alpine", "docker.io/library/alpine"),
        ("user/app", "docker.io/user/app"),
        ("user/deep/app", "docker.io/user/deep/app"),
        ("docker.io/alpine", "docker.io/library/alpine"),
        ("index.docker.io/alpine", "docker.io/library/alpine"),
        ("registry-1.docker.io/user/app", "docker.io/user/app"),
        ("Docker.IO/user/app", "docker.io/user/app"),
        ("localhost/app", "localhost/app"),
        ("localhost:5000/app:1", "localhost:5000/app:1"),
        ("localhost:5000", "docker.io/library/localhost:5000"),
        ("example.com", "docker.io/library/example.com"),
        ("example.com/app", "example.com/app"),
        (
            "Example.COM:5000/group/app:Tag",
            "example.com:5000/group/app:Tag",
        ),
        ("host:443/app", "host:443/app"),
        ("127.0.0.1:5000/app", "127.0.0.1:5000/app"),
        ("[::1]/app", "[::1]/app"),
        ("[2001:DB8::1]:5000/app:1", "[2001:db8::1]:5000/app:1"),
        (
            "quay.io/a/b__c/d-e/f---g/h.i_j:x",
            "quay.io/a/b__c/d-e/f---g/h.i_j:x",
        ),
    ] {
        assert_eq!(read(text), expected, "{text}");
        assert_eq!(read(expected), expected, "{text}");
    }
}

#[test]
fn a_digest_goes_before_a_tag() {
    let target = |text: &str| text.parse::<Reference>().unwrap().target();
    assert_eq!(target("app"), Target::Tag("latest".parse().unwrap()));
    assert_eq!(target("app:1"), Target::Tag("1".parse().unwrap()));
    let digest = Target::Digest(DIGEST.parse().unwrap());
    assert_eq!(target(&format!("app@{DIGEST}")), digest);
    let both: Reference = format!("r.io/app:1@{DIGEST}").parse().unwrap();
    assert_eq!(both.target(), digest);
    assert_eq!(both.target().to_string(), DIGEST);
    assert_eq!(both.tag, Some("1".parse().unwrap()));
    assert_eq!(both.to_string(), format!("r.io/app:1@{DIGEST}"));
    let long = format!("r.io:5000/app@{DIGEST_512}");
    assert_eq!(read(&long), long);
    assert_eq!(target("app:1").to_string(), "1");
}

#[test]
fn repositories_are_joined_and_pointed_into() {
    let repository: Repository = "r.io/group".parse().unwrap();
    let app = repository.join("app/web").unwrap();
    assert_eq!((app.registry(), app.path()), ("r.io", "group/app/web"));
    for name in [
        "",
        "/",
        "../x",
        "App",
        "a:1",
        &format!("a@{DIGEST}"),
        "a//b",
    ] {
        assert!(repository.join(name).is_err(), "{name}");
    }
    let tagged = app.tagged("1".parse().unwrap());
    assert_eq!(tagged.to_string(), "r.io/group/app/web:1");
    let at = app.at(DIGEST.parse().unwrap());
    assert_eq!(at.to_string(), format!("r.io/group/app/web@{DIGEST}"));
}

#[test]
fn what_is_wrong_is_said() {
    let name = "a repository's name has lower-case letters and digits, with single separators \
        . _ - (or __) between them";
    let tag = "a tag has at most 128 letters, digits and _ . -, and does not begin with . or -";
    let digest = "after @ there is no digest (sha256:HEX)";
    for (text, reason) in [
        ("", "it names no registry"),
        ("/app", "it names no registry"),
        ("host:99999/app", "it names no registry"),
        ("host:/app", "it names no registry"),
        ("-h.io/app", "it names no registry"),
        ("https://r.io/app", "it has a scheme"),
        ("App", name),
        ("LOCALHOST/app", name),
        ("r.io/", name),
        ("r.io//app", name),
        ("r.io/app/", name),
        ("r.io/app/../etc", name),
        ("r.io/-app", name),
        ("r.io/app_", name),
        ("r.io/a..b", name),
        ("r.io/a___b", name),
        ("r.io/a._b", name),
        ("r.io/a b", name),
        ("r.io/é", name),
        ("app?x", name),
    ] {
        assert_eq!(read(text), format!("`{text}` is not a reference: {reason}"));
    }
    for (text, shown, reason) in [
        ("::1/app", "\\x3a:1/app", "it names no registry"),
        ("app:", "", tag),
        ("app:-x", "-x", tag),
        ("app:a\nb", "a\\nb", tag),
        ("app:é", "é", tag),
        ("app@", "***@", digest),
        ("app@sha256:12", "app@sha256:12", digest),
        ("a@b@sha256:12", "***@b@sha256:12", digest),
    ] {
        assert_eq!(
            read(text),
            format!("`{shown}` is not a reference: {reason}")
        );
    }
    let upper = format!("app@{}", DIGEST.to_ascii_uppercase());
    assert!(upper.parse::<Reference>().is_err());
    assert_eq!("".parse::<Reference>().unwrap_err().exit(), Exit::Usage);
}

#[test]
fn passwords_are_not_repeated() {
    for text in [
        "user:hunter2@r.io/app",
        "user:hunter2@r.io:5000/app:1",
        "hunter2@r.io:5000/app:1",
        "https://user:hunter2@r.io/app",
        "https://user:hunter2@r.io:5000/app:1",
        "https://user:hun@ter2:hunter2@r.io:5000/app:1",
        &format!("https://user:hunter2@r.io:5000/app:1@{DIGEST}"),
    ] {
        for shown in [
            text.parse::<Reference>().unwrap_err().to_string(),
            format!("{:?}", text.parse::<Reference>().unwrap_err()),
            text.parse::<Repository>().unwrap_err().to_string(),
        ] {
            assert!(shown.contains("***@r.io"), "{shown}");
            assert!(
                !shown.contains("hunter2") && !shown.contains("user"),
                "{shown}"
            );
        }
    }
}

#[test]
fn names_and_tags_have_limits() {
    let path = "a".repeat(MAX_NAME - "r.io/".len());
    assert_eq!(read(&format!("r.io/{path}")), format!("r.io/{path}"));
    let error = read(&format!("r.io/{path}a"));
    assert!(
        error.ends_with("it is longer than 255 characters"),
        "{error}"
    );
    let short = "a".repeat(MAX_NAME - "docker.io/library/".len());
    assert!(short.parse::<Repository>().is_ok());
    assert!(format!("{short}a").parse::<Repository>().is_err());
    assert!("_".repeat(128).parse::<Tag>().is_ok());
    assert!("_".repeat(129).parse::<Tag>().is_err());
    let error = read(&"A".repeat(1_000_000));
    assert!(error.len() < 1000, "{}", error.len());
}
