//! A pusher before each request of the cleaner.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use serde_json::json;

use super::between::Instead;
use super::everywhere::everywhere;
use super::stage::{Stage, options};
use crate::support::repository::{Put, Repository};
use crate::support::wire::Head;

/// What a pusher finds in the repository, and uses.
struct Found {
    child: Put,
    doomed: Put,
    stays: Put,
}

/// Somebody who pushes while the cleaner is at work.
struct Pusher {
    push: fn(&Repository<'_>, &Found),
    /// Whether the cleaner looks at what was pushed by this request.
    looks: fn(&Head) -> bool,
    /// Whether this request takes what was pushed, unless the cleaner has looked at it before:
    /// nothing closes that window.
    takes: fn(&Head, &Found) -> bool,
    /// Whether what was pushed is there.
    check: fn(&Stage) -> bool,
    /// The tag that is not what it was because of the push.
    changes: &'static str,
}

fn is_list(request: &Head) -> bool {
    request.target.contains("/tags/list")
}

fn is_about(request: &Head, method: &str, name: &str) -> bool {
    request.method == method && request.target.ends_with(&format!("/manifests/{name}"))
}

impl Pusher {
    /// Pushes before each request once.
    fn everywhere(&self) {
        everywhere(2, |stage, number| {
            let (host, name) = (stage.host.clone(), stage.name.clone());
            let found = Found {
                child: stage.child.clone(),
                doomed: stage.doomed.clone(),
                stays: stage.kept[0].1.clone(),
            };
            let (push, looks, takes) = (self.push, self.looks, self.takes);
            // Nothing was pushed; it was, and nothing has happened to it; it must be there or not.
            let state = Arc::new(Mutex::new((false, None)));
            let seen = Arc::clone(&state);
            stage.line.before(move |at, request| {
                let mut seen = seen.lock().unwrap();
                if at == number {
                    let there = Repository {
                        host: &host,
                        name: &name,
                    };
                    // What it uses may be gone already, or just go.
                    let alive = [&found.child, &found.doomed];
                    let alive = alive.iter().all(|one| there.named(&one.digest).is_some());
                    let pushed = || push(&there, &found);
                    seen.0 = alive && catch_unwind(AssertUnwindSafe(pushed)).is_ok();
                }
                if seen.0 && seen.1.is_none() {
                    seen.1 = match (looks(request), takes(request, &found)) {
                        (_, true) => Some(false),
                        (true, false) => Some(true),
                        (false, false) => None,
                    };
                }
                Instead::Pass
            });
            let outcomes = stage.run(&options()).unwrap().outcomes;
            let mut losses = stage.losses();
            losses.retain(|one| !one.starts_with(&format!("{} is", self.changes)));
            // zot drops a manifest when its last tag is moved away, whoever does that.
            let moved = stage.kept.iter().find(|(tag, _)| tag == self.changes);
            if let Some((_, put)) = moved {
                losses.retain(|one| *one != format!("{} is None", put.digest));
            }
            assert_eq!(losses, [""; 0], "{number}");
            let (pushed, looked) = *state.lock().unwrap();
            if pushed && looked != Some(false) {
                assert!((self.check)(stage), "{} {number}: {outcomes:?}", stage.host);
            }
            stage.line.count()
        });
    }
}

#[test]
fn an_index_that_lists_a_doomed_child() {
    Pusher {
        push: |there, found| {
            there.index(Some("new"), &[found.child.on("linux", "amd64")]);
        },
        looks: |_| false,
        takes: |_, _| false,
        check: |stage| stage.here().named("new").is_some() && stage.is_there(&stage.child),
        changes: "new",
    }
    .everywhere();
}

#[test]
fn a_tag_for_a_doomed_image() {
    Pusher {
        push: |there, found| there.tag(&found.doomed, "new"),
        looks: is_list,
        takes: |request, found| is_about(request, "DELETE", &found.doomed.digest),
        check: |stage| stage.here().named("new").as_ref() == Some(&stage.doomed.digest),
        changes: "new",
    }
    .everywhere();
}

#[test]
fn a_kept_tag_moves_to_a_doomed_image() {
    Pusher {
        push: |there, found| there.tag(&found.doomed, "stays"),
        looks: |request| is_about(request, "HEAD", "stays"),
        takes: |request, found| is_about(request, "DELETE", &found.doomed.digest),
        check: |stage| stage.here().named("stays").as_ref() == Some(&stage.doomed.digest),
        changes: "stays",
    }
    .everywhere();
}

#[test]
fn a_doomed_tag_gets_a_new_image() {
    Pusher {
        push: |there, _| {
            there.bare(Some("old0"), "somebody's new image");
        },
        looks: |request| is_about(request, "HEAD", "old0"),
        takes: |request, _| is_about(request, "PUT", "old0") || is_about(request, "DELETE", "old0"),
        check: |stage| stage.here().named("old0").is_some(),
        changes: "old0",
    }
    .everywhere();
}

#[test]
fn a_kept_image_gets_a_referrer() {
    Pusher {
        push: |there, found| {
            let subject = json!({"subject": found.stays.descriptor()});
            there.image_with(Some("signature"), "a signature", &subject);
        },
        looks: |_| false,
        takes: |_, _| false,
        check: |stage| stage.here().named("signature").is_some(),
        changes: "signature",
    }
    .everywhere();
}
