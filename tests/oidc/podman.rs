//! podman with logins that end while the job runs.

use super::job::Job;
use super::quay::{IMAGE, Quay};
use super::tools::run;
use crate::support::job::text;
use crate::support::layout::Layout;
use crate::support::{installed, root};

/// Storage of its own, that needs nothing of the machine but root.
fn storage(job: &Job) -> Vec<String> {
    let place = |name: &str| job.home.path().join(name).to_str().unwrap().to_owned();
    let options = [
        ("--root", place("storage")),
        ("--runroot", place("run")),
        ("--storage-driver", "vfs".to_owned()),
        ("--cgroup-manager", "cgroupfs".to_owned()),
        ("--events-backend", "none".to_owned()),
    ];
    let words = options.map(|(name, value)| [name.to_owned(), value]);
    words.concat()
}

/// The registry lets in the newest password alone. podman is run when the login that the job has
/// is over, and the one before it is refused.
#[test]
fn podman_sees_a_fresh_login_after_the_first_has_ended() {
    if !installed("podman") || !root("podman, with storage of its own,") {
        return;
    }
    let (server, quay, job) = Quay::start();
    let host = server.host();
    let set = job.ci_env(&["--login", &host]);
    let mut layout = Layout::create(job.home.path().join("layout"));
    layout.image("v1", &[b"one"]);
    let (base, next) = (
        format!("{host}/{IMAGE}:base"),
        format!("{host}/{IMAGE}:next"),
    );
    let from = layout.image_argument("v1");
    let output = run(
        &job,
        &set,
        env!("CARGO_BIN_EXE_dockside"),
        &["push", &from, &base],
    );
    assert!(output.status.success(), "{}", text(&output.stderr));

    let podman = |made: usize, words: &[&str]| {
        job.age(&host, -3600, -1);
        quay.lock().unwrap().revoke();
        let options = storage(&job);
        let options = options.iter().map(String::as_str);
        let words: Vec<&str> = options.chain(words.iter().copied()).collect();
        let output = run(&job, &set, "podman", &words);
        assert!(
            output.status.success(),
            "{words:?}: {}",
            text(&output.stderr)
        );
        assert_eq!(quay.lock().unwrap().made.len(), made, "{words:?}");
    };
    podman(2, &["pull", "--quiet", "--tls-verify=false", &base]);
    podman(2, &["tag", &base, &next]);
    podman(3, &["push", "--quiet", "--tls-verify=false", &next]);
    assert_eq!(quay.lock().unwrap().tags(), ["base", "next", "v1"]);
}
