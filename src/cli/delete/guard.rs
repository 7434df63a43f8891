//! What must not be deleted: what has names, or a place in an index, that stay.

use std::collections::HashSet;

use super::survey::{Survey, Target};
use crate::error::{Exit, Explain};
use crate::oci::{Digest, Reference, Repository, Tag};
use crate::registry::is_referrers_tag;

/// Why a manifest is not deleted.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Guard {
    #[error("{manifest} has other tags: {}", some_of(.tags))]
    Siblings { manifest: Reference, tags: Vec<Tag> },
    #[error("{manifest} belongs to an index that stays: {}", some_of(.indexes))]
    Child {
        manifest: Reference,
        indexes: Vec<String>,
    },
}

impl Explain for Guard {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Siblings { .. } => "give --with-siblings to remove these too, or remove the \
                                      tag alone with `dockside untag`"
                .to_owned(),
            Self::Child { .. } => "delete the index in the same command, or leave both".to_owned(),
        })
    }

    fn exit(&self) -> Exit {
        Exit::Refused
    }
}

/// The most names that are shown.
const MAX_SHOWN: usize = 50;

/// The names, or the first of many.
pub(super) fn some_of<T: ToString>(names: &[T]) -> String {
    let shown: Vec<String> = names.iter().take(MAX_SHOWN).map(T::to_string).collect();
    match names.len().saturating_sub(MAX_SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Whether a target may be deleted, when those of `removed` have been.
///
/// # Errors
/// Something that stays would lose it.
pub(super) fn judge(
    repository: &Repository,
    target: &Target,
    survey: &Survey,
    removed: &HashSet<Digest>,
    with_siblings: bool,
) -> Result<(), Guard> {
    let manifest = || repository.at(target.digest.clone());
    let siblings = target.tags.iter().filter(|tag| !target.named.contains(tag));
    let siblings: Vec<Tag> = siblings.cloned().collect();
    if !siblings.is_empty() && !with_siblings {
        return Err(Guard::Siblings {
            manifest: manifest(),
            tags: siblings,
        });
    }
    let stay = survey.indexes.iter().filter(|(index, below)| {
        // A list of referrers does not keep what it lists: it is brought up to date.
        let mut tags = survey.tags_of(index).peekable();
        let is_list = tags.peek().is_some() && tags.all(is_referrers_tag);
        below.contains(&target.digest) && !removed.contains(*index) && !is_list
    });
    let mut indexes: Vec<String> = stay
        .map(|(index, _)| match survey.tags_of(index).next() {
            Some(tag) => tag.to_string(),
            None => index.to_string(),
        })
        .collect();
    if indexes.is_empty() {
        return Ok(());
    }
    indexes.sort();
    Err(Guard::Child {
        manifest: manifest(),
        indexes,
    })
}

/// Whether a target has no other tags `now` than those that the survey found.
///
/// # Errors
/// It has: they were pushed meanwhile.
pub(super) fn late(repository: &Repository, target: &Target, now: Vec<Tag>) -> Result<(), Guard> {
    let new = now.into_iter().filter(|tag| !target.tags.contains(tag));
    let tags: Vec<Tag> = new.collect();
    if tags.is_empty() {
        return Ok(());
    }
    Err(Guard::Siblings {
        manifest: repository.at(target.digest.clone()),
        tags,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use super::{Guard, judge, late, some_of};
    use crate::cli::delete::survey::{Survey, Target};
    use crate::oci::media_type::{OCI_INDEX, OCI_MANIFEST};
    use crate::oci::{Digest, Repository, Tag};
    use crate::registry::Tagged;

    fn digest(of: &str) -> Digest {
        Digest::of(of.as_bytes())
    }

    fn tags(names: &[&str]) -> Vec<Tag> {
        names.iter().map(|name| name.parse().unwrap()).collect()
    }

    fn target(of: &str, named: &[&str], all: &[&str]) -> Target {
        Target {
            digest: digest(of),
            media_type: OCI_MANIFEST.to_owned(),
            named: tags(named),
            tags: tags(all),
        }
    }

    /// An index `multi` of `image`, and a list of the referrers of `image`, which is `signature`.
    fn survey() -> Survey {
        let list = format!("sha256-{}", digest("image").hex());
        let tagged = [
            ("v1", "image", OCI_MANIFEST),
            ("multi", "index", OCI_INDEX),
            (&list, "list", OCI_INDEX),
        ];
        let tagged = tagged.map(|(tag, of, media_type)| Tagged {
            tag: tag.parse().unwrap(),
            digest: digest(of),
            media_type: media_type.to_owned(),
        });
        Survey {
            tagged: tagged.into(),
            targets: vec![target("image", &[], &["v1"]), target("index", &[], &[])],
            gone: Vec::new(),
            indexes: HashMap::from([
                (digest("index"), HashSet::from([digest("image")])),
                (digest("list"), HashSet::from([digest("signature")])),
            ]),
        }
    }

    fn judged(target: &Target, removed: &[&str], with_siblings: bool) -> Result<(), Guard> {
        let repository: Repository = "example.com/a".parse().unwrap();
        let removed = removed.iter().map(|of| digest(of)).collect();
        judge(&repository, target, &survey(), &removed, with_siblings)
    }

    #[test]
    fn siblings_are_those_that_were_not_named() {
        let two = target("other", &["a"], &["a", "b", "c"]);
        let refused = judged(&two, &[], false).unwrap_err();
        let expected = format!("example.com/a@{} has other tags: b, c", digest("other"));
        assert_eq!(refused.to_string(), expected);
        assert_eq!(judged(&two, &[], true), Ok(()));
        let all = target("other", &["b", "a"], &["a", "b"]);
        assert_eq!(judged(&all, &[], false), Ok(()));
        let by_digest = target("other", &[], &["a"]);
        assert!(judged(&by_digest, &[], false).is_err());
        assert_eq!(judged(&target("other", &[], &[]), &[], false), Ok(()));
    }

    #[test]
    fn what_an_index_lists_stays_with_it() {
        let child = target("image", &["v1"], &["v1"]);
        let expected = Guard::Child {
            manifest: "example.com/a"
                .parse::<Repository>()
                .unwrap()
                .at(digest("image")),
            indexes: vec!["multi".to_owned()],
        };
        for with_siblings in [false, true] {
            assert_eq!(judged(&child, &[], with_siblings).as_ref(), Err(&expected));
        }
        assert_eq!(judged(&child, &["index"], false), Ok(()));
    }

    #[test]
    fn a_list_of_referrers_keeps_nothing() {
        assert_eq!(judged(&target("signature", &[], &[]), &[], false), Ok(()));
        let survey = survey();
        let lists: Vec<String> = survey
            .lists_of(&digest("signature"))
            .map(ToString::to_string)
            .collect();
        assert_eq!(lists, [format!("sha256-{}", digest("image").hex())]);
        assert_eq!(survey.lists_of(&digest("image")).count(), 0);
    }

    #[test]
    fn indexes_go_first() {
        let survey = survey();
        let order: Vec<Vec<Digest>> = survey
            .ranks()
            .into_iter()
            .map(|rank| rank.iter().map(|one| one.digest.clone()).collect())
            .collect();
        assert_eq!(order, [[digest("index")], [digest("image")]]);
    }

    #[test]
    fn late_tags_are_siblings() {
        let repository: Repository = "example.com/a".parse().unwrap();
        let two = target("other", &["a"], &["a", "b"]);
        assert_eq!(late(&repository, &two, tags(&["b", "a"])), Ok(()));
        assert_eq!(late(&repository, &two, Vec::new()), Ok(()));
        let refused = late(&repository, &two, tags(&["a", "c"])).unwrap_err();
        let expected = format!("example.com/a@{} has other tags: c", digest("other"));
        assert_eq!(refused.to_string(), expected);
    }

    #[test]
    fn many_names_are_cut_short() {
        assert_eq!(some_of(&[1, 2]), "1, 2");
        let many: Vec<usize> = (0..52).collect();
        assert!(some_of(&many).ends_with(", 49 and 2 more"));
    }
}
