//! Changes an `index.json` and leaves everything in it as it is that is not changed, also what
//! this program does not know.

use std::collections::{BTreeMap, HashSet};
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};

use super::Entry;
use super::flaw::Flaw;
use super::index::{IMAGE_NAME, Limited, REF_NAME};
use crate::oci::{Descriptor, MAX_DESCRIPTORS, media_type};

/// A JSON object whose values are kept as they are written.
struct Fields(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }

        deserializer.deserialize_map(Object)
    }
}

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

/// What counts of a descriptor that is there.
#[derive(serde::Deserialize)]
struct Known {
    digest: String,
    #[serde(default)]
    annotations: BTreeMap<String, serde_json::Value>,
}

impl Known {
    fn names(&self) -> impl Iterator<Item = &serde_json::Value> {
        let annotations = [REF_NAME, IMAGE_NAME].into_iter();
        annotations.filter_map(|annotation| self.annotations.get(annotation))
    }

    /// Whether it has a name of what is added, or is the same without a name.
    fn gives_way(&self, names: &HashSet<&str>, digests: &HashSet<String>) -> bool {
        let mut own = self.names().peekable();
        if own.peek().is_none() {
            return digests.contains(&self.digest);
        }
        own.filter_map(serde_json::Value::as_str)
            .any(|name| names.contains(name))
    }
}

/// The descriptors that list an image: one for each of its names, which `annotate` writes into
/// the annotations, or one without a name.
pub(super) fn listed<'a>(
    entry: &'a Entry,
    annotate: impl Fn(&str, &mut BTreeMap<String, String>) + 'a,
) -> impl Iterator<Item = Descriptor> + 'a {
    let mut bare = entry.descriptor.clone();
    for annotation in [REF_NAME, IMAGE_NAME] {
        bare.annotations.remove(annotation);
    }
    let unnamed = entry.names.is_empty().then(|| bare.clone());
    let named = entry.names.iter().map(move |name| {
        let mut descriptor = bare.clone();
        annotate(name, &mut descriptor.annotations);
        descriptor
    });
    named.chain(unnamed)
}

/// An index that also lists `added`: what had one of their names is no longer listed.
pub(super) fn update(index: Option<&[u8]>, added: &[Descriptor]) -> Result<Vec<u8>, Flaw> {
    let damaged = |error| Flaw::shape(format!("its index.json is damaged: {error}"));
    let mut fields = match index {
        Some(bytes) => serde_json::from_slice(bytes).map_err(damaged)?,
        None => empty().map_err(damaged)?,
    };
    let manifests = fields.0.iter_mut().find(|(name, _)| name == "manifests");
    let (_, list) = manifests.ok_or_else(|| Flaw::shape("its index.json has no manifests"))?;
    let old: Option<Limited<Box<RawValue>, MAX_DESCRIPTORS>> =
        serde_json::from_str(list.get()).map_err(damaged)?;
    let new = merge(old.unwrap_or_default().0, added).map_err(damaged)?;
    *list = to_raw_value(&new).map_err(damaged)?;
    serde_json::to_vec(&fields).map_err(damaged)
}

fn empty() -> serde_json::Result<Fields> {
    let none: [(); 0] = [];
    Ok(Fields(vec![
        ("schemaVersion".to_owned(), to_raw_value(&2)?),
        ("mediaType".to_owned(), to_raw_value(media_type::OCI_INDEX)?),
        ("manifests".to_owned(), to_raw_value(&none)?),
    ]))
}

fn merge(old: Vec<Box<RawValue>>, added: &[Descriptor]) -> serde_json::Result<Vec<Box<RawValue>>> {
    let names = added.iter().filter_map(|one| one.annotations.get(REF_NAME));
    let names: HashSet<&str> = names.map(String::as_str).collect();
    let digests: HashSet<String> = added.iter().map(|one| one.digest.to_string()).collect();
    let mut manifests = Vec::new();
    let mut listed = HashSet::new();
    for raw in old {
        match serde_json::from_str::<Known>(raw.get()) {
            Ok(known) if known.gives_way(&names, &digests) => {}
            known => {
                listed.extend(known.map(|known| known.digest));
                manifests.push(raw);
            }
        }
    }
    for descriptor in added {
        let digest = descriptor.digest.to_string();
        let is_named = descriptor.annotations.contains_key(REF_NAME);
        // Without a name there is nothing to say about what is listed already.
        if is_named || !listed.contains(&digest) {
            manifests.push(to_raw_value(descriptor)?);
            listed.insert(digest);
        }
    }
    Ok(manifests)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{listed, update};
    use crate::oci::{Descriptor, Digest, media_type};
    use crate::transfer::local::Entry;
    use crate::transfer::local::index::{self, IMAGE_NAME, REF_NAME};

    fn descriptor(content: &str) -> Descriptor {
        let digest = Digest::of(content.as_bytes());
        Descriptor::new(media_type::OCI_MANIFEST, digest, content.len() as u64)
    }

    fn entry(content: &str, names: &[&str]) -> Entry {
        Entry {
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            descriptor: descriptor(content),
        }
    }

    fn add(index: Option<&str>, entries: &[Entry]) -> String {
        let by_name = |name: &str, annotations: &mut BTreeMap<String, String>| {
            annotations.insert(REF_NAME.to_owned(), name.to_owned());
        };
        let added: Vec<_> = entries
            .iter()
            .flat_map(|entry| listed(entry, by_name))
            .collect();
        String::from_utf8(update(index.map(str::as_bytes), &added).unwrap()).unwrap()
    }

    fn entries(index: &str) -> Vec<Entry> {
        index::parse(index.as_bytes()).unwrap()
    }

    #[test]
    fn a_name_moves_and_others_stay() {
        let first = add(None, &[entry("a", &["1", "latest"]), entry("b", &[])]);
        let expected = [entry("a", &["1", "latest"]), entry("b", &[])];
        assert_eq!(entries(&first), expected);
        let second = add(Some(&first), &[entry("c", &["latest"]), entry("b", &[])]);
        let expected = [entry("a", &["1"]), entry("c", &["latest"]), entry("b", &[])];
        assert_eq!(entries(&second), expected);
        // What gets a name is no longer listed without.
        let third = add(Some(&second), &[entry("b", &["2"]), entry("a", &[])]);
        let expected = [
            entry("a", &["1"]),
            entry("c", &["latest"]),
            entry("b", &["2"]),
        ];
        assert_eq!(entries(&third), expected);
    }

    #[test]
    fn what_is_not_known_is_kept_as_it_is_written() {
        let index = r#"{ "manifests": [ {"digest": "md5:7", "x": 1.0e2 },
            {"digest":"sha256:0","annotations":{"io.containerd.image.name":"v1"}}, 7 ],
            "schemaVersion": 2, "annotations": {"b": "1",  "a": "2"}, "z": 12345678901234567890123 }"#;
        let json = serde_json::to_string(&{
            let mut descriptor = descriptor("a");
            let name = (
                "org.opencontainers.image.ref.name".to_owned(),
                "v1".to_owned(),
            );
            descriptor.annotations.extend([name]);
            descriptor
        });
        let expected = format!(
            r#"{{"manifests":[{{"digest": "md5:7", "x": 1.0e2 }},7,{}],"schemaVersion":2,"annotations":{{"b": "1",  "a": "2"}},"z":12345678901234567890123}}"#,
            json.unwrap()
        );
        assert_eq!(add(Some(index), &[entry("a", &["v1"])]), expected);
    }

    #[test]
    fn names_of_the_source_do_not_stay() {
        let mut source = entry("a", &["new"]);
        let annotations = [
            (REF_NAME, "old"),
            (IMAGE_NAME, "docker.io/old:old"),
            ("x", "y"),
        ];
        let annotations = annotations.map(|(key, value)| (key.to_owned(), value.to_owned()));
        source.descriptor.annotations = BTreeMap::from(annotations);
        let index = add(None, &[source]);
        let mut expected = entry("a", &["new"]);
        expected.descriptor.annotations = [("x".to_owned(), "y".to_owned())].into();
        assert_eq!(entries(&index), [expected]);
    }

    #[test]
    fn an_empty_list_may_be_null() {
        let index = r#"{"schemaVersion":2,"manifests":null}"#;
        assert_eq!(entries(index), []);
        assert_eq!(
            entries(&add(Some(index), &[entry("a", &[])])),
            [entry("a", &[])]
        );
    }

    #[test]
    fn a_damaged_index_is_not_replaced() {
        for index in ["", "[]", "{", r#"{"manifests": 7}"#, &"[".repeat(100_000)] {
            assert!(update(Some(index.as_bytes()), &[]).is_err(), "{index:.20}");
        }
    }
}
