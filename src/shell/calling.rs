//! The shell that called.

use super::{Dialect, dialect, sh};

/// The dialect of the parent process where that is a shell known by its program's name, else
/// POSIX.
pub fn calling() -> &'static dyn Dialect {
    parent().and_then(|name| dialect(&name)).unwrap_or(&sh::Sh)
}

/// The name of the parent process, as proc(5) has it in `/proc/PID/comm`.
fn parent() -> Option<String> {
    #[cfg(unix)]
    {
        let comm = format!("/proc/{}/comm", std::os::unix::process::parent_id());
        let name = std::fs::read_to_string(comm).ok()?;
        Some(name.trim_end().to_owned())
    }
    #[cfg(not(unix))]
    None
}
