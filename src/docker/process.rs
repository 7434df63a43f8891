//! Processes as Linux shows them under `/proc`; elsewhere nothing is known of them.

use std::fs;

use bstr::BString;
use serde::{Deserialize, Serialize};

/// How many ancestors are looked at; a job is not nested deeper.
const ANCESTORS: usize = 64;

/// A process that cannot be mistaken for a later one with the same number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Process {
    /// Its number.
    pub pid: u32,
    /// When it started, in clock ticks since the boot (proc_pid_stat(5), field 22).
    pub start: u64,
    /// Its name, at most 15 bytes.
    pub name: String,
}

/// What `/proc/PID/stat` says.
struct Stat {
    process: Process,
    parent: u32,
    session: u32,
    running: bool,
}

impl Process {
    /// Whether it still runs; one that waits to be reaped does not.
    pub(super) fn is_alive(&self) -> bool {
        stat(self.pid).is_some_and(|now| now.running && now.process.start == self.start)
    }
}

/// The parent of this process.
pub(super) fn parent() -> Option<Process> {
    stat(stat(std::process::id())?.parent).map(|stat| stat.process)
}

/// The nearest ancestor of this process with one of these names.
pub(super) fn ancestor(names: &[&str]) -> Option<Process> {
    let mut current = stat(std::process::id())?;
    for _ in 0..ANCESTORS {
        current = stat(current.parent)?;
        if names.contains(&current.process.name.as_str()) {
            return Some(current.process);
        }
    }
    None
}

/// The process that leads this session: the shell of a terminal, the first process of a
/// container. There is none where the leader is outside of this process namespace, as it is
/// for what `docker exec`, `nsenter` and `unshare --pid` start.
pub(super) fn session_leader() -> Option<Process> {
    stat(stat(std::process::id())?.session).map(|stat| stat.process)
}

/// What tells this process session from any other of this host.
pub(super) fn session_identity() -> Vec<(String, BString)> {
    let leader = session_leader();
    [
        (
            "session",
            leader.as_ref().map(|leader| leader.pid.to_string()),
        ),
        (
            "start",
            leader.as_ref().map(|leader| leader.start.to_string()),
        ),
        ("boot", boot_id()),
        ("namespace", pid_namespace()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value.unwrap_or_default().into()))
    .collect()
}

/// What tells this run of the kernel from any other.
pub(super) fn boot_id() -> Option<String> {
    let id = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(id.trim().to_owned())
}

/// The name of this host, which several that share a file system differ in.
pub(super) fn host_name() -> Option<String> {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
    Some(name.trim().to_owned())
}

/// Where process numbers mean what they mean here.
pub(super) fn pid_namespace() -> Option<String> {
    let link = fs::read_link("/proc/self/ns/pid").ok()?;
    Some(link.to_str()?.to_owned())
}

/// The environments of all processes that this user may look at; `None` where none can be.
pub(super) fn environments() -> Option<Vec<Vec<u8>>> {
    let environments: Vec<_> = fs::read_dir("/proc")
        .ok()?
        .filter_map(|entry| {
            let entry = entry.ok()?;
            entry.file_name().to_str()?.parse::<u32>().ok()?;
            fs::read(entry.path().join("environ")).ok()
        })
        .collect();
    // This process can always look at itself, unless /proc is not there.
    (!environments.is_empty()).then_some(environments)
}

fn stat(pid: u32) -> Option<Stat> {
    let bytes = fs::read(format!("/proc/{pid}/stat")).ok()?;
    parse(pid, &String::from_utf8_lossy(&bytes))
}

/// The name stands in parentheses and may itself hold spaces and parentheses.
fn parse(pid: u32, text: &str) -> Option<Stat> {
    let (_, rest) = text.split_once('(')?;
    let (name, rest) = rest.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
    Some(Stat {
        process: Process {
            pid,
            start: fields.get(19)?.parse().ok()?,
            name: name.to_owned(),
        },
        parent: fields.get(1)?.parse().ok()?,
        session: fields.get(3)?.parse().ok()?,
        running: !matches!(*fields.first()?, "Z" | "X"),
    })
}

#[cfg(target_os = "linux")]
#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::{ancestor, environments, parent, parse, stat};

    #[test]
    fn a_name_may_look_like_fields() {
        let line = "17 (a) R 1 (b) S 4 17 9 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 777 0 0";
        let stat = parse(17, line).unwrap();
        assert_eq!(stat.process.name, "a) R 1 (b");
        assert_eq!((stat.parent, stat.session, stat.process.start), (4, 9, 777));
        assert!(stat.running);
        assert!(parse(17, "17 (cat) R 1").is_none());
        assert!(parse(17, "").is_none());
        // What getsid(2) and getppid(2) give for a process of an outer namespace.
        assert!(super::stat(0).is_none());
    }

    #[test]
    fn a_process_that_ended_is_not_alive() {
        let mut child = Command::new("sleep").arg("1000").spawn().unwrap();
        let process = stat(child.id()).unwrap().process;
        assert!(process.is_alive());
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!process.is_alive());
    }

    #[test]
    fn the_parent_is_an_ancestor() {
        let parent = parent().unwrap();
        assert_eq!(ancestor(&[&parent.name]), Some(parent));
        assert_eq!(ancestor(&["no such process"]), None);
        assert!(environments().is_some());
    }
}
