//! What was built: a branch, a tag or a change request, and which commit.

use bstr::{BStr, BString, ByteSlice};

use super::job::{Change, Job};
use crate::env::Env;

/// What a system's variables say about the ref. Systems leave variables of one kind set in
/// builds of another (the target branch in a change request, the tag's name as a branch), so
/// only the first of change request, tag, full ref and branch that is present counts.
#[derive(Default)]
pub(super) struct Refs {
    /// The change request's number.
    pub change: Option<BString>,
    /// The branch that the change request comes from, by name or as a full ref.
    pub source: Option<BString>,
    /// The branch that the change request is to be merged into, by name or as a full ref.
    pub target: Option<BString>,
    /// The tag's name.
    pub tag: Option<BString>,
    /// A ref that begins with `refs/`; anything else is ignored.
    pub full: Option<BString>,
    /// The branch's name. It is never read as a full ref: a branch may be named
    /// `refs/tags/v1`, and must not pass for a tag.
    pub branch: Option<BString>,
}

impl From<Refs> for Job {
    /// A job of which only the ref is known.
    fn from(mut refs: Refs) -> Self {
        if refs.change.is_none() && refs.tag.is_none() {
            match refs.full.as_deref().map(BStr::new).map(Full::parse) {
                Some(Full::Branch(name)) => refs.branch = Some(name),
                Some(Full::Tag(name)) => refs.tag = Some(name),
                Some(Full::Change(number)) => refs.change = Some(number),
                Some(Full::Other) | None => {}
            }
        }
        if let Some(number) = refs.change {
            return Self {
                source_branch: refs.source.map(short),
                change: Some(Change {
                    number,
                    target: refs.target.map(short),
                }),
                ..Self::default()
            };
        }
        Self {
            branch: refs.branch.filter(|_| refs.tag.is_none()),
            tag: refs.tag,
            ..Self::default()
        }
    }
}

/// A full ref, taken apart.
enum Full {
    Branch(BString),
    Tag(BString),
    Change(BString),
    Other,
}

impl Full {
    fn parse(full: &BStr) -> Self {
        if let Some(name) = below(full, "refs/heads/") {
            Self::Branch(name)
        } else if let Some(name) = below(full, "refs/tags/") {
            Self::Tag(name)
        } else {
            change_number(full).map_or(Self::Other, Self::Change)
        }
    }
}

/// The number in a change request's ref: `refs/pull/17/merge` (GitHub, Gitea, Azure),
/// `refs/pull-requests/17/from` (Bitbucket), `refs/merge-requests/17/head` (GitLab).
fn change_number(full: &BStr) -> Option<BString> {
    let rest = ["refs/pull/", "refs/pull-requests/", "refs/merge-requests/"]
        .iter()
        .find_map(|prefix| full.strip_prefix(prefix.as_bytes()))?;
    digits(rest.split_str("/").next()?.into())
}

/// The name of a branch that some systems give as a full ref.
fn short(branch: BString) -> BString {
    match below(branch.as_ref(), "refs/heads/") {
        Some(name) => name,
        None => branch,
    }
}

/// What follows `prefix` in a text that begins with it, unless that is nothing.
pub(super) fn below(text: &BStr, prefix: &str) -> Option<BString> {
    let rest = text.strip_prefix(prefix.as_bytes())?;
    (!rest.is_empty()).then(|| rest.into())
}

/// The number in a variable. Anything else is absent: Travis and Buildkite write `false` where
/// there is no change request.
pub(super) fn number(env: &Env, name: &str) -> Option<BString> {
    env.text(name).and_then(digits)
}

/// The text, if it is a number.
pub(super) fn digits(text: BString) -> Option<BString> {
    (!text.is_empty() && text.iter().all(u8::is_ascii_digit)).then_some(text)
}

/// The full hash of a commit in a variable (SHA-1 or SHA-256). Anything else is absent:
/// Bitbucket shortens it in pull requests, Buildkite writes `HEAD`, CodeBuild names versions
/// of other stores.
pub(super) fn commit(env: &Env, name: &str) -> Option<BString> {
    env.text(name).and_then(full_hash)
}

/// The full hash of a commit in the variable `name`, or else in the only variables named
/// `name_SOMETHING`, if they agree. (TeamCity and GoCD name one for each repository.)
pub(super) fn only_commit(env: &Env, name: &str) -> Option<BString> {
    commit(env, name).or_else(|| {
        let mut hashes = env
            .utf8_pairs()
            .filter(|(other, _)| {
                other
                    .strip_prefix(name)
                    .is_some_and(|rest| rest.starts_with('_'))
            })
            .filter_map(|(_, value)| full_hash(value.into()));
        let first = hashes.next()?;
        hashes.all(|other| other == first).then_some(first)
    })
}

fn full_hash(text: BString) -> Option<BString> {
    (matches!(text.len(), 40 | 64) && text.iter().all(u8::is_ascii_hexdigit)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{SHA, text};
    use super::*;

    #[test]
    fn the_first_kind_present_counts() {
        let all = || Refs {
            change: text("7"),
            source: text("refs/heads/fix"),
            target: text("refs/heads/main"),
            tag: text("v1"),
            full: text("refs/heads/full"),
            branch: text("main"),
        };
        assert_eq!(
            Job::from(all()),
            Job {
                change: Some(Change {
                    number: "7".into(),
                    target: text("main"),
                }),
                source_branch: text("fix"),
                ..Job::default()
            }
        );
        let change = None;
        assert_eq!(
            Job::from(Refs { change, ..all() }),
            Job {
                tag: text("v1"),
                ..Job::default()
            }
        );
        let (change, tag) = (None, None);
        assert_eq!(
            Job::from(Refs {
                change,
                tag,
                ..all()
            }),
            Job {
                branch: text("full"),
                ..Job::default()
            }
        );
    }

    #[test]
    fn full_refs_are_told_apart() {
        let of = |full: &[u8]| {
            Job::from(Refs {
                full: Some(full.into()),
                ..Refs::default()
            })
        };
        assert_eq!(of(b"refs/heads/a/b").branch, text("a/b"));
        assert_eq!(of(b"refs/heads/a\xff").branch, Some(b"a\xff".into()));
        assert_eq!(of(b"refs/heads/refs/tags/v1").branch, text("refs/tags/v1"));
        assert_eq!(of(b"refs/tags/v/1").tag, text("v/1"));
        for full in [
            "refs/pull/17/merge",
            "refs/pull/17/head",
            "refs/pull-requests/17/from",
            "refs/merge-requests/17/head",
        ] {
            let change = of(full.as_bytes()).change.unwrap();
            assert_eq!(change.number, "17", "{full}");
        }
        for full in ["main", "refs/pull/", "refs/pull/x/merge", "refs/notes/x"] {
            assert_eq!(of(full.as_bytes()), Job::default(), "{full}");
        }
    }

    #[test]
    fn a_branch_named_like_a_tag_is_a_branch() {
        let job = Job::from(Refs {
            branch: text("refs/tags/v1"),
            ..Refs::default()
        });
        assert_eq!((job.branch, job.tag), (text("refs/tags/v1"), None));
    }

    #[test]
    fn what_is_no_number_or_no_full_hash_is_absent() {
        for (value, expected) in [
            ("17", text("17")),
            ("false", None),
            ("", None),
            ("1x", None),
        ] {
            assert_eq!(number(&Env::from_iter([("N", value)]), "N"), expected);
        }
        let sha256 = "a".repeat(64);
        for (value, expected) in [
            (SHA, text(SHA)),
            (&sha256, text(&sha256)),
            ("HEAD", None),
            ("0123456789ab", None),
            (&"g".repeat(40), None),
        ] {
            assert_eq!(commit(&Env::from_iter([("C", value)]), "C"), expected);
        }
    }

    #[test]
    fn commits_of_several_repositories_must_agree() {
        let other = "b".repeat(40);
        let of = |pairs: &[(&str, &str)]| only_commit(&pairs.iter().copied().collect(), "R");
        assert_eq!(of(&[("R", SHA), ("R_A", &other)]), text(SHA));
        assert_eq!(of(&[("R_A", SHA)]), text(SHA));
        assert_eq!(of(&[("R_A", SHA), ("R_B", SHA)]), text(SHA));
        assert_eq!(of(&[("R_A", SHA), ("R_B", &other)]), None);
        assert_eq!(of(&[("RX", SHA)]), None);
    }
}
