//! Runs that end before all is done, and the runs after them.

use serde_json::Value;

use super::{Stand, ended};
use crate::support::signal::send_when;
use crate::support::vendor::Fault;

const TAGS: [&str; 8] = ["a", "b", "c", "d", "v1", "v2", "v3", "v4"];
/// More than a batch.
const OLD: usize = 400;

const KEPT: [&str; 4] = ["v1", "v2", "v3", "v4"];

#[test]
fn what_a_deadline_leaves_is_done_by_the_next_run() {
    let stand = Stand::of(&TAGS);
    let name = stand.name("app");
    let words = ["cleanup", &name, "--keep-tag", "v*", "--plan", "plan.json"];
    let (code, output, said) = stand.run(&[&words[..], &["--dry-run"]].concat());
    assert_eq!((code, said.as_str()), (0, ""), "{output}");
    let again = [&words[..], &["--resume"]].concat();
    let (code, _, said) = stand.run(&[&again[..], &["--deadline", "0s"]].concat());
    assert_eq!(code, 5, "{said}");
    let expected = format!(
        "dockside: error: {name} was not begun: the time is over\n\
         dockside: hint: run it again, or give a longer --deadline\n"
    );
    assert_eq!(said, expected);
    assert_eq!(stand.tags("app"), TAGS);
    let (code, output, said) = stand.run(&again);
    assert_eq!((code, said.as_str()), (0, ""), "{output}");
    assert_eq!(stand.tags("app"), KEPT);
}

#[test]
fn a_deadline_that_is_over_begins_no_repository() {
    let stand = Stand::of(&TAGS);
    let name = stand.name("app");
    let words = ["cleanup", &name, "--keep-tag", "v*", "--deadline", "0s"];
    let (code, _, said) = stand.run(&words);
    assert_eq!(code, 5, "{said}");
    assert!(said.contains(&format!("{name} was not begun: the time is over")));
    assert_eq!(stand.local.seen(), Vec::<String>::new());
}

#[test]
fn a_signal_stops_between_batches_and_the_next_run_goes_on() {
    let stand = Stand::of(&KEPT);
    for number in 0..OLD {
        stand.push("app", &format!("old-{number}"));
    }
    let name = stand.name("app");
    let words = ["cleanup", &name, "--keep-tag", "v*", "--jobs", "1"];
    let words = [&words[..], &["--max-delete", "100%"]].concat();
    stand.local.fault(
        2,
        "DELETE ",
        Fault::Delay(std::time::Duration::from_secs(1)),
    );
    let deletes = || {
        stand
            .local
            .seen()
            .iter()
            .any(|line| line.starts_with("DELETE "))
    };
    let reports = ["--cleanup-report-path", "r.json"];
    let command = stand.command(&[&words[..], &reports].concat());
    let output = send_when(command, "TERM", deletes);
    assert_ne!(output.status.code(), Some(0), "{output:?}");
    let left = stand.tags("app");
    assert!(KEPT.iter().all(|tag| left.contains(&(*tag).to_owned())));
    let report = stand.document("r.json");
    let count = |list: &str| report[list].as_array().unwrap().len();
    assert!(count("notBegun") > 0);
    assert_eq!(count("failed"), 0, "{}", report["failed"]);
    assert_eq!(count("deleted") + count("notBegun"), OLD);
    assert!(left.len() >= KEPT.len() + count("notBegun"));
    let (code, output, said) = stand.run(&words);
    assert_eq!((code, said.as_str()), (0, ""), "{output}");
    assert_eq!(stand.tags("app"), KEPT);
}

/// Whichever request fails: what the report says has gone is what has gone, what is kept stays,
/// and the next run does the rest.
#[test]
fn reports_are_written_whichever_request_fails() {
    let requests = {
        let stand = Stand::of(&TAGS);
        cleaned(&stand);
        stand.local.seen().len()
    };
    assert!(requests > 12, "{requests}");
    for nth in 1..=requests {
        let stand = Stand::of(&TAGS);
        stand.local.fault(nth, "", Fault::status(500, &[]));
        let name = stand.name("app");
        let reports = ["--cleanup-report-path", "r.json", "--html", "r.html"];
        let words = ["cleanup", &name, "--keep-tag", "v*", "--jobs", "1"];
        let words = [&words[..], &["--retry-timeout", "0s"], &reports].concat();
        let (code, output, said) = ended(&mut stand.command(&words));
        let report = stand.document("r.json");
        let gone = report["deleted"].as_array().unwrap().iter();
        let mut gone: Vec<&str> = gone.filter_map(|one| one["tag"].as_str()).collect();
        gone.sort_unstable();
        let left = stand.tags("app");
        let really = TAGS
            .into_iter()
            .filter(|tag| !left.iter().any(|one| one == tag));
        // A removal counts as failed, too, when its answer was a failure.
        let failed = report["failed"].as_array().unwrap().iter();
        let failed: Vec<&str> = failed.filter_map(|one| one["tag"].as_str()).collect();
        let really = really.filter(|tag| gone.contains(tag) || !failed.contains(tag));
        let about = format!("request {nth}: {code} {output} {said} {report}");
        assert_eq!(really.collect::<Vec<_>>(), gone, "{about}");
        assert!(gone.iter().all(|tag| !KEPT.contains(tag)), "{about}");
        assert_eq!(code == 0, is_untroubled(&report), "{about}");
        let page = stand.read("r.html");
        assert!(
            page.contains(&name) && page.ends_with("</html>\n"),
            "{about}"
        );
        cleaned(&stand);
        assert_eq!(stand.tags("app"), KEPT, "{about}");
    }
}

/// Whether a report has nothing to complain of.
fn is_untroubled(report: &Value) -> bool {
    let repository = &report["repositories"][0];
    let is_empty = |list: &str| report[list].as_array().unwrap().is_empty();
    repository["failure"].is_null()
        && repository["refusal"].is_null()
        && is_empty("failed")
        && is_empty("notBegun")
}

fn cleaned(stand: &Stand) {
    let name = stand.name("app");
    let words = ["cleanup", &name, "--keep-tag", "v*", "--jobs", "1"];
    let (code, output, said) = stand.run(&words);
    assert_eq!((code, said.as_str()), (0, ""), "{output}");
}
