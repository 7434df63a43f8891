//! Everything that an image has, in few requests.

use dockside::registry::Listing;

use super::{APP, HOST, REST, World};

type Failure = (String, Option<String>, Option<&'static str>);

fn listing(world: &World, name: &str) -> Result<Option<Listing>, Failure> {
    world.with(name, async |brand| brand.listing(8).await)
}

/// Digest, tags, size, platforms and the times `pushed` and `created` of each entry.
fn told(listing: &Listing) -> Vec<String> {
    let tell = |entry: &dockside::registry::Listed| {
        let tags: Vec<String> = entry.tags.iter().map(ToString::to_string).collect();
        let platforms = entry.platforms.iter().flatten();
        let platforms: Vec<String> = platforms.map(ToString::to_string).collect();
        format!(
            "{} [{}] {} [{}] {} {}",
            entry.digest,
            tags.join(" "),
            entry.size.unwrap(),
            platforms.join(" "),
            entry.pushed.unwrap(),
            entry.created.is_some()
        )
    };
    let mut told: Vec<String> = listing.entries.iter().map(tell).collect();
    told.sort();
    told
}

#[test]
fn list_takes_one_request() {
    let world = World::new();
    let mut expected = Vec::new();
    {
        let store = &mut world.google().store;
        let one = store.push_image("p/r/app", Some("v1"), "one");
        store.tag("p/r/app", &one, "v2");
        store.push_image("p/r/app", None, "untagged");
        for manifest in store.manifests("p/r/app") {
            let tags = if manifest.digest == one { "v1 v2" } else { "" };
            let pushed = jiff::Timestamp::from_second(manifest.pushed.try_into().unwrap());
            let (digest, size) = (&manifest.digest, manifest.size());
            expected.push(format!(
                "{digest} [{tags}] {size} [] {} false",
                pushed.unwrap()
            ));
        }
        expected.sort();
    }
    let listing = listing(&world, APP).unwrap().unwrap();
    assert!(listing.has_untagged);
    assert_eq!(told(&listing), expected);
    let list = format!("GET {HOST}/v2/p/r/app/tags/list");
    assert_eq!(world.seen(), [format!("{list} 401"), format!("{list} 200")]);
}

/// With as many as the registry lists at most, some may be missing there: ten thousand tags take
/// ten requests for the versions and ten for the tags.
#[test]
fn list_of_ten_thousand_tags_takes_a_request_for_each_thousand() {
    let world = World::new();
    {
        let store = &mut world.google().store;
        let digests = ["a", "b", "c"].map(|words| store.push_image("p/r/app", None, words));
        for number in 0..10_001 {
            store.tag("p/r/app", &digests[number % 3], &format!("v{number}"));
        }
    }
    let listing = listing(&world, APP).unwrap().unwrap();
    let counts: Vec<usize> = listing
        .entries
        .iter()
        .map(|entry| entry.tags.len())
        .collect();
    assert_eq!(counts, [3334, 3334, 3333]);
    let package = format!("GET {REST}/repositories/r/packages/app");
    let mut expected = vec![
        format!("GET {HOST}/v2/p/r/app/tags/list 401"),
        format!("GET {HOST}/v2/p/r/app/tags/list 200"),
        format!("{package}/versions?pageSize=1000&view=FULL 200"),
        format!("{package}/tags?pageSize=1000 200"),
    ];
    for page in 1..=10 {
        expected.push(format!(
            "{package}/tags?pageSize=1000&pageToken=from-{page}000 200"
        ));
    }
    assert_eq!(world.seen(), expected);
}

#[test]
fn list_has_pages_of_any_size() {
    let world = World::new();
    let mut expected = Vec::new();
    {
        let mut google = world.google();
        google.page = 2;
        let store = &mut google.store;
        let one = store.push_image("p/r/app", Some("one"), "one");
        let two = store.push_image("p/r/app", Some("two"), "two");
        let index = store.push_index("p/r/app", Some("multi"), &[&one, &two]);
        for number in 0..120 {
            store.tag("p/r/app", &one, &format!("v{number:03}"));
        }
        for manifest in store.manifests("p/r/app") {
            let tags = store
                .repository("p/r/app")
                .unwrap()
                .tags_of(&manifest.digest);
            let platforms = if manifest.digest == index {
                "linux/amd64 linux/arm64"
            } else {
                ""
            };
            let pushed = jiff::Timestamp::from_second(manifest.pushed.try_into().unwrap());
            expected.push(format!(
                "{} [{}] {} [{platforms}] {} false",
                manifest.digest,
                tags.join(" "),
                manifest.size(),
                pushed.unwrap()
            ));
        }
        expected.sort();
        google.links = true;
    }
    assert_eq!(told(&listing(&world, APP).unwrap().unwrap()), expected);
}

#[test]
fn list_without_an_end_fails() {
    let world = World::new();
    {
        let mut google = world.google();
        (google.links, google.page, google.repeats) = (true, 1, true);
        for tag in ["a", "b", "c"] {
            google.store.push_image("p/r/app", Some(tag), tag);
        }
    }
    let message =
        format!("{APP}: Google Artifact Registry answered something else than it should (line 0)");
    let hint = "is something else at that address, or a proxy on the way?";
    assert_eq!(
        listing(&world, APP),
        Err((message, Some(hint.to_owned()), None))
    );
}

/// Nothing is missing in silence.
#[test]
fn list_that_cannot_be_complete_is_refused() {
    let world = World::without_login();
    world.log_in("somebody", super::TOKEN);
    world.google().links = true;
    world
        .google()
        .store
        .push_image("p/r/app", Some("v1"), "one");
    let (message, hint, reason) = listing(&world, APP).unwrap_err();
    assert_eq!(
        message,
        format!(
            "{APP}: Google Artifact Registry cannot do this (status 200): its list is not \
             complete, there are too many tags"
        )
    );
    assert!(hint.unwrap().starts_with("log in with an access token"));
    assert_eq!(reason, Some("unsupported"));
}

/// Tags of which the extension says nothing are asked for one by one.
#[test]
fn list_without_the_extension() {
    let world = World::new();
    world.google().is_plain = true;
    let digest = world
        .google()
        .store
        .push_image("p/r/app", Some("v1"), "one");
    assert_eq!(listing(&world, APP), Ok(None));
    let tagged = world
        .with(APP, async |brand| brand.tagged(8).await)
        .unwrap();
    let tagged: Vec<String> = tagged
        .iter()
        .map(|one| format!("{} {}", one.tag, one.digest))
        .collect();
    assert_eq!(tagged, [format!("v1 {digest}")]);
}
