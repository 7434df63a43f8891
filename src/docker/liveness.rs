//! Whether the job that a directory belongs to still runs.

use std::path::Path;

use bstr::ByteSlice;

use super::process;
use super::record::Record;
use crate::ci::Identity;

/// What is known of a job, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Liveness {
    /// It runs.
    Alive(String),
    /// It may run where this process cannot see it.
    Unknown(String),
    /// It has ended.
    Dead(String),
}

/// What can be seen of this host, once for many directories.
pub(super) struct Host {
    name: Option<String>,
    boot_id: Option<String>,
    pid_namespace: Option<String>,
    environments: Option<Vec<Vec<u8>>>,
}

impl Host {
    /// Looks at all processes.
    pub(super) fn now() -> Self {
        Self {
            name: process::host_name(),
            boot_id: process::boot_id(),
            pid_namespace: process::pid_namespace(),
            environments: process::environments(),
        }
    }

    /// Whether the job of a directory runs.
    pub(super) fn judge(&self, directory: &Path, record: &Record) -> Liveness {
        match (&self.boot_id, &record.boot_id) {
            (Some(now), Some(then)) if now != then => {
                // Hosts may share the place (`--tmp-dir` on NFS).
                if record.host.is_some() && record.host != self.name {
                    return Liveness::Unknown("it is on another host".to_owned());
                }
                return Liveness::Dead("the host was started anew since".to_owned());
            }
            _ => {}
        }
        let Some(environments) = &self.environments else {
            return Liveness::Unknown("the processes of this host cannot be seen".to_owned());
        };
        if environments
            .iter()
            .any(|environment| carries(environment, record))
        {
            return Liveness::Alive("a process carries the job's variables".to_owned());
        }
        if environments
            .iter()
            .any(|environment| uses(environment, directory))
        {
            return Liveness::Alive("a process has it as DOCKER_CONFIG".to_owned());
        }
        if self.pid_namespace.is_none() || self.pid_namespace != record.pid_namespace {
            return Liveness::Unknown("it was made in another container".to_owned());
        }
        match &record.owner {
            Some(owner) if owner.is_alive() => {
                Liveness::Alive(format!("{} ({}) runs", owner.name, owner.pid))
            }
            Some(owner) if record.may_idle => Liveness::Unknown(format!(
                "{} ({}) has ended, but the job may wait without any process",
                owner.name, owner.pid
            )),
            Some(owner) => Liveness::Dead(format!("{} ({}) has ended", owner.name, owner.pid)),
            None => Liveness::Unknown("no process is known that belongs to it".to_owned()),
        }
    }
}

/// Whether an environment holds the whole identity of a job.
fn carries(environment: &[u8], record: &Record) -> bool {
    let mut identity = record.identity().peekable();
    identity.peek().is_some()
        && identity.all(|(name, value)| {
            variable(environment, name)
                .is_some_and(|found| Identity::value(name, found.as_bstr()) == value)
        })
}

/// Whether an environment names a directory below this one as docker's.
fn uses(environment: &[u8], directory: &Path) -> bool {
    variable(environment, "DOCKER_CONFIG")
        .and_then(|value| value.to_path().ok())
        .is_some_and(|path| path.starts_with(directory))
}

fn variable<'a>(environment: &'a [u8], name: &str) -> Option<&'a [u8]> {
    environment
        .split(|byte| *byte == 0)
        .find_map(|pair| pair.strip_prefix(name.as_bytes())?.strip_prefix(b"="))
}

#[cfg(target_os = "linux")]
#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::process::{Child, Command};

    use super::{Host, Liveness};
    use crate::docker::process::{self, Process};
    use crate::docker::record::Record;

    /// A record whose owner has ended.
    fn record(identity: &[(&str, &str)]) -> Record {
        let mut child = Command::new("true").spawn().unwrap();
        let owner = Process {
            pid: child.id(),
            start: 1,
            name: "true".to_owned(),
        };
        child.wait().unwrap();
        let identity: Vec<_> = identity
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).into()))
            .collect();
        Record::new("gitlab", &identity, Some(owner))
    }

    /// What is said of a job whose owner has ended.
    fn ended(record: &Record) -> Liveness {
        let owner = record.owner.as_ref().unwrap();
        Liveness::Dead(format!("{} ({}) has ended", owner.name, owner.pid))
    }

    fn judge(record: &Record) -> Liveness {
        judge_at("/nowhere/unused", record)
    }

    fn judge_at(directory: &str, record: &Record) -> Liveness {
        Host::now().judge(Path::new(directory), record)
    }

    /// Waits until the child has replaced the test's image, and with it the environment.
    fn sleeping(variables: &[(&str, &str)]) -> Child {
        let child = Command::new("sleep")
            .arg("1000")
            .env_clear()
            .envs(variables.iter().copied())
            .spawn()
            .unwrap();
        let name = format!("/proc/{}/comm", child.id());
        while std::fs::read_to_string(&name).unwrap() != "sleep\n" {
            std::thread::yield_now();
        }
        child
    }

    fn end(mut child: Child) {
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn a_job_lives_as_long_as_a_process_carries_its_whole_identity() {
        let job = record(&[("DOCKSIDE_TEST_A", "one"), ("DOCKSIDE_TEST_B", "2\n")]);
        assert_eq!(judge(&job), ended(&job));
        let partly = sleeping(&[("DOCKSIDE_TEST_A", "one"), ("DOCKSIDE_TEST_B", "3")]);
        assert_eq!(judge(&job), ended(&job));
        let whole = sleeping(&[("DOCKSIDE_TEST_B", "2\n"), ("DOCKSIDE_TEST_A", "one")]);
        assert_eq!(
            judge(&job),
            Liveness::Alive("a process carries the job's variables".to_owned())
        );
        end(whole);
        end(partly);
        assert_eq!(judge(&job), ended(&job));
    }

    #[test]
    fn a_process_may_carry_an_address_with_the_user_information_that_the_record_lacks() {
        let job = record(&[("DOCKSIDE_TEST_URL", "https://git.example/p")]);
        let other = sleeping(&[("DOCKSIDE_TEST_URL", "https://u:token@git.example/q")]);
        assert_eq!(judge(&job), ended(&job));
        let own = sleeping(&[("DOCKSIDE_TEST_URL", "https://u:token@git.example/p")]);
        assert_eq!(
            judge(&job),
            Liveness::Alive("a process carries the job's variables".to_owned())
        );
        end(own);
        end(other);
    }

    #[test]
    fn a_directory_in_use_is_alive() {
        let job = record(&[]);
        let other = sleeping(&[("DOCKER_CONFIG", "/nowhere/dockside-0/gitlab-10/docker")]);
        assert_eq!(judge_at("/nowhere/dockside-0/gitlab-1", &job), ended(&job));
        let user = sleeping(&[("DOCKER_CONFIG", "/nowhere/dockside-0/gitlab-1/docker")]);
        assert_eq!(
            judge_at("/nowhere/dockside-0/gitlab-1", &job),
            Liveness::Alive("a process has it as DOCKER_CONFIG".to_owned())
        );
        end(user);
        end(other);
    }

    #[test]
    fn the_owner_decides_where_it_can_be_seen() {
        let mut job = record(&[("DOCKSIDE_TEST_OWNER", "1")]);
        job.owner = process::parent();
        assert!(matches!(judge(&job), Liveness::Alive(_)));
        job.owner.as_mut().unwrap().start += 1;
        assert_eq!(judge(&job), ended(&job));
        job.owner = None;
        assert!(matches!(judge(&job), Liveness::Unknown(_)));
    }

    #[test]
    fn a_job_that_may_wait_without_a_process_is_unknown_until_the_host_starts_anew() {
        let mut job = record(&[("DOCKSIDE_TEST_IDLE", "1")]);
        job.may_idle = true;
        assert!(matches!(judge(&job), Liveness::Unknown(_)));
        job.boot_id = Some("another".to_owned());
        assert!(matches!(judge(&job), Liveness::Dead(_)));
    }

    #[test]
    fn another_container_is_unknown_and_another_boot_is_dead() {
        let mut job = record(&[("DOCKSIDE_TEST_BOOT", "1")]);
        job.pid_namespace = Some("pid:[1]".to_owned());
        assert!(matches!(judge(&job), Liveness::Unknown(_)));
        job.boot_id = Some("another".to_owned());
        job.owner = process::parent();
        assert_eq!(
            judge(&job),
            Liveness::Dead("the host was started anew since".to_owned())
        );
        job.host = Some("another".to_owned());
        assert_eq!(
            judge(&job),
            Liveness::Unknown("it is on another host".to_owned())
        );
        job.host = None;
        assert!(matches!(judge(&job), Liveness::Dead(_)));
    }
}
