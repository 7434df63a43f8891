//! The commit that an image says it was made of.

use std::collections::BTreeMap;

use super::template::is_sha;

/// The annotation and label of OCI images (image specification 1.1, "Pre-Defined Annotation
/// Keys").
const REVISION: &str = "org.opencontainers.image.revision";

/// Of which repository that is.
const SOURCE: &str = "org.opencontainers.image.source";

/// The digits of the commit that these annotations and labels name; `None` where they name none,
/// or one of another repository than `origin`: an image that has no labels of its own has those of
/// the image that it was made from.
pub(super) fn of(labels: &BTreeMap<Box<str>, Box<str>>, origin: Option<&str>) -> Option<String> {
    let revision = labels.get(REVISION)?.trim().to_ascii_lowercase();
    if !is_sha(&revision) {
        return None;
    }
    let source = labels.get(SOURCE).and_then(|source| path(source));
    let is_foreign = match (source, origin.and_then(path)) {
        (Some(source), Some(origin)) => source != origin,
        _ => false,
    };
    (!is_foreign).then_some(revision)
}

/// The path of a repository at its forge, in lower case; that a host has several names, and that
/// addresses of jobs differ from those of people, does not count. `None` for an address on this
/// machine.
fn path(address: &str) -> Option<String> {
    let path = match address.trim().split_once("://") {
        Some(("file", _)) => return None,
        Some((_, rest)) => rest.split_once('/')?.1,
        // As in `git@host:path`.
        None => address.split_once(':')?.1,
    };
    let end = path.find(['?', '#']).unwrap_or(path.len());
    let path = path.get(..end)?.trim_matches('/');
    // GitLab and others show a commit, a branch or a file of it below the repository.
    let path = path.split("/-/").next().unwrap_or(path);
    let mut path = path.split("/tree/").next().unwrap_or(path).to_lowercase();
    if let Some(bare) = path.strip_suffix(".git") {
        path = bare.to_owned();
    }
    (!path.is_empty()).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::{REVISION, SOURCE, of};

    const SHA: &str = "0123456789abcdef0123456789abcdef01234567";

    fn revision(revision: &str, source: Option<&str>, origin: Option<&str>) -> Option<String> {
        let mut labels = vec![(REVISION, revision)];
        labels.extend(source.map(|source| (SOURCE, source)));
        let labels = labels.into_iter().map(|(k, v)| (k.into(), v.into()));
        of(&labels.collect(), origin)
    }

    #[test]
    fn commits() {
        assert_eq!(revision(SHA, None, None).as_deref(), Some(SHA));
        assert_eq!(revision("0123ABC", None, None).as_deref(), Some("0123abc"));
        for other in [
            "",
            "main",
            "012345",
            "0123abc-dirty",
            "v1.0.0",
            &SHA.repeat(2),
        ] {
            assert_eq!(revision(other, None, None), None, "{other}");
        }
        assert_eq!(of(&std::collections::BTreeMap::new(), None), None);
    }

    #[test]
    fn labels_of_the_image_below_are_foreign() {
        let origin = Some("https://gitlab-ci-token:t@gitlab.local/Group/App.git");
        for own in [
            "https://gitlab.example.com/group/app",
            "git@gitlab.example.com:group/app.git",
            "ssh://git@gitlab.example.com:22/group/app.git/",
            "https://gitlab.example.com/group/app/-/tree/main?x=1",
            "https://github.com/group/app/tree/main/web",
            "",
        ] {
            let found = revision(SHA, Some(own), origin);
            assert_eq!(found.as_deref(), Some(SHA), "{own}");
        }
        for foreign in ["https://github.com/nginx/nginx", "https://h.example/app"] {
            assert_eq!(revision(SHA, Some(foreign), origin), None, "{foreign}");
        }
        // Where it is not known which repository this is, no source is another one.
        let foreign = "https://github.com/nginx/nginx";
        for unknown in [None, Some("/srv/git/app.git"), Some("file:///srv/app.git")] {
            assert!(revision(SHA, Some(foreign), unknown).is_some());
        }
    }
}
