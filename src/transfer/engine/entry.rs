//! Which image of a layout or archive is meant.

use crate::oci::Reference;
use crate::transfer::error::Error;
use crate::transfer::local::Entry;

/// The image that has this name: as it is written there, by its digest, by its number after `@`
/// as skopeo counts, or by another spelling of the same reference. Without a name, the only one,
/// or the only one that has a name.
///
/// # Errors
/// There is none, or more than one; the error lists what there is.
pub(super) fn find<'a>(
    entries: &'a [Entry],
    name: Option<&str>,
    place: &str,
) -> Result<&'a Entry, Error> {
    let Some(name) = name else {
        let named = || entries.iter().filter(|entry| !entry.names.is_empty());
        return match (entries, named().count()) {
            ([only], _) => Ok(only),
            (_, 1) => named()
                .next()
                .ok_or_else(|| missing(entries, "image", place)),
            ([], _) => Err(missing(entries, "image", place)),
            _ => Err(missing(entries, "single image: name one of them", place)),
        };
    };
    let by_number = || entries.get(name.strip_prefix('@')?.parse::<usize>().ok()?);
    let meant = name.parse::<Reference>().ok();
    let is_meant = |known: &String| {
        let known = known.parse::<Reference>();
        let meant = meant.as_ref().map(|m| (&m.repository, m.target()));
        meant.is_some() && known.is_ok_and(|k| Some((&k.repository, k.target())) == meant)
    };
    entries
        .iter()
        .find(|entry| entry.names.iter().any(|known| known == name))
        .or_else(|| {
            let mut entries = entries.iter();
            entries.find(|entry| entry.descriptor.digest.to_string() == name)
        })
        .or_else(by_number)
        .or_else(|| {
            entries
                .iter()
                .find(|entry| entry.names.iter().any(is_meant))
        })
        .ok_or_else(|| missing(entries, &format!("image {name}"), place))
}

fn missing(entries: &[Entry], what: &str, place: &str) -> Error {
    let shown = |entry: &Entry| match entry.names.as_slice() {
        [] => vec![entry.descriptor.digest.to_string()],
        names => names.to_vec(),
    };
    Error::Missing {
        place: place.to_owned(),
        what: what.to_owned(),
        has: entries.iter().flat_map(shown).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::find;
    use crate::oci::{Descriptor, Digest};
    use crate::transfer::local::Entry;

    fn entry(names: &[&str], content: &str) -> Entry {
        Entry {
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            descriptor: Descriptor::new("x/y", Digest::of(content.as_bytes()), 1),
        }
    }

    #[test]
    fn an_image_has_several_names() {
        let entries = [
            entry(&["v1", "latest"], "a"),
            entry(&["docker.io/library/app:latest"], "b"),
            entry(&[], "c"),
        ];
        let found = |name: &str| {
            let entry = find(&entries, Some(name), "x").ok()?;
            entries.iter().position(|known| known == entry)
        };
        assert_eq!(found("latest"), Some(0));
        assert_eq!(found("app"), Some(1));
        assert_eq!(found("app:latest"), Some(1));
        assert_eq!(found("app:v1"), None);
        assert_eq!(found("@2"), Some(2));
        assert_eq!(found("@3"), None);
        assert_eq!(found(&Digest::of(b"c").to_string()), Some(2));
    }

    #[test]
    fn without_a_name_the_only_one_is_meant() {
        let (a, b, c) = (entry(&["v1"], "a"), entry(&["v2"], "b"), entry(&[], "c"));
        let find = |entries: &[Entry]| find(entries, None, "oci:dir").cloned();
        assert_eq!(find(std::slice::from_ref(&c)).unwrap(), c);
        assert_eq!(find(&[c.clone(), a.clone()]).unwrap(), a);
        assert_eq!(find(&[]).unwrap_err().to_string(), "oci:dir has no image");
        let error = find(&[a, b]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "oci:dir has no single image: name one of them"
        );
        assert_eq!(
            crate::error::Explain::hint(&error).unwrap(),
            "it has v1, v2"
        );
    }
}
