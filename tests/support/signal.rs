//! Signals in the middle of the work: sent when something has happened, not after some time.

use std::process::{Command, Output, Stdio};

use super::wait::until;

/// Runs a program, sends it `signal` as soon as `ready`, and waits for its end.
pub fn send_when(command: Command, signal: &str, ready: impl Fn() -> bool) -> Output {
    run(command, ready, |process| send(signal, process))
}

/// Runs a program, does something about its process as soon as `ready`, and waits for its end.
pub fn run(mut command: Command, ready: impl Fn() -> bool, interfere: impl FnOnce(u32)) -> Output {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    until("the moment of the signal", ready);
    interfere(child.id());
    child.wait_with_output().unwrap()
}

/// Sends a signal to a running process, `INT` for example.
pub fn send(signal: &str, process: u32) {
    let kill = Command::new("kill")
        .args(["-s", signal])
        .arg(process.to_string())
        .status();
    assert!(kill.unwrap().success());
}
