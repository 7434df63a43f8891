//! Programs of CI systems that print ID tokens.

use std::process::Command;
use std::time::Duration;

use crate::auth::Error;
use crate::env::Env;
use crate::secret::Secret;
use crate::subprocess::{self, Ended, Fault};

/// Such a program asks its CI system, with retries of its own.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// Tokens have a few kilobytes.
const OUTPUT_LIMIT: u64 = 64 * 1024;

/// What fits into an error message, in characters.
const MESSAGE_LIMIT: usize = 300;

/// The token that a program prints.
pub(super) async fn ask(
    env: &Env,
    program: &'static str,
    arguments: &[&str],
) -> Result<Option<Secret>, Error> {
    let failed = |reason: String| Error::Agent { program, reason };
    let file = format!("{program}{}", std::env::consts::EXE_SUFFIX);
    let path = env.os("PATH").unwrap_or_default().to_owned();
    // The current directory is the checkout, which is not ours.
    let found = std::env::split_paths(&path)
        .filter(|directory| directory.is_absolute())
        .map(|directory| directory.join(&file))
        .find(|candidate| candidate.is_file())
        .ok_or_else(|| failed("it is not on PATH".to_owned()))?;
    let mut command = Command::new(found);
    command.args(arguments).env("PATH", path);
    let ended = tokio::task::spawn_blocking(move || {
        subprocess::run(command, Vec::new(), TIME_LIMIT, OUTPUT_LIMIT)
    });
    let Ended {
        status,
        stdout,
        stderr,
    } = match ended.await {
        Ok(Ok(ended)) => ended,
        Ok(Err(Fault::Start(source))) => return Err(failed(source.to_string())),
        Ok(Err(Fault::TimedOut)) => {
            let limit = TIME_LIMIT.as_secs();
            return Err(failed(format!("it gave no answer within {limit} s")));
        }
        Ok(Err(Fault::TooMuch)) | Err(_) => {
            return Err(failed("it printed something else than a token".to_owned()));
        }
    };
    if !status.success() {
        // Standard output may hold a token.
        let said = String::from_utf8_lossy(stderr.trim_ascii()).into_owned();
        let said: String = said.chars().take(MESSAGE_LIMIT).collect();
        return Err(failed(format!("{status}: {said}")));
    }
    let token = String::from_utf8_lossy(stdout.trim_ascii()).into_owned();
    let is_token = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
    if !is_token {
        return Err(failed("it printed something else than a token".to_owned()));
    }
    Ok(Some(Secret::new(token)))
}
