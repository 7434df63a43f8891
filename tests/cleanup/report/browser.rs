//! A real browser that looks at a page.

use std::path::Path;
use std::process::Command;

use crate::support::installed;

/// The page as it is when its scripts have run, opened with `#hash`; `None` without a browser.
pub fn dom(page: &Path, hash: &str) -> Option<String> {
    installed("chromium").then(|| {
        let profile = tempfile::tempdir().unwrap();
        let output = Command::new("chromium")
            .args([
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--dump-dom",
            ])
            // What a script waits for comes at once.
            .arg("--virtual-time-budget=5000")
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg(format!("file://{}#{hash}", page.display()))
            .env("HOME", profile.path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}");
        String::from_utf8(output.stdout).unwrap()
    })
}

/// The texts of the cells of the list of images, row by row.
pub fn rows(dom: &str) -> Vec<Vec<String>> {
    let (_, table) = dom.split_once("id=\"rows\"").unwrap();
    let (_, body) = table.split_once("<tbody>").unwrap();
    let (body, _) = body.split_once("</tbody>").unwrap();
    let cells = |row: &str| {
        let cells = row.split("<td").skip(1);
        let text = |cell: &str| {
            let (_, text) = cell.split_once('>').unwrap();
            text.split_once("</td>").unwrap().0.to_owned()
        };
        cells.map(text).collect()
    };
    body.split("<tr>").skip(1).map(cells).collect()
}
