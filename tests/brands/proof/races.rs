//! A sibling that is pushed between the survey of a deletion and the deletion.

use super::stand::Stand;
use crate::support::vendor::Request;

/// Whether a request is the one that is meant.
type Is = fn(&Request) -> bool;

/// The brands that say cheaply which tags a manifest has, and their last look at it.
const LOOKS: [(&str, Is); 4] = [
    ("acr", |request| request.parameter("digest").is_some()),
    ("ecr", |request| {
        let target = request.header("x-amz-target").unwrap_or_default();
        let body = String::from_utf8_lossy(&request.body);
        target.ends_with(".DescribeImages") && body.contains("imageDigest")
    }),
    ("github", |request| request.path.ends_with("/versions")),
    ("harbor", |request| {
        request.method == "GET" && request.path.contains("/artifacts/sha256:")
    }),
];

#[test]
fn delete_keeps_what_got_a_sibling_meanwhile() {
    for (brand, is_look) in LOOKS {
        let stand = Stand::of(brand);
        let digest = stand.with(|store, path| {
            store.push_image(path, Some("other"), "other");
            store.push_image(path, Some("v1"), "one")
        });
        let (pushed, path) = (digest.clone(), stand.path());
        stand.ask(move |request, store| {
            if is_look(request) {
                store.tag(path, &pushed, "late");
            }
        });
        let v1 = format!("{}:v1", stand.name);
        let expected = format!(
            "dockside: error: {}@{digest} has other tags: late\n\
             dockside: hint: give --with-siblings to remove these too, or remove the tag alone \
             with `dockside untag`\n",
            stand.name
        );
        let refused = stand.run(&["delete", &v1]);
        assert_eq!(refused, (3, String::new(), expected), "{brand}");
        assert_eq!(stand.tags(), ["late", "other", "v1"], "{brand}");
        let all = stand.run(&["delete", &v1, "--with-siblings"]);
        assert_eq!(all.0, 0, "{brand}: {all:?}");
        assert_eq!(stand.tags(), ["other"], "{brand}");
    }
}
