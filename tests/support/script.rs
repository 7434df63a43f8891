//! Programs that tests write.

use std::path::Path;
use std::process::Command;

/// Writes a shell script that can be run. Another shell writes it: were the file open for writing
/// in this process, whatever another test starts at that moment would keep it busy.
pub fn install(file: &Path, script: &str) {
    let written = Command::new("/bin/sh")
        .args([
            "-c",
            "printf '#!/bin/sh\\n%s\\n' \"$1\" >\"$2\" && chmod 755 \"$2\"",
            "sh",
            script,
        ])
        .arg(file)
        .status()
        .unwrap();
    assert!(written.success());
}
