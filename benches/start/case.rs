//! The commands that are measured.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A command, and how its environment changes from round to round.
pub struct Case {
    pub name: String,
    program: PathBuf,
    arguments: Vec<&'static str>,
    variables: Vec<(&'static str, String)>,
    fresh: bool,
    /// Whether the target holds for it.
    pub promised: bool,
    /// Whether its instructions are counted.
    pub ours: bool,
}

/// All cases; the first is the floor, a program that does nothing.
pub fn cases(home: &Path, registry: &str) -> Vec<Case> {
    let mut cases = vec![
        Case::new("/bin/true".into(), &[], home),
        Case::ours(&["--version"], home),
        Case::ours(&["detect"], home),
        Case {
            name: "dockside ci-env gitlab, the job's first".into(),
            fresh: true,
            ..Case::ours(&["ci-env", "gitlab"], home)
        },
        Case {
            name: "dockside ci-env gitlab, again".into(),
            ..Case::ours(&["ci-env", "gitlab"], home)
        },
        Case::login(home, registry),
    ];
    for (peer, arguments) in [
        ("crane", ["version"]),
        ("skopeo", ["--version"]),
        ("docker", ["--version"]),
        ("werf", ["version"]),
    ] {
        let paths = std::env::var_os("PATH").unwrap_or_default();
        if let Some(program) = std::env::split_paths(&paths)
            .map(|directory| directory.join(peer))
            .find(|program| program.is_file())
        {
            let name = format!("{peer} {}", arguments.join(" "));
            cases.push(Case {
                name,
                ..Case::new(program, &arguments, home)
            });
        }
    }
    cases
}

impl Case {
    fn new(program: PathBuf, arguments: &[&'static str], home: &Path) -> Self {
        let home = home.display().to_string();
        let job = [
            ("HOME", home.as_str()),
            ("TMPDIR", &home),
            ("PATH", "/usr/bin:/bin"),
            ("CI", "true"),
            ("GITLAB_CI", "true"),
            ("CI_SERVER_URL", "https://gitlab.example.com"),
            ("CI_SERVER_VERSION", "17.5.0"),
            ("CI_PROJECT_ID", "42"),
            ("CI_PROJECT_DIR", &home),
            ("CI_PROJECT_PATH", "group/project"),
            ("CI_PROJECT_URL", "https://gitlab.example.com/group/project"),
            ("CI_COMMIT_SHA", "0123456789abcdef0123456789abcdef01234567"),
            ("CI_COMMIT_BRANCH", "main"),
            ("CI_COMMIT_REF_NAME", "main"),
            ("CI_ENVIRONMENT_SLUG", "production"),
            (
                "CI_PIPELINE_URL",
                "https://gitlab.example.com/group/project/-/pipelines/1",
            ),
            (
                "CI_JOB_URL",
                "https://gitlab.example.com/group/project/-/jobs/2",
            ),
        ];
        Self {
            name: program.display().to_string(),
            program,
            arguments: arguments.to_vec(),
            variables: job.map(|(name, value)| (name, value.to_owned())).into(),
            fresh: false,
            promised: false,
            ours: false,
        }
    }

    fn ours(arguments: &[&'static str], home: &Path) -> Self {
        Self {
            name: format!("dockside {}", arguments.join(" ")),
            promised: true,
            ours: true,
            ..Self::new(env!("CARGO_BIN_EXE_dockside").into(), arguments, home)
        }
    }

    /// The first `ci-env` of a job, with a login at the registry.
    pub fn login(home: &Path, registry: &str) -> Self {
        let mut case = Self {
            name: "dockside ci-env gitlab, one login (loopback)".into(),
            fresh: true,
            promised: false,
            ..Self::ours(&["ci-env", "gitlab"], home)
        };
        case.variables.extend([
            ("CI_REGISTRY", registry.to_owned()),
            ("CI_REGISTRY_IMAGE", format!("{registry}/group/project")),
            ("CI_REGISTRY_USER", "gitlab-ci-token".to_owned()),
            ("CI_REGISTRY_PASSWORD", "password".to_owned()),
        ]);
        case
    }

    /// The wall time of one run, which must succeed.
    pub fn run(&self, round: usize) -> Duration {
        let mut command = self.command(&self.program, round);
        command.args(&self.arguments).stderr(Stdio::null());
        let start = Instant::now();
        let status = command.status().unwrap();
        let time = start.elapsed();
        assert!(status.success(), "{}: {status}", self.name);
        time
    }

    /// The millions of instructions of one run.
    pub fn instructions(&self) -> f64 {
        let output = self
            .command(Path::new("valgrind"), 1_000_000)
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(&self.program)
            .args(&self.arguments)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        let collected = text
            .lines()
            .find_map(|line| line.split_once("Collected : "))
            .and_then(|(_, count)| count.trim().parse::<f64>().ok());
        collected.expect("callgrind says how many it collected") / 1e6
    }

    /// A command in the job's environment; in that of another job each round, when it is to
    /// be the job's first.
    fn command(&self, program: &Path, round: usize) -> Command {
        let job = if self.fresh { round + 2 } else { 1 };
        let mut command = Command::new(program);
        command
            .env_clear()
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .env("CI_JOB_ID", job.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        command
    }
}
