//! The tools that do the same work.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A program by its name.
pub fn program(name: &str) -> Option<PathBuf> {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join("go/bin"));
    std::env::split_paths(&paths)
        .chain(home)
        .map(|directory| directory.join(name))
        .find(|program| program.is_file())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    Dockside,
    Crane,
    Skopeo,
    Regctl,
}

/// Those that are installed; the first is the one that is measured. `-- dockside crane` chooses.
pub fn installed() -> Vec<Tool> {
    let all = [Tool::Dockside, Tool::Crane, Tool::Skopeo, Tool::Regctl];
    let chosen = |tool: &Tool| std::env::args().any(|argument| argument == tool.name());
    let any = all.iter().any(chosen);
    all.into_iter()
        .filter(|tool| tool.program().is_some() && (!any || chosen(tool)))
        .collect()
}

/// What is to be done.
pub enum Job<'a> {
    /// An image, or an index, of a layout to a repository.
    Push {
        layout: &'a Path,
        tag: &'a str,
        index: bool,
        target: &'a str,
    },
    /// One tag to another repository, under the same tag.
    Copy {
        source: &'a str,
        target: &'a str,
        tag: &'a str,
    },
    /// All tags to another repository.
    CopyAll { source: &'a str, target: &'a str },
    /// A tag into a new layout.
    Pull {
        source: &'a str,
        tag: &'a str,
        layout: &'a Path,
    },
    /// The list of a repository's tags.
    Tags { repository: &'a str },
}

impl Tool {
    pub fn name(self) -> &'static str {
        match self {
            Self::Dockside => "dockside",
            Self::Crane => "crane",
            Self::Skopeo => "skopeo",
            Self::Regctl => "regctl",
        }
    }

    fn program(self) -> Option<PathBuf> {
        match self {
            Self::Dockside => Some(env!("CARGO_BIN_EXE_dockside").into()),
            peer => program(peer.name()),
        }
    }

    /// Name and version.
    pub fn about(self) -> String {
        let argument = match self {
            Self::Dockside | Self::Skopeo => "--version",
            Self::Crane | Self::Regctl => "version",
        };
        let output = self.command().arg(argument).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let line = text
            .lines()
            .find(|line| line.contains(|c: char| c.is_ascii_digit()));
        format!("{}: {}", self.name(), line.unwrap_or_default().trim())
    }

    fn command(self) -> Command {
        Command::new(self.program().unwrap())
    }

    /// The command for a job; `None` where the tool has none that does it in one process.
    pub fn command_for(self, job: &Job<'_>, plain: bool, home: &Path) -> Option<Command> {
        let mut command = self.command();
        command
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", home);
        match self {
            Self::Dockside => dockside(&mut command, job),
            Self::Crane => crane(&mut command, job),
            Self::Skopeo => skopeo(&mut command, job, plain)?,
            Self::Regctl => regctl(&mut command, job, plain)?,
        }
        Some(command)
    }
}

fn dockside(command: &mut Command, job: &Job<'_>) {
    match job {
        Job::Push {
            layout,
            tag,
            target,
            ..
        } => {
            let source = format!("oci:{}:{tag}", layout.display());
            command.args(["push", "--quiet", &source, &format!("{target}:{tag}")])
        }
        Job::Copy {
            source,
            target,
            tag,
        } => {
            let (source, target) = (format!("{source}:{tag}"), format!("{target}:{tag}"));
            command.args(["copy", "--quiet", &source, &target])
        }
        Job::CopyAll { source, target } => {
            command.args(["copy", "--quiet", "--all-tags", source, target])
        }
        Job::Pull {
            source,
            tag,
            layout,
        } => {
            let target = format!("oci:{}:{tag}", layout.display());
            command.args(["pull", "--quiet", &format!("{source}:{tag}"), &target])
        }
        Job::Tags { repository } => command.args(["tags", repository]),
    };
}

fn crane(command: &mut Command, job: &Job<'_>) {
    match job {
        Job::Push {
            layout,
            tag,
            target,
            index,
        } => {
            let kind = index.then_some("--index");
            command
                .arg("push")
                .args(kind)
                .arg(layout)
                .arg(format!("{target}:{tag}"))
        }
        Job::Copy {
            source,
            target,
            tag,
        } => command.args(["cp", &format!("{source}:{tag}"), &format!("{target}:{tag}")]),
        Job::CopyAll { source, target } => command.args(["cp", "--all-tags", source, target]),
        Job::Pull {
            source,
            tag,
            layout,
        } => command
            .args(["pull", "--format=oci", &format!("{source}:{tag}")])
            .arg(layout),
        Job::Tags { repository } => command.args(["ls", repository]),
    };
}

fn skopeo(command: &mut Command, job: &Job<'_>, plain: bool) -> Option<()> {
    command.arg("--insecure-policy");
    let verify = |side: &str| plain.then(|| format!("--{side}tls-verify=false"));
    match job {
        Job::Push {
            layout,
            tag,
            target,
            ..
        } => command
            .args(["copy", "--all", "--quiet"])
            .args(verify("dest-"))
            .arg(format!("oci:{}:{tag}", layout.display()))
            .arg(format!("docker://{target}:{tag}")),
        Job::Copy {
            source,
            target,
            tag,
        } => command
            .args(["copy", "--all", "--quiet"])
            .args(verify("src-"))
            .args(verify("dest-"))
            .arg(format!("docker://{source}:{tag}"))
            .arg(format!("docker://{target}:{tag}")),
        Job::CopyAll { source, target } => {
            // It puts the repository below the target.
            let (parent, _) = target.rsplit_once('/')?;
            command
                .args(["sync", "--all", "--src", "docker", "--dest", "docker"])
                .args(verify("src-"))
                .args(verify("dest-"))
                .args([source, parent])
        }
        Job::Pull {
            source,
            tag,
            layout,
        } => command
            .args(["copy", "--all", "--quiet"])
            .args(verify("src-"))
            .arg(format!("docker://{source}:{tag}"))
            .arg(format!("oci:{}:{tag}", layout.display())),
        Job::Tags { repository } => command
            .arg("list-tags")
            .args(verify(""))
            .arg(format!("docker://{repository}")),
    };
    Some(())
}

fn regctl(command: &mut Command, job: &Job<'_>, plain: bool) -> Option<()> {
    let hosts = match job {
        Job::Push { target, .. } => vec![target],
        Job::Copy { source, target, .. } => vec![source, target],
        Job::Pull { source, .. } => vec![source],
        Job::Tags { repository } => vec![repository],
        Job::CopyAll { .. } => return None,
    };
    if plain {
        for name in hosts {
            let (host, _) = name.split_once('/')?;
            command.args(["--host", &format!("reg={host},tls=disabled")]);
        }
    }
    match job {
        Job::Push {
            layout,
            tag,
            target,
            ..
        } => command
            .args(["image", "copy"])
            .arg(format!("ocidir://{}:{tag}", layout.display()))
            .arg(format!("{target}:{tag}")),
        Job::Copy {
            source,
            target,
            tag,
        } => {
            let (source, target) = (format!("{source}:{tag}"), format!("{target}:{tag}"));
            command.args(["image", "copy", &source, &target])
        }
        Job::Pull {
            source,
            tag,
            layout,
        } => command
            .args(["image", "copy", &format!("{source}:{tag}")])
            .arg(format!("ocidir://{}:{tag}", layout.display())),
        Job::Tags { repository } => command.args(["tag", "ls", repository]),
        Job::CopyAll { .. } => return None,
    };
    Some(())
}
