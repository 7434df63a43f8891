//! Manifests.

use bytes::Bytes;
use dockside::oci::media_type::{is_index, is_manifest};
use dockside::oci::{Digest, Manifest, ManifestContent};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{config, long};

const TYPES: [&str; 5] = [
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.example+json",
];

fn parse(bytes: &[u8], media_type: Option<&str>) -> Option<Manifest> {
    let digest = Digest::of(bytes);
    Manifest::parse(Bytes::copy_from_slice(bytes), digest, media_type).ok()
}

fn descriptor() -> impl Strategy<Value = Value> {
    (any::<i64>(), "[a-f0-9]{64}|[a-f0-9]{3}").prop_map(
        |(size, hex)| json!({"mediaType": "a/b", "digest": format!("sha256:{hex}"), "size": size}),
    )
}

fn list() -> impl Strategy<Value = Value> {
    let good = (0..1000_i64, "[a-f0-9]{64}").prop_map(
        |(size, hex)| json!({"mediaType": "a/b", "digest": format!("sha256:{hex}"), "size": size}),
    );
    prop_oneof![
        6 => proptest::collection::vec(good, 0..4).prop_map(Value::from),
        1 => proptest::collection::vec(descriptor(), 0..4).prop_map(Value::from),
        1 => Just(Value::Null),
        1 => any::<i8>().prop_map(Value::from),
    ]
}

/// JSON that is almost a manifest.
fn almost() -> impl Strategy<Value = Value> {
    let member = prop_oneof![
        4 => ("manifests|layers|blobs", list()),
        1 => ("config|subject|x", descriptor()),
        1 => ("schemaVersion", (1..4_i32).prop_map(Value::from)),
        2 => ("mediaType", proptest::sample::select(&TYPES[..]).prop_map(Value::from)),
    ];
    proptest::collection::vec(member, 0..4)
        .prop_map(|members| Value::from(members.into_iter().collect::<Map<_, _>>()))
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_manifest_is_what_everything_says_that_it_is(
        value in almost(), header in proptest::option::of(proptest::sample::select(&TYPES[..]))
    ) {
        let text = value.to_string();
        let Some(manifest) = parse(text.as_bytes(), header) else {
            return Ok(());
        };
        let index = matches!(manifest.content, ManifestContent::Index(_));
        let own = value["mediaType"].as_str();
        for claim in [header, own, Some(manifest.media_type())].into_iter().flatten() {
            prop_assert!(!is_manifest(claim) || is_index(claim) == index, "{claim}");
        }
        let has = |names: &[&str]| names.iter().any(|name| !value[name].is_null());
        prop_assert!(!(index && has(&["config", "layers", "blobs"])));
        prop_assert!(index || !has(&["manifests"]));
        let sizes = manifest.blobs().chain(manifest.children()).map(|each| each.size);
        prop_assert!(sizes.map(u128::from).sum::<u128>() <= i64::MAX as u128);
        prop_assert_eq!(manifest.bytes(), text.as_bytes());
    }

    #[test]
    fn no_bytes_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..300), text in "[\\[\\]{}:,\"a0\\\\ -]{0,60}"
    ) {
        for bytes in [bytes.as_slice(), text.as_bytes()] {
            prop_assert!(parse(bytes, None).is_none_or(|found| found.children().is_empty()));
        }
    }
}

#[test]
fn long_manifests_take_no_longer_than_they_are() {
    for text in long(&["[", "{\"a\":", "\"", "0"]) {
        for before in ["", "{\"layers\":[", "{\"annotations\":{\"a\":\""] {
            assert!(parse(format!("{before}{text}").as_bytes(), None).is_none());
        }
    }
}
