//! BuildKit with logins that end between two builds of a job. Its daemon has no login: it is given
//! them by the client of each build, which has them from the job's config.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use super::job::Job;
use super::quay::{IMAGE, Quay};
use super::tools::run;
use crate::support::job::text;
use crate::support::layout::Layout;
use crate::support::signal::send;
use crate::support::wait::until;
use crate::support::{go_program, installed, isolate, root};

/// A daemon, whose builds run no processes. It ends when it is dropped.
struct BuildKit {
    child: Child,
    client: PathBuf,
    address: String,
}

impl BuildKit {
    fn start(home: &Path) -> Option<Self> {
        // Any program that runs containers will do: a build that runs nothing never starts it.
        if !root("buildkitd") || !installed("crun") {
            return None;
        }
        let (daemon, client) = go_program("buildkitd").zip(go_program("buildctl"))?;
        let socket = home.join("buildkit.sock");
        let address = format!("unix://{}", socket.display());
        let log = fs::File::create(home.join("buildkit.log")).unwrap();
        let mut command = Command::new(daemon);
        isolate(&mut command, home);
        let child = command
            .args(["--addr", &address, "--root"])
            .arg(home.join("buildkit"))
            // Unless it is switched on, the worker wants a program of the name runc.
            .args([
                "--oci-worker=true",
                "--containerd-worker=false",
                "--cdi-disabled",
            ])
            .args(["--oci-worker-binary", "crun"])
            .args(["--oci-worker-snapshotter", "native"])
            .args(["--oci-worker-net", "host"])
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let started = Self {
            child,
            client,
            address,
        };
        until("buildkitd listens", || socket.exists());
        Some(started)
    }

    /// Builds the Dockerfile of a directory, as a step of the job, and pushes what comes of it.
    fn build(&self, job: &Job, set: &Value, directory: &Path, image: &str) {
        let local = |name: &str| format!("{name}={}", directory.display());
        let output = format!("type=image,name={image},push=true");
        let (context, dockerfile) = (local("context"), local("dockerfile"));
        let words = ["--addr", &self.address, "build", "--progress", "plain"];
        let build = ["--no-cache", "--frontend", "dockerfile.v0"];
        let from = ["--local", &context, "--local", &dockerfile];
        let words = [&words[..], &build, &from, &["--output", &output]];
        let client = self.client.to_str().unwrap();
        let output = run(job, set, client, &words.concat());
        assert!(output.status.success(), "{}", text(&output.stderr));
    }
}

impl Drop for BuildKit {
    /// Asked to end, it leaves no mounts behind.
    fn drop(&mut self) {
        send("TERM", self.child.id());
        let _ = self.child.wait();
    }
}

/// The registry lets in the newest password alone. Each build pulls what it is made from and pushes
/// what comes of it; before each the login that the job has ends, and with it all tokens.
#[test]
fn builds_see_a_fresh_login_after_the_first_has_ended() {
    let (server, quay, job) = Quay::start();
    let Some(buildkit) = BuildKit::start(job.home.path()) else {
        return;
    };
    let host = server.host();
    let set = job.ci_env(&["--login", &host]);
    let image = |tag: &str| format!("{host}/{IMAGE}:{tag}");
    let mut layout = Layout::create(job.home.path().join("layout"));
    layout.image("base", &[b"one"]);
    let words = ["push", &layout.image_argument("base"), &image("base")];
    let output = run(&job, &set, env!("CARGO_BIN_EXE_dockside"), &words);
    assert!(output.status.success(), "{}", text(&output.stderr));

    for (made, from, to) in [(2, "base", "first"), (3, "first", "second")] {
        job.age(&host, -3600, -1);
        quay.lock().unwrap().revoke();
        let directory = job.home.path().join(to);
        fs::create_dir(&directory).unwrap();
        fs::write(directory.join("file"), to).unwrap();
        let dockerfile = format!("FROM {}\nCOPY file /{to}\n", image(from));
        fs::write(directory.join("Dockerfile"), dockerfile).unwrap();
        buildkit.build(&job, &set, &directory, &image(to));
        assert_eq!(quay.lock().unwrap().made.len(), made, "{to}");
    }
    assert_eq!(
        quay.lock().unwrap().tags(),
        ["base", "first", "second", "v1"]
    );
}
