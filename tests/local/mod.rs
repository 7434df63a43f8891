//! Images in files: layouts and archives, ours, those of others, and hostile ones.

mod archives;
mod docker_archives;
mod hostile;
mod layouts;
mod peers;

use dockside::error::Failure;
use dockside::transfer::Error;

/// What the user is told.
fn message(error: Error) -> String {
    Failure::from(error).message()
}
