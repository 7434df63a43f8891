//! Names of images, as people write them in clusters and as nodes report them.
//!
//! They are read with more lenience than a registry would have: what is understood wrongly may
//! keep too much, what is not understood would keep nothing.

use crate::address::{self, DOCKER_HUB};
use crate::oci::Digest;

/// What a name means.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Name {
    /// Registry and path in one form; `None` for a digest alone.
    pub(super) repository: Option<String>,
    /// The tag; `latest` where neither a tag nor a digest is written.
    pub(super) tag: Option<String>,
    /// The digest of a manifest, or of a config where that is all the node knows.
    pub(super) digest: Option<Digest>,
}

impl Name {
    /// Reads `HOST/PATH[:TAG][@DIGEST]`, `sha256:HEX`, and both with a scheme, such as
    /// `docker-pullable://`, as container runtimes have it in `imageID`.
    pub(super) fn read(text: &str) -> Self {
        let text = text.trim();
        let text = text.split_once("://").map_or(text, |(_, rest)| rest);
        if let Some(digest) = digest(text) {
            return Self {
                digest: Some(digest),
                ..Self::default()
            };
        }
        let (name, digest) = match text.rsplit_once('@') {
            Some((name, written)) => (name, digest(written)),
            None => (text, None),
        };
        // A colon before the last slash belongs to a port.
        let (name, tag) = match name.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
            _ => (name, None),
        };
        let tag = tag.or(digest.is_none().then_some("latest"));
        Self {
            repository: Some(repository(name)),
            tag: tag.map(str::to_owned),
            digest,
        }
    }
}

fn digest(text: &str) -> Option<Digest> {
    text.to_ascii_lowercase().parse().ok()
}

/// A repository in one form: with its registry, without the port that goes without saying, in
/// lower case.
pub(super) fn repository(text: &str) -> String {
    let (host, path) = match text.split_once('/') {
        Some((first, path)) if is_host(first) => (host(first), path),
        _ => (DOCKER_HUB.to_owned(), text),
    };
    let path = path.to_ascii_lowercase();
    match host == DOCKER_HUB && !path.contains('/') {
        true => format!("{host}/library/{path}"),
        false => format!("{host}/{path}"),
    }
}

/// The beginning of names of repositories, in the same form: a registry, or a registry and a part
/// of the path.
pub(super) fn prefix(text: &str) -> String {
    let text = text.trim_end_matches('/');
    match text.contains('/') {
        true => repository(text),
        false if is_host(text) => host(text),
        false => repository(text),
    }
}

/// What a name is where `from` stands for `to`.
pub(super) fn translated(name: &str, from: &str, to: &str) -> Option<String> {
    let rest = name.strip_prefix(from)?;
    (rest.is_empty() || rest.starts_with('/')).then(|| repository(&format!("{to}{rest}")))
}

/// As distribution/reference tells a host from a part of a path.
fn is_host(text: &str) -> bool {
    text.contains(['.', ':']) || text == "localhost" || text.bytes().any(|b| b.is_ascii_uppercase())
}

fn host(text: &str) -> String {
    let host = text.to_ascii_lowercase();
    let bare = host.strip_suffix(":443").or(host.strip_suffix(":80"));
    let host = bare.unwrap_or(&host);
    match address::is_docker_hub(host) {
        true => DOCKER_HUB.to_owned(),
        false => host.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Name, prefix, translated};

    /// `REPOSITORY TAG DIGEST`, with `-` for what there is not.
    fn read(text: &str) -> String {
        let name = Name::read(text);
        let shown = |part: Option<String>| part.unwrap_or("-".to_owned());
        let digest = name.digest.map(|d| d.hex().get(..2).unwrap().to_owned());
        format!(
            "{} {} {}",
            shown(name.repository),
            shown(name.tag),
            shown(digest)
        )
    }

    #[test]
    fn names_are_written_in_many_ways() {
        let hex = "ab".repeat(32);
        for (text, expected) in [
            ("nginx", "docker.io/library/nginx latest -"),
            ("nginx:1.25", "docker.io/library/nginx 1.25 -"),
            ("acme/app", "docker.io/acme/app latest -"),
            (
                "index.docker.io/library/nginx",
                "docker.io/library/nginx latest -",
            ),
            (
                "registry-1.docker.io/nginx:1",
                "docker.io/library/nginx 1 -",
            ),
            ("R.example.com:443/app:1", "r.example.com/app 1 -"),
            ("r.example.com:80/app", "r.example.com/app latest -"),
            ("r.example.com:5000/app", "r.example.com:5000/app latest -"),
            ("localhost/app:1", "localhost/app 1 -"),
            ("REGISTRY/app:1", "registry/app 1 -"),
            ("[::1]:5000/a/b:1", "[::1]:5000/a/b 1 -"),
            (
                &format!("r.example.com/app@sha256:{hex}"),
                "r.example.com/app - ab",
            ),
            (
                &format!("r.example.com/app:1@sha256:{hex}"),
                "r.example.com/app 1 ab",
            ),
            (
                &format!("docker-pullable://nginx@sha256:{hex}"),
                "docker.io/library/nginx - ab",
            ),
            (&format!("sha256:{hex}"), "- - ab"),
            (&format!("docker://sha256:{hex}"), "- - ab"),
            (&format!(" SHA256:{} ", hex.to_uppercase()), "- - ab"),
            ("r.example.com/app@sha256:1", "r.example.com/app latest -"),
            ("r.example.com/app:1@md5:1", "r.example.com/app 1 -"),
            ("", "docker.io/library/ latest -"),
            ("@", "docker.io/library/ latest -"),
            (":", "docker.io/library/  -"),
            ("/", "docker.io// latest -"),
            ("://", "docker.io/library/ latest -"),
        ] {
            assert_eq!(read(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_prefix_ends_between_two_parts() {
        let to = |name, from, to| translated(name, &prefix(from), &prefix(to));
        let hub = |name| to(name, "mirror.example.com/hub/", "docker.io");
        assert_eq!(
            hub("mirror.example.com/hub/nginx").as_deref(),
            Some("docker.io/library/nginx")
        );
        assert_eq!(
            hub("mirror.example.com/hub/acme/app").as_deref(),
            Some("docker.io/acme/app")
        );
        assert_eq!(hub("mirror.example.com/hubs/nginx"), None);
        assert_eq!(
            to("mirror:5000/a/b", "Mirror:5000", "r.example.com:443/x").as_deref(),
            Some("r.example.com/x/a/b")
        );
        assert_eq!(
            to("m.example.com/a", "m.example.com/a", "r.example.com/b").as_deref(),
            Some("r.example.com/b")
        );
    }
}
