//! How many bytes each repository had after each run, kept in the page itself.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _, Write};
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::super::{Report, Summary};
use super::embedded;
use crate::oci::Repository;

/// What stands before the history in the page.
const OPENING: &str = "<script type=\"application/json\" id=\"history\">";

/// How many runs of a repository are remembered: more than a year of daily ones.
const POINTS: usize = 400;

/// How many repositories are remembered.
const REPOSITORIES: usize = 500;

/// How much of an old page is read. The history stands near its beginning, and 40 bytes for each
/// point are more than enough.
const LIMIT: u64 = (POINTS * REPOSITORIES * 40) as u64;

/// More than a repository can have (a pebibyte), so that no number makes the chart useless.
const MOST: u64 = 1 << 50;

/// The bytes of a repository at a moment: seconds since 1970, and bytes.
pub(super) type Point = (i64, u64);

/// The bytes of repositories over time. It is read from a page that anybody may have written.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct History {
    #[serde(default)]
    repositories: BTreeMap<String, Vec<Point>>,
}

impl History {
    /// The history of an older page, as far as there is one that is sound.
    pub(super) fn read(path: &Path, now: Timestamp) -> Self {
        let text = begin(path).unwrap_or_default();
        let json = text.split_once(OPENING);
        let json = json.and_then(|(_, rest)| Some(rest.split_once("</script>")?.0));
        let history = json.and_then(|json| serde_json::from_str::<Self>(json).ok());
        history.unwrap_or_default().sound(now)
    }

    /// Without what cannot be.
    fn sound(self, now: Timestamp) -> Self {
        let is_name = |name: &String| {
            name.parse::<Repository>()
                .is_ok_and(|one| one.to_string() == *name)
        };
        let repositories = self.repositories.into_iter();
        let repositories = repositories.filter(|(name, _)| is_name(name));
        let sound = |(name, mut points): (String, Vec<Point>)| {
            let is_sound =
                |(at, bytes): &Point| (0..=now.as_second()).contains(at) && *bytes <= MOST;
            points.retain(is_sound);
            points.sort_unstable();
            points.dedup_by_key(|(at, _)| *at);
            shorten(&mut points);
            (name, points)
        };
        Self {
            repositories: repositories.take(REPOSITORIES).map(sound).collect(),
        }
    }

    /// Goes on with what a run has left of each repository, where that is known.
    pub(super) fn add(&mut self, report: &Report) {
        for run in &report.runs {
            let Some(plan) = &run.plan else {
                continue;
            };
            let summary = Summary::of(run, report.dry_run);
            let freed = if report.dry_run {
                Some(0)
            } else if summary.goes == super::super::Count::default() {
                // Nothing was removed, because there was nothing to remove or it was refused.
                Some(0)
            } else {
                summary.freed
            };
            let (Some(size), Some(freed)) = (plan.size, freed) else {
                continue;
            };
            let name = run.repository.to_string();
            if self.repositories.len() >= REPOSITORIES && !self.repositories.contains_key(&name) {
                continue;
            }
            let at = report.ended.as_second();
            let points = self.repositories.entry(name).or_default();
            points.retain(|(time, _)| *time != at);
            points.push((at, size.saturating_sub(freed).min(MOST)));
            shorten(points);
        }
    }

    /// The points of a repository, the oldest first.
    pub(super) fn of(&self, repository: &str) -> &[Point] {
        let points = self.repositories.get(repository);
        points.map(Vec::as_slice).unwrap_or_default()
    }

    /// Writes it as the content of the element that [`History::read`] looks for.
    pub(super) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(embedded(self)?.as_bytes())
    }
}

/// The oldest ones go.
fn shorten(points: &mut Vec<Point>) {
    let more = points.len().saturating_sub(POINTS);
    points.drain(..more);
}

fn begin(path: &Path) -> io::Result<String> {
    // A pipe would wait for somebody to write.
    if !path.metadata()?.is_file() {
        return Ok(String::new());
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(LIMIT).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::{History, OPENING, POINTS};

    fn read(json: &str) -> History {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("page.html");
        std::fs::write(&path, format!("<p>{OPENING}{json}</script>")).unwrap();
        History::read(&path, "2026-01-01T00:00:00Z".parse().unwrap())
    }

    #[test]
    fn only_what_is_sound_is_read() {
        let history = read(
            r#"{"repositories": {
                "a.example/b": [[30, 3], [10, 1], [10, 7], [-1, 1], [99999999999, 1], [5, 9999999999999999999]],
                "<script>": [[1, 1]],
                "a.example/b:tag": [[1, 1]]
            }}"#,
        );
        assert_eq!(history.of("a.example/b"), [(10, 1), (30, 3)]);
        assert_eq!(history.repositories.len(), 1);
        for broken in ["", "{", "[]", r#"{"repositories": 1}"#, "null"] {
            assert_eq!(read(broken), History::default(), "{broken}");
        }
    }

    #[test]
    fn the_oldest_points_go() {
        let points: Vec<String> = (0..POINTS + 5).map(|at| format!("[{at},1]")).collect();
        let json = format!(
            r#"{{"repositories": {{"a.example/b": [{}]}}}}"#,
            points.join(",")
        );
        let history = read(&json);
        let points = history.of("a.example/b");
        assert_eq!((points.len(), points[0]), (POINTS, (5, 1)));
    }

    #[test]
    fn what_is_no_file_has_no_history() {
        let home = tempfile::tempdir().unwrap();
        let now = "2026-01-01T00:00:00Z".parse().unwrap();
        assert_eq!(History::read(home.path(), now), History::default());
    }
}
