//! The docker config directory: where it is, whose, and whether it can be used.

use std::fs::Metadata;
use std::path::Path;

use super::Check;
use crate::docker::{self, JobDirectory};
use crate::doctor::Ward;
use crate::doctor::finding::Remark;
use crate::error::Explain as _;

/// The directory with `config.json`.
pub(super) struct Directory;

impl Check for Directory {
    fn name(&self) -> &'static str {
        "config"
    }

    fn look(&self, ward: &Ward) -> Vec<Remark> {
        let source = ward.source();
        let Some(directory) = &source.directory else {
            return vec![
                Remark::warning("there is no docker config directory")
                    .because("neither HOME, DOCKER_CONFIG nor WERF_DOCKER_CONFIG is set")
                    .cure("set DOCKER_CONFIG to a directory of this user"),
            ];
        };
        let shown = directory.display();
        let by = source.named_by;
        let whose = match JobDirectory::containing(directory) {
            Some(_) => ", which belongs to this job alone",
            None => "",
        };
        let file = directory.join("config.json");
        let config = match source.load() {
            Ok(config) => config,
            Err(error) => return vec![unusable(&error)],
        };
        let mut remarks = Vec::new();
        remarks.push(match (directory.metadata(), file.metadata()) {
            (Err(_), _) => Remark::ok(format!(
                "{shown} (named by {by}) does not exist: nobody is logged in"
            )),
            (Ok(about), Err(_)) => Remark::ok(format!(
                "{shown} (named by {by}{}) has no config.json: nobody is logged in",
                mode(&about)
            )),
            (Ok(about), Ok(of_file)) => Remark::ok(format!(
                "{shown} (named by {by}{}){whose}; config.json{}",
                mode(&about),
                mode(&of_file).replacen(',', " has", 1),
            )),
        });
        if config.credentials().next().is_some() {
            remarks.extend(open_to_others(&file));
        }
        remarks.extend(of_another_user(directory, by));
        remarks.extend(unwritable(directory));
        remarks
    }
}

/// A config that cannot be read, or not understood.
fn unusable(error: &docker::Error) -> Remark {
    let mut says = error.to_string();
    if let docker::Error::Read { source, .. } = error {
        says = format!("{says}: {source}");
    }
    let cause = match error {
        docker::Error::NotADirectory { .. } => {
            "docker looks for config.json in it, and finds no login"
        }
        docker::Error::Parse { .. } => {
            "docker goes on as if the file were empty, so every login in it is lost"
        }
        _ => "the file belongs to another user, or its directory does",
    };
    let remark = Remark::problem(says).because(cause);
    match error.hint() {
        Some(hint) => remark.cure(hint),
        None => remark,
    }
}

#[cfg(unix)]
fn mode(about: &Metadata) -> String {
    use std::os::unix::fs::PermissionsExt as _;
    format!(", mode {:04o}", about.permissions().mode() & 0o7777)
}

#[cfg(not(unix))]
fn mode(_: &Metadata) -> String {
    String::new()
}

#[cfg(unix)]
fn open_to_others(file: &Path) -> Option<Remark> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = file.metadata().ok()?.permissions().mode() & 0o777;
    let remark = Remark::warning(format!("{} has mode {mode:04o}", file.display()))
        .because("it holds secrets, and other users of this machine can read them")
        .cure(format!("run `chmod 600 {}`", file.display()));
    (mode & 0o077 != 0).then_some(remark)
}

#[cfg(not(unix))]
fn open_to_others(_: &Path) -> Option<Remark> {
    None
}

/// Root may read everybody's, and containers run as root in homes of others: that is only said.
#[cfg(unix)]
fn of_another_user(directory: &Path, by: &str) -> Option<Remark> {
    use std::os::unix::fs::MetadataExt as _;
    let (owner, user) = (
        directory.metadata().ok()?.uid(),
        rustix::process::geteuid().as_raw(),
    );
    let says = format!(
        "{} (named by {by}) belongs to user {owner}, and this is user {user}",
        directory.display()
    );
    if owner == user {
        return None;
    }
    Some(match user {
        0 => Remark::note(says),
        _ => Remark::warning(says)
            .because("its logins are somebody else's, and a login of this job cannot be kept there")
            .cure("set HOME to the home of this user, or DOCKER_CONFIG to a directory of the job"),
    })
}

#[cfg(not(unix))]
fn of_another_user(_: &Path, _: &str) -> Option<Remark> {
    None
}

#[cfg(unix)]
fn unwritable(directory: &Path) -> Option<Remark> {
    use rustix::fs::{Access, access};
    let is_there = directory.is_dir();
    let denied = is_there.then(|| access(directory, Access::WRITE_OK).err())??;
    Some(
        Remark::warning(format!(
            "{} cannot be written to: {denied}",
            directory.display()
        ))
        .because("`docker login` keeps its logins there, and so fails")
        .cure("let `dockside ci-env` make a directory for the job, or name one with DOCKER_CONFIG"),
    )
}

#[cfg(not(unix))]
fn unwritable(_: &Path) -> Option<Remark> {
    None
}
