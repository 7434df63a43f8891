//! A pusher before each request of the cleaner.

use super::stage::{Stage, options, servers};
use crate::support::http::Received;
use crate::support::repository::Repository;

/// Whether a request comes after the last look that could have seen a push: it removes or moves a
/// tag, or a manifest. Nothing closes that window.
fn removes(request: &Received) -> bool {
    let is_manifest = request.path.contains("/manifests/");
    is_manifest && matches!(request.method.as_str(), "DELETE" | "PUT")
}

/// Does `push` before each request once, but for those that remove; then nothing of what was
/// pushed is lost, as `check` sees it.
fn everywhere(push: fn(&Repository<'_>, &Pushed), check: fn(&Stage) -> bool) {
    for server in servers() {
        for number in 1.. {
            let stage = Stage::new(&server, &format!("app{number}"));
            let (host, name) = (stage.host.clone(), stage.name.clone());
            let pushed = Pushed {
                child: stage.child.clone(),
                doomed: stage.doomed.clone(),
            };
            let (sent, seen) = std::sync::mpsc::channel();
            stage.line.before(move |at, request| {
                if at == number && !removes(request) {
                    let there = Repository {
                        host: &host,
                        name: &name,
                    };
                    let line = format!("GET /v2/{name}/manifests/{}", pushed.child.digest);
                    let accept = "Accept: application/vnd.oci.image.manifest.v1+json";
                    let whole = crate::support::client::ask(&host, &line, &[accept], b"");
                    let doomed = there.named(&pushed.doomed.digest);
                    if whole.status == 200 && doomed.is_some() {
                        push(&there, &pushed);
                        sent.send(()).unwrap();
                    }
                }
                None
            });
            let outcomes = stage.run(&options(), None).unwrap().unwrap();
            assert_eq!(stage.losses(), [""; 0], "{number}");
            if seen.try_recv().is_ok() {
                assert!(check(&stage), "{} {number}: {outcomes:?}", server.host());
            }
            if stage.line.count() < number {
                break;
            }
        }
    }
}

/// What a pusher finds in the repository, and uses.
struct Pushed {
    child: crate::support::repository::Put,
    doomed: crate::support::repository::Put,
}

#[test]
fn an_index_that_lists_a_doomed_child() {
    everywhere(
        |there, pushed| {
            there.index(Some("new"), &[pushed.child.on("linux", "amd64")]);
        },
        |stage| stage.here().named("new").is_some() && stage.is_there(&stage.child),
    );
}

#[test]
fn a_tag_for_a_doomed_image() {
    everywhere(
        |there, pushed| there.tag(&pushed.doomed, "new"),
        |stage| stage.here().named("new").as_ref() == Some(&stage.doomed.digest),
    );
}
