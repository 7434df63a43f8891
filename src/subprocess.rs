//! Running a program that may hang or talk without end.

use std::io::{self, Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

/// How often a program that has closed its output is looked at until it ends.
const EXIT_POLL: Duration = Duration::from_millis(1);

/// How long standard error is waited for once the program has ended: a process that it left
/// behind may keep the stream open. On a busy machine the thread that reads it may come late.
const STDERR_WAIT: Duration = Duration::from_secs(1);

/// What a program did.
pub(crate) struct Ended {
    pub status: ExitStatus,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
}

/// Why there is no telling.
pub(crate) enum Fault {
    Start(io::Error),
    TimedOut,
    TooMuch,
}

/// Runs a program with `input` as its standard input. One that does not end within `limit`, or
/// prints more than `output_limit` bytes, is killed.
pub(crate) fn run(
    mut command: Command,
    input: Vec<u8>,
    limit: Duration,
    output_limit: u64,
) -> Result<Ended, Fault> {
    let deadline = Instant::now() + limit;
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(Fault::Start)?;
    if let Some(mut stdin) = child.stdin.take() {
        // A program need not read its input.
        thread::spawn(move || _ = stdin.write_all(&input));
    }
    let stdout = collect(child.stdout.take(), output_limit);
    let stderr = collect(child.stderr.take(), output_limit);
    let outcome = wait(&mut child, &stdout, deadline, output_limit);
    if outcome.is_err() {
        // It may have ended by itself; either way it is reaped.
        let _ = child.kill();
        let _ = child.wait();
    }
    let (stdout, status) = outcome?;
    Ok(Ended {
        status,
        stdout,
        stderr: stderr.recv_timeout(STDERR_WAIT).unwrap_or_default(),
    })
}

/// Waits for the output and the end, both before the deadline.
fn wait(
    child: &mut Child,
    stdout: &Receiver<Vec<u8>>,
    deadline: Instant,
    output_limit: u64,
) -> Result<(Vec<u8>, ExitStatus), Fault> {
    let output = stdout
        .recv_timeout(deadline.saturating_duration_since(Instant::now()))
        .map_err(|_| Fault::TimedOut)?;
    if output.len() as u64 > output_limit {
        return Err(Fault::TooMuch);
    }
    loop {
        if let Some(status) = child.try_wait().map_err(Fault::Start)? {
            return Ok((output, status));
        }
        if Instant::now() >= deadline {
            return Err(Fault::TimedOut);
        }
        thread::sleep(EXIT_POLL);
    }
}

/// Reads a stream to its end, or to one byte beyond the limit. The thread outlives the call
/// where a grandchild keeps the stream open.
fn collect(stream: Option<impl Read + Send + 'static>, limit: u64) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stream) = stream {
            let _ = (&mut stream).take(limit + 1).read_to_end(&mut bytes);
            let full = bytes.len() as u64 > limit;
            let _ = sender.send(bytes);
            if full {
                // Reading on keeps a talkative program from waiting for ever.
                let _ = io::copy(&mut stream, &mut io::sink());
            }
        }
    });
    receiver
}
