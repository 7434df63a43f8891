//! Changes an `index.json` and leaves everything in it as it is that is not changed, also what
//! this program does not know.

use std::collections::BTreeMap;
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
    fn name(&self, annotation: &str) -> Option<&str> {
        self.annotations.get(annotation)?.as_str()
    }

    fn is_named(&self) -> bool {
        self.annotations.contains_key(REF_NAME) || self.annotations.contains_key(IMAGE_NAME)
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
    let at = fields.0.iter().position(|(name, _)| name == "manifests");
    let old = at.and_then(|at| fields.0.get(at));
    let old = match old {
        Some((_, list)) => {
            let list: Limited<Box<RawValue>, MAX_DESCRIPTORS> =
                serde_json::from_str(list.get()).map_err(damaged)?;
            list.0
        }
        None => Vec::new(),
    };
    let mut manifests = merge(old, added).map_err(damaged)?;
    let manifests = to_raw_value(&std::mem::take(&mut manifests)).map_err(damaged)?;
    match at.and_then(|at| fields.0.get_mut(at)) {
        Some((_, list)) => *list = manifests,
        None => fields.0.push(("manifests".to_owned(), manifests)),
    }
    serde_json::to_vec(&fields).map_err(damaged)
}

fn empty() -> serde_json::Result<Fields> {
    Ok(Fields(vec![
        ("schemaVersion".to_owned(), to_raw_value(&2)?),
        ("mediaType".to_owned(), to_raw_value(media_type::OCI_INDEX)?),
    ]))
}

fn merge(old: Vec<Box<RawValue>>, added: &[Descriptor]) -> serde_json::Result<Vec<Box<RawValue>>> {
    let mut manifests = Vec::new();
    let mut listed = Vec::new();
    for raw in old {
        match serde_json::from_str::<Known>(raw.get()) {
            Ok(known) if gives_way(&known, added) => {}
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
            listed.push(digest);
        }
    }
    Ok(manifests)
}

/// Whether what is there has a name of what is added, or is the same without a name.
fn gives_way(known: &Known, added: &[Descriptor]) -> bool {
    added.iter().any(|descriptor| {
        let same_name = [REF_NAME, IMAGE_NAME].iter().any(|annotation| {
            let name = descriptor.annotations.get(*annotation);
            name.is_some() && name.map(String::as_str) == known.name(annotation)
        });
        same_name || !known.is_named() && known.digest == descriptor.digest.to_string()
    })
}
