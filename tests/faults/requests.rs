//! A fault at the k-th request, for every kind of fault and every k.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::stage::Stage;
use crate::support::scripted_registry::{Fault, ScriptedRegistry, When};

/// How many runs are under way at once: most of the time they wait before they ask again.
const AT_ONCE: usize = 16;

/// A command, and what it leaves.
pub struct Operation {
    /// What is there before.
    pub before: fn(&Stage),
    /// The arguments.
    pub arguments: fn(&Stage) -> Vec<String>,
    /// The registry whose requests go wrong.
    pub faulty: fn(&Stage) -> &ScriptedRegistry,
    /// What is wrong after it has said that all is done.
    pub done: fn(&Stage) -> Vec<String>,
    /// What is wrong after it has said that it failed.
    pub failed: fn(&Stage) -> Vec<String>,
    /// Whether standard output is always that of a run without faults.
    pub prints: bool,
}

/// A kind of fault.
struct Mishap {
    name: &'static str,
    fault: Fault,
    /// Whether it is got over.
    passes: bool,
    /// Whether it comes back with every later request.
    stays: bool,
    /// Whether it may leave an upload of which the client knows nothing.
    hides_upload: bool,
}

fn mishaps() -> Vec<Mishap> {
    let limited = |seconds: &str| Fault::Answer {
        status: 429,
        headers: vec![("Retry-After".to_owned(), seconds.to_owned())],
        body: String::new(),
    };
    let lie = format!("sha256:{}", "0".repeat(64));
    let lie = Fault::Header("docker-content-digest", Some(lie));
    let broken = Fault::status(500, "UNKNOWN");
    let once = |name, fault, passes| Mishap {
        name,
        fault,
        passes,
        stays: false,
        hides_upload: false,
    };
    vec![
        once("drop", Fault::Drop, true),
        Mishap {
            hides_upload: true,
            ..once("drop after", Fault::DropAfter, true)
        },
        once("drop in the body", Fault::DropBody(10), true),
        once("truncated", Fault::Truncate(5), true),
        once("corrupt", Fault::Corrupt, false),
        once("another digest", lie, false),
        // A request is given one other token, not two.
        once("expired tokens", Fault::ExpireTokens, false),
        once("lost uploads", Fault::LoseUploads, true),
        once("429", limited("0"), true),
        once("429 for a second", limited("1"), true),
        once("500", broken.clone(), true),
        once("503", Fault::status(503, "UNAVAILABLE"), true),
        once("403", Fault::status(403, "DENIED"), false),
        Mishap {
            stays: true,
            hides_upload: true,
            ..once("500 from then on", broken, false)
        },
    ]
}

/// Of the pairs of request and fault, every third is run: each request has a third of the faults,
/// and each fault a third of the requests.
const SHARE: usize = 3;

/// Runs the operation with faults at each request.
pub fn fail_everywhere(operation: &Operation) {
    let stage = Stage::new();
    (operation.before)(&stage);
    let clean = stage.run(&(operation.arguments)(&stage));
    let errors = stage.neutral(&clean.stderr);
    assert!(clean.status.success(), "without a fault: {errors}");
    assert_eq!((operation.done)(&stage), [""; 0], "without a fault");
    let requests = (operation.faulty)(&stage).requests().len();
    let printed = stage.neutral(&clean.stdout);

    let mishaps = mishaps();
    let cases: Vec<_> = (1..=requests + 1)
        .flat_map(|k| {
            mishaps
                .iter()
                .enumerate()
                .map(move |(n, mishap)| (n + k, k, mishap))
        })
        .filter(|(number, ..)| number % SHARE == 0)
        .map(|(_, k, mishap)| (k, mishap))
        .collect();
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let outcomes = Mutex::new(BTreeMap::<Option<i32>, usize>::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some((k, mishap)) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let (code, found) = run(operation, *k, mishap, &printed);
                    *outcomes.lock().unwrap().entry(code).or_default() += 1;
                    wrong.lock().unwrap().extend(found);
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    // Most faults are got over.
    let outcomes = outcomes.into_inner().unwrap();
    assert!(outcomes[&Some(0)] > cases.len() / 2, "{outcomes:?}");
}

/// One run: its exit code, and what is wrong with it, if anything.
fn run(
    operation: &Operation,
    k: usize,
    mishap: &Mishap,
    printed: &str,
) -> (Option<i32>, Option<String>) {
    let stage = Stage::new();
    (operation.before)(&stage);
    let when = if mishap.stays {
        When::from_request(k)
    } else {
        When::request(k)
    };
    (operation.faulty)(&stage).fault(when, mishap.fault.clone());
    let mut arguments = (operation.arguments)(&stage);
    if mishap.stays {
        arguments.push("--retry-timeout=1s".to_owned());
    }
    let output = stage.run(&arguments);
    let code = output.status.code();
    let errors = stage.neutral(&output.stderr);
    let stdout = stage.neutral(&output.stdout);
    let mut wrong = Vec::new();
    if code == Some(0) {
        wrong.extend((operation.done)(&stage));
        if operation.prints && stdout != printed {
            wrong.push(format!("it printed {stdout:?}"));
        }
    } else {
        wrong.extend((operation.failed)(&stage));
        if mishap.passes {
            wrong.push("it should have been got over".to_owned());
        }
        if !matches!(code, Some(1 | 4 | 5)) {
            wrong.push(format!("exit code {code:?}"));
        }
        let names = errors.contains("SOURCE") || errors.contains("TARGET");
        if !errors.contains("dockside: error: ") || !names {
            wrong.push("no clear error".to_owned());
        }
    }
    let uploads = stage.source.open_uploads() + stage.target.open_uploads();
    if uploads > 0 && !mishap.hides_upload {
        wrong.push(format!("{uploads} uploads are open"));
    }
    if wrong.is_empty() {
        return (code, None);
    }
    let (seen, name) = ((operation.faulty)(&stage).seen(), mishap.name);
    let wrong = wrong.join("; ");
    let report = format!("{name} at {k}: {wrong}\n{stdout}{errors}{seen:#?}");
    (code, Some(report))
}
