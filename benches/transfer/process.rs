//! Running a command, and what it used.

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

/// Clock ticks of `/proc` a second: the same on every Linux that has `/proc` (proc(5)).
const TICKS: u64 = 100;

/// What a command used.
#[derive(Debug, Clone, Copy, Default)]
pub struct Use {
    pub wall: Duration,
    pub processor: Duration,
    /// In bytes.
    pub memory: u64,
}

/// Runs a command, which must succeed.
pub fn run(mut command: Command) -> Use {
    let start = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut errors = child.stderr.take().unwrap();
    let errors = std::thread::spawn(move || std::io::read_to_string(&mut errors).unwrap());
    let pid = child.id();
    // The peak is a line of /proc that goes with the process, so it is read all the time.
    let watcher = std::thread::spawn(move || {
        let mut peak = 0;
        while let Some(memory) = memory(pid) {
            peak = memory;
            std::thread::sleep(Duration::from_millis(4));
        }
        peak
    });
    let id = WaitId::Pid(Pid::from_child(&child));
    waitid(id, WaitIdOptions::EXITED | WaitIdOptions::NOWAIT).unwrap();
    let wall = start.elapsed();
    let processor = processor(pid);
    let status = child.wait().unwrap();
    let errors = errors.join().unwrap();
    assert!(status.success(), "{command:?}: {status}\n{errors}");
    Use {
        wall,
        processor,
        memory: watcher.join().unwrap(),
    }
}

fn memory(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes * 1024)
}

/// Of a process that ended and was not yet waited for.
fn processor(pid: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let (_, fields) = stat.rsplit_once(')').unwrap();
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let ticks: u64 = fields[11..13]
        .iter()
        .map(|field| field.parse::<u64>().unwrap())
        .sum();
    Duration::from_millis(ticks * 1000 / TICKS)
}
