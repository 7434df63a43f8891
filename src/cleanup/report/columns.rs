//! The columns of the table: groups, their numbers, and as many names as there is room for.

use std::io::{self, Write};

use super::{Count, Group, Summary};
use crate::text::printable;

/// The columns of numbers, each with the space before it: manifests, tags, bytes.
const NUMBERS: usize = 11 + 8 + 10;

/// The narrowest column of reasons and rules that can be read.
const MIN_WHY: usize = 12;

/// The fewest columns that names are worth.
const MIN_NAMES: usize = 12;

/// How wide the columns are.
pub(super) struct Columns {
    why: usize,
    names: usize,
}

impl Columns {
    /// Columns for these groups, in lines of at most so many characters.
    pub(super) fn new(summary: &Summary, width: usize) -> Self {
        let groups = summary.reasons.iter().chain(&summary.rules);
        let longest = groups.map(|group| printable(&group.why).chars().count());
        let longest = longest.max().unwrap_or_default();
        // An indent of two levels stands before the first column.
        let room = width.saturating_sub(4 + NUMBERS).max(MIN_WHY);
        let why = longest.clamp(MIN_WHY, room);
        let names = room.saturating_sub(why + 2);
        Self {
            why,
            names: if names < MIN_NAMES { 0 } else { names },
        }
    }

    /// Writes what goes by reasons, and what stays by rules.
    pub(super) fn block(
        &self,
        summary: &Summary,
        goes: &str,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let why = self.why + 2;
        writeln!(
            out,
            "  {goes:<why$}{:>11}{:>8}{:>10}",
            "manifests", "tags", "bytes"
        )?;
        for group in &summary.reasons {
            self.row(group, out)?;
        }
        if summary.reasons.is_empty() {
            writeln!(out, "    nothing")?;
        }
        if !summary.rules.is_empty() {
            writeln!(out, "  stays")?;
        }
        for group in &summary.rules {
            self.row(group, out)?;
        }
        Ok(())
    }

    fn row(&self, group: &Group, out: &mut dyn Write) -> io::Result<()> {
        let Count {
            manifests, tags, ..
        } = group.count;
        let (why, width) = (cut(&printable(&group.why), self.why), self.why);
        let names = match self.names {
            0 => String::new(),
            room => names(group, room),
        };
        let bytes = group.count.size();
        let row = format!("    {why:<width$}{manifests:>11}{tags:>8}{bytes:>10}  {names}");
        writeln!(out, "{}", row.trim_end())
    }
}

/// As many names as there is room for, and how many there are beyond them.
fn names(group: &Group, room: usize) -> String {
    let mut text = String::new();
    for (shown, name) in group.names.iter().enumerate() {
        let before = if shown == 0 { "" } else { ", " };
        let left = group.count.tags.saturating_sub(shown as u64 + 1);
        let after = if left == 0 { 0 } else { ", ...".len() };
        let length = text.chars().count() + before.len() + name.chars().count();
        if length + after > room {
            let rest = if shown == 0 { "..." } else { ", ..." };
            return text + rest;
        }
        text.push_str(before);
        text.push_str(name);
    }
    if group.count.tags > group.names.len() as u64 {
        text.push_str(", ...");
    }
    text
}

/// Text of at most so many characters.
fn cut(text: &str, room: usize) -> String {
    if text.chars().count() <= room {
        return text.to_owned();
    }
    let begin: String = text.chars().take(room.saturating_sub(3)).collect();
    begin + "..."
}

#[cfg(test)]
mod tests {
    use super::{Count, Group, cut, names};

    #[test]
    fn names_fit_into_their_column() {
        let group = Group {
            why: String::new(),
            count: Count {
                tags: 9,
                ..Count::default()
            },
            names: vec!["v1".to_owned(), "v2".to_owned(), "a-long-name".to_owned()],
        };
        assert_eq!(names(&group, 40), "v1, v2, a-long-name, ...");
        assert_eq!(names(&group, 23), "v1, v2, ...");
        assert_eq!(names(&group, 5), "...");
        let all = Group {
            count: Count {
                tags: 3,
                ..Count::default()
            },
            ..group
        };
        assert_eq!(names(&all, 19), "v1, v2, a-long-name");
        assert_eq!(names(&all, 18), "v1, v2, ...");
    }

    #[test]
    fn long_text_is_cut() {
        assert_eq!(cut("exact", 5), "exact");
        assert_eq!(cut("longer", 5), "lo...");
    }
}
