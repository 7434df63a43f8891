//! Names of repositories and of what is in them (distribution/reference; OCI distribution
//! specification 1.1, "Pulling manifests").

mod as_text;

use std::fmt;
use std::str::FromStr;

use super::digest::Digest;
use crate::address::{self, DOCKER_HUB};
use crate::error::{Exit, Explain};
use crate::text::printable;

/// The longest name, registry and path together, that registries take.
const MAX_NAME: usize = 255;

/// How much of what is no reference is shown, in characters: one that is twice too long.
const MAX_SHOWN: usize = 2 * MAX_NAME;

/// The longest tag.
const MAX_TAG: usize = 128;

/// Text that is no reference.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a reference: {reason}")]
pub struct BadReference {
    text: String,
    reason: &'static str,
}

impl Explain for BadReference {
    fn hint(&self) -> Option<String> {
        Some("write REGISTRY/REPOSITORY:TAG or REGISTRY/REPOSITORY@DIGEST, without a scheme".into())
    }

    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

/// A repository of a registry.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Repository {
    registry: String,
    path: String,
}

impl Repository {
    /// The registry's `host` or `host:port`; Docker Hub is `docker.io`.
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// The name within the registry; on Docker Hub with `library/`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// A repository below this one: `repo/name`.
    ///
    /// # Errors
    /// The name makes no valid repository.
    pub fn join(&self, name: &str) -> Result<Self, BadReference> {
        format!("{self}/{name}").parse()
    }

    /// What this tag names here.
    pub fn tagged(&self, tag: Tag) -> Reference {
        Reference {
            repository: self.clone(),
            tag: Some(tag),
            digest: None,
        }
    }

    /// What has this digest here.
    pub fn at(&self, digest: Digest) -> Reference {
        Reference {
            repository: self.clone(),
            tag: None,
            digest: Some(digest),
        }
    }
}

impl FromStr for Repository {
    type Err = BadReference;

    fn from_str(text: &str) -> Result<Self, BadReference> {
        let bad = |reason| BadReference::new(text, reason);
        if text.contains("://") {
            return Err(bad("it has a scheme"));
        }
        let registry = address::registry_of(text).ok_or_else(|| bad("it names no registry"))?;
        // What stands before the first slash is the registry when it looks like a host.
        let path = match text.split_once('/') {
            Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => rest,
            _ => text,
        };
        let path = if registry == DOCKER_HUB && !path.contains('/') {
            format!("library/{path}")
        } else {
            path.to_owned()
        };
        if !path.split('/').all(is_component) {
            return Err(bad(
                "a repository's name has lower-case letters and digits, with single separators \
                 . _ - (or __) between them",
            ));
        }
        if registry.len() + 1 + path.len() > MAX_NAME {
            return Err(bad("it is longer than 255 characters"));
        }
        Ok(Self { registry, path })
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.path)
    }
}

/// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`
fn is_component(text: &str) -> bool {
    let edge =
        |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let bytes = text.as_bytes();
    if !edge(bytes.first()) || !edge(bytes.last()) {
        return false;
    }
    let is_alphanumeric = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let mut separators = bytes.split(|b| is_alphanumeric(*b));
    separators.all(|between| {
        matches!(between, b"" | b"." | b"_" | b"__") || between.iter().all(|b| *b == b'-')
    })
}

/// A tag: `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tag(Box<str>);

impl Tag {
    /// The tag as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Tag {
    type Err = BadReference;

    fn from_str(text: &str) -> Result<Self, BadReference> {
        let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let fits = text.len() <= MAX_TAG
            && text.bytes().next().is_some_and(word)
            && text.bytes().all(|byte| word(byte) || b".-".contains(&byte));
        if fits {
            Ok(Self(text.into()))
        } else {
            Err(BadReference::new(
                text,
                "a tag has at most 128 letters, digits and _ . -, and does not begin with . or -",
            ))
        }
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a manifest is asked for by.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Target {
    /// A name that may move.
    Tag(Tag),
    /// The content itself.
    Digest(Digest),
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tag(tag) => tag.fmt(f),
            Self::Digest(digest) => digest.fmt(f),
        }
    }
}

/// `REGISTRY/REPOSITORY[:TAG][@DIGEST]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Reference {
    /// Where.
    pub repository: Repository,
    /// The tag, if one was written.
    pub tag: Option<Tag>,
    /// The digest, if one was written.
    pub digest: Option<Digest>,
}

impl Reference {
    /// What to ask for: the digest if there is one, else the tag, else the tag `latest`, as
    /// docker reads references.
    pub fn target(&self) -> Target {
        match (&self.digest, &self.tag) {
            (Some(digest), _) => Target::Digest(digest.clone()),
            (None, Some(tag)) => Target::Tag(tag.clone()),
            (None, None) => Target::Tag(Tag("latest".into())),
        }
    }
}

impl FromStr for Reference {
    type Err = BadReference;

    fn from_str(text: &str) -> Result<Self, BadReference> {
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => {
                let digest = digest.parse();
                let digest = digest.map_err(|_| {
                    BadReference::new(text, "after @ there is no digest (sha256:HEX)")
                })?;
                (rest, Some(digest))
            }
            None => (text, None),
        };
        // A colon before the last slash belongs to a port.
        let (name, tag) = match rest.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => (name, Some(tag.parse()?)),
            _ => (rest, None),
        };
        Ok(Self {
            repository: name.parse()?,
            tag,
            digest,
        })
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

impl BadReference {
    /// Before an `@` that no digest follows, people write a user's name and password, which are not
    /// repeated.
    fn new(text: &str, reason: &'static str) -> Self {
        let is_digest = |text: &str| text.starts_with("sha256:") || text.starts_with("sha512:");
        let rest = match text.rsplit_once('@') {
            Some((before, after)) if is_digest(after) => before,
            _ => text,
        };
        let secret = rest.rfind('@').unwrap_or_default();
        let shown = match text.get(secret..) {
            Some(shown) if secret > 0 => format!("***{shown}"),
            _ => text.to_owned(),
        };
        let shown: String = shown.chars().take(MAX_SHOWN).collect();
        Self {
            text: printable(shown),
            reason,
        }
    }
}

#[cfg(test)]
mod tests;
