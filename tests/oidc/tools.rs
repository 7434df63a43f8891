//! The docker CLI, skopeo and buildah with logins that end while the job runs.

use std::process::{Command, Output, Stdio};

use serde_json::Value;

use super::job::Job;
use super::quay::{IMAGE, Quay};
use crate::support::{installed, isolate};

/// Runs a program as a step of the job would, with what `ci-env` has set.
pub fn run(job: &Job, set: &Value, program: &str, arguments: &[&str]) -> Output {
    let set = set.as_object().unwrap().iter();
    let set = set.filter_map(|(name, value)| Some((name, value.as_str()?)));
    let mut command = Command::new(program);
    isolate(&mut command, job.home.path());
    command
        .args(arguments)
        .envs(job.variables.clone())
        .envs(set)
        .env("DOCKER_HOST", "unix:///nonexistent.sock")
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// The registry lets in the newest password alone. Each program is run when the login that the job
/// has is over, and the one before it is refused.
#[test]
fn docker_skopeo_and_buildah_see_a_fresh_login_after_the_first_has_ended() {
    let tools = ["docker", "skopeo", "buildah"];
    if !tools.iter().all(|program| installed(program)) {
        return;
    }
    let (server, quay, job) = Quay::start();
    let host = server.host();
    let set = job.ci_env(&["--login", &host]);
    let image = format!("{host}/{IMAGE}:v1");
    let remote = format!("docker://{image}");
    let tries: [(&str, &[&str]); 4] = [
        ("docker", &["manifest", "inspect", "--insecure", &image]),
        (
            "skopeo",
            &["inspect", "--raw", "--tls-verify=false", &remote],
        ),
        (
            "skopeo",
            &[
                "list-tags",
                "--tls-verify=false",
                &format!("docker://{host}/{IMAGE}"),
            ],
        ),
        ("buildah", &["login", "--tls-verify=false", &host]),
    ];
    for (made, (program, arguments)) in tries.into_iter().enumerate() {
        let output = run(&job, &set, program, arguments);
        assert!(output.status.success(), "{program}: {output:?}");
        assert_eq!(quay.lock().unwrap().made.len(), made + 1, "{program}");
        job.age(&host, -3600, -1);
        let output = run(&job, &set, program, arguments);
        assert!(output.status.success(), "{program}: {output:?}");
        assert_eq!(quay.lock().unwrap().made.len(), made + 2, "{program}");
    }
}

/// Lifetimes of a real clock: two seconds, of which the helper uses one.
#[test]
fn logins_that_live_two_seconds_are_made_anew_by_the_clock() {
    if !installed("skopeo") {
        return;
    }
    let (server, quay, job) = Quay::start();
    quay.lock().unwrap().lifetime = 2;
    let host = server.host();
    let set = job.ci_env(&["--login", &host]);
    let tags = format!("docker://{host}/{IMAGE}");
    let arguments = ["list-tags", "--tls-verify=false", &tags];
    for _ in 0..2 {
        let before = quay.lock().unwrap().made.len();
        std::thread::sleep(std::time::Duration::from_millis(2100));
        let output = run(&job, &set, "skopeo", &arguments);
        assert!(output.status.success(), "{output:?}");
        assert!(quay.lock().unwrap().made.len() > before);
    }
}
