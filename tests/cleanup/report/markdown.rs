//! The report on the page of a CI job.

use std::fs;

use dockside::cleanup::report::{markdown, publish};
use dockside::env::Env;

use super::{fixture, is_as_expected};

#[test]
fn the_whole_report() {
    let text = markdown(&fixture::several(), 1 << 20);
    is_as_expected("report.md", &text);
}

#[test]
fn what_does_not_fit_is_counted() {
    let report = fixture::several();
    let whole = markdown(&report, 1 << 20);
    let cut = markdown(&report, whole.len() - 1);
    assert!(cut.len() < whole.len());
    let note = "*1 more repositories do not fit in here.*\n";
    assert!(cut.ends_with(note), "{cut}");
    assert_eq!(markdown(&report, 10), "");
}

#[test]
fn github_reads_it_from_a_file() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("summary.md");
    fs::write(&path, "before\n").unwrap();
    let env = Env::from_iter([
        ("GITHUB_ACTIONS", "true".as_ref()),
        ("GITHUB_STEP_SUMMARY", path.as_os_str()),
    ]);
    let report = fixture::report(false);
    publish(&report, &env, &dockside::report::Report::default());
    let expected = format!("before\n{}", markdown(&report, 1 << 20));
    assert_eq!(fs::read_to_string(&path).unwrap(), expected);

    // The limit of the step is used up.
    fs::write(&path, vec![b'x'; (1 << 20) - 5]).unwrap();
    publish(&report, &env, &dockside::report::Report::default());
    assert_eq!(fs::metadata(&path).unwrap().len(), (1 << 20) - 5);
}

#[test]
fn azure_gets_a_file_that_stays() {
    let home = tempfile::tempdir().unwrap();
    let env = Env::from_iter([
        ("TF_BUILD", "True".as_ref()),
        ("AGENT_TEMPDIRECTORY", home.path().as_os_str()),
    ]);
    let report = fixture::report(false);
    publish(&report, &env, &dockside::report::Report::default());
    let files: Vec<_> = fs::read_dir(home.path()).unwrap().flatten().collect();
    let [file] = files.as_slice() else {
        panic!("{files:?}");
    };
    let expected = markdown(&report, 1 << 20);
    assert_eq!(fs::read_to_string(file.path()).unwrap(), expected);
}
