//! Somebody pushes before each request of a cleaner, after the plan was made. What is lost so, and
//! before which requests, is in a file: nothing closes these windows, since registries have no
//! conditional deletion.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use super::deck::Deck;
use super::world::World;
use super::{expect, of_each, said};
use crate::support::vendor::{Seen, Store};

/// Something that is pushed.
struct Push {
    what: &'static str,
    /// What must be there for it.
    needs: Option<&'static str>,
    push: fn(&mut Store, &str, &Deck),
    /// The tag that is written.
    tag: &'static str,
    /// What that names then, if that was there before.
    names: Option<&'static str>,
}

/// All of them are pushed together: they are about different images.
const PUSHES: [Push; 4] = [
    Push {
        what: "a new tag of an image that goes",
        needs: Some("one"),
        push: |store, path, deck| store.tag(path, deck.digest("one"), "new"),
        tag: "new",
        names: Some("one"),
    },
    Push {
        what: "a tag that stays, moved to an image that goes",
        needs: Some("old-s390x"),
        push: |store, path, deck| store.tag(path, deck.digest("old-s390x"), "arm"),
        tag: "arm",
        names: Some("old-s390x"),
    },
    Push {
        what: "a new image under a tag that goes",
        needs: None,
        push: |store, path, _| drop(store.push_image(path, Some("two"), "a new one")),
        tag: "two",
        names: None,
    },
    Push {
        what: "an index that lists an image that goes",
        needs: Some("old-amd"),
        push: |store, path, deck| {
            drop(store.push_index(path, Some("list"), &[deck.digest("old-amd")]));
        },
        tag: "list",
        names: None,
    },
];

impl Push {
    /// Whether what was pushed is there, and whole.
    fn is_there(&self, world: &World) -> bool {
        let contents = world.contents();
        let named = contents.tags.get(self.tag);
        let is_right = named.is_some_and(|named| match self.names {
            Some(name) => named == name,
            None => !["one", "two", "old"].contains(&named.as_str()),
        });
        is_right
            && named.is_some_and(|named| {
                contents.manifests.contains(named) && !contents.incomplete.contains(named)
            })
    }
}

/// The request, without what is different each time.
fn shown(world: &World, seen: &Seen) -> String {
    let host = match seen.host.starts_with("127.") {
        true => "",
        false => seen.host.as_str(),
    };
    let mut text = format!("{} {host}{}", seen.method, seen.path);
    for one in world.start.manifests(world.stand.path()) {
        let (version, named) = (
            format!("/versions/{}", one.pushed),
            format!("/versions/{}", one.digest),
        );
        text = text.replace(&version, &named);
    }
    if let Some(target) = seen.header("x-amz-target") {
        let ids = seen.json()["imageIds"].to_string();
        text = format!("{text}{} {ids}", target.rsplit('.').next().unwrap());
    }
    // What says something of an image is asked for in any order.
    for kind in [".att", ".sbom"] {
        text = match text.strip_suffix(kind) {
            Some(image) => format!("{image}.sig"),
            None => text,
        };
    }
    for counted in ["/op-", "/upload-"] {
        if let Some((before, _)) = text.split_once(counted) {
            text = format!("{before}/...");
        }
    }
    world.deck.named(&text)
}

/// The windows of a brand: what is lost, and before which request it was pushed.
type Windows = BTreeSet<(&'static str, String, String)>;

fn windows(world: &World, step: usize) -> Windows {
    let mut windows = Windows::new();
    for at in (1..).step_by(step) {
        world.refill(&world.start);
        world.stand.forget();
        let (deck, path) = (world.deck.clone(), world.stand.path());
        let pushed = Arc::new(Mutex::new(Vec::new()));
        let done = Arc::clone(&pushed);
        world.line.push(at, move |store| {
            for push in &PUSHES {
                let has = |name: &str| {
                    let repository = store.repository(path).unwrap();
                    repository.manifests.contains_key(deck.digest(name))
                };
                if push.needs.is_none_or(has) {
                    (push.push)(store, path, &deck);
                    done.lock().unwrap().push(push);
                }
            }
        });
        world.resume(&world.plan, None);
        if world.line.disarm() < at {
            break;
        }
        let before = shown(world, &world.stand.requests()[at - 1]);
        let mut add = |lost: String| {
            windows.insert((world.stand.brand, lost, before.clone()));
        };
        for push in pushed.lock().unwrap().iter() {
            if !push.is_there(world) {
                add(push.what.to_owned());
            }
        }
        // The pusher has moved this tag.
        let lost = world.losses().into_iter();
        let lost = lost.filter(|one| !one.starts_with("arm names"));
        lost.for_each(&mut add);
    }
    windows
}

/// Prime, so that different kinds of requests are met.
const SOME: usize = 7;

/// All windows are looked for where `EVERY_REQUEST` is set, which takes some minutes.
#[test]
fn what_is_pushed_meanwhile_is_lost_in_known_windows_only() {
    let every = std::env::var_os("EVERY_REQUEST").is_some();
    let found = of_each(|world| windows(world, if every { 1 } else { SOME }));
    let found: Windows = found.into_iter().flatten().collect();
    let lines = found
        .iter()
        .map(|(brand, lost, before)| format!("{brand}: {lost}: {before}\n"));
    if every {
        expect("windows.txt", &lines.collect::<String>());
        return;
    }
    let known = said("windows.txt");
    let new: Vec<String> = lines.filter(|line| !known.contains(line)).collect();
    assert_eq!(new, [""; 0]);
}
