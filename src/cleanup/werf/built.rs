//! What was built a short time ago stays: nobody may have used it yet.
//!
//! werf goes by the date of the image alone, which may be that of an image below, or one that a
//! builder makes up. Here the time in the tag counts as well, whichever is later.

use jiff::Timestamp;

use super::index::Stage;
use super::marks::Marks;

/// Seconds of an hour.
const HOUR: i64 = 3_600;

/// Marks what was built within so many hours, by what is known of it: tags first, and configs
/// where these do not say it.
pub(super) fn mark(marks: &mut Marks<'_, '_>, hours: u64, now: Timestamp) {
    let hours_ago = i64::try_from(hours)
        .unwrap_or(i64::MAX)
        .saturating_mul(HOUR);
    let since = now.as_second().saturating_sub(hours_ago);
    let rule = format!("built within last {hours} hours");
    for (stage, found) in marks.open() {
        if marks.index.rejected.contains_key(stage) {
            continue;
        }
        if latest(marks, found).is_some_and(|time| time >= since) {
            marks.mark(stage, &rule, "");
        }
    }
}

/// The latest time that is known of a stage, in seconds of Unix; of an index that of whatever it
/// lists.
fn latest(marks: &Marks<'_, '_>, stage: Stage) -> Option<i64> {
    let graph = marks.graph;
    let children = graph.node(stage.node).children.iter().copied();
    let nodes = children.chain([stage.node]);
    let times = nodes.flat_map(|node| {
        let stored = marks.index.stages_of(node);
        let stored = stored.filter_map(|name| marks.index.stages.get(name)?.stored);
        let stored = stored.map(|milliseconds| milliseconds / 1_000);
        let created = graph.node(node).created.map(Timestamp::as_second);
        stored.chain(created).collect::<Vec<_>>()
    });
    times.max()
}
