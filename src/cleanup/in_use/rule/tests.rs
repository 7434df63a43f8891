use std::collections::BTreeMap;

use jiff::Timestamp;

use super::InUseRule;
use crate::cleanup::in_use::InUse;
use crate::cleanup::{Claims, Facts, Graph, Root, Rule as _};
use crate::oci::Digest;

fn digest(what: &str) -> Digest {
    Digest::of(what.as_bytes())
}

/// `r.example.com/team/app`: the tags `1` and `2` of an index (`index`) with two images (`amd64`,
/// `arm64`), the tag `latest` of an image (`new`), an image without a tag (`old`), and an index of
/// the index.
fn graph() -> Graph {
    let repository = "r.example.com/team/app".parse().unwrap();
    let mut graph = Graph::new(repository, "default", Timestamp::UNIX_EPOCH);
    let ids =
        ["index", "amd64", "arm64", "new", "old", "outer"].map(|name| graph.add(&digest(name)));
    let [index, _, _, new, old, outer] = ids;
    graph.learn(
        index,
        Facts {
            children: vec![digest("amd64"), digest("arm64")],
            ..Facts::default()
        },
    );
    graph.learn(
        outer,
        Facts {
            children: vec![digest("index")],
            ..Facts::default()
        },
    );
    graph.learn(
        old,
        Facts {
            blobs: vec![(digest("config"), 1), (digest("layer"), 2)],
            ..Facts::default()
        },
    );
    for (tag, node) in [
        ("1", index),
        ("2", index),
        ("latest", new),
        ("sha256-x", new),
    ] {
        graph.name(tag.parse().unwrap(), node, None);
    }
    graph
}

/// What is kept, each as `TAG or MANIFEST: REASON`; digests are written as what they are of.
fn kept(images: &[(&str, &[&str])], same_as: &[(&str, &str)]) -> Vec<String> {
    let names = ["index", "amd64", "arm64", "new", "old", "outer", "config"];
    let known: BTreeMap<String, &str> = names
        .into_iter()
        .map(|name| (digest(name).to_string(), name))
        .collect();
    let readable = |text: String| {
        let replace = |text: String, (digest, name): (&String, &&str)| text.replace(digest, name);
        known.iter().fold(text, replace)
    };
    let images = images.iter().map(|(image, users)| {
        let mut image = (*image).to_owned();
        for name in names {
            image = image.replace(&format!("@{name}"), &format!("@{}", digest(name)));
        }
        let users = users.iter().map(|user| (*user).to_owned());
        (image, users.collect())
    });
    let in_use = InUse {
        version: 1,
        images: images.collect(),
        ..InUse::default()
    };
    let same_as: Vec<(String, String)> = same_as
        .iter()
        .map(|(from, to)| ((*from).to_owned(), (*to).to_owned()))
        .collect();
    let graph = graph();
    let mut claims = Claims::default();
    InUseRule::new(&in_use, &same_as).judge(&graph, Timestamp::UNIX_EPOCH, &mut claims);
    assert_eq!(claims.wanted(), []);
    let shown = claims.kept().iter().map(|(root, reason)| {
        let root = match root {
            Root::Name(id) => graph.tag(*id).tag.to_string(),
            Root::Node(id) => graph.node(*id).digest.to_string(),
        };
        let reason = &claims.reasons()[reason.index()];
        assert_eq!(reason.rule, "in-use");
        readable(format!("{root}: {}", reason.what))
    });
    shown.collect()
}

#[test]
fn a_tag_is_kept_under_any_spelling_of_its_repository() {
    for image in [
        "r.example.com/team/app:1",
        "R.Example.com:443/team/app:1",
        "docker-pullable://r.example.com/team/app:1",
    ] {
        assert_eq!(kept(&[(image, &[])], &[]), [format!("1: {image}")]);
    }
    assert_eq!(
        kept(
            &[("r.example.com/team/app", &["p/web/Pod/x", "p/web/Pod/y"])],
            &[]
        ),
        ["latest: r.example.com/team/app, used by p/web/Pod/x and others"]
    );
    for other in [
        "r.example.com/team/app2:1",
        "r.example.com:5000/team/app:1",
        "team/app:1",
        "r.example.com/team/app:3",
        "",
        "::@@//",
    ] {
        assert_eq!(kept(&[(other, &[])], &[]), [""; 0], "{other}");
    }
}

#[test]
fn a_digest_is_kept_wherever_it_was_pulled_from() {
    for image in [
        "r.example.com/team/app@new",
        "cache.internal/hub/team/app@new",
        "docker-pullable://somewhere/else@new",
    ] {
        let reason = format!("new: {image}");
        assert_eq!(kept(&[(image, &[])], &[]), [reason]);
    }
    let bare = digest("old").to_string();
    assert_eq!(
        kept(&[(&bare, &["p/n/Pod/x"])], &[]),
        ["old: old, used by p/n/Pod/x"]
    );
}

#[test]
fn a_tag_that_has_moved_is_kept_with_what_it_was() {
    assert_eq!(
        kept(
            &[("r.example.com/team/app:latest@old", &["p/n/Pod/x"])],
            &[]
        ),
        [
            "latest: r.example.com/team/app:latest@old, used by p/n/Pod/x",
            "old: r.example.com/team/app:latest@old, used by p/n/Pod/x",
        ]
    );
}

#[test]
fn the_indexes_of_a_platform_image_are_kept() {
    let mut found = kept(&[("r.example.com/team/app@arm64", &["p/n/Pod/x"])], &[]);
    found.sort();
    assert_eq!(
        found,
        [
            "arm64: r.example.com/team/app@arm64, used by p/n/Pod/x",
            "index: it lists arm64, which is in use",
            "outer: it lists index, which is in use",
        ]
    );
}

#[test]
fn a_config_tells_its_image() {
    let config = digest("config").to_string();
    assert_eq!(
        kept(&[(&format!("docker://{config}"), &[])], &[]),
        ["old: docker://config"]
    );
}

#[test]
fn other_names_are_translated() {
    let same_as = [
        ("mirror.internal/r", "r.example.com"),
        ("mirror.internal", "x.example.com"),
    ];
    let image = "mirror.internal/r/team/app:2";
    assert_eq!(kept(&[(image, &[])], &same_as), [format!("2: {image}")]);
    assert_eq!(
        kept(&[("mirror.internal/team/app:2", &[])], &same_as),
        [""; 0]
    );
    assert_eq!(
        kept(
            &[("r.example.com/team/app:2", &[])],
            &[("r.example.com", "y.example.com")]
        ),
        ["2: r.example.com/team/app:2"]
    );
}

#[test]
fn hostile_names_stay_text() {
    let image = format!("{}\u{1b}[31m:x", "r.example.com/team/app:1\n".repeat(40));
    assert_eq!(kept(&[(&image, &[])], &[]), [""; 0]);
    let image = "r.example.com/team/app:1 ";
    assert_eq!(
        kept(&[(image, &["p\u{202e}\n/x"])], &[]),
        ["1: r.example.com/team/app:1 , used by p\\u{202e}\\n/x"]
    );
}
